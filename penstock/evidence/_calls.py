"""Calling values: what they return, and what then happens in which order."""

import ast
from collections.abc import Callable, Hashable

from penstock.evidence._activations import OPEN, Activation, Arguments, Scope
from penstock.evidence._attributes import attribute_of, methods_of
from penstock.evidence._frame import Frame
from penstock.evidence._library import (
    CONSUMERS,
    ENDINGS,
    IDENTITY,
    LOOKING,
    NAMING,
    REGISTERING,
    RUNNERS,
    last_of,
)
from penstock.evidence._orm import ORM_CALLS, QUERY, query_call
from penstock.evidence._terms import (
    Background,
    Call,
    Choice,
    Exit,
    Join,
    Outside,
    Parallel,
    Sequence,
    Term,
    choice,
    sequence,
)
from penstock.evidence._values import (
    NOTHING,
    UNKNOWN,
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
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)

__all__ = [
    "apply",
    "await_values",
    "call_expression",
    "is_async",
    "is_generator",
    "iterate",
    "register",
]

Evaluate = Callable[[Frame, ast.expr], Values]


def call_expression(frame: Frame, node: ast.Call, evaluate: Evaluate) -> Values:
    """Return what a call in the source may return."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(frame)
    callees = evaluate(frame, node.func)
    arguments = _arguments(frame, node, evaluate)
    return apply(frame, callees, arguments, node)


def _super(frame: Frame) -> Values:
    scope: Scope | None = frame.scope
    while scope is not None and scope.cls is None:
        scope = scope.parent
    activation = frame.activation
    if scope is None or scope.cls is None:
        return UNKNOWN
    receiver = activation.receiver or Instance(scope.cls)
    return (Super(scope.cls, receiver),)


def _arguments(frame: Frame, node: ast.Call, evaluate: Evaluate) -> Arguments:
    positional: list[Values] = []
    rest: Values = NOTHING
    named: dict[str, Values] = {}
    other: Values = NOTHING
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            values = evaluate(frame, argument)
            if rest:
                rest = join(rest, values)
            else:
                positional.append(values)
            continue
        values = evaluate(frame, argument.value)
        items = _counted(frame, values) if not rest else None
        if items is not None:
            positional += items
        else:
            rest = join(rest, iterate(frame, values, argument)[0]) or UNKNOWN
    for keyword in node.keywords:
        values = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            named[keyword.arg] = values
            continue
        for value in values:
            slots = frame.engine.slots(value) if isinstance(value, Container) else {"*": UNKNOWN}
            for slot, found in slots.items():
                if slot == "*keys":
                    continue
                if isinstance(slot, str) and slot != "*":
                    named[slot] = join(named.get(slot, NOTHING), found)
                else:
                    other = join(other, found)
    return Arguments(tuple(positional), named, rest, other)


def _counted(frame: Frame, values: Values) -> list[Values] | None:
    """Return the items of a container, if their number is known."""
    if len(values) != 1 or not isinstance(values[0], Container):
        return None
    slots = frame.engine.slots(values[0])
    numbers = [slot for slot in slots if slot != "*keys"]
    if not all(isinstance(slot, int) for slot in numbers):
        return None
    return [slots[slot] for slot in sorted(numbers)]  # type: ignore[type-var]  # they are int


def apply(frame: Frame, callees: Values, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a call of one of *callees* may return, and note what it does."""
    if len(callees) == 1:
        return _apply_one(frame, callees[0], arguments, node)
    known = [c for c in callees if not isinstance(c, Constant)]
    if not all(isinstance(c, (Unknown, External)) for c in known):
        known = [c for c in known if not isinstance(c, Unknown)]
    returned: Values = NOTHING
    options: list[Term] = []
    for callee in known:
        with frame.collected() as terms:
            returned = join(returned, _apply_one(frame, callee, arguments, node))
        options.append(sequence(terms))
    if options:
        frame.emit(choice(options))
    return returned


def _apply_one(frame: Frame, callee: Value, arguments: Arguments, node: ast.AST) -> Values:
    match callee:
        case Function():
            return _call_function(frame, callee, arguments, None, node)
        case Method():
            return _call_function(frame, callee.function, arguments, callee.receiver, node)
        case Class():
            return _instantiate(frame, callee, arguments, node)
        case Partial():
            return _call_partial(frame, callee, arguments, node)
        case Instance():
            method = attribute_of(frame, callee, "__call__", node)
            return apply(frame, method, arguments, node)
        case Wrapped():
            return _call_wrapped(frame, callee, arguments, node)
        case External():
            return _call_external(frame, callee, arguments, node)
    return _outside(frame, node, arguments, None) or UNKNOWN


def is_generator(definition_node: ast.AST) -> bool:
    """Return whether a function is a generator."""
    if isinstance(definition_node, ast.Lambda):
        return False
    waiting: list[ast.AST] = list(getattr(definition_node, "body", ()))
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        waiting.extend(ast.iter_child_nodes(node))
    return False


def is_async(definition_node: ast.AST) -> bool:
    """Return whether a function is a coroutine function or an async generator."""
    return isinstance(definition_node, ast.AsyncFunctionDef)


_generators: dict[int, tuple[ast.AST, bool]] = {}


