"""The Python-Markdown extension: a block becomes a flow's page."""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from difflib import get_close_matches
from html import escape, unescape
from os.path import relpath
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import yaml
from click import ClickException
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.util import AtomicString
from yaml.scanner import ScannerError

from penstock import Step
from penstock.docs import (
    DECLARED,
    FlowPage,
    Flows,
    Link,
    Selection,
    Settings,
    SourceUrl,
    StepSection,
    Words,
    anchor_of,
    explain,
    explain_nothing,
    find_step,
    is_known_language,
    known_languages,
    no_source,
    part_of,
    target_of,
)
from penstock.docs.functions import attempt
from penstock.exceptions import (
    BrokenExtraError,
    CatalogError,
    PartError,
    PenstockError,
    UnknownFlowError,
    UnknownStepError,
)
from penstock.graph import Flow, Graph
from penstock_mkdocs.markdown._build import Build, build_of, documented_now, documenting
from penstock_mkdocs.markdown._converter import docstring_to_html
from penstock_mkdocs.markdown._errors import Reporter
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._html import Documented, Heading, Html, PageRenderer, Part
from penstock_mkdocs.markdown._links import RemoteTarget, anchors_in, fix_links
from penstock_mkdocs.markdown._loading import Loaded
from penstock_mkdocs.markdown._mkdocstrings import (
    add_links_back,
    can_document,
    directive,
    is_reference,
    offer_anchor,
    with_line,
)
from penstock_mkdocs.markdown._options import (
    ExtensionOptions,
    FlowOptions,
    FlowsOptions,
    OptionError,
    StepOptions,
)
from penstock_mkdocs.markdown._repository import source_template
from penstock_mkdocs.markdown._sources import BLOCKS, CLOSING, UNCLOSED, SourceBlocks

__all__ = ["PenstockExtension"]

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPTION = re.compile(r" {0,3}([a-z][a-z-]*):(?=\s|$)")
_OPTIONS = {
    f.name.removesuffix("_").replace("_", "-")
    for options in (FlowOptions, FlowsOptions, StepOptions)
    for f in fields(options)
}
_UNINDEXED = "--here"
"""The end of anchors that other pages are not to find."""


class PenstockExtension(Extension):
    """Turns ``::: penstock-flow NAME`` into the diagram and the steps of a flow.

    Its options are ``modules``, ``pythonpath``, ``setup`` and ``catalog``, which override
    ``[tool.penstock]`` of the nearest ``pyproject.toml``; ``format`` and
    ``direction`` for all blocks; ``errors``, which is ``"auto"``, ``"raise"`` or
    ``"show"``; ``css``, False if the site brings the style sheet; and
    ``templates``, a folder with templates that replace ours.

    Raises:
        ConfigurationError: If an option is unknown or its value is wrong.

    .. versionadded:: 0.2
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options, self._build = _read_options(options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Join the extension to *md*."""
        host = Host(md)
        self._sources = SourceBlocks(md, host, self.reset)
        self._blocks = FlowBlocks(md, host, self._options, self._sources, self._build)
        # Before mkdocstrings' `:::` at 75.
        md.parser.blockprocessors.register(self._blocks, "penstock-flow", 78)
        # When finished HTML is back in the page, at 30.
        md.postprocessors.register(_Links(self._blocks), "penstock-links", 28)

    def reset(self) -> None:
        """Begin a new page."""
        self._sources.reset()
        self._blocks.reset()


