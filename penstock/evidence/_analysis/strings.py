"""Strings that the source has."""

import ast
import re

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.special import FORMAT, TEXT, show
from penstock.evidence._analysis.terms import Call
from penstock.evidence._analysis.values import (
    UNKNOWN,
    Constant,
    Container,
    Deferred,
    External,
    Value,
    Values,
)

__all__ = ["beginning", "call_string", "ends_of", "formatted_string"]

_STRING_METHODS = {
    "rsplit", "split", "partition", "rpartition", "lower", "upper", "title", "capitalize", "strip",
    "lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "format",
}  # fmt: skip


def call_string(frame: Frame, text: str, name: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a method of a string that the source has returns."""
    given = [v[0].value for v in arguments.positional if len(v) == 1 and isinstance(v[0], Constant)]
    named = {
        k: v[0].value
        for k, v in arguments.named.items()
        if len(v) == 1 and isinstance(v[0], Constant)
    }
    is_known = len(given) == len(arguments.positional) and len(named) == len(arguments.named)
    if name == "join":
        for lazy in arguments.all():
            if isinstance(lazy, Deferred):
                frame.emit(Call(lazy.activations, frame.location(node)))
    if name == "format":
        show(frame, arguments.all(), node, FORMAT)
    if name == "format" and not is_known:
        return beginning(text.partition("{")[0])
    if name not in _STRING_METHODS or not is_known or arguments.rest or arguments.other:
        return (External(f"str.{name}()"),)
    try:
        found = getattr(text, name)(*given, **named)
    except (TypeError, ValueError, LookupError):
        return UNKNOWN
    if isinstance(found, str):
        return (Constant(found, str),)
    container = Container("tuple", (*frame.site(node), text))
    for number, each in enumerate(found):
        frame.engine.put(container, Constant(number, int), (Constant(each, str),))
    return (container,)


def formatted_string(frame: Frame, node: ast.JoinedStr) -> Values:
    """Return an f-string, or its beginning and its end, as far as the source has it."""
    parts: list[str | None] = []
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            values = frame.evaluate(each.value)
            show(frame, values, each.value, _CONVERSIONS.get(each.conversion, FORMAT))
            constants = [v for v in values if isinstance(v, Constant) and each.conversion == -1]
            is_known = len(values) == len(constants) == 1
            parts.append(str(constants[0].value) if is_known else None)
        else:
            parts.append(str(getattr(each, "value", "")))
    if None not in parts:
        return (Constant("".join(filter(None, parts)), str),)
    number, others = parts.index(None), parts[::-1]
    first, last = parts[:number], others[: others.index(None)][::-1]
    return beginning("".join(filter(None, first)), "".join(filter(None, last)))


_CONVERSIONS = {ord("s"): TEXT, ord("r"): ("__repr__",), ord("a"): ("__repr__",)}
"""The methods for ``!s``, ``!r`` and ``!a``."""


def beginning(text: str, end: str = "") -> Values:
    """Return a string of which the source shows only how it begins, and how a name ends."""
    end = end if _OF_NAMES.fullmatch(f"{text}{end}") else ""
    return (External(f"str:{text}*{end}"),) if text or end else UNKNOWN


_OF_NAMES = re.compile(r"[\w.]*")
"""Text that may be part of the name of an attribute or a module, whose end alone says something."""


def ends_of(value: Value) -> tuple[str, str]:
    """Return how a string begins and ends, or ``""`` for what the source does not show."""
    name = value.name if isinstance(value, External) else ""
    first, _, last = (
        name.removeprefix("str:").partition("*") if name.startswith("str:") else [""] * 3
    )
    return first, last
