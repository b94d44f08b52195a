"""Functions that are handed to something that calls them later."""

import ast
import sys
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeGuard

from penstock.evidence._analysis.by_name import named_by
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.given import note_given
from penstock.evidence._analysis.iteration import await_values, counted_items
from penstock.evidence._analysis.library import (
    AFTER,
    HANDING,
    NAMING,
    OF_FILES,
    REGISTERING,
    SENDING,
    SERVING,
    SIGNATURES,
    last_of,
)
from penstock.evidence._analysis.passed import passed_in
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import (
    EMPTY,
    Background,
    Call,
    Iterate,
    Join,
    Outside,
    Parallel,
    Term,
    choice,
    sequence,
)
from penstock.evidence._analysis.values import (
    NOTHING,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Pending,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import written

__all__ = [
    "call_outside",
    "callee_text",
    "functions_in",
    "hand_assigned",
    "hand_functions",
    "hand_off",
    "keep_functions",
    "method_of",
    "outside_of",
    "outside_with",
    "pending_in",
    "run_later",
]

_CALLABLE_KINDS = {"staticmethod", "contextmanager", "singledispatch", "awaitable"}
_TARGETS = {"target", "func", "function", "callable", "fn"}


def functions_in(frame: Frame, values: Values) -> list[Value]:
    """Return the callables of the project in *values*, those in lists and tuples too."""
    found: list[Value] = []
    for value in values:
        match value:
            case Constant() | External() | Unknown():
                pass  # as most values are
            case Function() | Method() | Partial() | Deferred():
                found.append(value)
            case Wrapped() if value.kind in _CALLABLE_KINDS:
                found.append(value)
            case Instance() if any(map(_is_ours, frame.engine.find(value.cls, "__call__"))):
                found.append(value)
            case Container(kind="list" | "tuple" | "set"):
                inner = frame.engine.items(value)
                found += [v for v in inner if isinstance(v, (Function, Method, Partial, Deferred))]
    return found


def _is_ours(value: Value) -> bool:
    """Return whether a method is not one that any object of a library may have."""
    return not isinstance(value, External)


def run_later(frame: Frame, value: Value, arguments: Arguments, node: ast.AST) -> Term:
    """Return what happens when somebody calls, awaits or iterates over *value*."""
    with frame.collected() as terms:
        if isinstance(value, Deferred):
            terms.append(Call(value.activations, frame.location(node)))
        else:
            await_values(frame, frame.apply((value,), arguments, node), node)
    return sequence(terms)


def hand_off(
    frame: Frame, bodies: list[Term], node: ast.AST, owner: Hashable = None, library: str = ""
) -> Values:
    """Note that *bodies* begin later, and return that for which somebody may wait.

    Args:
        frame: Where this happens.
        bodies: What happens later, in any order.
        node: The call that hands them off.
        owner: The object that waits for them when its block ends.
        library: What calls them, if nobody knows in which order.
    """
    token = frame.site(node)
    body = bodies[0] if len(bodies) == 1 else Parallel(tuple(bodies))
    may_run_now = bool(library) and method_of(node) not in REGISTERING
    background = Background(
        body, token, frame.location(node), library=library, may_run_now=may_run_now
    )
    frame.emit(background)
    if owner is not None:
        frame.tokens.setdefault(owner, []).append(token)
    return (Pending(token),)


def hand_functions(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Hand off the functions in *arguments*, or return None if there are none."""
    everything = arguments.all()
    note_given(frame, callee.name, everything)
    is_naming = last_of(callee.name) in NAMING or method_of(node) in NAMING
    for value in functions_in(frame, everything):
        if _is_expression(value):
            frame.emit(Iterate(value.activations, EMPTY, frame.location(node)))
    bodies = [
        run_later(frame, value, given, node)
        for values, given in _handed(frame, arguments, is_naming=is_naming)
        for value in functions_in(frame, values)
        if not _is_expression(value)
    ]
    then = join(*(arguments.named.get(name, NOTHING) for name in AFTER))
    if later := [run_later(frame, each, OPEN, node) for each in functions_in(frame, then)]:
        first = [Parallel(tuple(bodies))] if bodies else []
        bodies = [sequence([*first, choice(later)])]
    pending = pending_in(arguments)
    for each in pending:
        frame.tokens.setdefault(callee.owner, []).append(each.token)
    if not bodies:
        return None
    owner = callee.owner
    if callee.name.replace("()", "").endswith(_IN_ORDER):
        before = [Join(token) for token in frame.tokens.get(owner, ())]
        bodies = [sequence([*before, *bodies])]
    library = _unordered(callee.name, node)
    return join(hand_off(frame, bodies, node, owner, library), pending)


_IN_ORDER = "BackgroundTasks.add_task"
"""The end of the name of what calls one function after the other, as Starlette does."""

_AT_ONCE = HANDING | NAMING | SENDING | SIGNATURES | {
    "add_task", "call_later", "call_soon_threadsafe", "create_task", "ensure_future", "map",
    "start_soon",
}  # fmt: skip
"""Functions that hand off what they get to something that runs all of that at the same time."""


def _unordered(library: str, node: ast.AST) -> str:
    """Return what calls what it gets in an order that nobody knows, or ``""``.

    That of the standard library is known, and so is that of queues and tasks.
    """
    text = callee_text(node)
    if last_of(library if library != "?" else text) in _AT_ONCE:
        return ""
    package = library.partition(".")[0]
    if package == "?":
        return text.partition(".")[0]
    return "" if package in sys.stdlib_module_names else package


def keep_functions(frame: Frame, functions: Iterable[Value], node: ast.AST) -> None:
    """Note that a function gives *functions* to a library that keeps them for an event."""
    if frame.scope.definition.kind == "module":
        return
    for each in functions:
        body = run_later(frame, each, OPEN, node)
        frame.emit(Background(body, frame.site(node), frame.location(node), is_kept=True))


def hand_assigned(frame: Frame, library: str, values: Values, node: ast.AST) -> None:
    """Hand off the functions that an attribute of an object of a library is set to."""
    note_given(frame, library, values)
    kept = (each for each in values if isinstance(each, (Function, Method, Partial)))
    if bodies := [run_later(frame, each, OPEN, node) for each in kept]:
        hand_off(frame, bodies, node)


def _is_expression(value: Value) -> TypeGuard[Deferred]:
    """Return whether *value* is that of a generator expression: libraries use it at once."""
    return isinstance(value, Deferred) and value.activations[0].definition.kind == "lambda"


def pending_in(arguments: Arguments) -> tuple[Pending, ...]:
    """Return the results of hand-offs in *arguments*, which may be returned for waiting."""
    return tuple(each for each in arguments.all() if isinstance(each, Pending))


def _handed(
    frame: Frame, arguments: Arguments, *, is_naming: bool
) -> Iterator[tuple[Values, Arguments]]:
    """Yield each argument, with the arguments that it is called with if it is a function."""
    positional, named = arguments.positional, arguments.named
    for number, values in enumerate(positional):
        given = Arguments(positional[number + 1 :], rest=arguments.rest)
        yield _named_by(frame, values) if is_naming else values, given
    for name, values in named.items():
        if name in AFTER:
            continue
        given = OPEN
        if name in _TARGETS and "args" in named:
            items = counted_items(frame, named["args"])
            given = OPEN if items is None else Arguments(tuple(items))
        yield values, given
    yield join(arguments.rest, arguments.other), OPEN


def _named_by(frame: Frame, values: Values) -> Values:
    """Return *values* with the functions that strings like ``"shop.tasks.export"`` name."""
    found: list[Value] = []
    for value in values:
        text = value.value if isinstance(value, Constant) else None
        members = named_by(frame.engine, text) if isinstance(text, str) else NOTHING
        found += members or (value,)
    return join(found)


def call_outside(
    frame: Frame, node: ast.AST, arguments: Arguments, *, is_cut: bool = False
) -> Values:
    """Note a call of which the source does not show where it leads."""
    handed = hand_functions(frame, External("?"), arguments, node)
    frame.emit(outside_of(frame, node, arguments, hands_off=bool(handed), is_cut=is_cut))
    if method_of(node) in SERVING:
        return NOTHING
    return handed or pending_in(arguments)


def outside_of(
    frame: Frame,
    node: ast.AST,
    arguments: Arguments,
    library: str | None = None,
    given: tuple[Definition, ...] = (),
    *,
    hands_off: bool = False,
    is_cut: bool = False,
) -> Outside:
    """Return that *node* calls something that the source does not show."""
    text, location = callee_text(node), frame.location(node)
    # A library may run a coroutine that it makes.
    is_dropped = library is None and node in frame.dropped
    passed = passed_in(node, arguments, is_dropped=is_dropped)
    # Named arguments would take longer, and there are very many of these.
    return Outside(text, location, library, False, passed, hands_off, given, is_cut, ())  # noqa: FBT003


def outside_with(
    frame: Frame,
    node: ast.AST,
    arguments: Arguments,
    callee: External,
    *,
    hands_off: bool = False,
) -> tuple[Outside, Values]:
    """Return a call of a library, and the classes whose objects it has for later calls."""
    owner = callee.owner
    before = frame.engine.load(owner, "given") if owner.name.endswith("()") else NOTHING
    values = arguments.all()
    if last_of(callee.name) in _MAKING_PROTOCOLS:
        values = join(values, _made_by(frame, values, node))
    objects = (Class(value.cls) for value in values if isinstance(value, Instance))
    classes = (value for value in values if isinstance(value, Class))
    known = join(before, (c for c in (*objects, *classes) if _may_be_used(frame, c)))
    given = tuple(each.definition for each in known if isinstance(each, Class))
    outside = outside_of(frame, node, arguments, callee.name, given, hands_off=hands_off)
    return outside, known


def _may_be_used(frame: Frame, cls: Class) -> bool:
    """Return whether a library may call methods of *cls*, which it knows, or which looks so."""
    engine = frame.engine
    names = (*OF_FILES, "__getattr__")
    return engine.is_inherited(cls) or any(engine.own(cls.definition, name) for name in names)


_MAKING_PROTOCOLS = {
    "connect_accepted_socket", "connect_read_pipe", "connect_write_pipe", "create_connection",
    "create_datagram_endpoint", "create_server", "create_unix_connection", "create_unix_server",
    "subprocess_exec", "subprocess_shell",
}  # fmt: skip
"""Methods of a loop that call a function which makes the protocol of a connection."""


def _made_by(frame: Frame, values: Values, node: ast.AST) -> Values:
    """Return what the functions in *values* make."""
    with frame.collected():
        return join(*(frame.apply((v,), OPEN, node) for v in functions_in(frame, values)))


def callee_text(node: ast.AST) -> str:
    """Return what *node* calls, as it is written."""
    function = getattr(node, "func", node)
    return written(function) if isinstance(function, ast.expr) else "a call"


def method_of(node: ast.AST) -> str:
    """Return the name of the method that *node* calls, or ``""``."""
    return str(getattr(getattr(node, "func", None), "attr", ""))
