"""Calls of functions of libraries."""

import ast
from collections.abc import Hashable

from penstock.evidence._analysis.builtins import (
    cast_of,
    closing_of,
    container_of_kind,
    context_variable,
    defaults_of_parser,
    eval_of,
    getattr_of,
    getter_of,
    globals_of,
    import_module,
    is_of_kind,
    made_of,
    named_tuple_of,
    partial_of,
    same,
    setattr_of,
    singledispatch_of,
    super_of,
    type_of,
    weak_of,
    wrapper_of,
)
from penstock.evidence._analysis.by_name import imported_by
from penstock.evidence._analysis.containers import fields_of
from penstock.evidence._analysis.copies import copy_of
from penstock.evidence._analysis.django import call_command, user_model
from penstock.evidence._analysis.exit_stacks import close_stack, push_callback
from penstock.evidence._analysis.frame import Frame, Special
from penstock.evidence._analysis.given import note_given
from penstock.evidence._analysis.hand_offs import (
    functions_in,
    hand_functions,
    keep_functions,
    outside_with,
    pending_in,
    run_later,
)
from penstock.evidence._analysis.implicit import call_implicit
from penstock.evidence._analysis.library import (
    CALLED,
    CALLED_BY_NAME,
    CONSUMERS,
    ENDINGS,
    IDENTITY,
    KINDS,
    LOOKING,
    REGISTERING,
    RUNNERS,
    SCHEDULING,
    SERVING,
    is_sent_by_calling,
    last_of,
)
from penstock.evidence._analysis.managers import enter_context
from penstock.evidence._analysis.orm import ORM_CALLS
from penstock.evidence._analysis.queues import queued
from penstock.evidence._analysis.registrations import depends_in, register
from penstock.evidence._analysis.runners import (
    awaitable,
    chain,
    chord,
    depends,
    gather,
    group,
    passing,
    provider,
    receiver,
    run_now,
    run_to_the_end,
)
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import EMPTY, Exit, Iterate, Outside
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
    Unknown,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.functions import written

__all__ = ["Special", "call_external"]


