"""Functions of libraries that call, group or chain what they get."""

import ast

from penstock.evidence._analysis.containers import rounds_of
from penstock.evidence._analysis.engine import TOO_MANY
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import functions_in, hand_off, pending_in
from penstock.evidence._analysis.iteration import await_values, counted_items, iterate
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Call, Join, Outside, Rounds, Term, sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Container,
    Deferred,
    External,
    Function,
    Further,
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
    "awaitable",
    "chain",
    "chord",
    "depends",
    "gather",
    "group",
    "passing",
    "provider",
    "receiver",
    "run_now",
    "run_to_the_end",
]


def gather(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return what awaits all of *arguments*, which run in any order."""
    everything = [
        one
        for values in (*arguments.positional, arguments.rest)
        for value in values
        for one in _gathered(frame, value)
    ]
    if any(isinstance(each, Further) and each.is_cut for each in everything):
        frame.emit(Outside(TOO_MANY, frame.location(node), is_lost=True))
    lazy = [each for each in everything if isinstance(each, Deferred)]
    pending = [each for each in everything if isinstance(each, Pending)]
    if not lazy and not pending:
        return None
    bodies: list[Term] = [Call(each.activations, frame.location(node)) for each in lazy]
    found = hand_off(frame, bodies, node) if bodies else NOTHING
    if last_of(callee.name) != "gather" or node in frame.awaited:
        for each in pending:
            frame.emit(Join(each.token))
    return join(found, pending)


def _gathered(frame: Frame, value: Value) -> Values:
    """Return the items of a list, and both sides of a dict, whose keys may be futures."""
    if not isinstance(value, Container):
        return (value,)
    keys = frame.engine.keys(value) if value.kind == "dict" else NOTHING
    return join(frame.engine.items(value), keys)


def group(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the group of signatures that ``group()`` of Celery makes."""
    if not any(isinstance(v, (Partial, Container)) for v in arguments.all()):
        return None
    return (Partial(External("group"), arguments.positional, kind="group"),)


def chain(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the signatures that ``chain()`` of Celery, or ``pipeline()`` of Dramatiq, joins."""
    several = arguments.positional
    if len(several) == 1:
        several = tuple(counted_items(frame, several[0]) or several)
    kinds = {v.kind for v in join(*several) if isinstance(v, Partial)}
    if not kinds & {"signature", "chain", "group"}:
        return None
    return (Partial(External("chain"), several, kind="chain"),)


def chord(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the group and what follows it that ``chord()`` of Celery makes."""
    header = arguments.first
    if not header:
        return None
    parts = Partial(External("group"), (header,), kind="group")
    body = arguments.positional[1:2] or tuple(v for k, v in arguments.named.items() if k == "body")
    kind = "chain" if body else "chord"
    return (Partial(External("chain"), ((parts,), *body), kind=kind),)


def receiver(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the decorator that registers a function for a signal."""
    named = tuple(arguments.named.items())
    return (Partial(callee, arguments.positional[:1], named, kind="receiver"),)


def depends(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return what a framework provides by calling the function in ``Depends()``."""
    functions = [f for f in arguments.all() if isinstance(f, (Function, Method, Class))]
    if "use_cache" in arguments.named:
        return tuple(Wrapped("depends", Wrapped("anew", f)) for f in functions) or None
    return tuple(Wrapped("depends", f) for f in functions) or None


def passing(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return what `make_pass_decorator` of Click makes, which passes an object of a class."""
    given = (*arguments.first, *arguments.named.get("object_type", NOTHING))
    passed = tuple(Instance(each.definition) for each in given if isinstance(each, Class))
    if not passed:
        return None
    made = External(f"{callee.name}()", frame.site(node))
    frame.engine.store(made, "passed", passed)
    return (made,)


def provider(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return a provider of `dependency_injector`, with what those that it gets provide."""
    if "providers." not in callee.name:
        return None

    def provided(values: Values) -> Values:
        given = [v for v in values if isinstance(v, Partial) and v.kind == "provider"]
        return join(frame.apply(tuple(given), Arguments(), node)) if given else values

    named = {name: provided(values) for name, values in arguments.named.items()}
    whole = tuple(map(provided, arguments.positional[1:]))
    made = [v for v in arguments.first if isinstance(v, (Class, Function))]
    with frame.collected():
        frame.apply(tuple(made), Arguments(whole, named), node)
    return tuple(Partial(v, whole, tuple(named.items()), "provider") for v in made) or None


_WITH_ARGUMENTS = {
    "run", "to_thread", "run_sync", "run_in_threadpool", "apply", "call", "retry_call",
    "run_in_executor",
}  # fmt: skip
"""Functions that pass on the arguments which follow the function."""

_ITERATING = {"map", "filter", "reduce", "sorted", "min", "max", "starmap"}
_MAPPING = {"map", "starmap"}
_COMPARING = {"sorted", "min", "max"}


def run_now(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
    """Note the calls of functions that a library calls before it returns."""
    if last in _ITERATING:
        return _run_for_items(frame, last, arguments, node)
    returned: Values = NOTHING
    for number, values in enumerate((*arguments.positional, *arguments.named.values())):
        for value in functions_in(frame, values):
            given = Arguments((UNKNOWN,), is_open=True)
            if last in _WITH_ARGUMENTS:
                given = Arguments(arguments.positional[number + 1 :], rest=arguments.rest)
            returned = join(returned, _run_one(frame, value, given, node))
    return returned or UNKNOWN


def _run_for_items(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
    """Note the calls for the items of what is iterated over: one by one, if the source has it."""
    data = tuple(v for v in arguments.all() if isinstance(v, (Container, Deferred)))
    functions = functions_in(frame, tuple(v for v in arguments.all() if v not in data))
    first = arguments.named.get("key", NOTHING) if last in _COMPARING else arguments.first
    callees = join(functions, (v for v in first if isinstance(v, External)))
    items, lazy = iterate(frame, data, node)
    if lazy:
        frame.emit(Call(lazy, frame.location(node)))
    place = 0 if last in _COMPARING else 1
    iterated = join(*arguments.positional[place : place + 1])
    counted = rounds_of(frame, iterated) or [items or UNKNOWN]
    rounds: list[Term] = []
    returned: Values = NOTHING
    for number, each in enumerate(counted):
        given = Arguments((each,), is_open=True)
        if last == "reduce":
            given = Arguments((returned or UNKNOWN, each), is_open=True)
        results: Values = NOTHING
        before = frame.saved()
        with frame.collected() as terms, frame.in_round(number):
            for value in callees:
                results = join(results, _run_one(frame, value, given, node))
        frame.merge(before, frame.saved())
        rounds.append(sequence(terms))
        returned = results if last == "reduce" else join(returned, results)
    frame.emit(Rounds(tuple(rounds)))
    if last in {*_MAPPING, "filter", "sorted"}:
        container = Container("list", frame.site(node))
        frame.engine.put(container, None, returned if last in _MAPPING else items or UNKNOWN)
        return (container,)
    return items or UNKNOWN if last in {"min", "max"} else returned or UNKNOWN


def _run_one(frame: Frame, value: Value, given: Arguments, node: ast.AST) -> Values:
    if not isinstance(value, Deferred):
        return await_values(frame, frame.apply((value,), given, node), node)
    if value.kind == "generator":
        frame.emit(Call(value.activations, frame.location(node)))
    return await_values(frame, (value,), node)


_LAZY = {"builtins.map", "builtins.filter", "itertools.starmap"}


def run_to_the_end(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return the result of what runs a coroutine or a function to its end.

    What has to be awaited for that, and is not yet, is handed off, or does not run at all.
    """
    last = last_of(callee.name)
    if callee.name in _LAZY and node in frame.dropped:
        return NOTHING  # it calls nothing for items that nobody asks for
    is_later = _is_awaited(callee.name) and node not in frame.awaited
    pending = pending_in(arguments)
    for each in () if is_later else pending:
        frame.emit(Join(each.token))
    if not functions_in(frame, arguments.all()):
        return pending or None
    if not is_later:
        return run_now(frame, last, arguments, node)
    with frame.collected() as terms:
        returned = run_now(frame, last, arguments, node)
    if node in frame.dropped and last not in _BEGINNING:
        return NOTHING
    handed = hand_off(frame, [sequence(terms)], node)
    for task in handed:
        frame.engine.store(task, "result", returned)
    return join(handed, pending)


_BEGINNING = {"run_in_executor", "shield"}
"""Functions that begin at once, also if nobody awaits what they return."""


def _is_awaited(name: str) -> bool:
    """Return whether a function returns what has to be awaited."""
    last = last_of(name)
    if last in {"wait_for", "shield"}:  # a condition waits at once
        return name.startswith("asyncio.")
    is_thread = last in {"to_thread", "run_sync", "run_in_threadpool", "run_in_executor"}
    return is_thread and "from_thread" not in name


def awaitable(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return a function that runs another in a thread, or a coroutine function to its end."""
    if not arguments.positional:
        return (External(f"{callee.name}()"),)
    functions = [f for f in arguments.first if isinstance(f, (Function, Method, Partial))]
    if not functions:
        return None
    return tuple(Wrapped("awaitable", f) for f in functions)
