"""The special methods of objects that functions of the standard library call."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.doubts import note_logging, note_methods
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.library import CONSUMERS, last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.special import FORMAT, ITERATING, TEXT, TRUTH, call_special, show
from penstock.evidence._analysis.terms import EMPTY, choice, sequence
from penstock.evidence._analysis.values import NOTHING, Container, External, Values, join

__all__ = ["call_implicit"]

_LOGGING = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}


def call_implicit(frame: Frame, name: str, arguments: Arguments, node: ast.AST) -> None:
    """Call the methods that a function of the standard library calls of its arguments.

    Args:
        frame: Where this happens.
        name: The dotted name of the function.
        arguments: What it gets.
        node: The call.
    """
    if name.endswith("()"):  # an object that a library has returned
        note_methods(frame, (External(name),), ("__call__",), node)
    if methods := _CALLED.get(name):
        call_special(frame, arguments.first, methods, _first_of(node))
    elif last_of(name) in CONSUMERS:
        note_methods(frame, arguments.first, ITERATING, _first_of(node))
    if methods := _CALLED_OF_ITEMS.get(name):
        call_special(frame, _items(frame, arguments.first), methods, _first_of(node))
    elif name == "builtins.print":
        show(frame, arguments.all(), node)
        _print(frame, arguments, node)
    elif name.startswith("logging.") and last_of(name) in _LOGGING:
        with frame.collected() as terms:
            show(frame, arguments.all(), node)
        if terms:  # no message is made where its level is off
            frame.emit(choice([EMPTY, sequence(terms)]))
        note_logging(frame, node)


def _print(frame: Frame, arguments: Arguments, node: ast.AST) -> None:
    """Call ``write()`` of the object to which `print` writes, if the project has its class."""
    files = arguments.named.get("file", NOTHING)
    is_given = bool(files)
    files = files or attribute_of(frame, External("sys"), "stdout", node)
    with frame.collected() as terms:
        call_special(frame, files, ("write",), node)
    if terms:
        frame.emit(sequence(terms) if is_given else choice([EMPTY, sequence(terms)]))


def _first_of(node: ast.AST) -> ast.AST:
    """Return the first argument of a call."""
    return next(iter(getattr(node, "args", ())), node)


def _items(frame: Frame, values: Values) -> Values:
    return join(*(frame.engine.items(each) for each in values if isinstance(each, Container)))


_CALLED_OF_ITEMS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("builtins.sorted", "builtins.min", "builtins.max"), ("__lt__", "__gt__")),
    **dict.fromkeys(("builtins.any", "builtins.all"), TRUTH),
    "builtins.sum": ("__radd__", "__add__"),
}
"""Functions of the standard library, and the methods of the items of what they get."""


_CALLED: dict[str, tuple[str, ...]] = {
    "builtins.bool": TRUTH,
    "builtins.len": ("__len__",),
    "builtins.hash": ("__hash__",),
    "builtins.str": TEXT,
    "builtins.next": ("__next__",),
    "builtins.anext": ("__anext__",),
    "builtins.repr": ("__repr__",),
    "builtins.ascii": ("__repr__",),
    "builtins.format": FORMAT,
    "builtins.int": ("__int__", "__index__", "__trunc__"),
    "builtins.float": ("__float__", "__index__"),
    "builtins.complex": ("__complex__", "__float__", "__index__"),
    "builtins.bytes": ("__bytes__", "__iter__"),
    "builtins.abs": ("__abs__",),
    "builtins.round": ("__round__",),
    "builtins.divmod": ("__divmod__",),
    "builtins.pow": ("__pow__",),
    "builtins.reversed": ("__reversed__", "__len__"),
    "builtins.dir": ("__dir__",),
    "builtins.open": ("__fspath__",),
    "os.fspath": ("__fspath__",),
    "os.path.join": ("__fspath__",),
    "pathlib.Path": ("__fspath__",),
    "math.floor": ("__floor__", "__float__"),
    "math.ceil": ("__ceil__", "__float__"),
    "copy.copy": ("__copy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "copy.deepcopy": ("__deepcopy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "pickle.dump": ("__reduce_ex__", "__reduce__", "__getstate__"),
    "pickle.dumps": ("__reduce_ex__", "__reduce__", "__getstate__"),
}
"""Functions of the standard library, and the methods of their first argument of which one runs."""