def call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of something of a library returns: by the first rule that knows it."""
    if last_of(callee.name) not in LOOKING:
        frame.objects = None
    _note_unknown(frame, callee, arguments, node)
    call_implicit(frame, callee.name, arguments, node)
    for rule in _RULES:
        found = rule(frame, callee, arguments, node)
        if found is not None:
            return found
    handed = hand_functions(frame, callee, arguments, node)
    if not handed and (imported := imported_by(frame.engine, callee.name, arguments)):
        return imported
    outside, given = outside_with(frame, node, arguments, callee, hands_off=bool(handed))
    frame.emit(outside)
    _send(frame, callee, node)
    if handed and last_of(callee.name) not in SERVING:
        return handed
    if callee.name in _READING_OBJECTS:
        return UNKNOWN  # the source does not have what it reads
    made = _made(frame, callee, arguments, node)
    if given:
        frame.engine.store(made, "given", given)
    return (made, *_instances(callee.site), *pending_in(arguments))


_READING_OBJECTS = {
    "builtins.eval",
    *(f"{each}.{name}" for each in ("cloudpickle", "dill", "pickle") for name in ("load", "loads")),
    *("joblib.load", "jsonpickle.decode", "threading.current_thread"),
}
"""Functions that return objects of any class, from a string, from a file or of the process."""

_DATA = (ast.Compare, ast.BinOp, ast.UnaryOp, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple)
"""Expressions whose values nobody calls, as the condition in ``query.filter(Order.id == 1)``."""


def _note_unknown(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> None:
    """Note the call of a value that the source does not show, by a library that gets it."""
    place = CALLED.get(last_of(callee.name))
    if place is None or not isinstance(node, ast.Call):
        return
    given = [*zip(node.args, arguments.positional, strict=False)][place : place + 1]
    for keyword in node.keywords:
        if keyword.arg in CALLED_BY_NAME:
            given.append((keyword.value, arguments.named.get(keyword.arg, NOTHING)))
    for each, values in given:
        further = [v for v in values if isinstance(v, (Unknown, Further))]
        if further and not isinstance(each, _DATA):
            is_cut = any(isinstance(v, Further) and v.is_cut for v in further)
            frame.emit(Outside(written(each), frame.location(each), is_cut=is_cut))


def _instances(site: Hashable) -> Values:
    """Return an instance of the class whose method of a library was called, if it was one."""
    while isinstance(site, tuple) and site:
        site = site[0]
    return (Instance(site.definition),) if isinstance(site, Class) else NOTHING


def _decorated(_: Frame, callee: External, arguments: Arguments, __: ast.AST) -> Values | None:
    """Return what a call of a decorator of penstock gives back: the function itself."""
    if callee.name.partition(".")[0] != "penstock" or not arguments.positional:
        return None
    kinds = (Function, Method, Partial, Wrapped)
    return tuple(v for v in arguments.positional[0] if isinstance(v, kinds)) or None


def _end(frame: Frame, callee: External, _: Arguments, __: ast.AST) -> Values | None:
    if not ENDINGS.fullmatch(callee.name):
        return None
    frame.emit(Exit("raise"))
    frame.leave()
    return NOTHING


def _special(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    last = last_of(callee.name)
    if last in {"get", "set"} and (found := context_variable(frame, callee, arguments, node)):
        return found
    special = _SPECIAL.get(last) or ORM_CALLS.get(last)
    return None if special is None else special(frame, callee, arguments, node)


def _identity(_: Frame, callee: External, arguments: Arguments, __: ast.AST) -> Values | None:
    # What `functools.wraps(f)` returns gives back what it decorates.
    is_identity = last_of(callee.name) in IDENTITY or callee.name.endswith("functools.wraps()")
    return arguments.positional[0] if is_identity and arguments.positional else None


def _look(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if last_of(callee.name) not in LOOKING:
        return None
    return (_made(frame, callee, arguments, node),)


def _run(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    last = last_of(callee.name)
    is_runner = last in RUNNERS or callee.name in _OF_JSON
    if not is_runner or not functions_in(frame, arguments.all()):
        return None
    run_now(frame, last, arguments, node)
    return UNKNOWN


_OF_JSON = {"json.dump", "json.dumps", "json.load", "json.loads"}
"""Functions that call what makes objects of JSON, or JSON of objects, before they return."""


def _consume(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    last = last_of(callee.name)
    if last not in CONSUMERS or not arguments.positional:
        return None
    lazy = [f for f in functions_in(frame, arguments.all()) if isinstance(f, Deferred)]
    for each in lazy:
        # It was called where it was made: here its body runs.
        frame.emit(Iterate(each.activations, EMPTY, frame.location(node)))
    copied = copy_of(frame, last, arguments, node)
    return copied if copied or lazy else None


def _register(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    owner, last = callee.name.rpartition(".")[0], last_of(callee.name)
    if last not in REGISTERING or not owner or callee.name in _OF_PROCESS:
        return None
    if last in SCHEDULING and not callee.name.endswith("()"):
        return None  # what it gets runs without anything else being sent
    if last == "register" and "admin" in owner:
        return _register_models(frame, callee, arguments, node)
    functions = functions_in(frame, arguments.all())
    plain = [f for f in functions if isinstance(f, (Function, Method, Partial, Wrapped))]
    if not plain:
        return None
    for function in plain:
        frame.engine.senders[function] = arguments.named.get("sender", NOTHING)
    register(frame, External(owner, callee.site), tuple(plain))
    keep_functions(frame, tuple(plain), node)
    note_given(frame, owner, tuple(plain))
    if is_sent_by_calling(callee.name):
        return (Wrapped("hand", plain[0]),)
    return tuple(plain[:1]) if len(arguments.positional) == 1 else UNKNOWN


_OF_PROCESS = {"atexit.register", "signal.signal"}
"""Functions that keep what they get for the process itself, which nobody has to send."""


def _register_models(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Note the model of an admin class, as by ``admin.site.register(Order, OrderAdmin)``."""
    first, *others = arguments.positional or (NOTHING,)
    items = (frame.engine.items(v) if isinstance(v, Container) else (v,) for v in first)
    models = tuple(v for values in items for v in values if isinstance(v, Class))
    given = join(*others, arguments.named.get("admin_class", NOTHING))
    for admin in (each for each in given if isinstance(each, Class)):
        frame.engine.store(Instance(admin.definition), "model", models)
    made = _made(frame, callee, arguments, node)
    frame.engine.store(made, "models", models)
    return (made,)


