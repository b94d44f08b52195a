"""Functions and objects that a library has got, and may call whenever it is called itself."""

import re
import sys
from collections import deque
from collections.abc import Iterator

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.values import (
    Class,
    Container,
    Function,
    Instance,
    Method,
    Partial,
    Value,
    Values,
)
from penstock.evidence._source.files import Definition

__all__ = ["TEMPLATES", "is_known", "note_given"]

_KNOWN = sys.stdlib_module_names | {
    "", "?", "aiohttp", "anyio", "attr", "attrs", "blinker", "celery", "click", "django",
    "dramatiq", "fastapi", "flask", "huey", "pydantic", "pytest", "rest_framework", "rq",
    "sqlalchemy", "starlette", "typer", "zope",
}  # fmt: skip
"""The packages of which it is known which functions they call that they have got."""

TEMPLATES = "templates"
"""The package of the functions that any template may call."""

_OF_TEMPLATES = re.compile(
    r"jinja_env|\.env\.(?:filters|globals|tests)\b|\.(?:add_)?template_(?:filter|global|test)\b"
)
"""The name of what keeps them."""

_MOST = 50
"""How many values are looked through for functions, with those in lists and dicts."""


def is_known(library: str) -> bool:
    """Return whether it is known what a library calls, and when."""
    return library.partition(".")[0] in _KNOWN


def note_given(frame: Frame, library: str, values: Values) -> None:
    """Note that a module, or an object when it is made, gives *library* functions and objects.

    What a function gives by itself is handed off there, and not what is in a list or dict or has
    been assigned to an object, nor what templates may call from then on.
    """
    is_of_templates = _OF_TEMPLATES.search(library) is not None
    if is_known(library) and not is_of_templates:
        return
    package = TEMPLATES if is_of_templates else library.partition(".")[0]
    around = frame.activation.definition
    is_kept = is_of_templates or around.kind == "module" or around.name == "__init__"
    kept = [value for value in values if is_kept or isinstance(value, Container)]
    for each in (value for value in values if isinstance(value, Instance)):
        assigned = (v for found in frame.engine.peek(each).values() for v in found)
        kept += (v for v in assigned if isinstance(v, (Function, Method, Partial)))
    for definition in _definitions_in(frame, kept):
        frame.engine.given.setdefault(definition, set()).add(package)


def _definitions_in(frame: Frame, values: list[Value]) -> Iterator[Definition]:
    """Yield the functions and classes in *values*, and in what these have."""
    waiting, seen = deque(values), set(values)
    while waiting:
        value = waiting.popleft()
        while isinstance(value, (Partial, Method)):
            value = value.callee if isinstance(value, Partial) else value.function
        match value:
            case Function() | Class():
                yield value.definition
            case Instance():
                yield value.cls
            case Container():
                items = set(frame.engine.all_items(value)) - seen
                if len(seen) + len(items) <= _MOST:
                    seen |= items
                    waiting += items
