"""Signatures as the source has them: nothing is evaluated, and no value is shown.

A value may be a password from the environment, a path of this machine, or the
address of an object. The source has what its author wrote to be
read, and it is the same in each process.
"""

import ast
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial, partialmethod
from types import CodeType, MethodType, NoneType, UnionType
from typing import Any, NamedTuple, TypeAlias, Union, get_args, get_origin

if sys.version_info >= (3, 14):
    import annotationlib

__all__ = [
    "UNKNOWN",
    "Source",
    "attempt",
    "find_decorators",
    "read_signature",
    "why_unreadable",
]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Source(str):
    """An expression as it was written, on one line.

    Its ``repr`` is the expression itself, so that `inspect` and the tools that
    build on it write it into a signature without quotes.

    .. versionadded:: 0.2
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


UNKNOWN = Source("…")
"""A default or an annotation whose source cannot be had."""


def attempt(action: Callable[[], Any], otherwise: Any = None) -> Any:
    """Return what *action* returns, or *otherwise* if it raises anything.

    Code of users may raise anything when an object is inspected: a ``repr``, a
    property, a descriptor. Only Ctrl+C ends the program.

    .. versionadded:: 0.2
    """
    try:
        return action()
    except KeyboardInterrupt:
        raise
    except BaseException:  # sys.exit() in a repr, too
        return otherwise


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


def find_decorators(function: Any) -> list[tuple[ast.expr, Source]]:
    """Return the decorators above the ``def`` of *function*, each with its source, if any are."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return []
    lines, index = _module(code.co_filename, getattr(function, "__globals__", {}))
    node = _node_of(code, index)
    written = [] if node is None or isinstance(node, ast.Lambda) else node.decorator_list
    return [(decorator, _text(decorator, lines)) for decorator in written]


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
        return _line(annotation)
    origin, inner = get_origin(annotation), [_named(part) for part in get_args(annotation)]
    if origin is Union or origin is UnionType:
        return Source(" | ".join(inner))
    if isinstance(origin, type) and inner:
        return Source(f"{_named(origin)}[{', '.join(inner)}]")
    if isinstance(annotation, type) and annotation is not NoneType:
        return Source(annotation.__qualname__.rpartition("<locals>.")[2])
    return Source("None") if annotation is None or annotation is NoneType else UNKNOWN


def _line(text: str) -> Source:
    return Source(" ".join(text.split()))


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
    lines, index = _module(code.co_filename, getattr(function, "__globals__", {}))
    node = _node_of(code, index)
    # attrs keeps the source of what it generates, which its users did not write.
    if node is None or code.co_filename.startswith("<attrs generated"):
        return
    names, written = _names(code), _Written()
    types = _annotations_of(function)
    for name, argument in zip(names, _arguments(node), strict=True):
        if argument.annotation is not None and name in types:
            written.annotations[name] = _type_text(argument.annotation, lines), types[name]
    if not isinstance(node, ast.Lambda) and node.returns is not None and "return" in types:
        written.annotations["return"] = _type_text(node.returns, lines), types["return"]
    values = _defaults_of(function, names[: code.co_argcount])
    for name, default in _written_defaults(node, names, code.co_argcount):
        if name in values and not _was_edited(default, values[name]):
            written.defaults[name] = _text(default, lines), values[name]
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
    node: _Function, names: list[str], positional: int
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


def _names(code: CodeType) -> list[str]:
    """Return the names of all arguments: by position, by name only, ``*args``, ``**kwargs``."""
    rest = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + rest])


def _arguments(node: _Function) -> list[ast.arg]:
    """Return the arguments of *node* in the order in which its code has them."""
    given = node.args
    rest = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]


def _of_class(target: type) -> _Written:
    """Return what the body of a class says of its fields, of which tools make an ``__init__``."""
    written = _Written()
    module = sys.modules.get(target.__module__)
    lines, index = _module(getattr(module, "__file__", None) or "", getattr(module, "__dict__", {}))
    found = index.classes.get(target.__qualname__, [])
    for statement in found[0].body if len(found) == 1 else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            written.annotations[name] = _type_text(statement.annotation, lines), _ANY
            value = _field_default(statement.value)
            if value is not None:
                written.defaults[name] = _text(value, lines), _ANY
    return written


def _field_default(value: ast.expr | None) -> ast.expr | None:
    """Return the default of a field, also of one that ``field(default=...)`` describes."""
    if not isinstance(value, ast.Call):
        return value
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    if given.keys() & {"default_factory", "factory"}:
        return None
    return given.get("default", value)


class _Index(NamedTuple):
    """The functions of a module by their first lines, its classes by their qualified names."""

    functions: dict[int, list[_Function]]
    classes: dict[str, list[ast.ClassDef]]


_modules: dict[str, tuple[list[str], _Index]] = {}
"""By file, with the lines of which the index was made."""


def _module(file: str, scope: dict[str, Any]) -> tuple[list[str], _Index]:
    """Return the lines of a file as it is now, and what they define."""
    linecache.checkcache(file)
    lines = linecache.getlines(file, scope)
    known = _modules.get(file)
    if known is None or known[0] is not lines:
        index = _Index({}, {})
        # It was edited and is no longer valid Python, or never was.
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            _collect(ast.parse("".join(lines)), index, "")
        known = _modules[file] = lines, index
    return known


def _collect(node: ast.AST, index: _Index, prefix: str) -> None:
    for child in ast.iter_child_nodes(node):
        inside = prefix
        if isinstance(child, ast.ClassDef):
            index.classes.setdefault(prefix + child.name, []).append(child)
            inside = f"{prefix}{child.name}."
        elif isinstance(child, ast.Lambda):
            index.functions.setdefault(child.lineno, []).append(child)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            index.functions.setdefault(first, []).append(child)
            inside = f"{prefix}{child.name}.<locals>."
        _collect(child, index, inside)


def _node_of(code: CodeType, index: _Index) -> _Function | None:
    """Return the one function in the source that *code* was made of."""
    found = [n for n in index.functions.get(code.co_firstlineno, ()) if _fits(n, code)]
    if len(found) > 1:
        # Of several on a line, its code says where its last expression is.
        positions = set(code.co_positions())
        found = [node for node in found if _last_position(node) in positions]
    return found[0] if len(found) == 1 else None


def _fits(node: _Function, code: CodeType) -> bool:
    written = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    arguments, names = [argument.arg for argument in _arguments(node)], _names(code)
    return written == code.co_name and [a.lstrip("_") for a in arguments] == [
        # In a class, `__x` is called `_Class__x`.
        name.rpartition("__")[2] if argument.startswith("__") else name.lstrip("_")
        for argument, name in zip(arguments, names, strict=False)
    ]


def _last_position(node: _Function) -> tuple[int | None, int | None, int | None, int | None]:
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return last.lineno, last.end_lineno, last.col_offset, last.end_col_offset


def _type_text(node: ast.expr, lines: list[str]) -> Source:
    """Return the source of an annotation, without the quotes around it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _line(node.value)
    return _text(node, lines)


def _text(node: ast.expr, lines: list[str]) -> Source:
    """Return the source of an expression: as it is if that is one line."""
    if node.lineno != node.end_lineno:
        return Source(ast.unparse(node).replace("\n", "\\n"))
    line = lines[node.lineno - 1].encode()
    return Source(line[node.col_offset : node.end_col_offset].decode())
