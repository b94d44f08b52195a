"""Docstrings of any of the usual styles, read by griffelib into one simple form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import Signature
from textwrap import dedent
from typing import Any

from penstock import Step
from penstock.docs import ENGLISH, DocstringWords
from penstock.docs.functions import signature_of
from penstock_mkdocs._extras import explain_import

try:
    import griffe
    from griffe import Docstring, Function  # very old ones have them elsewhere
except ImportError as error:
    raise explain_import(error) from error

__all__ = ["Item", "Part", "read_docstring"]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list in a docstring: a parameter, an exception, what is returned."""

    name: str | None
    annotation: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a docstring: a string, or a list under a title."""

    title: str | None = None
    text: str = ""
    items: tuple[Item, ...] = ()


# What griffelib misses in a docstring is for a linter of docstrings to say.
_QUIETLY: Any = {style: {"warnings": False} for style in ("google", "numpy", "sphinx")}

_ONE = {"returns_multiple_items": False, "returns_named_value": False, "warnings": False}
_WHOLE: Any = _QUIETLY | {"google": _ONE}
"""The options by which a returned value is one thing, whose description has several lines."""

_FENCED = re.compile(r"^ +```.*?^ +```", re.MULTILINE | re.DOTALL)
_MAY_HAVE_SECTIONS = re.compile(r"^(?: |:|\.\.|>>>|[-=]{2})|: *$", re.MULTILINE)
"""The pattern that all sections of all styles match: most docstrings need no parser."""


def read_docstring(step: Step, words: DocstringWords = ENGLISH.docstring) -> list[Part]:
    """Return the parts of the docstring of *step*, whichever style it is written in.

    Args:
        step: The step.
        words: The titles of parts.
    """
    if not step.doc:
        return []
    if not _MAY_HAVE_SECTIONS.search(step.doc):
        return [Part(text=step.doc.rstrip())]
    return _parse(step.doc, _described(step), words)


def _parse(doc: str, described: Function, words: DocstringWords) -> list[Part]:
    """Return the parts of *doc*, as griffelib divides it."""
    docstring = Docstring(doc, parent=described)
    sections = docstring.parse("auto", per_style_options=_QUIETLY)
    if any(_is_torn(section, described) for section in sections):
        sections = docstring.parse("auto", per_style_options=_WHOLE)
    return [_part(section, words) for section in sections]


def _is_torn(section: griffe.DocstringSection, described: Function) -> bool:
    """Return whether lines of one text were taken for several things that are returned."""
    if section.kind.value not in {"returns", "yields"}:
        return False
    unnamed = [item for item in section.value[1:] if not item.name]
    return any(item.annotation in (None, "", described.returns) for item in unnamed)


def _described(step: Step) -> Function:
    """Return the function of *step* as griffelib sees one, for the types of its parameters."""
    signature = signature_of(step) or Signature()
    empty = Signature.empty
    parameters = [
        griffe.Parameter(
            p.name,
            annotation=None if p.annotation is empty else str(p.annotation),
            kind=griffe.ParameterKind[p.kind.name.lower()],
        )
        for p in signature.parameters.values()
    ]
    returned = signature.return_annotation
    return Function(
        step.name,
        parameters=griffe.Parameters(*parameters),
        returns=None if returned is empty else str(returned),
    )


def _part(section: griffe.DocstringSection, words: DocstringWords) -> Part:
    kind, value = section.kind.value, section.value
    if kind == "text":
        return Part(text=value)
    if kind == "examples":
        return Part(title=section.title or words.examples, text="\n\n".join(_examples(value)))
    if kind in {"admonition", "deprecated"}:
        content = value.description if kind == "deprecated" else value.contents
        title = words.title(section.title or "")
        if kind == "deprecated":
            title = words.deprecated.format(value.version)
        return Part(title=title, text=content)
    items = tuple(_item(entry) for entry in value)
    return Part(title=section.title or words.title(kind.capitalize()), items=items)


def _examples(value: list[tuple[griffe.DocstringSectionKind, str]]) -> Iterator[str]:
    for kind, text in value:
        is_text = kind is griffe.DocstringSectionKind.text
        yield text if is_text else f"```pycon\n{text}\n```"


def _item(entry: Any) -> Item:
    annotation = getattr(entry, "annotation", None)
    return Item(
        getattr(entry, "name", None) or None,
        None if annotation is None else str(annotation),
        _FENCED.sub(_straighten, entry.description),
    )


def _straighten(fenced: re.Match[str]) -> str:
    """Return code in a fence as far to the left as text: it is not part of a list."""
    return dedent(fenced[0])