def _is_generator(node: ast.AST) -> bool:
    known = _generators.get(id(node))
    if known is None or known[0] is not node:
        known = _generators[id(node)] = node, is_generator(node)
    return known[1]


def _call_function(
    frame: Frame, function: Function, arguments: Arguments, receiver: Value | None, node: ast.AST
) -> Values:
    arguments = _injected(frame, function, arguments, node)
    activation = frame.engine.activate(function, arguments, receiver)
    frame.forget_paths()
    defined = function.definition.node
    if _is_generator(defined):
        frame.emit(Call((activation,), frame.place(node), is_lazy=True))
        return (Deferred("generator", (activation,)),)
    if is_async(defined):
        return (Deferred("coroutine", (activation,)),)
    frame.emit(Call((activation,), frame.place(node)))
    return _with_type(frame, function, activation.returns)


def _with_type(frame: Frame, function: Function, returned: Values) -> Values:
    """Return *returned*, or what its annotation allows where the source shows nothing better."""
    if not is_vague(returned):
        return returned
    typed = tuple(v for v in _returned(frame, function) if not isinstance(v, External))
    return join(typed, (v for v in returned if isinstance(v, Constant))) if typed else returned


def _returned(frame: Frame, function: Function) -> Values:
    return frame.engine.annotation(
        function.scope, getattr(function.definition.node, "returns", None)
    )


def _injected(frame: Frame, function: Function, arguments: Arguments, node: ast.AST) -> Arguments:
    """Return *arguments* with what a framework injects. Its providers are called in the body."""
    return arguments


