"""Calls of functions of libraries."""

import ast

from penstock.evidence._analysis.builtins import (
    cast_of,
    container_of_kind,
    eval_of,
    getattr_of,
    getter_of,
    globals_of,
    import_module,
    partial_of,
    same,
    setattr_of,
    singledispatch_of,
    super_of,
    type_of,
    wrapper_of,
)
from penstock.evidence._analysis.containers import copy_of
from penstock.evidence._analysis.frame import Frame, Special
from penstock.evidence._analysis.hand_offs import (
    callee_text,
    functions_in,
    hand_functions,
    run_later,
)
from penstock.evidence._analysis.library import (
    CONSUMERS,
    ENDINGS,
    IDENTITY,
    LOOKING,
    REGISTERING,
    RUNNERS,
    last_of,
)
from penstock.evidence._analysis.orm import ORM_CALLS
from penstock.evidence._analysis.registrations import depends_in, register
from penstock.evidence._analysis.runners import (
    awaitable,
    chain,
    chord,
    depends,
    gather,
    receiver,
    run_now,
    run_to_the_end,
)
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import Call, Exit, Outside
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Deferred,
    External,
    Function,
    Method,
    Partial,
    Values,
    Wrapped,
)

__all__ = ["Special", "call_external"]


def call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values:
    name, last = callee.name, last_of(callee.name)
    if name in ENDINGS or name.removeprefix("builtins.") in ENDINGS:
        frame.emit(Exit("raise"))
        frame.leave()
        return NOTHING
    special = _SPECIAL.get(last) or ORM_CALLS.get(last)
    if special is not None:
        found = special(frame, callee, arguments, node)
        if found is not None:
            return found
    if last in IDENTITY and arguments.positional:
        return arguments.positional[0]
    site = frame.site(node)
    made = External(f"{name}()", site if callee.site is None else (callee.site, node))
    provided = [v for values in arguments.named.values() for v in depends_in(frame, values)]
    if provided:
        frame.engine.store(made, "depends", tuple(provided))
    functions = [] if last in LOOKING else functions_in(frame, arguments.all())
    plain = [f for f in functions if isinstance(f, (Function, Method, Partial, Wrapped))]
    if last in RUNNERS and functions:
        run_now(frame, last, arguments, node)
        return UNKNOWN
    if last in CONSUMERS and (lazy := [f for f in functions if isinstance(f, Deferred)]):
        for each in lazy:
            frame.emit(Call(each.activations, frame.place(node)))
        return copy_of(frame, last, arguments, node)
    if last in CONSUMERS and arguments.positional:
        copied = copy_of(frame, last, arguments, node)
        if copied:
            return copied
    if last in REGISTERING and plain and "." in name:
        for function in plain:
            frame.engine.senders[function] = arguments.named.get("sender", NOTHING)
        register(frame, External(name.rpartition(".")[0], callee.site), tuple(plain))
        return tuple(plain[:1]) if len(arguments.positional) == 1 else UNKNOWN
    if last in LOOKING:
        return (made,)
    handed = hand_functions(frame, callee, arguments, node)
    frame.emit(Outside(callee_text(node), frame.place(node), name))
    if handed:
        return handed
    owner = External(name.rpartition(".")[0], callee.site)
    frame.engine.asked.add(owner)
    if last in {"send", "send_robust"} and isinstance(node, ast.Call):
        owner_node = getattr(node.func, "value", None)
        frame.engine.execute_mentioning(getattr(owner_node, "attr", getattr(owner_node, "id", "")))
    if last in {"send", "send_robust", "emit", "publish", "fire", "trigger", "dispatch", "notify"}:
        for one in frame.engine.registered.get(owner, NOTHING):
            frame.emit(run_later(frame, one, OPEN, node))
    return (made,)


_SPECIAL: dict[str, Special] = {
    "eval": eval_of,
    "partial": partial_of,
    "partialmethod": partial_of,
    "methodcaller": getter_of("methodcaller"),
    "attrgetter": getter_of("attrgetter"),
    "property": wrapper_of("property"),
    "cached_property": wrapper_of("cached_property"),
    "hybrid_property": wrapper_of("property"),
    "staticmethod": wrapper_of("staticmethod"),
    "classmethod": wrapper_of("classmethod"),
    "contextmanager": wrapper_of("contextmanager"),
    "asynccontextmanager": wrapper_of("contextmanager"),
    "singledispatch": singledispatch_of,
    "singledispatchmethod": singledispatch_of,
    "getattr": getattr_of,
    "setattr": setattr_of,
    "type": type_of,
    "super": super_of,
    "dict": container_of_kind("dict"),
    "list": container_of_kind("list"),
    "set": container_of_kind("set"),
    "deque": container_of_kind("list"),
    "defaultdict": container_of_kind("defaultdict"),
    "OrderedDict": container_of_kind("dict"),
    "gather": gather,
    "wait": gather,
    "as_completed": gather,
    "group": gather,
    "chain": chain,
    "chord": chord,
    "receiver": receiver,
    "connect_via": receiver,
    "Depends": depends,
    "Security": depends,
    "import_module": import_module,
    "__import__": import_module,
    "copy": same,
    "deepcopy": same,
    "globals": globals_of,
    "vars": globals_of,
    "cast": cast_of,
    "sync_to_async": awaitable,
    "async_to_sync": awaitable,
    "database_sync_to_async": awaitable,
    "run": run_to_the_end,
    "run_until_complete": run_to_the_end,
    "wait_for": run_to_the_end,
    "shield": run_to_the_end,
    "to_thread": run_to_the_end,
    "run_sync": run_to_the_end,
    "run_in_executor": run_to_the_end,
    "run_in_threadpool": run_to_the_end,
    "map": run_to_the_end,
    "filter": run_to_the_end,
    "reduce": run_to_the_end,
    "max": run_to_the_end,
    "min": run_to_the_end,
}
