"""Functions that are handed to something that calls them later."""

import ast
from collections.abc import Hashable

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.iteration import await_values, counted_items
from penstock.evidence._analysis.library import NAMING, last_of
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import (
    Background,
    Call,
    Join,
    Outside,
    Parallel,
    Sequence,
    Term,
    choice,
    sequence,
)
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Pending,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = [
    "call_hand",
    "call_outside",
    "call_pending",
    "callee_text",
    "functions_in",
    "hand_functions",
    "hand_off",
    "hand_signature",
    "run_later",
]


def functions_in(frame: Frame, values: Values) -> list[Value]:
    """Return the callables of the project in *values*, those in lists and tuples too."""
    found: list[Value] = []
    for value in values:
        if (
            isinstance(value, (Function, Method))
            or (
                isinstance(value, Wrapped)
                and value.kind in {"staticmethod", "contextmanager", "singledispatch", "awaitable"}
            )
            or isinstance(value, Partial)
            or (isinstance(value, Instance) and frame.engine.find(value.cls, "__call__"))
        ):
            found.append(value)
        elif isinstance(value, Container) and value.kind in {"list", "tuple", "set"}:
            inner = frame.engine.items(value)
            found += [v for v in inner if isinstance(v, (Function, Method, Partial, Deferred))]
        elif isinstance(value, Deferred):
            found.append(value)
    return found


def run_later(frame: Frame, value: Value, arguments: Arguments, node: ast.AST) -> Term:
    """Return what happens when somebody calls, awaits or iterates over *value*."""
    with frame.collected() as terms:
        if isinstance(value, Deferred):
            terms.append(Call(value.activations, frame.place(node)))
        else:
            await_values(frame, frame.apply((value,), arguments, node), node, is_quiet=True)
    return sequence(terms)


def hand_off(
    frame: Frame, bodies: list[Term], node: ast.AST, owner: Hashable = None, extra: str = ""
) -> Values:
    """Note that *bodies* begin later, and return that for which somebody may wait."""
    token = (*frame.site(node), extra)
    body = bodies[0] if len(bodies) == 1 else Parallel(tuple(bodies))
    frame.emit(Background(body, token, frame.place(node)))
    if owner is not None:
        frame.tokens.setdefault(owner, []).append(token)
    return (Pending(token),)


def hand_signature(frame: Frame, callee: Partial, node: ast.AST) -> Values:
    return hand_off(frame, [_signature_term(frame, callee, node)], node)


def _signature_term(frame: Frame, value: Value, node: ast.AST) -> Term:
    if isinstance(value, Partial) and value.kind == "chain":
        parts = [
            choice([_signature_term(frame, one, node) for one in values])
            for values in value.positional
            if values
        ]
        return sequence(parts)
    if isinstance(value, Partial) and value.kind == "group":
        parts = [_signature_term(frame, one, node) for values in value.positional for one in values]
        return Parallel(tuple(parts))
    if isinstance(value, Container):
        parts = [_signature_term(frame, one, node) for one in frame.engine.items(value)]
        return Parallel(tuple(parts))
    if isinstance(value, Partial):
        plain = Partial(value.callee, value.positional, value.named)
        return run_later(frame, plain, OPEN, node)
    if isinstance(value, (Function, Method, Deferred)):
        return run_later(frame, value, OPEN, node)
    return Sequence()


