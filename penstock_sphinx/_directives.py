"""The directives: options in, nodes out. They draw nothing."""

import sys
from dataclasses import replace
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from penstock import Step
from penstock.docs import (
    FlowPage,
    MissingWords,
    Selection,
    Settings,
    StepSection,
    contradictions,
    explain,
    find_step,
    fingerprint,
    part_of,
    plain_text,
    recursion_warning,
    sentence_parts,
    summary_of,
)
from penstock.docs.functions import python_name
from penstock.exceptions import (
    ConfigurationError,
    PartError,
    UnknownFlowError,
    UnknownStepError,
)
from penstock.graph import Flow, Graph
from penstock_sphinx._config import (
    DIRECTIONS,
    choice,
    fold_limit,
    format_name,
    project_settings,
    switch,
)
from penstock_sphinx._domain import DomainObject, LinkTarget, PenstockDomain, domain_of
from penstock_sphinx._figures import Look, figure
from penstock_sphinx._log import Subtype, warn
from penstock_sphinx._messages import words_of
from penstock_sphinx._nodes import penstock_link
from penstock_sphinx._overview import overview
from penstock_sphinx._page_state import anchors_on_page, is_being_shown, showing
from penstock_sphinx._steps import Lines, line, step_list, step_nodes
from penstock_sphinx._translations import Translator
from penstock_sphinx._twins import Source

__all__ = ["setup_directives"]

_NAMES: dict[str, Any] = {"name": directives.unchanged, "class": directives.class_option}
_RANKS = {"full": 0, "folded": 0, "alone": 1, "summary": 2, "none": 3}
"""Which of several objects a link prefers: the one that shows most."""