class FlowBlocks(BlockProcessor):
    """Finds blocks and replaces them by what they show."""

    # Where it is indented below a line of text, as in a list without blank lines, it is not code.
    # Below lists that a formatter indents by two or three spaces, it is not code either.
    _START = re.compile(
        r"(?:(?:^|\n)(?P<near> {0,3})|(?<=\S)\n(?P<indent> +))"
        r"::: *(?P<line>penstock-(?:flows|flow|step)(?=[ \n]|$)[^\n]*"
        "|[^\n]*\x02penstock:\\d+\x03)(?:\n|$)"
    )
    _ITEM = re.compile(r" {0,3}(?:[-*+]|\d+\.) ")

    def __init__(
        self,
        md: Markdown,
        host: Host,
        options: ExtensionOptions,
        sources: SourceBlocks,
        build: Build | None,
    ) -> None:
        super().__init__(md.parser)
        self._md = md
        self._host = host
        self._options = options
        self._sources = sources
        self._reporter = Reporter(host, options.errors)
        self._whole_site = build
        self._number: int | None = None
        self._flows: Flows = DECLARED
        self._source_of: Callable[[Step], str | None] = no_source
        sources.warn_of_html = self._warn_of_html
        self._renderer = PageRenderer(docstring_to_html, self._warn, options.templates)
        self._renderer.files = build.drawings if build else None
        self._shown: dict[str, Callable[[Element, str, object], None]] = {
            "penstock-flow": self._show_flow,
            "penstock-flows": self._show_flows,
            "penstock-step": self._show_step,
        }
        self.reset()

    def reset(self) -> None:
        """Begin a new page, on which nothing is shown yet."""
        self._taken: set[str] = set()
        self._documented: set[str] = set()
        self._elsewhere: dict[str, RemoteTarget] = {}
        self._has_style = self._options.css is False
        self._has_failures = False

    def test(self, parent: Element, block: str) -> bool:  # noqa: ARG002 - not ours to name
        """Return whether *block* holds one of penstock's."""
        return self._find(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Replace the first block with what it shows."""
        block = blocks.pop(0)
        match = self._find(block)
        assert match is not None
        if before := block[: match.start()]:
            self.parser.parseBlocks(parent, [before])
        line, self._number, options = self._sources.find(match["line"])
        rest = block[match.end() :]
        if indent := match["near"] or match["indent"]:
            rest = re.sub(f"^{indent}", "", rest, flags=re.MULTILINE)
        if options is None:
            options, rest = self.detab(rest)
            self._warn_of_lines(rest or _without_indent(blocks, options))
        if rest:
            blocks.insert(0, rest)
        kind, _, name = line.partition(" ")
        self._attempt(parent, kind, name.strip(), options)

    def fix_links(self, html: str) -> str:
        """Return the page *html* without links of penstock's that lead nowhere."""
        if is_reference(html) and self._options.backlinks:
            html = add_links_back(html, self._flows_of_functions(), self._words())
        # The table of contents asks for each heading too.
        if "penstock--" not in html:
            return html
        html = html.replace('<a href="" id="penstock--', '<a id="penstock--')
        source = self._host.source
        if self._whole_site and source and not self._host.has_autorefs:
            # The plugin resolves them when all pages are there.
            self._whole_site.site.add_page(source, anchors_in(html), self._elsewhere)
            return html
        return fix_links(html, self._elsewhere, autorefs=self._host.has_autorefs)

    def _flows_of_functions(self) -> dict[str, list[Link]]:
        """Return the flows of each function that is documented elsewhere than by a block here."""
        found: dict[str, list[Link]] = {}
        with suppress(PenstockError):  # blocks say why
            for flow in self._loaded().flows.flows:
                for step in flow.steps:
                    link = Link(step.name, flow.label, anchor_of(flow.name, step.name))
                    found.setdefault(target_of(step), []).append(link)
        return {target: links for target, links in found.items() if target not in self._documented}

    def _find(self, block: str) -> re.Match[str] | None:
        match = self._START.search(block)
        if match and (match["near"] or match["indent"]) and self._ITEM.match(block):
            return None  # the list takes its items apart first, then they come here
        return match

    def _attempt(self, parent: Element, kind: str, name: str, options: str) -> None:
        """Show what the author asks for, or say why not."""
        what = {"penstock-flow": "flow", "penstock-step": "step"}.get(kind, "index")
        self._renderer.words = self._words()
        try:
            _check_kind(kind)
            _check_named(kind, name)
            self._load(parent)
            self._shown[kind](parent, name, _read_yaml(options))
        except CatalogError as error:  # which the log has
            self._put(parent, self._renderer.problem(what, str(error)))
        except ClickException:  # ours, or that of a tool inside: with these, builds end
            raise
        except BrokenExtraError as error:  # what an import raises may hold a path of this machine
            self._warn(str(error))
            public = f"{error.needs} is too old or broken, see the log of the build"
            self._put(parent, self._renderer.problem(what, public))
        except (PenstockError, OptionError) as error:
            message = self._explain(error)
            self._warn(message)
            self._put(parent, self._renderer.problem(what, message))
        except Exception as error:  # what a user's object does when it is looked at
            text = f"{type(error).__name__}: {attempt(error.__str__)}{self._in_template(error)}"
            self._warn(f"cannot show {name!r}: {text}")
            public = f"{type(error).__name__}, see the log of the build"
            self._put(parent, self._renderer.problem(what, public))

    def _in_template(self, error: Exception) -> str:
        """Return in which of the site's own templates *error* was raised, if it was in one."""
        folder = self._options.templates
        frames = traceback.extract_tb(error.__traceback__) if folder else ()
        found = [f for f in frames if Path(f.filename).is_relative_to(folder or "")]
        return f" ({found[-1].filename}:{found[-1].lineno})" if found else ""

    def _explain(self, error: Exception) -> str:
        """Return what *error* means to who writes the options of the plugin or extension."""
        if isinstance(error, PartError):
            return error.spelled("`{}`")
        if not isinstance(error, (UnknownFlowError, UnknownStepError)):
            return str(error)
        loaded = self._loaded()
        return explain(error, loaded.settings, loaded.failures)

    def _explain_nothing(self) -> str:
        loaded = self._loaded()
        return explain_nothing(loaded.settings, loaded.failures)

    @property
    def _build(self) -> Build:
        """The build that the page belongs to."""
        build = self._whole_site or _read_options(self._host.options)[1]
        return build or build_of(self._host, self._options)

    def _loaded(self) -> Loaded:
        """Return the flows of the project."""
        build = self._build
        return build.load(build.settings(self._site_options, self._host.folder))

    @property
    def _site_options(self) -> ExtensionOptions:
        """The options of the site, which mkdocstrings may not have passed on."""
        if self._whole_site is None and self._host.options:
            return _read_options(self._host.options)[0]
        return self._options

    def _words(self) -> Words:
        """Return the words of penstock in the language of the site."""
        host, options = self._host, self._site_options
        wanted = options.language
        if wanted and not options.locale_dirs and not is_known_language(wanted):
            message = f"there are no words in the language {wanted!r}"
            if self._build.is_news(message):
                known = ", ".join(known_languages())
                self._reporter.warn(f"option 'language': {message} (known: {known})")
        return options.words(host.language, host.folder)

    def _warn_of_itself(self, flow: Flow, step: Step) -> None:
        where = step.location or self._sources.location(self._number)
        self._reporter.warn(
            f"{where}: the docstring of step {step.name!r} shows its own flow {flow.name!r} or "
            "itself: its steps are left out there"
        )

    def _warn_of_lines(self, text: str) -> None:
        """Warn of a line below a block that looks like an option and is not read as one."""
        found = _OPTION.match(text)
        if found and found[1] in _OPTIONS:
            self._warn(
                f"the line `{found[0].strip()} …` below the block is not one of its options: "
                "indent it by four spaces more than the block, without an empty line between them, "
                "or write a fence"
            )

    def _warn_of_html(self, number: int) -> None:
        self._number = number
        self._warn(
            "the block is inside HTML, which Markdown does not read: write `markdown` into the tag "
            "around it, as in `<div markdown>`, and add the extension `md_in_html`"
        )

    def _load(self, parent: Element) -> None:
        """Load the flows, and say what failed: in the log once, on every page that shows flows.

        Without that, a page whose module is broken would only miss a flow or a step.
        """
        loaded = self._loaded()
        for message in self._build.news_of(loaded):
            self._reporter.warn(message)
        if loaded.error is not None:
            raise loaded.error
        self._flows = self._renderer.flows_to_draw = loaded.flows
        self._source_of = self._find_source(loaded.settings)
        self._warn_of_unwatched(loaded)
        for failure in () if self._has_failures else loaded.failures:
            # What an import raises may hold a password or a path of this machine.
            public = f"cannot import {failure.module!r}: see the log of the build"
            message = str(failure) if self._host.is_serving else public
            self._put(parent, self._renderer.problem("module", message))
        self._has_failures = True

    def _find_source(self, settings: Settings) -> Callable[[Step], str | None]:
        root = Path(settings.project_folder)
        return SourceUrl.of(settings, source_template(*self._host.repository, root))

    def _warn_of_unwatched(self, loaded: Loaded) -> None:
        """Say once which files may be edited without a change of Zensical's pages."""
        watched = self._host.watched
        if watched is None:
            return
        unwatched = [path for path in loaded.files if path.resolve() not in watched]
        if unwatched and self._build.is_news(f"unwatched {unwatched[0]}"):
            folder = self._host.folder.resolve()
            path = relpath(unwatched[0].resolve(), folder)
            self._reporter.note(
                f"{self._host.page}: Zensical does not see edits of {path}, and shows pages from "
                f'its cache: add "{relpath(unwatched[0].resolve().parent, folder)}" or a folder '
                "above it to `watch`, or build with -c"
            )

    def _show_flow(self, parent: Element, name: str, given: object) -> None:
        options = self._options.flow().override(given)
        flow = self._flows.flow(name)
        part = part_of(flow, options.part())
        for problem in flow.problems():
            self._warn(str(problem))
        if inside := _shown_inside(flow):
            self._warn_of_itself(flow, inside)
            options = replace(options, steps="none", no_index=True)
        drawn = {node.name for node in (part or flow.graph()).nodes}
        steps = [s for s in flow.steps if options.steps != "none" and s.name in drawn]
        page = self._page(
            flow, steps, part, options.fold, shows_diagram=True, indexed=not options.no_index
        )
        self._add_style(parent)
        # All of them before any is on the page: a template of the site's own may fail.
        heading = getattr(self._heading(), "text", None)
        parts = [
            *self._renderer.flow(
                page, options, documented=self._is_documented, heading=heading and unescape(heading)
            )
        ]
        self._put_all(parent, parts, indexed=not options.no_index)

    def _show_step(self, parent: Element, name: str, given: object) -> None:
        options = StepOptions().override(given)
        flow, step = find_step(name, self._flows)
        if target_of(step) in documented_now():
            self._warn_of_itself(flow, step)
            return
        page = self._page(
            flow, (step,), None, None, shows_diagram=False, indexed=not options.no_index
        )
        section = page.section(step)
        if options.name or options.class_:
            marks = {"id": options.name, "class": options.class_}
            parent = SubElement(parent, "div", {key: v for key, v in marks.items() if v})
        parts = [*self._renderer.step(section, documented=self._is_documented(section))]
        self._put_all(parent, parts, indexed=not options.no_index)

    def _show_flows(self, parent: Element, name: str, given: object) -> None:
        options = FlowsOptions().override(given)
        if name:
            message = f"`penstock-flows` does not take a name; did you mean `penstock-flow {name}`?"
            raise OptionError(message)
        chosen = Selection(options.tags, options.owner)
        flows = chosen.flows(self._flows)
        if not flows:
            raise OptionError(f"no flow {chosen}" if self._flows.flows else self._explain_nothing())
        for flow in flows:
            self._note_elsewhere(FlowPage(flow=flow))
        self._put(parent, self._renderer.flows(flows, options))

    def _page(
        self,
        flow: Flow,
        steps: Sequence[Step],
        part: Graph | None,
        most: int | None,
        *,
        shows_diagram: bool,
        indexed: bool,
    ) -> FlowPage:
        """Return the page of *flow*, with anchors that this page has not yet."""
        first = "" if indexed else _UNINDEXED
        page = FlowPage.with_free_anchors(
            flow,
            steps,
            self._taken,
            suffix=first,
            shows_diagram=shows_diagram,
            part=part,
            most=most,
            source_of=self._source_of,
            words=self._renderer.words,
        )
        self._taken |= page.anchors_of(steps, shows_diagram=shows_diagram)
        if len(steps) < len(flow.steps):
            self._note_elsewhere(page)
        return page

    def _note_elsewhere(self, page: FlowPage) -> None:
        """Note where links may lead that find nothing on this page."""
        flow = page.flow
        begins = [anchor_of(flow.name, step.name) for step in flow.entrypoints[:1]]
        anchor = anchor_of(flow.name)
        self._elsewhere[page.anchor] = RemoteTarget(anchor, (anchor, *begins))
        for step in flow.steps:
            anchor = anchor_of(flow.name, step.name)
            self._elsewhere[page.anchors[step.name]] = RemoteTarget(
                anchor, (target_of(step), anchor)
            )

    def _is_documented(self, section: StepSection) -> bool:
        return self._host.has_mkdocstrings and can_document(self._md, section)

    def _put_all(self, parent: Element, parts: Iterable[Part], *, indexed: bool) -> None:
        level = self._level()
        for part in parts:
            match part:
                case Html():
                    self._put(parent, part)
                case Heading():
                    has_contents = "toc" in self._md.treeprocessors
                    _add_heading(parent, part, level, has_contents=has_contents)
                case _:
                    self._document(parent, part, level, indexed=indexed)

    def _document(self, parent: Element, part: Documented, level: int, *, indexed: bool) -> None:
        """Let mkdocstrings put the function of a step into the page."""
        section = part.section
        self._put(parent, Html("", section.anchor))
        target, before = section.target, self._md.htmlStash.html_counter
        is_new = indexed and target not in self._documented
        first = is_new and self._build.is_first(target, self._host.page)
        self._documented.add(target)
        with documenting(target):
            self.parser.parseBlocks(parent, [directive(section, level=level)])
        if not self._insert(before, part):
            self._put(parent, Html(part.line))
        if first:
            offer_anchor(self._md, section.target)

    def _insert(self, start: int, part: Documented) -> bool:
        """Put the line of *part* into what was finished after *start*, if that has room for it."""
        blocks = self._md.htmlStash.rawHtmlBlocks
        for number, html in enumerate(blocks[start:], start):
            if isinstance(html, str) and (
                changed := with_line(html, part.section, part.line, folded=part.folded)
            ):
                blocks[number] = changed
                return True
        return False

    def _put(self, parent: Element, part: Html) -> None:
        """Put finished HTML into the page, untouched by other Markdown."""
        if part.anchor:
            # By which its reference links back.
            if self._host.has_mkdocstrings and self._build.is_first(part.anchor, self._host.page):
                offer_anchor(self._md, part.anchor)
            # In a separate element: autorefs would take it for a name of the next heading.
            parent = SubElement(parent, "div", {"class": "penstock-part"})
            SubElement(parent, "a", {"href": "", "id": part.anchor})  # MkDocs fails without one
        if part.text:
            SubElement(parent, "p").text = self._md.htmlStash.store(part.text)

    def _add_style(self, parent: Element) -> None:
        if not self._has_style:
            self._has_style = True
            self._put(parent, self._renderer.stylesheet())

    def _level(self) -> int:
        """Return the level of a heading below the last one that the author wrote."""
        heading = self._heading()
        return 2 if heading is None else min(_HEADINGS[heading.tag] + 1, 6)

    def _heading(self) -> Element | None:
        """Return the last heading that the author wrote."""
        headings = [e for e in self.parser.root.iter() if e.tag in _HEADINGS]
        return next((e for e in reversed(headings) if e.get("id") not in self._taken), None)

    def _warn(self, message: str) -> None:
        self._reporter.warn(f"{self._sources.location(self._number)}: {message}")


def _read_options(options: Mapping[str, Any]) -> tuple[ExtensionOptions, Build | None]:
    """Return the *options* of the extension, and the build that the plugin puts among them."""
    build = options.get("build")
    if not isinstance(build, Build):
        return ExtensionOptions.read(options), None
    others = {name: value for name, value in options.items() if name != "build"}
    return ExtensionOptions.read(others), build


class _Links(Postprocessor):
    """Resolves links when the page is finished and it is known what it shows."""

    def __init__(self, blocks: FlowBlocks) -> None:
        super().__init__()
        self._blocks = blocks

    def run(self, text: str) -> str:
        return self._blocks.fix_links(text)


def _add_heading(parent: Element, part: Heading, level: int, *, has_contents: bool) -> None:
    """Add a heading to the page's own tree, so that the table of contents has it."""
    heading = SubElement(parent, f"h{level}", {"id": part.anchor})
    if part.rest is None:
        heading.text = AtomicString(escape(part.text, quote=False))
        return
    before, _, name = part.text.rpartition(" ")
    if has_contents:  # which have the name alone
        heading.set("data-toc-label", name)
    code = SubElement(heading, "code", {"class": "penstock-call"})
    if before:
        _add_around(code, f"{before} ").tail = AtomicString(escape(name, quote=False))
    else:
        code.text = AtomicString(escape(name, quote=False))
    _add_around(code, part.rest)


def _add_around(code: Element, text: str) -> Element:
    """Add a part of a signature that is not the name, by which readers search."""
    added = SubElement(code, "span", {"data-search-exclude": ""})
    added.text = AtomicString(escape(text, quote=False))
    return added


def _shown_inside(flow: Flow) -> Step | None:
    """Return the step of *flow* whose docstring is being shown, if the flow is asked for there."""
    now = documented_now()
    return next((step for step in flow.steps if now and target_of(step) in now), None)


def _check_kind(kind: str) -> None:
    if kind == CLOSING:
        message = "a block has no closing `:::`; remove that line"
        raise OptionError(message)
    if kind == UNCLOSED:
        message = "no line closes this fence: end it with one of as many backticks or tildes"
        raise OptionError(message)
    if kind not in BLOCKS:
        word = re.sub(r"^[^a-z]+|(?<=[a-z])[^a-z-].*", "", kind.lower().replace("_", "-"))
        near = get_close_matches(word, BLOCKS, 1, 0.85) or BLOCKS
        message = f"`{kind}` is not a block of penstock; did you mean `::: {near[0]}`?"
        raise OptionError(message)


def _check_named(kind: str, name: str) -> None:
    if not name and kind != "penstock-flows":
        message = f"`{kind}` needs the name of a {kind.removeprefix('penstock-')}"
        raise OptionError(message)


def _read_yaml(text: str) -> object:
    """Return what the options *text* say.

    Raises:
        OptionError: If they are not YAML.
    """
    if not text.strip():
        return None
    loader = _YAML(text)
    try:
        node = loader.get_single_node()
        _check_once(node)
        return loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
        where = f", in line {mark.line + 1} of them" if mark else ""
        quotes = "; a value may need quotes" if isinstance(error, ScannerError) else ""
        message = f"the options are not valid YAML: {problem or error}{where}{quotes}"
        raise OptionError(message) from error
    finally:
        loader.dispose()


def _check_once(node: yaml.Node | None) -> None:
    """Raise if the options *node* set one of them twice, which YAML forbids and PyYAML allows."""
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        name = str(key.value)
        if name in seen:
            problem = f"{name!r} is set twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        seen.add(name)


def _without_indent(blocks: list[str], options: str) -> str:
    """Return what an empty line keeps from being the options of a block that has none."""
    return "" if options.strip() or not blocks else blocks[0].removeprefix("    ")
