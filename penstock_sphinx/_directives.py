"""The directive: options in, nodes out. It draws nothing."""

import re
from inspect import unwrap
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from penstock._pages import FlowPage, build_page
from penstock.exceptions import UnknownFlowError
from penstock.graph import Flow, get_flow
from penstock_sphinx._config import DIRECTIONS, FORMATS, choice
from penstock_sphinx._log import Subtype, warn
from penstock_sphinx._nodes import penstock_diagram
from penstock_sphinx._steps import step_list, step_nodes

__all__ = ["FlowDirective", "setup_directives"]


def setup_directives(app: Sphinx) -> None:
    """Tell Sphinx about ``penstock-flow``."""
    app.add_directive("penstock-flow", FlowDirective)


class FlowDirective(SphinxDirective):
    """``.. penstock-flow:: NAME``: the diagram of a flow, and its steps below it."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {
        "format": choice(*FORMATS),
        "direction": choice(*DIRECTIONS),
        "caption": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "name": directives.unchanged,
        "align": choice("left", "center", "right"),
        "class": directives.class_option,
        "steps": choice("full", "summary", "none"),
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes that show the flow, or a note that there is none."""
        name = self.arguments[0]
        try:
            flow = get_flow(name)
        except UnknownFlowError as error:
            self._warn(str(error), "unknown_flow")
            return [self._placeholder(str(error))]
        for problem in flow.problems():
            self._warn(str(problem), "problem")
        self._note_sources(flow)
        page = build_page(flow, suffix=self._suffix())
        steps = self.options.get("steps", "full")
        shown: list[nodes.Node] = [*self._description(flow), self._figure(page, steps)]
        shown += self._about(flow)
        if steps == "summary":
            shown.append(step_list(self, page))
        elif steps == "full":
            shown += [node for section in page.sections for node in step_nodes(self, section)]
        return shown

    def _suffix(self) -> str:
        """Return what tells a second picture of a flow on this page from the first."""
        number = self.env.new_serialno(f"penstock {self.arguments[0]}")
        return f"--{number + 1}" if number else ""

    def _note_sources(self, flow: Flow) -> None:
        """Let Sphinx read this page again when a file that declares a step changes."""
        for step in flow.steps:
            code = getattr(unwrap(step.function), "__code__", None)
            if code is not None and Path(code.co_filename).is_file():
                self.env.note_dependency(code.co_filename)

    def _description(self, flow: Flow) -> list[nodes.Node]:
        if not flow.description:
            return []
        inline, messages = self.parse_inline(flow.description)
        return [nodes.paragraph("", "", *inline), *messages]

    def _figure(self, page: FlowPage, steps: str) -> nodes.Node:
        diagram = self._diagram(page, steps)
        caption = self.options.get("caption")
        outer: nodes.Element = diagram
        if caption is not None:
            inline, messages = self.parse_inline(caption)
            words = nodes.caption(caption, "", *inline)
            self.set_source_info(words)
            outer = nodes.figure("", diagram, words, *messages)
            outer["align"] = self.options.get("align", "default")
            self.set_source_info(outer)
        else:
            diagram["align"] = self.options.get("align")
        outer["classes"] += self.options.get("class", [])
        # A name comes first: numbered figures are found by their first id.
        self.add_name(outer)
        outer["ids"].append(page.anchor)
        return outer

    def _diagram(self, page: FlowPage, steps: str) -> penstock_diagram:
        graph = page.flow.graph() if steps == "none" else page.graph
        place = re.sub(r"[^a-z0-9]+", "-", self.env.docname.lower())
        diagram = penstock_diagram(
            "",
            graph=graph,
            format=self.options.get("format", self.config.penstock_format),
            direction=self.options.get("direction", self.config.penstock_direction),
            prefix=f"{page.anchor}--in-{place}",
            alt=self.options.get("alt"),
            docname=self.env.docname,
        )
        self.set_source_info(diagram)
        return diagram

    def _about(self, flow: Flow) -> list[nodes.Node]:
        said = [f"Owner: {flow.owner}"] if flow.owner else []
        said += [f"Tags: {', '.join(flow.tags)}"] if flow.tags else []
        return [nodes.paragraph("", ". ".join(said), classes=["penstock-about"])] if said else []

    def _warn(self, message: str, subtype: Subtype) -> None:
        """Warn at the author's line, and again in the next build until it is mended."""
        self.env.note_reread()
        warn(message, subtype, location=self.get_location())

    def _placeholder(self, message: str) -> nodes.Node:
        said = nodes.paragraph("", f"This flow cannot be shown: {message}.")
        return nodes.warning("", said, classes=["penstock-missing"])
