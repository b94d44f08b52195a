"""The blocks of a page: finding them, and replacing them with what they show."""

import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from click import ClickException
from markdown import Markdown
from markdown.blockprocessors import BlockProcessor

from penstock import Step
from penstock.docs import (
    DECLARED,
    FlowPage,
    Flows,
    Selection,
    StepSection,
    anchor_of,
    contradictions,
    find_step,
    no_source,
    part_of,
    target_of,
)
from penstock.docs.functions import attempt
from penstock.exceptions import BrokenExtraError, CatalogError, PenstockError
from penstock.graph import Flow, Graph
from penstock_mkdocs.markdown._build import Build, documented_now
from penstock_mkdocs.markdown._converter import docstring_to_html
from penstock_mkdocs.markdown._errors import Reporter
from penstock_mkdocs.markdown._flows import PageFlows
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._html import PageRenderer
from penstock_mkdocs.markdown._links import RemoteTarget, anchors_in, fix_links
from penstock_mkdocs.markdown._mkdocstrings import add_links_back, can_document, is_reference
from penstock_mkdocs.markdown._options import (
    ExtensionOptions,
    FlowOptions,
    FlowsOptions,
    OptionError,
    StepOptions,
)
from penstock_mkdocs.markdown._sources import BLOCKS, CLOSING, UNCLOSED, SourceBlocks
from penstock_mkdocs.markdown._tree import PageTree
from penstock_mkdocs.markdown._yaml import read_yaml

__all__ = ["FlowBlocks"]

_OPTION = re.compile(r" {0,3}([a-z][a-z-]*):(?=\s|$)")
_OPTIONS = {
    f.name.removesuffix("_").replace("_", "-")
    for options in (FlowOptions, FlowsOptions, StepOptions)
    for f in fields(options)
}
_UNINDEXED = "--here"
"""The end of anchors that other pages are not to find."""


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
        self._project = PageFlows(host, options, build, self._reporter)
        self._tree = PageTree(md, host, self._project)
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
        self._tree.reset()
        self._elsewhere: dict[str, RemoteTarget] = {}
        self._has_style = self._options.css is False
        self._has_failures = False

    def test(self, parent: Element, block: str) -> bool:
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
            shown = self._tree.documented  # with the flows of each
            links = {name: all_ for name, all_ in self._project.links.items() if name not in shown}
            html = add_links_back(html, links, self._project.words)
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

    def _find(self, block: str) -> re.Match[str] | None:
        match = self._START.search(block)
        if match and (match["near"] or match["indent"]) and self._ITEM.match(block):
            return None  # the list takes its items apart first, then they come here
        return match

    def _attempt(self, parent: Element, kind: str, name: str, options: str) -> None:
        """Show what the author asks for, or say why not."""
        what = {"penstock-flow": "flow", "penstock-step": "step"}.get(kind, "index")
        self._renderer.words = self._project.words
        try:
            _check_kind(kind)
            _check_named(kind, name)
            self._load(parent)
            self._shown[kind](parent, name, read_yaml(options))
        except CatalogError as error:  # which the log has
            self._tree.put(parent, self._renderer.problem(what, str(error)))
        except ClickException:  # ours, or that of a tool inside: with these, builds end
            raise
        except BrokenExtraError as error:  # what an import raises may hold a path of this machine
            self._warn(str(error))
            public = f"{error.needs} is too old or broken, see the log of the build"
            self._tree.put(parent, self._renderer.problem(what, public))
        except (PenstockError, OptionError) as error:
            message = self._project.explain(error)
            self._warn(message)
            self._tree.put(parent, self._renderer.problem(what, message))
        except Exception as error:  # what a user's object does when it is looked at
            text = f"{type(error).__name__}: {attempt(error.__str__)}{self._in_template(error)}"
            self._warn(f"cannot show {name!r}: {text}")
            public = f"{type(error).__name__}, see the log of the build"
            self._tree.put(parent, self._renderer.problem(what, public))

    def _in_template(self, error: Exception) -> str:
        """Return in which of the site's own templates *error* was raised, if it was in one."""
        folder = self._options.templates
        frames = traceback.extract_tb(error.__traceback__) if folder else ()
        found = [f for f in frames if Path(f.filename).is_relative_to(folder or "")]
        return f" ({found[-1].filename}:{found[-1].lineno})" if found else ""

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
        """Load the flows, and show what failed on every page that shows flows."""
        loaded = self._project.load()
        self._flows = self._renderer.flows_to_draw = loaded.flows
        self._source_of = self._project.source_of(loaded)
        for message in () if self._has_failures else self._project.failures(loaded):
            self._tree.put(parent, self._renderer.problem("module", message))
        self._has_failures = True

    def _show_flow(self, parent: Element, name: str, given: object) -> None:
        options = self._options.flow().override(given)
        flow = self._flows.flow(name)
        part = part_of(flow, options.part())
        for message in (*map(str, flow.problems()), *contradictions(flow)):
            self._warn(message)
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
        heading = getattr(self._tree.heading(), "text", None)
        parts = [
            *self._renderer.flow(
                page, options, documented=self._is_documented, heading=heading and unescape(heading)
            )
        ]
        self._tree.put_all(parent, parts, indexed=not options.no_index)

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
        self._tree.put_all(parent, parts, indexed=not options.no_index)

    def _show_flows(self, parent: Element, name: str, given: object) -> None:
        options = FlowsOptions().override(given)
        if name:
            message = f"`penstock-flows` does not take a name; did you mean `penstock-flow {name}`?"
            raise OptionError(message)
        chosen = Selection(options.tags, options.owner)
        flows = chosen.flows(self._flows)
        if not flows:
            raise OptionError(
                f"no flow {chosen}" if self._flows.flows else self._project.explain_nothing()
            )
        for flow in flows:
            self._note_elsewhere(FlowPage(flow=flow))
        self._tree.put(parent, self._renderer.flows(flows, options))

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
            self._tree.anchors,
            suffix=first,
            shows_diagram=shows_diagram,
            part=part,
            most=most,
            source_of=self._source_of,
            words=self._renderer.words,
        )
        self._tree.anchors |= page.anchors_of(steps, shows_diagram=shows_diagram)
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

    def _add_style(self, parent: Element) -> None:
        if not self._has_style:
            self._has_style = True
            self._tree.put(parent, self._renderer.stylesheet())

    def _warn(self, message: str) -> None:
        self._reporter.warn(f"{self._sources.location(self._number)}: {message}")


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


def _without_indent(blocks: list[str], options: str) -> str:
    """Return what an empty line keeps from being the options of a block that has none."""
    return "" if options.strip() or not blocks else blocks[0].removeprefix("    ")
