"""The signature and docstring of a function as autodoc would write them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import Signature, unwrap
from types import FunctionType
from typing import Any, cast

from docutils import nodes
from docutils.parsers.rst.states import RSTState
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docstrings import prepare_docstring
from sphinx.util.docutils import SphinxDirective, switch_source_input
from sphinx.util.parsing import nested_parse_to_nodes

from penstock.docs import StepSection
from penstock.docs.functions import (
    UNKNOWN,
    attempt,
    is_async,
    python_name,
    read_signature,
    signature_of,
    why_unreadable,
)
from penstock_sphinx._compat import parse_beside_markdown, record_typehints
from penstock_sphinx._log import Subtype, warn
from penstock_sphinx._signatures import for_domain, hide_defaults

__all__ = ["FunctionSource", "describe_error", "parse_rst", "setup_docstrings"]


def setup_docstrings(app: Sphinx) -> None:
    """Let docstrings and signatures go through autodoc's events, where it is loaded."""
    app.connect("config-inited", _join_autodoc)


def _join_autodoc(app: Sphinx, _config: Config) -> None:
    if "sphinx.ext.autodoc" in app.extensions:
        record_typehints(app)


class FunctionSource:
    """The reST that autodoc would write of a step's function.

    Args:
        directive: What asks for it.
        section: What the page says of the step.
    """

    def __init__(self, directive: SphinxDirective, section: StepSection) -> None:
        self._directive = directive
        self._section = section
        self._function: Any = section.step.function
        self.module, self.path = python_name(section.step)
        self._kind = "method" if "." in self.path else "function"
        self.defaults: list[str] = []
        """The defaults that the signature in `lines` has no room for."""

    @property
    def name(self) -> str:
        """The function's own name, or ``""`` if it has none."""
        return self.path.rpartition(".")[2]

    def lines(self) -> StringList:
        """Return the description of the function, each line with its source."""
        lines = self._numbered(self._head())
        for number, text in enumerate(self._docstring()):
            lines.append(f"   {text}".rstrip(), self.origin, number)
        return lines

    def bare_lines(self) -> StringList:
        """Return a description that says nothing, for a docstring that cannot be shown."""
        return self._numbered(_NAMELESS)

    def _numbered(self, head: list[str]) -> StringList:
        obj, line = self._directive.get_source_info()
        return StringList(head, items=[(obj or "", (line or 1) - 1)] * len(head))

    @property
    def origin(self) -> str:
        """The location of the docstring, for warnings."""
        location = self._section.step.location
        where = f"{location.file}:" if location else ""
        return f"{where}docstring of {self._section.target}"

    def warn(self, message: str, subtype: Subtype) -> None:
        """Warn of *message* at the docstring, and again in the next build."""
        self._directive.env.note_reread()
        warn(message, subtype, location=self.origin)

    def _head(self) -> list[str]:
        if not self.path:
            return _NAMELESS
        module = [f"   :module: {self.module}"] if self.module else []
        async_ = ["   :async:"] if is_async(self._section.step) else []
        return [
            f".. py:{self._kind}:: {self.path}{self._signature()}",
            *(*module, *async_, "   :no-index:", ""),
        ]

    @property
    def _what(self) -> tuple[str, str, Any, "_Options"]:
        return self._kind, self._section.target, self._function, _Options()

    def _signature(self) -> str:
        """Return the signature after autodoc's listeners have seen it, on one line."""
        signature = self._inspected()
        arguments, result = self._written(signature)
        with _seen_as(self._function, self._for_domain(read_signature(self._function))):
            seen = self._emit("autodoc-process-signature", arguments, result)
        arguments, result = _pair_of_strings(seen) or (arguments, result)
        arguments, self.defaults = hide_defaults(_one_line(arguments or "()"))
        return f"{arguments} -> {_one_line(result)}" if result else arguments

    def _inspected(self) -> Signature | None:
        """Return the signature as a caller sees it; warn if the user's code kept us from that."""
        found = signature_of(self._section.step)
        if found is None and (reason := why_unreadable(self._function)):
            self.warn(f"the signature cannot be read: {reason}", "signature")
        return self._for_domain(found)

    def _for_domain(self, found: Signature | None) -> Signature | None:
        config = self._directive.config
        is_short = getattr(config, "autodoc_typehints_format", "short") == "short"
        function: Any = attempt(lambda: unwrap(self._function), self._function)
        scope = attempt(lambda: function.__globals__, {})
        aliases = getattr(config, "autodoc_type_aliases", {})
        return found and for_domain(found, scope, aliases, "~" if is_short else "")

    def _written(self, found: Signature | None) -> tuple[str, str]:
        """Return the arguments and the result, with types where the project wants them."""
        if found is None:
            return f"({UNKNOWN})", ""
        wanted = getattr(self._directive.config, "autodoc_typehints", "signature")
        if wanted not in {"signature", "both"}:
            plain = [p.replace(annotation=Signature.empty) for p in found.parameters.values()]
            found = Signature(plain)
        returned = found.return_annotation
        arguments = str(found.replace(return_annotation=Signature.empty))
        return arguments, "" if returned is Signature.empty else str(returned)

    def _docstring(self) -> list[str]:
        """Return the docstring after autodoc's listeners, napoleon among them, have seen it."""
        step = self._section.step
        found = attempt(lambda: unwrap(self._function).__doc__)
        if found is not None and not isinstance(found, str):
            self.warn(f"its __doc__ must be a string, not {type(found).__name__}", "docstring")
        lines = prepare_docstring(step.doc or "")
        with _seen_as(self._function, self._for_domain(read_signature(self._function))):
            self._emit("autodoc-process-docstring", lines)
        return [line for text in lines for line in str(text).split("\n")]

    def _emit(self, event: str, *args: object) -> object:
        """Return the first result of the listeners of *event*; warn if one of them fails."""
        try:
            return self._directive.env.events.emit_firstresult(event, *self._what, *args)
        except (Exception, SystemExit) as error:  # napoleon may ask a user's object for its repr
            cause = getattr(error, "orig_exc", None) or error
            self.warn(f"a listener of {event} raised {describe_error(cause)}", "listener")
            return None