def _task(frame: Frame, callee: External, arguments: Arguments, _: ast.AST) -> Values | None:
    """Return the task that a decorator of a queue makes of an object that can be called."""
    is_task = last_of(callee.name.removesuffix("()")) in _MAKING_TASKS
    if not is_task or is_sent_by_calling(callee.name) or len(arguments.positional) != 1:
        return None
    kept = (Function, Method, Partial, Wrapped)
    found = functions_in(frame, arguments.positional[0])
    return tuple(v if isinstance(v, kept) else Wrapped("task", v) for v in found) or None


_MAKING_TASKS = {"actor", "shared_task", "task", "db_task", "periodic_task", "job"}


def _field(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the field of a class, with what makes, converts and checks its values."""
    if callee.name.partition(".")[0] not in _WITH_FIELDS or last_of(callee.name) not in _FIELDS:
        return None
    made = _made(frame, callee, arguments, node)
    has_some = False
    for kind, names in _OF_FIELDS.items():
        given = join(*(arguments.named.get(name, NOTHING) for name in names))
        if kind == "factory" and last_of(callee.name) == "Factory":
            given = join(given, arguments.first)
        kept = [v for v in given if isinstance(v, Class)] + functions_in(frame, given)
        inner = (frame.engine.load(v, kind) for v in given if isinstance(v, External))
        if values := join(kept, *inner):
            frame.engine.store(made, kind, values)
            has_some = True
    return (made,) if has_some else None


_WITH_FIELDS = {"attr", "attrs", "dataclasses", "pydantic", "sqlmodel"}
_FIELDS = {"Factory", "Field", "attrib", "field", "ib"}
"""Functions of `dataclasses`, `attrs` and `pydantic`."""

_OF_FIELDS = {
    "factory": ("factory", "default_factory", "default"),
    "converter": ("converter", "convert"),
    "validator": ("validator",),
}


def _copied(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the object that `dataclasses.replace` makes of another one."""
    if callee.name not in _COPYING:
        return None
    made: list[Values] = []
    for value in (v for v in arguments.first if isinstance(v, Instance)):
        names = fields_of(frame.engine, value.cls)
        fields = {name: frame.engine.load(value, name) or UNKNOWN for name in names}
        given = Arguments((), {**fields, **arguments.named})
        made.append(frame.apply((Class(value.cls),), given, node))
    return join(*made) if made else None


_COPYING = {"attr.evolve", "attrs.evolve", "copy.replace", "dataclasses.replace"}


_RULES: tuple[Special, ...] = (
    _end, _decorated, _field, queued, _special, _identity, _look, _run, _consume, _task, _register,
    _copied,
)  # fmt: skip


def _made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> External:
    site = frame.site(node)
    made = External(f"{callee.name}()", site if callee.site is None else (callee.site, node))
    provided = [v for values in arguments.named.values() for v in depends_in(frame, values)]
    if provided:
        frame.engine.store(made, "depends", tuple(provided))
    return made


_EMITTING = {"send", "send_robust", "emit", "publish", "fire", "trigger", "dispatch", "notify"}


def _send(frame: Frame, callee: External, node: ast.AST) -> None:
    """Note the calls of the functions that are registered for what is sent."""
    last = last_of(callee.name)
    owner = callee.owner
    frame.engine.asked.add(owner)
    if last in {"send", "send_robust"} and isinstance(node, ast.Call):
        written = getattr(node.func, "value", None)
        frame.engine.execute_mentioning(getattr(written, "attr", getattr(written, "id", "")))
    if last in _EMITTING:
        for one in frame.engine.registered.get(owner, NOTHING):
            frame.emit(run_later(frame, one, OPEN, node))


def _weak(special: Special) -> Special:
    """Return *special*, which hands off the function that is called when the object is gone."""

    def made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
        found = special(frame, callee, arguments, node)
        if callee.name.startswith("weakref."):
            hand_functions(frame, callee, Arguments(arguments.positional[1:]), node)
        return found

    return made


def _made_lazily(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return the object that a function makes when its proxy is used."""
    with frame.collected():
        made = frame.apply(tuple(functions_in(frame, arguments.first)), Arguments(), node)
    found = tuple(each for each in made if isinstance(each, Instance))
    if found:
        hand_functions(frame, callee, arguments, node)
    return found or None


def _made_of_names(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return an object whose attributes are what was passed by name."""
    if callee.name != "types.SimpleNamespace":
        return None
    made = _made(frame, callee, arguments, node)
    for name, values in arguments.named.items():
        frame.engine.store(made, name, values)
    return (made,)


def _chained(_: Frame, __: External, arguments: Arguments, ___: ast.AST) -> Values | None:
    """Return the dicts of which one has an item, where several are looked through."""
    return join(*arguments.positional) or None


_SPECIAL: dict[str, Special] = {
    "ChainMap": _chained,
    "MappingProxyType": same,
    "SimpleNamespace": _made_of_names,
    **dict.fromkeys(("LocalProxy", "SimpleLazyObject"), _made_lazily),
    **dict.fromkeys(KINDS, is_of_kind),
    "__new__": made_of,
    "eval": eval_of,
    "partial": partial_of,
    "partialmethod": partial_of,
    "methodcaller": getter_of("methodcaller"),
    "attrgetter": getter_of("attrgetter"),
    "itemgetter": getter_of("itemgetter"),
    "ref": _weak(weak_of),
    "WeakMethod": _weak(weak_of),
    "proxy": _weak(same),
    "property": wrapper_of("property"),
    "cached_property": wrapper_of("cached_property"),
    "hybrid_property": wrapper_of("property"),
    "staticmethod": wrapper_of("staticmethod"),
    "classmethod": wrapper_of("classmethod"),
    "contextmanager": wrapper_of("contextmanager"),
    **dict.fromkeys(("closing", "aclosing"), closing_of),
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
    "group": group,
    "chain": chain,
    "pipeline": chain,
    "chord": chord,
    **dict.fromkeys(("Factory", "Singleton", "ThreadSafeSingleton", "Callable"), provider),
    "receiver": receiver,
    "connect_via": receiver,
    "make_pass_decorator": passing,
    "Depends": depends,
    "Security": depends,
    "import_module": import_module,
    "call_command": call_command,
    "get_user_model": user_model,
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
    "callback": push_callback,
    "push_async_callback": push_callback,
    "push": push_callback,
    **dict.fromkeys(("close", "aclose", "__exit__", "__aexit__"), close_stack),
    "enter_context": enter_context,
    "enter_async_context": enter_context,
    "namedtuple": named_tuple_of,
    "set_defaults": defaults_of_parser,
    "map": run_to_the_end,
    "sorted": run_to_the_end,
    "filter": run_to_the_end,
    "reduce": run_to_the_end,
    "max": run_to_the_end,
    "min": run_to_the_end,
}
