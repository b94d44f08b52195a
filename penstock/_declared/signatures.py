"""Signatures as the source has them: nothing is evaluated, and no value is shown.

A value may be a password from the environment, a path of this machine, or the
address of an object. The source has what its author wrote to be
read, and it is the same in each process.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial, partialmethod
from types import CodeType, MethodType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from penstock._common.callables import attempt
from penstock._declared.source import (
    Function,
    Source,
    arguments_of,
    names_of,
    node_of,
    one_line,
    read_module,
    text_of,
    type_text,
)

__all__ = ["UNKNOWN", "read_signature", "why_unreadable"]

if sys.version_info >= (3, 14):
    import annotationlib

UNKNOWN = Source("…")
"""A default or an annotation whose source cannot be had."""


def read_signature(function: object, *, bound: bool = False) -> inspect.Signature | None:
    """Return the signature of a callable as its source has it.

    Names and kinds of parameters are those that `inspect.signature` finds, also
    of wrapped functions, partials, classes, bound methods and objects with
    ``__call__`` or ``__signature__``. Annotations and defaults are `Source`
    strings: ``os.environ.get("PASSWORD")``, ``{"a", "b"}``, ``Path(__file__)``.
    An annotation that was written as a string has no quotes. No annotation and
    no default is evaluated, compared with ``==`` or asked for its ``repr``.

    If the source is not available (C code, ``exec``, an edited file, a decorator
    that changed the signature), a default is `UNKNOWN`, and an annotation is
    made from the names of its classes, or `UNKNOWN` too.

    Args:
        function: The callable.
        bound: Whether to leave out a first parameter called *self* or *cls*.

    Returns:
        The signature, whose ``str()`` is one line; or None if it cannot be
        known. None does not mean ``()``: show ``(…)``.

    .. versionadded:: 0.2
    """
    found: inspect.Signature | None = attempt(lambda: _read(function, bound=bound))
    return found


def why_unreadable(function: object) -> str | None:
    """Return the exception of reading a signature, or None if there is just no signature.

    .. versionadded:: 0.2
    """
    try:
        _read(function, bound=False)
    except (KeyboardInterrupt, TypeError, ValueError) as error:
        if isinstance(error, KeyboardInterrupt):
            raise
    except BaseException as error:
        return type(error).__name__
    return None


def _read(function: Any, *, bound: bool) -> inspect.Signature:
    if issubclass(type(function), (staticmethod, classmethod)):
        function = function.__func__
    found = _inspect(function)
    sources = attempt(lambda: list(_sources(function)), [])
    parameters = [
        parameter.replace(
            annotation=_annotation(parameter.name, parameter.annotation, sources),
            default=_default(parameter.name, parameter.default, sources),
        )
        for parameter in found.parameters.values()
    ]
    if bound and parameters and parameters[0].name in {"self", "cls"}:
        del parameters[0]
    if issubclass(type(function), type):  # its `__init__` returns None, a call does not
        return inspect.Signature(parameters)
    returned = _annotation("return", found.return_annotation, sources)
    return inspect.Signature(parameters, return_annotation=returned)


def _inspect(function: Any) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        return _in_words(partial(inspect.signature, function), "annotation_format")
    return inspect.signature(function)


if sys.version_info >= (3, 14):

    def _in_words(read: Callable[..., Any], option: str) -> Any:
        """Return what *read* returns with annotations as strings, or as the objects they are.

        An object that somebody put among the annotations may raise when it is written.
        """
        words = attempt(lambda: read(**{option: annotationlib.Format.STRING}))
        return read(**{option: annotationlib.Format.FORWARDREF}) if words is None else words


def _annotation(name: str, value: object, sources: "list[_Written]") -> object:
    if value is inspect.Signature.empty:
        return value
    for source in sources:
        written, found = source.annotations.get(name, (None, None))
        if written is not None and (found is _ANY or _is_same(value, found)):
            return written
    return attempt(lambda: _named(value), UNKNOWN)


def _default(name: str, value: object, sources: "list[_Written]") -> object:
    if value is inspect.Signature.empty:
        return value
    for source in sources:
        written, found = source.defaults.get(name, (None, None))
        if written is not None and (found is _ANY or found is value):
            return written
    return UNKNOWN


def _is_same(value: object, found: object) -> bool:
    # Python 3.14 makes new strings each time.
    return value is found or (type(value) is type(found) is str and value == found)


def _named(annotation: Any) -> Source:
    """Return an annotation by the names in it, without any ``repr``."""
    if isinstance(annotation, str):
        return one_line(annotation)
    origin, inner = get_origin(annotation), [_named(part) for part in get_args(annotation)]
    if origin is Union or origin is UnionType:
        return Source(" | ".join(inner))
    if isinstance(origin, type) and inner:
        return Source(f"{_named(origin)}[{', '.join(inner)}]")
    if isinstance(annotation, type) and annotation is not NoneType:
        return Source(annotation.__qualname__.rpartition("<locals>.")[2])
    return Source("None") if annotation is None or annotation is NoneType else UNKNOWN


_ANY = object()
"""Replaces a value that is not compared, since a tool made it of what was written."""


@dataclass(slots=True)
class _Written:
    """The source of one function or class: strings by name, each with its value."""

    annotations: dict[str, tuple[Source, object]] = field(default_factory=dict)
    defaults: dict[str, tuple[Source, object]] = field(default_factory=dict)


def _sources(target: object) -> Iterator[_Written]:
    """Yield what is written where a call of *target* may end, outermost first."""
    seen: list[object] = []
    bodies: list[type] = []
    waiting = [target]
    while waiting:
        target = waiting.pop(0)
        if any(target is other for other in seen):
            continue
        seen.append(target)
        code = getattr(target, "__code__", None)
        if isinstance(code, CodeType):
            yield from _of_function(target, code)
        if issubclass(type(target), type):
            bodies += _classes(target)
        waiting += _behind(target)
    yield from map(_of_class, bodies)


def _classes(target: Any) -> list[type]:
    return [one for one in target.__mro__ if one.__module__ != "builtins"]


def _behind(target: Any) -> Iterator[object]:
    """Yield what a call of *target* may call in its turn."""
    # By its type: a proxy, like a shared task of Celery, would look for its target.
    kind = type(target)
    if issubclass(kind, (staticmethod, classmethod, MethodType)):
        yield target.__func__
    elif issubclass(kind, (partial, partialmethod)):
        yield target.func
    elif issubclass(kind, type):
        for name in ("__new__", "__init__"):
            yield from (vars(one)[name] for one in _classes(target) if name in vars(one))
    else:
        yield from filter(None, [getattr(target, "__wrapped__", None)])
    yield from (vars(one)["__call__"] for one in _classes(kind) if "__call__" in vars(one))


def _of_function(function: Any, code: CodeType) -> Iterator[_Written]:
    lines, index = read_module(code.co_filename, getattr(function, "__globals__", {}))
    node = node_of(code, index)
    # attrs keeps the source of what it generates, which its users did not write.
    if node is None or code.co_filename.startswith("<attrs generated"):
        return
    names, written = names_of(code), _Written()
    types = _annotations_of(function)
    for name, argument in zip(names, arguments_of(node), strict=True):
        if argument.annotation is not None and name in types:
            written.annotations[name] = type_text(argument.annotation, lines), types[name]
    if not isinstance(node, ast.Lambda) and node.returns is not None and "return" in types:
        written.annotations["return"] = type_text(node.returns, lines), types["return"]
    values = _defaults_of(function, names[: code.co_argcount])
    for name, default in _written_defaults(node, names, code.co_argcount):
        if name in values and not _was_edited(default, values[name]):
            written.defaults[name] = text_of(default, lines), values[name]
    yield written


def _annotations_of(function: Any) -> Mapping[str, object]:
    if sys.version_info >= (3, 14):
        return _in_words(partial(annotationlib.get_annotations, function), "format")
    found: Mapping[str, object] = function.__annotations__
    return found


def _defaults_of(function: Any, positional: list[str]) -> dict[str, object]:
    values = function.__defaults__ or ()
    last = positional[len(positional) - len(values) :]
    return dict(zip(last, values, strict=True)) | (function.__kwdefaults__ or {})


def _written_defaults(
    node: Function, names: list[str], positional: int
) -> Iterator[tuple[str, ast.expr]]:
    given = node.args.defaults
    yield from zip(names[positional - len(given) : positional], given, strict=True)
    # After the names that only keywords reach, `*args` and `**kwargs` follow.
    pairs = zip(names[positional:], node.args.kw_defaults, strict=False)
    yield from ((name, default) for name, default in pairs if default is not None)


def _was_edited(node: ast.expr, value: object) -> bool:
    """Return whether the file has another constant now than what was imported from it."""
    if not isinstance(node, ast.Constant):
        return False
    return type(node.value) is not type(value) or node.value != value


def _of_class(target: type) -> _Written:
    """Return what the body of a class says of its fields, of which tools make an ``__init__``."""
    written = _Written()
    module = sys.modules.get(target.__module__)
    lines, index = read_module(
        getattr(module, "__file__", None) or "", getattr(module, "__dict__", {})
    )
    found = index.classes.get(target.__qualname__, [])
    for statement in found[0].body if len(found) == 1 else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            written.annotations[name] = type_text(statement.annotation, lines), _ANY
            value = _field_default(statement.value)
            if value is not None:
                written.defaults[name] = text_of(value, lines), _ANY
    return written


def _field_default(value: ast.expr | None) -> ast.expr | None:
    """Return the default of a field, also of one that ``field(default=...)`` describes."""
    if not isinstance(value, ast.Call):
        return value
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    if given.keys() & {"default_factory", "factory"}:
        return None
    return given.get("default", value)
