"""What autodoc would write of a function: its signature and docstring as the project has them."""

import re
from inspect import isasyncgenfunction, iscoroutinefunction, unwrap
from typing import Any, cast

from docutils import nodes
from docutils.parsers.rst.states import RSTState, RSTStateMachine, state_classes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docstrings import prepare_docstring
from sphinx.util.docutils import SphinxDirective, switch_source_input
from sphinx.util.inspect import signature, stringify_signature
from sphinx.util.parsing import nested_parse_to_nodes

from penstock._pages import StepSection, python_name
from penstock._signatures import read_signature

__all__ = ["FunctionSource", "parse_rst", "setup_docstrings"]


def setup_docstrings(app: Sphinx) -> None:
    """Let docstrings and signatures go through autodoc's events, where it is loaded."""
    app.connect("config-inited", _join_autodoc)


def _join_autodoc(app: Sphinx, _config: Config) -> None:
    if "sphinx.ext.autodoc" in app.extensions:
        # Loading autodoc takes longer than many a build has to do.
        from sphinx.ext.autodoc.typehints import record_typehints  # noqa: PLC0415

        # For ``autodoc_typehints = "description"``; since Sphinx 9 autodoc calls it by itself.
        app.connect("autodoc-process-signature", record_typehints)


class FunctionSource:
    """The reST that autodoc would write of a step's function.

    Args:
        directive: What asks for it.
        section: What the page says of the step.
    """

    def __init__(self, directive: SphinxDirective, section: StepSection) -> None:
        self._directive = directive
        self._section = section
        function: Any = unwrap(section.step.function)
        self._function = section.step.function
        self._is_async = iscoroutinefunction(function) or isasyncgenfunction(function)
        self.module, self.path = python_name(section.step)
        self._kind = "method" if "." in self.path else "function"
        first = re.match(r"\((self|cls)\b", str(read_signature(section.step.function)))
        self._is_bound = self._kind == "method" and first is not None

    @property
    def name(self) -> str:
        """The function's own name, or ``""`` if it has none."""
        return self.path.rpartition(".")[2]

    def lines(self) -> StringList:
        """Return the description of the function, each line with its place."""
        place, line = self._directive.get_source_info()
        head = self._head()
        lines = StringList(head, items=[(place or "", (line or 1) - 1)] * len(head))
        for number, text in enumerate(self._docstring()):
            lines.append(f"   {text}".rstrip(), self.origin, number)
        return lines

    @property
    def origin(self) -> str:
        """Where warnings say that the docstring is."""
        location = self._section.step.location
        where = f"{location.file}:" if location else ""
        return f"{where}docstring of {self._section.target}"

    def _head(self) -> list[str]:
        if not self.path:
            return [".. describe:: _", "   :no-index:", ""]
        module = [f"   :module: {self.module}"] if self.module else []
        is_async = ["   :async:"] if self._is_async else []
        return [
            f".. py:{self._kind}:: {self.path}{self._signature()}",
            *(*module, *is_async, "   :no-index:", ""),
        ]

    @property
    def _what(self) -> tuple[str, str, Any, "_Options"]:
        return self._kind, self._section.target, self._function, _Options()

    def _signature(self) -> str:
        """Return the signature after autodoc's listeners have seen it."""
        arguments, result = self._inspected()
        seen = self._directive.env.events.emit_firstresult(
            "autodoc-process-signature", *self._what, arguments, result
        )
        arguments, result = seen or (arguments, result)
        return f"{arguments or '()'} -> {result}" if result else arguments or "()"

    def _inspected(self) -> tuple[str, str]:
        """Return the arguments and the result as autodoc would, for any callable."""
        try:
            arguments, whole = self._written(result=False), self._written(result=True)
        except Exception:  # a callable that C code made may have none, a default may have no text
            return "", ""
        return arguments, whole.removeprefix(arguments).removeprefix(" -> ")

    def _written(self, *, result: bool) -> str:
        config = self._directive.config
        found = signature(
            self._function,
            bound_method=self._is_bound,
            type_aliases=getattr(config, "autodoc_type_aliases", {}),
        )
        typed = getattr(config, "autodoc_typehints", "signature") in {"signature", "both"}
        return stringify_signature(
            found,
            show_annotation=typed,
            show_return_annotation=typed and result,
            unqualified_typehints=getattr(config, "autodoc_typehints_format", "short") == "short",
        )

    def _docstring(self) -> list[str]:
        """Return the docstring after autodoc's listeners, napoleon among them, have seen it."""
        lines = prepare_docstring(self._section.step.doc or "")
        self._directive.env.events.emit("autodoc-process-docstring", *self._what, lines)
        return lines


class _Options(dict[str, Any]):
    """The options of an autodoc directive that was given none."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def parse_rst(directive: SphinxDirective, lines: StringList) -> list[nodes.Node]:
    """Return *lines* parsed as reST, also where the page is Markdown."""
    if not isinstance(cast("object", directive.state), RSTState):  # MyST has its own
        return _parse_in_markdown(directive.state.document, lines)
    with switch_source_input(directive.state, lines):
        return nested_parse_to_nodes(directive.state, lines)


def _parse_in_markdown(document: nodes.document, lines: StringList) -> list[nodes.Node]:
    """Return *lines* parsed as a part of *document*, so that its targets are the page's."""
    before = len(document.children)
    machine = RSTStateMachine(state_classes=state_classes, initial_state="Body")
    reporter: Any = document.reporter
    places = reporter.get_source_and_line
    reporter.get_source_and_line = machine.get_source_and_line
    try:
        machine.run(lines, document)
    finally:
        reporter.get_source_and_line = places
    found = document.children[before:]
    del document[before:]
    return found
