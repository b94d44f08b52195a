"""Functions of libraries that call, group or chain what they get."""

import ast

from penstock.evidence._analysis.builtins import first_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import functions_in, hand_off
from penstock.evidence._analysis.iteration import await_values, iterate
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Call, Join, Term, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Container,
    Deferred,
    External,
    Function,
    Method,
    Partial,
    Pending,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = [
    "awaitable",
    "chain",
    "chord",
    "depends",
    "gather",
    "receiver",
    "run_now",
    "run_to_the_end",
]


def gather(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if last_of(callee.name) == "group":
        if not any(isinstance(v, (Partial, Container)) for v in arguments.all()):
            return None
        return (Partial(External("group"), arguments.positional, kind="group"),)
    bodies: list[Term] = []
    pending: list[Value] = []
    for values in (*arguments.positional, arguments.rest):
        for value in values:
            if isinstance(value, Deferred):
                bodies.append(Call(value.activations, frame.place(node)))
            elif isinstance(value, Pending):
                pending.append(value)
            elif isinstance(value, Container):
                inner = frame.engine.items(value)
                pending += [v for v in inner if isinstance(v, Pending)]
                bodies += [
                    Call(v.activations, frame.place(node)) for v in inner if isinstance(v, Deferred)
                ]
    if not bodies and not pending:
        return None
    found = hand_off(frame, bodies, node) if bodies else NOTHING
    for value in pending:
        if isinstance(value, Pending):
            frame.emit(Join(value.token))
    return join(found, pending)


def chain(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    values = arguments.all()
    if not any(
        isinstance(v, Partial) and v.kind in {"signature", "chain", "group"} for v in values
    ):
        return None
    return (Partial(External("chain"), arguments.positional, kind="chain"),)


def chord(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    header = first_of(arguments)
    if not header:
        return None
    group = Partial(External("group"), (header,), kind="group")
    body = arguments.positional[1:2] or tuple(v for k, v in arguments.named.items() if k == "body")
    kind = "chain" if body else "chord"
    return (Partial(External("chain"), ((group,), *body), kind=kind),)


def receiver(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    named = tuple(arguments.named.items())
    return (Partial(callee, arguments.positional[:1], named, kind="receiver"),)


def depends(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    return (
        tuple(
            Wrapped("depends", f)
            for f in arguments.all()
            if isinstance(f, (Function, Method, Class))
        )
        or None
    )


def run_now(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
    """Note the calls of functions that a library calls before it returns."""
    items: Values = UNKNOWN
    if last in {"map", "filter", "reduce", "sorted", "min", "max", "starmap"}:
        data = [v for v in arguments.all() if isinstance(v, (Container, Deferred))]
        if data:
            items, lazy = iterate(frame, tuple(data), node)
            if lazy:
                frame.emit(Call(lazy, frame.place(node)))
    returned: Values = NOTHING
    for number, values in enumerate((*arguments.positional, *arguments.named.values())):
        for value in functions_in(frame, values):
            if isinstance(value, Deferred):
                returned = join(returned, await_values(frame, (value,), node))
                if value.kind == "generator":
                    frame.emit(Call(value.activations, frame.place(node)))
                continue
            given = Arguments((items,), is_open=True)
            if last in {
                "run",
                "to_thread",
                "run_sync",
                "run_in_threadpool",
                "apply",
                "call",
                "retry_call",
                "run_in_executor",
            }:
                given = Arguments(arguments.positional[number + 1 :], rest=arguments.rest)
            with frame.collected() as terms:
                result = frame.apply((value,), given, node)
                returned = join(returned, await_values(frame, result, node))
            frame.emit(sequence(terms))
    if last in {"map", "starmap", "filter", "sorted"}:
        container = Container("list", frame.site(node))
        frame.engine.put(container, None, returned if "map" in last else items)
        return (container,)
    if last in {"min", "max"}:
        return items
    return returned or UNKNOWN


def run_to_the_end(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return the result of what runs a coroutine or a function to its end."""
    if not functions_in(frame, arguments.all()):
        return None
    return run_now(frame, last_of(callee.name), arguments, node)


def awaitable(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    functions = [f for f in first_of(arguments) if isinstance(f, (Function, Method, Partial))]
    if not functions:
        return (External(f"{callee.name}()"),) if not arguments.positional else None
    return tuple(Wrapped("awaitable", f) for f in functions)