def hand_functions(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Hand off the functions in *arguments*, or return None if there are none."""
    bodies: list[Term] = []
    positional = arguments.positional
    if last_of(callee.name) in NAMING or getattr(getattr(node, "func", None), "attr", "") in NAMING:
        positional = tuple(_named_by(frame, values) for values in positional)
    for number, values in enumerate(positional):
        given = Arguments(positional[number + 1 :], rest=arguments.rest)
        for value in functions_in(frame, values):
            bodies.append(run_later(frame, value, given, node))
    target = arguments.named
    for name, values in target.items():
        given = OPEN
        if name in {"target", "func", "function", "callable", "fn"} and "args" in target:
            items = counted_items(frame, target["args"])
            given = OPEN if items is None else Arguments(tuple(items))
        for value in functions_in(frame, values):
            bodies.append(run_later(frame, value, given, node))
    for value in functions_in(frame, join(arguments.rest, arguments.other)):
        bodies.append(run_later(frame, value, OPEN, node))
    if not bodies:
        return None
    owner = External(callee.name.rpartition(".")[0], callee.site)
    return hand_off(frame, bodies, node, owner)


def _named_by(frame: Frame, values: Values) -> Values:
    """Return *values* with the functions that strings like ``"shop.tasks.export"`` name."""
    engine = frame.engine
    found: list[Value] = []
    for value in values:
        text = value.value if isinstance(value, Constant) else None
        module, _, name = text.rpartition(".") if isinstance(text, str) else ("", "", "")
        source = engine.project.files.get(module)
        members = engine.member(source, name) if source is not None else NOTHING
        if not members and name and " " not in name and isinstance(text, str):
            members = _task_named(frame, text)
        found += members or (value,)
    return join(found)


def _task_named(frame: Frame, text: str) -> Values:
    """Return the task that is registered by the name *text*."""
    engine = frame.engine
    name = text.rpartition(".")[2]
    if not name.isidentifier():
        return NOTHING
    for file in engine.project.mentioning(name):
        if f'name="{text}"' in file.text or f"name='{text}'" in file.text:
            for definition in file.definitions.values():
                decorators = getattr(definition.node, "decorator_list", ())
                if any(f"'{text}'" in ast.unparse(each) for each in decorators):
                    return engine.member(file, definition.name)
    return NOTHING


def call_outside(
    frame: Frame, node: ast.AST, arguments: Arguments, callee: External | None
) -> Values:
    """Note a call that leads out of the source."""
    function = getattr(node, "func", node)
    text = ast.unparse(function) if isinstance(function, ast.expr) else "a call"
    handed = hand_functions(frame, callee or External("?"), arguments, node)
    frame.emit(Outside(text, frame.place(node), callee.name if callee is not None else None))
    return handed or NOTHING


def call_hand(frame: Frame, inner: Value, arguments: Arguments, node: ast.AST) -> Values:
    given = arguments
    for name in ("link", "callbacks"):
        if name in given.named:
            rest = {k: v for k, v in given.named.items() if k != name}
            first = run_later(frame, inner, given._replace(named=rest), node)
            then = [_signature_term(frame, v, node) for v in given.named[name]]
            return hand_off(frame, [sequence([first, *then])], node)
    attribute = getattr(getattr(node, "func", None), "attr", "")
    if attribute in {"apply_async", "send_with_options", "retry", "apply_async_on_commit"}:
        items = counted_items(
            frame, given.named.get("args", given.positional[0] if given.positional else NOTHING)
        )
        given = OPEN if items is None else Arguments(tuple(items))
    elif attribute in {"options", "using", "configure", "kicker"}:
        return (inner,)
    return hand_off(frame, [run_later(frame, inner, given, node)], node)


def call_pending(
    frame: Frame, inner: Pending, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    if name in {"result", "join", "get", "wait", "exception", "wait_result"}:
        frame.emit(Join(inner.token))
        return frame.engine.results.get(inner.token, UNKNOWN)
    handed = [f for values in (*arguments.positional, *arguments.named.values())
              for f in functions_in(frame, values)]  # fmt: skip
    if handed:
        terms: list[Term] = [Join(inner.token)]
        terms += [run_later(frame, f, OPEN, node) for f in handed]
        return hand_off(frame, [sequence(terms)], node)
    return (inner,)


def callee_text(node: ast.AST) -> str:
    function = getattr(node, "func", node)
    return ast.unparse(function) if isinstance(function, ast.expr) else "a call"