def _instantiate(frame: Frame, cls: Class, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    instance = Instance(cls.definition, None if cls.is_any else frame.site(node))
    made: Values = (instance,)
    new = [f for f in engine.find(cls.definition, "__new__") if isinstance(f, Function)]
    for function in new:
        returned = _call_function(frame, function, arguments.before((cls,)), None, node)
        made = tuple(v for v in returned if isinstance(v, Instance)) or made
    found = engine.find(cls.definition, "__init__")
    functions = [f for f in found if isinstance(f, Function)]
    for function in functions:
        for one in made:
            _call_function(frame, function, arguments, one, node)
    if not functions:
        _fill_fields(frame, instance, arguments, node)
    for base in engine.mro(cls.definition):
        if isinstance(base, str) and not functions:
            _hand_functions(frame, External(f"{base}()"), arguments, node)
            break
    return made


def _fill_fields(frame: Frame, instance: Instance, arguments: Arguments, node: ast.AST) -> None:
    """Assign the fields of a dataclass, or of another class that makes its own ``__init__``."""
    engine = frame.engine
    names: list[str] = []
    for one in reversed(engine.mro(instance.cls)):
        if not isinstance(one, str):
            for field in engine.load(Class(one), "fields"):
                if isinstance(field, Constant) and field.value not in names:
                    names.append(field.value)
    for name, values in (*zip(names, arguments.positional, strict=False), *arguments.named.items()):
        if name in names:
            engine.store(instance, name, values)
    after = engine.find(instance.cls, "__post_init__")
    for function in after:
        if isinstance(function, Function):
            _call_function(frame, function, Arguments(), instance, node)


def _call_partial(frame: Frame, callee: Partial, arguments: Arguments, node: ast.AST) -> Values:
    if callee.kind == "methodcaller":
        owner = arguments.positional[0] if arguments.positional else UNKNOWN
        names = [v.value for v in join(*callee.positional[:1]) if isinstance(v, Constant)]
        returned: Values = NOTHING
        for value in owner:
            for name in names:
                methods = attribute_of(frame, value, name, node)
                given = Arguments(callee.positional[1:], dict(callee.named))
                returned = join(returned, apply(frame, methods, given, node))
        return returned or UNKNOWN
    if callee.kind == "attrgetter":
        owner = arguments.positional[0] if arguments.positional else UNKNOWN
        names = [v.value for v in join(*callee.positional[:1]) if isinstance(v, Constant)]
        return join(*(attribute_of(frame, v, n, node) for v in owner for n in names)) or UNKNOWN
    if callee.kind == "chord":
        parts = (*callee.positional, *arguments.positional)
        callee = Partial(callee.callee, parts, kind="chain")
    if callee.kind == "receiver":
        functions = arguments.all()
        for function in functions:
            frame.engine.senders[function] = dict(callee.named).get("sender", NOTHING)
        for signal in join(*callee.positional):
            inner = frame.engine.items(signal) if isinstance(signal, Container) else (signal,)
            for one in inner:
                register(frame, one, functions)
        return functions
    if callee.kind in {"signature", "chain", "group"}:
        return _hand_signature(frame, callee, node)
    whole = arguments._replace(
        positional=(*callee.positional, *arguments.positional),
        named=dict(callee.named) | dict(arguments.named),
    )
    return _apply_one(frame, callee.callee, whole, node)


# Handing off


def _functions_in(frame: Frame, values: Values) -> list[Value]:
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


def _run_later(frame: Frame, value: Value, arguments: Arguments, node: ast.AST) -> Term:
    """Return what happens when somebody calls, awaits or iterates over *value*."""
    with frame.collected() as terms:
        if isinstance(value, Deferred):
            terms.append(Call(value.activations, frame.place(node)))
        else:
            await_values(frame, _apply_one(frame, value, arguments, node), node, is_quiet=True)
    return sequence(terms)


def _hand_off(
    frame: Frame, bodies: list[Term], node: ast.AST, owner: Hashable = None, extra: str = ""
) -> Values:
    """Note that *bodies* begin later, and return that for which somebody may wait."""
    token = (*frame.site(node), extra)
    body = bodies[0] if len(bodies) == 1 else Parallel(tuple(bodies))
    frame.emit(Background(body, token, frame.place(node)))
    if owner is not None:
        frame.tokens.setdefault(owner, []).append(token)
    return (Pending(token),)


def _hand_signature(frame: Frame, callee: Partial, node: ast.AST) -> Values:
    return _hand_off(frame, [_signature_term(frame, callee, node)], node)


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
        return _run_later(frame, plain, OPEN, node)
    if isinstance(value, (Function, Method, Deferred)):
        return _run_later(frame, value, OPEN, node)
    return Sequence()


def _hand_functions(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Hand off the functions in *arguments*, or return None if there are none."""
    bodies: list[Term] = []
    positional = arguments.positional
    if last_of(callee.name) in NAMING or getattr(getattr(node, "func", None), "attr", "") in NAMING:
        positional = tuple(_named_by(frame, values) for values in positional)
    for number, values in enumerate(positional):
        given = Arguments(positional[number + 1 :], rest=arguments.rest)
        for value in _functions_in(frame, values):
            bodies.append(_run_later(frame, value, given, node))
    target = arguments.named
    for name, values in target.items():
        given = OPEN
        if name in {"target", "func", "function", "callable", "fn"} and "args" in target:
            items = _counted(frame, target["args"])
            given = OPEN if items is None else Arguments(tuple(items))
        for value in _functions_in(frame, values):
            bodies.append(_run_later(frame, value, given, node))
    for value in _functions_in(frame, join(arguments.rest, arguments.other)):
        bodies.append(_run_later(frame, value, OPEN, node))
    if not bodies:
        return None
    owner = External(callee.name.rpartition(".")[0], callee.site)
    return _hand_off(frame, bodies, node, owner)


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


def _outside(frame: Frame, node: ast.AST, arguments: Arguments, callee: External | None) -> Values:
    """Note a call that leads out of the source."""
    function = getattr(node, "func", node)
    text = ast.unparse(function) if isinstance(function, ast.expr) else "a call"
    handed = _hand_functions(frame, callee or External("?"), arguments, node)
    frame.emit(Outside(text, frame.place(node), callee.name if callee is not None else None))
    return handed or NOTHING


# Awaiting and iterating


def await_values(frame: Frame, values: Values, node: ast.AST, *, is_quiet: bool = False) -> Values:
    """Return the results of awaiting *values*."""
    found: Values = NOTHING
    options: list[Term] = []
    for value in values:
        if isinstance(value, Deferred) and value.kind == "coroutine":
            options.append(Call(value.activations, frame.place(node)))
            for each in value.activations:
                function = Function(each.definition, each.scope)
                found = join(found, _with_type(frame, function, each.returns))
        elif isinstance(value, Pending):
            options.append(Join(value.token))
            found = join(found, frame.engine.results.get(value.token, UNKNOWN))
        elif isinstance(value, Instance) and frame.engine.find(value.cls, "__await__"):
            apply(frame, attribute_of(frame, value, "__await__", node), Arguments(), node)
        elif isinstance(value, Container) or not is_quiet:
            found = join(found, (value,))
        else:
            found = join(found, (value,))
    if options:
        frame.emit(choice(options))
    return found


def iterate(
    frame: Frame, values: Values, node: ast.AST, *, is_silent: bool = False
) -> tuple[Values, tuple[Activation, ...]]:
    """Return the items of *values*, and the generators whose bodies run between them."""
    engine = frame.engine
    found: Values = NOTHING
    lazy: list[Activation] = []
    for value in values:
        match value:
            case Container():
                items = engine.keys(value) if value.kind == "dict" else engine.items(value)
                if value.kind == "dict" and not items:
                    items = UNKNOWN
                found = join(found, items)
            case Deferred():
                for activation in value.activations:
                    found = join(found, activation.yields)
                    if not activation.yields:
                        found = join(found, _yielded(frame, activation))
                if value.kind == "generator" and not is_silent:
                    lazy += value.activations
            case Instance():
                found = join(found, _iterate_instance(frame, value, node))
            case Pending():
                frame.emit(Join(value.token))
                found = join(found, UNKNOWN)
            case Class():
                found = join(found, (Instance(value.definition),))  # of an Enum
            case Wrapped() if value.kind == "iterator":
                items, more = iterate(frame, (value.function,), node)
                found = join(found, items)
                lazy += more
            case _:
                found = join(found, UNKNOWN)
    return found, tuple(dict.fromkeys(lazy))


def _yielded(frame: Frame, activation: Activation) -> Values:
    function = Function(activation.definition, activation.scope)
    typed = _returned(frame, function)
    items = [frame.engine.items(v) for v in typed if isinstance(v, Container)]
    return join(*items) or UNKNOWN


def _iterate_instance(frame: Frame, value: Instance, node: ast.AST) -> Values:
    engine = frame.engine
    found: Values = NOTHING
    for start, following in (("__iter__", "__next__"), ("__aiter__", "__anext__")):
        if not engine.find(value.cls, start):
            continue
        iterators = apply(frame, attribute_of(frame, value, start, node), Arguments(), node)
        for one in iterators:
            if isinstance(one, Instance) and engine.find(one.cls, following):
                method = attribute_of(frame, one, following, node)
                items = apply(frame, method, Arguments(), node)
                found = join(found, await_values(frame, items, node))
            elif not isinstance(one, Instance):
                items, lazy = iterate(frame, (one,), node)
                found = join(found, items)
                if lazy:
                    frame.emit(Call(lazy, frame.place(node)))
    if not found and (getter := engine.find(value.cls, "__getitem__")):
        bound = attribute_of(frame, value, "__getitem__", node)
        found = apply(frame, bound or getter, Arguments((UNKNOWN,)), node)
    return found or UNKNOWN


# Descriptors and what libraries make of functions


def _call_wrapped(frame: Frame, callee: Wrapped, arguments: Arguments, node: ast.AST) -> Values:
    kind, _, detail = callee.kind.partition(":")
    inner = callee.function
    engine = frame.engine
    if kind == "item" and isinstance(inner, Container):
        return _call_item(frame, inner, detail, arguments, node)
    if kind == "pending" and isinstance(inner, Pending):
        return _call_pending(frame, inner, detail, arguments, node)
    if kind == "deferred" and isinstance(inner, Deferred):
        frame.emit(Call(inner.activations, frame.place(node)))
        return iterate(frame, (inner,), node, is_silent=True)[0]
    if kind == "model" and isinstance(inner, Instance):
        frame.emit(Outside(_text(node), frame.place(node), f"model.{detail}"))
        _announce(frame, inner, detail, node)
        return UNKNOWN
    if kind == "str" and isinstance(inner, Constant):
        return _call_string(frame, inner.value, detail, arguments, node)
    if kind == "signature":
        given = tuple(arguments.positional), tuple(arguments.named.items())
        return (Partial(inner, *given, kind="signature"),)
    if kind == "hand":
        return _call_hand(frame, inner, arguments, node)
    if kind == "contextmanager":
        returned = _apply_one(frame, inner, arguments, node)
        return tuple(
            Deferred("contextmanager", v.activations) if isinstance(v, Deferred) else v
            for v in returned
        )
    if kind in {"singledispatch", "singledispatchmethod"}:
        return _call_dispatch(frame, callee, detail, arguments, node)
    if kind == "register-key":
        for values in arguments.positional[:1]:
            engine.store(inner, "registered", values)
        return arguments.positional[0] if arguments.positional else UNKNOWN
    if kind in {"property", "cached_property"}:
        for values in arguments.positional[:1]:
            owner = callee.function
            while isinstance(owner, Wrapped) and ":" in owner.kind:
                owner = owner.function
            engine.store(owner, detail, values)
            return (owner,)
    if kind == "subclasses" and isinstance(inner, Class):
        container = Container("list", (node, "subclasses"))
        for each in engine.subclasses(inner.definition):
            engine.put(container, None, (Class(each),))
        return (container,)
    if kind == "awaitable":
        return await_values(frame, _apply_one(frame, inner, arguments, node), node)
    return _apply_one(frame, inner, arguments, node)


_STRING_METHODS = {
    "rsplit", "split", "partition", "rpartition", "lower", "upper", "title", "capitalize", "strip",
    "lstrip", "rstrip", "replace", "removeprefix", "removesuffix", "format",
}  # fmt: skip


def _call_string(frame: Frame, text: str, name: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return what a method of a string that the source has returns."""
    given = [v[0].value for v in arguments.positional if len(v) == 1 and isinstance(v[0], Constant)]
    named = {
        k: v[0].value
        for k, v in arguments.named.items()
        if len(v) == 1 and isinstance(v[0], Constant)
    }
    is_known = len(given) == len(arguments.positional) and len(named) == len(arguments.named)
    if name == "join":
        for lazy in arguments.all():
            if isinstance(lazy, Deferred):
                frame.emit(Call(lazy.activations, frame.place(node)))
    if name not in _STRING_METHODS or not is_known or arguments.rest or arguments.other:
        return (External(f"str.{name}()"),)
    try:
        found = getattr(text, name)(*given, **named)
    except (TypeError, ValueError, LookupError):
        return UNKNOWN
    if isinstance(found, str):
        return (Constant(found, str),)
    container = Container("tuple", (*frame.site(node), text))
    for number, each in enumerate(found):
        frame.engine.put(container, Constant(number, int), (Constant(each, str),))
    return (container,)


def _call_hand(frame: Frame, inner: Value, arguments: Arguments, node: ast.AST) -> Values:
    given = arguments
    for name in ("link", "callbacks"):
        if name in given.named:
            rest = {k: v for k, v in given.named.items() if k != name}
            first = _run_later(frame, inner, given._replace(named=rest), node)
            then = [_signature_term(frame, v, node) for v in given.named[name]]
            return _hand_off(frame, [sequence([first, *then])], node)
    attribute = getattr(getattr(node, "func", None), "attr", "")
    if attribute in {"apply_async", "send_with_options", "retry", "apply_async_on_commit"}:
        items = _counted(
            frame, given.named.get("args", given.positional[0] if given.positional else NOTHING)
        )
        given = OPEN if items is None else Arguments(tuple(items))
    elif attribute in {"options", "using", "configure", "kicker"}:
        return (inner,)
    return _hand_off(frame, [_run_later(frame, inner, given, node)], node)


def _call_dispatch(
    frame: Frame, callee: Wrapped, detail: str, arguments: Arguments, node: ast.AST
) -> Values:
    engine = frame.engine
    owner: Value = callee
    if detail == "register":
        owner = callee.function
        keys = arguments.positional[0] if arguments.positional else NOTHING
        if keys and all(isinstance(k, (Class, External)) for k in keys):
            if len(arguments.positional) > 1:
                engine.put(owner, keys[0], arguments.positional[1])
                return arguments.positional[1]
            return (Partial(callee, (keys,)),)
        functions = keys
        if callee.kind.endswith("register") and isinstance(callee, Partial):
            return functions
        for function in functions:
            if isinstance(function, Function):
                engine.put(owner, _first_annotation(frame, function), (function,))
        return functions
    position = 1 if detail == "bound" else 0
    inner = callee.function
    receiver: Value | None = None
    if isinstance(inner, Method):
        receiver = inner.receiver
        owner = Wrapped(callee.kind.partition(":")[0], inner.function)
        position = 0
    values = arguments.positional[position] if len(arguments.positional) > position else UNKNOWN
    functions = engine.items(owner)
    exact: Values = NOTHING
    for value in values:
        if isinstance(value, Instance):
            for one in engine.mro(value.cls):
                found = engine.slots(owner).get(Class(one)) if not isinstance(one, str) else None
                if found:
                    exact = join(exact, found)
                    break
    chosen: Values = exact or join((inner,), functions)
    if receiver is not None:
        chosen = tuple(Method(f, receiver) if isinstance(f, Function) else f for f in chosen)
    return apply(frame, chosen, arguments, node)


def _first_annotation(frame: Frame, function: Function) -> Value | None:
    node = function.definition.node
    parameters = getattr(node, "args", None)
    for parameter in parameters.args if parameters is not None else ():
        for value in frame.engine.annotation(function.scope, parameter.annotation):
            if isinstance(value, Instance):
                return Class(value.cls)
    return None


def _call_pending(
    frame: Frame, inner: Pending, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    if name in {"result", "join", "get", "wait", "exception", "wait_result"}:
        frame.emit(Join(inner.token))
        return frame.engine.results.get(inner.token, UNKNOWN)
    handed = [f for values in (*arguments.positional, *arguments.named.values())
              for f in _functions_in(frame, values)]  # fmt: skip
    if handed:
        terms: list[Term] = [Join(inner.token)]
        terms += [_run_later(frame, f, OPEN, node) for f in handed]
        return _hand_off(frame, [sequence(terms)], node)
    return (inner,)


def _call_item(
    frame: Frame, container: Container, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    engine = frame.engine
    positional = arguments.positional
    first = positional[0] if positional else NOTHING
    if container.kind == QUERY:
        if name in {"create", "acreate", "get_or_create", "update_or_create"}:
            for value in engine.items(container):
                if isinstance(value, Instance):
                    _announce(frame, value, "save", node)
        return query_call(frame, container, name, arguments)
    if name in {"append", "add", "appendleft", "push"}:
        engine.put(container, None, first)
    elif name == "insert" and len(positional) > 1:
        engine.put(container, None, positional[1])
    elif name in {"extend", "update", "extendleft"}:
        for value in first:
            if isinstance(value, Container) and container.kind in {"dict", "defaultdict"}:
                for slot, values in list(engine.slots(value).items()):
                    engine.store(container, slot, values)
                    _set_item(frame, node, slot, values)
            else:
                items, lazy = iterate(frame, (value,), node)
                engine.put(container, None, items)
                if lazy:
                    frame.emit(Call(lazy, frame.place(node)))
        for word, values in arguments.named.items():
            engine.put(container, Constant(word, str), values)
    elif name in {"get", "pop", "setdefault", "popleft", "popitem", "__getitem__"}:
        if name == "setdefault" and len(positional) > 1:
            for key in first:
                engine.put(container, None if isinstance(key, Unknown) else key, positional[1])
        is_keyed = container.kind in {"dict", "defaultdict"} or name == "__getitem__"
        found = join(*(engine.items(container, key) for key in first)) if is_keyed and first else (
            engine.items(container)
        )  # fmt: skip
        default = positional[1] if len(positional) > 1 and name in {"get", "pop"} else NOTHING
        if name in {"get"} and len(positional) == 1:
            default = (Constant(None),)
        return join(found or UNKNOWN, default)
    elif name in {"values", "copy", "items", "keys", "__iter__", "sorted"}:
        return _view(frame, container, name, node)
    elif name == "sort":
        for values in arguments.named.values():
            apply(frame, values, Arguments((engine.items(container),)), node)
    return UNKNOWN


def _set_item(frame: Frame, node: ast.AST, slot: Hashable, values: Values) -> None:
    """Know what an item is now, where a name has the container."""
    function = getattr(node, "func", None)
    owner = getattr(function, "value", None)
    if isinstance(owner, ast.Name) and isinstance(slot, (str, int)) and slot != "*keys":
        frame.paths[f"{owner.id}[{slot!r}]"] = values


def _view(frame: Frame, container: Container, name: str, node: ast.AST) -> Values:
    engine = frame.engine
    if name in {"copy", "__iter__", "sorted"}:
        return (container,)
    view = Container("list", (*frame.site(node), container, name))
    slots = {s: v for s, v in engine.slots(container).items() if s not in {"*keys", "*default"}}
    if slots and "*" not in slots and container.kind == "dict":
        _view_of_known(frame, view, container, name, slots)
        return (view,)
    if name == "keys":
        engine.put(view, None, engine.keys(container) or UNKNOWN)
    elif name == "values":
        engine.put(view, None, engine.items(container))
    else:
        pair = Container("tuple", (*frame.site(node), container, "pair"))
        engine.put(pair, Constant(0, int), engine.keys(container) or UNKNOWN)
        engine.put(pair, Constant(1, int), engine.items(container) or UNKNOWN)
        engine.put(view, None, (pair,))
    return (view,)


def _view_of_known(
    frame: Frame, view: Container, container: Container, name: str, slots: dict[Hashable, Values]
) -> None:
    """Fill a view of a dict with known keys, item by item."""
    engine = frame.engine
    for number, (slot, values) in enumerate(slots.items()):
        key: Value = Constant(slot, type(slot))
        if isinstance(slot, (Class, Function, Instance)):
            key = slot
        if name == "items":
            pair = Container("tuple", (view.site, number))
            engine.put(pair, Constant(0, int), (key,))
            engine.put(pair, Constant(1, int), values)
            engine.put(view, Constant(number, int), (pair,))
        else:
            engine.put(view, Constant(number, int), (key,) if name == "keys" else values)


# Libraries


def _call_external(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values:
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
    provided = [v for values in arguments.named.values() for v in _depends_in(frame, values)]
    if provided:
        frame.engine.store(made, "depends", tuple(provided))
    functions = [] if last in LOOKING else _functions_in(frame, arguments.all())
    plain = [f for f in functions if isinstance(f, (Function, Method, Partial, Wrapped))]
    if last in RUNNERS and functions:
        _run_now(frame, last, arguments, node)
        return UNKNOWN
    if last in CONSUMERS and (lazy := [f for f in functions if isinstance(f, Deferred)]):
        for each in lazy:
            frame.emit(Call(each.activations, frame.place(node)))
        return _copied(frame, last, arguments, node)
    if last in CONSUMERS and arguments.positional:
        copied = _copied(frame, last, arguments, node)
        if copied:
            return copied
    if last in REGISTERING and plain and "." in name:
        for function in plain:
            frame.engine.senders[function] = arguments.named.get("sender", NOTHING)
        register(frame, External(name.rpartition(".")[0], callee.site), tuple(plain))
        return tuple(plain[:1]) if len(arguments.positional) == 1 else UNKNOWN
    if last in LOOKING:
        return (made,)
    handed = _hand_functions(frame, callee, arguments, node)
    frame.emit(Outside(_text(node), frame.place(node), name))
    if handed:
        return handed
    owner = External(name.rpartition(".")[0], callee.site)
    frame.engine.asked.add(owner)
    if last in {"send", "send_robust"} and isinstance(node, ast.Call):
        owner_node = getattr(node.func, "value", None)
        frame.engine.execute_mentioning(getattr(owner_node, "attr", getattr(owner_node, "id", "")))
    if last in {"send", "send_robust", "emit", "publish", "fire", "trigger", "dispatch", "notify"}:
        for one in frame.engine.registered.get(owner, NOTHING):
            frame.emit(_run_later(frame, one, OPEN, node))
    return (made,)


def register(frame: Frame, owner: Value, functions: Values) -> None:
    """Note that *owner* keeps *functions*, which it may call when something is sent."""
    engine = frame.engine
    known = engine.registered.get(owner, NOTHING)
    both = join(known, functions)
    engine.registered[owner] = both
    if both != known and owner in engine.asked:
        engine.changed = True


def _depends_in(frame: Frame, values: Values) -> list[Value]:
    found: list[Value] = []
    for value in values:
        inner = frame.engine.items(value) if isinstance(value, Container) else (value,)
        found += [v for v in inner if isinstance(v, Wrapped) and v.kind == "depends"]
    return found


_SIGNALS = {"save": ("pre_save", "post_save"), "delete": ("pre_delete", "post_delete")}


def _announce(frame: Frame, model: Instance, name: str, node: ast.AST) -> None:
    """Note the calls of the functions that Django's signals of a model call."""
    engine = frame.engine
    for signal in _SIGNALS[name.removeprefix("a")]:
        engine.execute_mentioning(signal)
        owner = External(f"django.db.models.signals.{signal}")
        engine.asked.add(owner)
        for function in engine.registered.get(owner, NOTHING):
            senders = engine.senders.get(function, NOTHING)
            classes = [v.definition for v in senders if isinstance(v, Class)]
            if not classes or any(engine.is_subclass(model.cls, cls) for cls in classes):
                frame.emit(Choice((_run_later(frame, function, OPEN, node), Sequence())))


def _text(node: ast.AST) -> str:
    function = getattr(node, "func", node)
    return ast.unparse(function) if isinstance(function, ast.expr) else "a call"


def _run_now(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
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
        for value in _functions_in(frame, values):
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
                result = _apply_one(frame, value, given, node)
                returned = join(returned, await_values(frame, result, node))
            frame.emit(sequence(terms))
    if last in {"map", "starmap", "filter", "sorted"}:
        container = Container("list", frame.site(node))
        frame.engine.put(container, None, returned if "map" in last else items)
        return (container,)
    if last in {"min", "max"}:
        return items
    return returned or UNKNOWN


def _copied(frame: Frame, last: str, arguments: Arguments, node: ast.AST) -> Values:
    engine = frame.engine
    if last in {"list", "tuple", "set", "sorted", "reversed", "deque", "frozenset", "iter", "islice",
                "chain", "from_iterable", "tqdm", "filter", "batched", "aiter"}:  # fmt: skip
        container = Container("list", frame.site(node))
        if len(arguments.positional) == 1 and last in {"list", "tuple"}:
            counted = _counted(frame, arguments.positional[0])
            if counted is not None:
                for number, values in enumerate(counted):
                    engine.put(container, Constant(number, int), values)
                return (container,)
        for values in arguments.positional:
            engine.put(container, None, iterate(frame, values, node, is_silent=True)[0])
        return (container,)
    if last in {"enumerate", "zip"}:
        container = Container("list", frame.site(node))
        pair = Container("tuple", (*frame.site(node), "pair"))
        first = 1 if last == "enumerate" else 0
        if first:
            engine.put(pair, Constant(0, int), UNKNOWN)
        for number, values in enumerate(arguments.positional):
            items = iterate(frame, values, node, is_silent=True)[0]
            engine.put(pair, Constant(number + first, int), items)
        engine.put(container, None, (pair,))
        return (container,)
    if last in {"next", "anext"}:
        found = iterate(frame, arguments.positional[0], node, is_silent=True)[0]
        for value in arguments.positional[0]:
            if isinstance(value, Instance):
                method = attribute_of(frame, value, "__next__", node)
                if any(isinstance(m, Method) for m in method):
                    return apply(frame, method, Arguments(), node)
        return found
    if last in {"dict", "OrderedDict"}:
        container = Container("dict", frame.site(node))
        for values in arguments.positional:
            for value in values:
                if isinstance(value, Container) and value.kind in {"dict", "defaultdict"}:
                    for slot, found in list(engine.slots(value).items()):
                        engine.store(container, slot, found)
                elif isinstance(value, Container):
                    for item in engine.items(value):
                        for key in engine.items(item, Constant(0, int)) or UNKNOWN:
                            engine.put(
                                container,
                                None if isinstance(key, Unknown) else key,
                                engine.items(item, Constant(1, int)),
                            )
        return (container,)
    return NOTHING


Special = Callable[[Frame, External, Arguments, ast.AST], Values | None]


def _first(arguments: Arguments) -> Values:
    return arguments.positional[0] if arguments.positional else NOTHING


def _partial(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    functions = _first(arguments)
    kind = "method" if "partialmethod" in callee.name else "partial"
    rest = arguments.positional[1:], tuple(arguments.named.items())
    return tuple(Partial(f, *rest, kind=kind) for f in functions) or None


def _getter(kind: str) -> Special:
    def made(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
        return (
            Partial(External(kind), arguments.positional, tuple(arguments.named.items()), kind),
        )

    return made


def _wrapper(kind: str) -> Special:
    def made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
        return tuple(Wrapped(kind, f) for f in _first(arguments)) or None

    return made


def _getattr(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) < 2:  # noqa: PLR2004 - of getattr
        return None
    owners, names, *default = arguments.positional
    found: Values = join(*default)
    for owner in owners:
        for name in names:
            if isinstance(name, Constant) and isinstance(name.value, str):
                found = join(found, attribute_of(frame, owner, name.value, node))
            elif isinstance(name, External) and name.name.startswith("str:"):
                prefix = name.name.removeprefix("str:").removesuffix("*")
                found = join(found, methods_of(frame.engine, owner, prefix) if prefix else NOTHING)
            else:
                found = join(found, UNKNOWN)
    return found or UNKNOWN


def _setattr(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) != 3:  # noqa: PLR2004 - of setattr
        return None
    owners, names, values = arguments.positional
    for owner in owners:
        for name in names:
            if isinstance(name, Constant) and not isinstance(owner, (Unknown, Constant)):
                frame.engine.store(owner, name.value, values)
    return (Constant(None),)


def _type(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) != 1:
        return None
    found = [
        Class(v.cls, is_any=v.site is None) if isinstance(v, Instance) else Unknown()
        for v in arguments.positional[0]
    ]
    return join(found)


def _super_of(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) != 2:  # noqa: PLR2004 - super(cls, self)
        return None
    classes, receivers = arguments.positional
    return tuple(Super(c.definition, r) for c in classes if isinstance(c, Class) for r in receivers)


def _container(kind: str) -> Special:
    def made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
        if callee.name != f"builtins.{kind}" and "collections" not in callee.name:
            return None
        if arguments.positional and kind != "defaultdict":
            return None
        container = Container(kind, frame.site(node))
        for key, values in arguments.named.items():
            frame.engine.put(container, Constant(key, str), values)
        for factory in _first(arguments):
            if isinstance(factory, External):
                empty = Container(last_of(factory.name), (*frame.site(node), "default"))
                frame.engine.store(container, "*default", (empty,))
                frame.engine.put(container, None, (empty,))
            else:
                frame.engine.put(container, None, apply(frame, (factory,), Arguments(), node))
        return (container,)

    return made


def _gather(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
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
    found = _hand_off(frame, bodies, node) if bodies else NOTHING
    for value in pending:
        if isinstance(value, Pending):
            frame.emit(Join(value.token))
    return join(found, pending)


def _chain(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    values = arguments.all()
    if not any(
        isinstance(v, Partial) and v.kind in {"signature", "chain", "group"} for v in values
    ):
        return None
    return (Partial(External("chain"), arguments.positional, kind="chain"),)


def _chord(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    header = _first(arguments)
    if not header:
        return None
    group = Partial(External("group"), (header,), kind="group")
    body = arguments.positional[1:2] or tuple(v for k, v in arguments.named.items() if k == "body")
    kind = "chain" if body else "chord"
    return (Partial(External("chain"), ((group,), *body), kind=kind),)


def _receiver(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    named = tuple(arguments.named.items())
    return (Partial(callee, arguments.positional[:1], named, kind="receiver"),)


def _depends(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    return (
        tuple(
            Wrapped("depends", f)
            for f in arguments.all()
            if isinstance(f, (Function, Method, Class))
        )
        or None
    )


def _import_module(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    names = [v.value for v in _first(arguments) if isinstance(v, Constant)]
    return join(*(frame.engine.module(name) for name in names)) or None


def _same(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    return _first(arguments) or None


def _globals(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if arguments.positional:
        return None
    module = frame.scope.module
    container = Container("dict", (module.definition.node, "globals"))
    for name, values in list(module.names.items()):
        frame.engine.put(container, Constant(name, str), values)
    return (container,)


def _cast(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    values = arguments.positional[-1] if arguments.positional else NOTHING
    call = node if isinstance(node, ast.Call) else None
    typed = frame.engine.annotation(frame.scope, call.args[0]) if call and call.args else NOTHING
    return typed or values


def _singledispatch(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    kind = "singledispatchmethod" if "method" in callee.name else "singledispatch"
    return tuple(Wrapped(kind, f) for f in _first(arguments)) or None


def _run_method(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return the result of what runs a coroutine or a function to its end."""
    if not _functions_in(frame, arguments.all()):
        return None
    return _run_now(frame, last_of(callee.name), arguments, node)


def _awaitable(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    functions = [f for f in _first(arguments) if isinstance(f, (Function, Method, Partial))]
    if not functions:
        return (External(f"{callee.name}()"),) if not arguments.positional else None
    return tuple(Wrapped("awaitable", f) for f in functions)


def _eval(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    texts = [v.value for v in _first(arguments) if isinstance(v, Constant)]
    for text in texts:
        try:
            parsed = ast.parse(str(text), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        for each in ast.walk(parsed):
            if hasattr(each, "lineno"):
                ast.copy_location(each, node)
        return frame.engine.evaluate(frame, parsed)
    return None


_SPECIAL: dict[str, Special] = {
    "eval": _eval,
    "partial": _partial,
    "partialmethod": _partial,
    "methodcaller": _getter("methodcaller"),
    "attrgetter": _getter("attrgetter"),
    "property": _wrapper("property"),
    "cached_property": _wrapper("cached_property"),
    "hybrid_property": _wrapper("property"),
    "staticmethod": _wrapper("staticmethod"),
    "classmethod": _wrapper("classmethod"),
    "contextmanager": _wrapper("contextmanager"),
    "asynccontextmanager": _wrapper("contextmanager"),
    "singledispatch": _singledispatch,
    "singledispatchmethod": _singledispatch,
    "getattr": _getattr,
    "setattr": _setattr,
    "type": _type,
    "super": _super_of,
    "dict": _container("dict"),
    "list": _container("list"),
    "set": _container("set"),
    "deque": _container("list"),
    "defaultdict": _container("defaultdict"),
    "OrderedDict": _container("dict"),
    "gather": _gather,
    "wait": _gather,
    "as_completed": _gather,
    "group": _gather,
    "chain": _chain,
    "chord": _chord,
    "receiver": _receiver,
    "connect_via": _receiver,
    "Depends": _depends,
    "Security": _depends,
    "import_module": _import_module,
    "__import__": _import_module,
    "copy": _same,
    "deepcopy": _same,
    "globals": _globals,
    "vars": _globals,
    "cast": _cast,
    "sync_to_async": _awaitable,
    "async_to_sync": _awaitable,
    "database_sync_to_async": _awaitable,
    "run": _run_method,
    "run_until_complete": _run_method,
    "wait_for": _run_method,
    "shield": _run_method,
    "to_thread": _run_method,
    "run_sync": _run_method,
    "run_in_executor": _run_method,
    "run_in_threadpool": _run_method,
    "map": _run_method,
    "filter": _run_method,
    "reduce": _run_method,
    "max": _run_method,
    "min": _run_method,
}