_NAMELESS = [".. describe:: _", "   :no-index:", ""]


def describe_error(error: BaseException) -> str:
    """Return the type and the message of *error*, whose ``str`` may raise in its turn."""
    name = type(error).__name__
    message: str = attempt(lambda: f"{name}: {error}" if str(error) else name, name)
    return message


def _pair_of_strings(seen: object) -> tuple[str, str] | None:
    """Return what a listener made of a signature: arguments and result, or None if it did not."""
    if not isinstance(seen, (tuple, list)) or len(seen) != 2:  # noqa: PLR2004 - a pair
        return None
    return str(seen[0] or ""), str(seen[1] or "")


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)


@contextmanager
def _seen_as(function: object, signature: Signature | None) -> Iterator[None]:
    """Let listeners that inspect *function* find its signature as it was written."""
    inner = attempt(lambda: unwrap(cast("Any", function)), function)
    found = [f for f in (function, inner) if isinstance(f, FunctionType) and signature is not None]
    before = [vars(f).get("__signature__", _NONE) for f in found]
    for f in found:
        vars(f)["__signature__"] = signature
    try:
        yield
    finally:
        for f, old in reversed(list(zip(found, before, strict=True))):
            if old is _NONE:
                vars(f).pop("__signature__", None)
            else:
                vars(f)["__signature__"] = old


_NONE = object()


class _Options(dict[str, Any]):
    """The options of an autodoc directive that was given none."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def parse_rst(directive: SphinxDirective, lines: StringList) -> list[nodes.Node]:
    """Return *lines* parsed as reST, also where the page is Markdown."""
    if not isinstance(cast("object", directive.state), RSTState):  # MyST has its own
        return parse_beside_markdown(directive.state.document, lines)
    with switch_source_input(directive.state, lines):
        return nested_parse_to_nodes(directive.state, lines)