def setup_directives(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("penstock-flow", FlowDirective)
    app.add_directive("penstock-step", StepDirective)
    app.add_directive("penstock-flows", FlowsDirective)
    app.connect("doctree-read", _remove_repeated_names)


def _remove_repeated_names(_app: Sphinx, doctree: nodes.document) -> None:
    """Remove what a flow is called where that is the heading above it.

    Not in a directive, for MyST has no tree of the page yet.
    """
    for name in [node for node in doctree.findall(nodes.paragraph) if _is_name(node)]:
        section: nodes.Element | None = name.parent
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        if section is not None and section[0].astext() == name.astext():
            name.parent.remove(name)


def _is_name(node: nodes.paragraph) -> bool:
    return "penstock-flow-name" in node["classes"]


class _Directive(SphinxDirective):
    """The base of the directives."""

    required_arguments = 1
    final_argument_whitespace = True

    @property
    def _domain(self) -> PenstockDomain:
        return domain_of(self.env)

    @property
    def _missing(self) -> MissingWords:
        return words_of(self.env).missing

    def _page(
        self,
        translate: Translator,
        flow: Flow,
        *steps: Step,
        part: Graph | None = None,
        most: int | None = None,
    ) -> FlowPage:
        """Return the page of *flow*, with anchors for *steps* that the page has not yet."""
        taken, ids = anchors_on_page(self.env), self.state.document.ids
        page = FlowPage.with_free_anchors(
            flow,
            steps,
            {*taken, *ids},
            words=translate.words(flow.steps),
            part=part,
            most=most,
            source_of=self._domain.source_of,
        )
        taken.update(page.anchors_of(steps, shows_diagram=False))
        return page

    def _name(self) -> str:
        """Return the name that the author wrote, and warn of lines that docutils took for it."""
        name, *lines = self.arguments[0].splitlines()
        for text in lines:
            key, colon, value = text.partition(":")
            cure = "indent options, and begin each with a colon"
            if colon and key in (self.option_spec or {}):
                cure = f"write ':{key}:{value}'"
            self._warn(
                f"{text!r} below {name!r} is not an option, and is left out: {cure}", "option"
            )
        return name

    def _print(self, flow: Flow, only: Step | None = None) -> str:
        return fingerprint(flow, only=only, source_of=self._domain.source_of)

    def _object(
        self, page: FlowPage, section: StepSection, how: str, translate: Translator
    ) -> DomainObject:
        """Return the object that links to *section* find."""
        step = section.step
        kind = "entrypoint" if step.is_entrypoint else "step"
        gist = plain_text(translate(step.summary or ""))
        return DomainObject(
            page.flow.name, step.name, section.anchor, step.label, kind, _RANKS[how], gist
        )

    def _index(self, objects: list[DomainObject], flow: Flow) -> list[nodes.Node]:
        """Register *objects* for links, and return what puts them into the index."""
        if "no-index" in self.options:
            return []
        entries, words = [], words_of(self.env).index
        for obj in objects:
            self._domain.note_object(self.env.docname, obj)
            entry = words.entry(obj.kind).format(obj.label, flow.label)
            # A semicolon would split the entry.
            entry = entry.replace(";", ",")
            entries.append(("single", entry, obj.anchor, "", None))
        return [addnodes.index(entries=entries)]

    def _fail(self, missing: str, reason: object, subtype: Subtype) -> list[nodes.Node]:
        """Warn at the author's line, and leave the note *missing* where something would be."""
        # Only the warning has paths of this machine.
        self._warn(f"{reason}{'' if self._domain.flows.flows else self._origins()}", subtype)
        parts = sentence_parts(f"{missing}: {reason}")
        content = [nodes.literal(text, text) if code else nodes.Text(text) for text, code in parts]
        note = nodes.paragraph("", "", *content)
        return [nodes.warning("", note, classes=["penstock-missing"])]

    def _origins(self) -> str:
        """Return from which files the modules came: maybe not from those that the author edits."""
        settings = self._settings()
        names = [name.rstrip(".*") for name in (settings.modules if settings else ())]
        files = {name: getattr(sys.modules.get(name), "__file__", None) for name in names}
        found_files = [f"{name} is {file}" for name, file in files.items() if file]
        return f" ({', '.join(found_files)})" if found_files else ""

    def _settings(self) -> Settings | None:
        """Return the project's settings, or None where there is a warning of them already."""
        try:
            return project_settings(self._domain.confdir, self.config)
        except ConfigurationError:
            return None

    def _explain(self, error: UnknownFlowError | UnknownStepError) -> str:
        """Return what *error* means to who writes ``conf.py``."""
        settings = self._settings()
        if settings is not None:
            return explain(error, settings, self._domain.failures)
        if error.known:  # which conf.py itself imports
            return str(error)
        kind = "flow" if isinstance(error, UnknownFlowError) else "step"
        return f"unknown {kind} {error.name!r}: no flow is declared, since a setting cannot be used"

    def _link_back(self, what: str, target: LinkTarget, label: str) -> list[nodes.Node]:
        """Warn, and leave a link to what is being shown already, around this directive."""
        self._warn(recursion_warning(what, target.step or target.flow), "recursion")
        self._domain.note_link_targets(self.env.docname, [target])
        link = penstock_link("", label, link_target=target, docname=self.env.docname)
        return [line(link, kind="back")]

    def _warn(self, message: str, subtype: Subtype | str) -> None:
        """Warn at the author's line, and again in the next build until it is fixed."""
        self.env.note_reread()
        warn(message, subtype, location=self.get_location())


class FlowDirective(_Directive):
    """``.. penstock-flow:: NAME``: the diagram of a flow, and its steps below it."""

    option_spec: ClassVar = {
        "format": format_name,
        "direction": choice(*DIRECTIONS),
        "caption": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "align": choice("left", "center", "right"),
        "width": directives.length_or_percentage_or_unitless,
        "height": directives.length_or_unitless,
        "steps": choice("full", "folded", "summary", "none"),
        "around": directives.unchanged_required,
        "depth": directives.nonnegative_int,
        "from": directives.unchanged_required,
        "to": directives.unchanged_required,
        "only-kinds": directives.unchanged_required,
        "fold": fold_limit,
        "legend": switch,
        "figclass": directives.class_option,
        "no-index": directives.flag,
        **_NAMES,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes that show the flow, or a note that there is none."""
        how = self.options.get("steps", "full")
        if how != "none":
            self._domain.need_functions()
        try:
            flow = self._domain.flows.flow(self._name())
        except UnknownFlowError as error:
            return self._fail(self._missing.flow, self._explain(error), "unknown_flow")
        translate = Translator(self)
        titled = translate.flow(flow)
        try:
            part = part_of(titled, self.options)
        except UnknownStepError as error:
            return self._fail(self._missing.flow, self._explain(error), "unknown_step")
        except PartError as error:
            reason = error.spelled(":{}:")
            return self._fail(self._missing.flow, reason, "option")
        for problem in flow.problems():
            self._warn(str(problem), problem.code.replace("-", "_"))
        for message in contradictions(flow):
            self._warn(message, "edge_contradicted")
        if how != "none" and is_being_shown(self.env, "flow", flow.name):
            return self._link_back("flow", LinkTarget(flow.name), flow.label)
        self._domain.note_shown(self.env.docname, ("flow", flow.name), self._print(flow))
        drawn = {node.name for node in (part or titled.graph()).nodes}
        steps = [step for step in titled.steps if how != "none" and step.name in drawn]
        most = self.options.get("fold", self.config.penstock_fold)
        page = self._page(translate, titled, *steps, part=part, most=most)
        anchors_on_page(self.env).update(page.anchors_of(()))
        sections = page.sections if how != "none" else ()
        name, gist = page.flow.name, plain_text(translate(summary_of(flow)))
        # A link prefers a page with the whole flow.
        shows = "alone" if part and how in {"full", "folded"} else how
        objects = [
            DomainObject(name, None, page.anchor, page.flow.label, "flow", _RANKS[shows], gist)
        ]
        objects += [self._object(page, section, shows, translate) for section in sections]
        shown = self._index(objects, page.flow)
        shown += [*self._name_of(page.flow), *self._description(flow)]
        shown += Lines(self, name).line(page.remarks, page.words)
        shown += self._figures(page, how, translate)
        Source(self).shows(page, sections, whole=True)
        with showing(self.env, "flow", name):
            if how == "summary":
                shown.append(step_list(self, sections, translate))
            elif how != "none":
                is_long = page.is_long and "steps" not in self.options
                shown += step_nodes(self, name, sections, folded=is_long or how == "folded")
        return [*shown, translate.messages()]

    def _name_of(self, flow: Flow) -> list[nodes.Node]:
        """Return what the flow is called."""
        name = nodes.Text(flow.title) if flow.title else nodes.literal("", flow.name)
        return [line(nodes.strong("", "", name), kind="flow-name")]

    def _description(self, flow: Flow) -> list[nodes.Node]:
        if not flow.description:
            return []
        inline, messages = self.parse_inline(flow.description)
        paragraph = nodes.paragraph(flow.description, "", *inline)
        self.set_source_info(paragraph)
        return [paragraph, *messages]

    def _figures(self, page: FlowPage, how: str, translate: Translator) -> list[nodes.Node]:
        """Return the diagram of the flow, and those of its groups if it is folded."""
        link_targets: dict[str, LinkTarget | str] = {
            group.name: group.anchor for group in page.groups
        }
        for step in page.steps:
            elsewhere = LinkTarget(page.flow.name, step.name, *python_name(step))
            link_targets[step.name] = elsewhere if how == "none" else page.anchors[step.name]
        if how == "none":
            found = (target for target in link_targets.values() if isinstance(target, LinkTarget))
            self._domain.note_link_targets(self.env.docname, found)
        options = self.options
        look = Look(
            format=options.get("format", self.config.penstock_format),
            direction=options.get("direction", self.config.penstock_direction),
            alt=translate(options.get("alt", "")) or None,
            align=options.get("align"),
            width=options.get("width"),
            height=options.get("height"),
            caption=options.get("caption"),
            legend=options.get("legend", self.config.penstock_legend),
            edges=page.edges,
            classes=tuple(options.get("class", ())),
            figure_classes=tuple(options.get("figclass", ())),
        )
        steps = page.flow.steps
        shown: list[nodes.Node] = [
            figure(self, page.anchor, translate.graph(page.unlinked, steps), link_targets, look)
        ]
        of_group = replace(look, alt=None, width=None, height=None, caption=None, edges=None)
        for group in page.groups:
            graph = translate.graph(group.unlinked, steps)
            shown.append(line(nodes.strong("", group.title), kind="group-name"))
            shown.append(figure(self, group.anchor, graph, link_targets, of_group))
        return shown


class StepDirective(_Directive):
    """``.. penstock-step:: FLOW.STEP``: one step, as the page of its flow has it."""

    option_spec: ClassVar = {"no-index": directives.flag, **_NAMES}

    def run(self) -> list[nodes.Node]:
        """Return the nodes that show the step, or a note that there is none."""
        self._domain.need_functions()
        try:
            flow, step = find_step(self._name(), self._domain.flows)
        except UnknownStepError as error:
            return self._fail(self._missing.step, self._explain(error), "unknown_step")
        what = ("step", flow.name, step.name)
        if is_being_shown(self.env, *what):
            return self._link_back("step", LinkTarget(flow.name, step.name), step.label)
        self._domain.note_shown(self.env.docname, what, self._print(flow, step))
        translate = Translator(self)
        ways = [{e.source, e.target} for e in flow.edges if step.name in {e.source, e.target}]
        page = self._page(translate, translate.flow(flow, {step.name}.union(*ways)), step)
        section = page.section(page.flow.step(step.name))
        shown = self._index([self._object(page, section, "alone", translate)], page.flow)
        described = step_nodes(self, flow.name, [section])
        Source(self).shows(page, [section], whole=False)
        for node in described:
            if isinstance(node, addnodes.desc):
                node["classes"] += self.options.get("class", [])
                self.add_name(node)
        return [*shown, *described, translate.messages()]


class FlowsDirective(_Directive):
    """``.. penstock-flows::``: an index of all flows."""

    required_arguments = 0
    option_spec: ClassVar = {
        "tags": directives.unchanged_required,
        "owner": directives.unchanged_required,
        "caption": directives.unchanged_required,
        **_NAMES,
    }

    def run(self) -> list[nodes.Node]:
        """Return a table of the flows, or nothing if there is none."""
        chosen = Selection(self.options.get("tags"), self.options.get("owner"))
        source = self._domain.flows
        self._domain.note_shown(self.env.docname, ("flows", *chosen), chosen.fingerprint(source))
        translate = Translator(self)
        flows = chosen.flows(source)
        if not flows:
            return self._fail(self._missing.index, f"no flow {chosen}", "unknown_flow")
        for flow in flows:
            if not flow.steps:
                self._warn(f"flow {flow.name!r} has no steps: no function uses it", "no_steps")
        titled = [translate.flow(flow, {step.name for step in flow.entrypoints}) for flow in flows]
        table = overview(self, titled, translate)
        Source(self).lists(flows, summary_of)
        table["classes"] += self.options.get("class", [])
        self.add_name(table)
        return [table, translate.messages()]
