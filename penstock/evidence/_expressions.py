"""Evaluating expressions: what they may be, and what they call."""

import ast
from collections.abc import Callable
from typing import Any

from penstock.evidence._activations import Arguments
from penstock.evidence._attributes import attribute_of
from penstock.evidence._calls import apply, await_values, call_expression, iterate
from penstock.evidence._engine import Engine
from penstock.evidence._frame import Frame, path_of
from penstock.evidence._terms import (
    Choice,
    Iterate,
    Loop,
    Rounds,
    Sequence,
    Yield,
    choice,
    sequence,
)
from penstock.evidence._values import (
    NOTHING,
    UNKNOWN,
    Alias,
    Class,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Unknown,
    Value,
    Values,
    join,
)

__all__ = [
    "assign_target",
    "defaults_of",
    "evaluate",
    "narrow",
    "narrowed",
    "rounds_of",
    "truth_of",
]


def evaluate(frame: Frame, node: ast.expr) -> Values:
    """Return what *node* may be, and note in *frame* what it calls."""
    return _EXPRESSIONS.get(type(node), _all_parts)(frame, node)


def _all_parts(frame: Frame, node: Any) -> Values:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(frame, child)
    return UNKNOWN


def _name(frame: Frame, node: ast.Name) -> Values:
    return frame.read(node.id)


def _constant(_: Frame, node: ast.Constant) -> Values:
    if node.value is None or isinstance(node.value, (str, int, bool, bytes)):
        return (Constant(node.value, type(node.value)),)
    return UNKNOWN


def _attribute(frame: Frame, node: ast.Attribute) -> Values:
    owners = evaluate(frame, node.value)
    if frame.paths and (path := path_of(node)) in frame.paths:
        return frame.paths[path]
    return join(*(attribute_of(frame, owner, node.attr, node) for owner in owners))


def _subscript(frame: Frame, node: ast.Subscript) -> Values:
    owners = evaluate(frame, node.value)
    if isinstance(node.slice, ast.Slice):
        _all_parts(frame, node.slice)
        return tuple(_part_of(frame, owner, node) for owner in owners)
    keys = evaluate(frame, node.slice)
    if frame.paths and (path := path_of(node)) in frame.paths:
        return frame.paths[path]
    return join(*(_item(frame, owner, keys, node) for owner in owners))


def _part_of(frame: Frame, owner: Value, node: ast.Subscript) -> Value:
    """Return the part of a container that a slice with constant ends has."""
    engine = frame.engine
    written: Any = node.slice
    ends: list[int | None] = []
    for end in (written.lower, written.upper, written.step):
        if end is not None and not (isinstance(end, ast.Constant) and type(end.value) is int):
            return owner
        ends.append(None if end is None else int(str(end.value)))
    count = _count(engine, owner) if isinstance(owner, Container) else None
    if count is None or not isinstance(owner, Container):
        return owner
    container = Container(owner.kind, (*frame.site(node), owner))
    for index, number in enumerate(range(count)[slice(*ends)]):
        items = engine.items(owner, Constant(number, int))
        engine.put(container, Constant(index, int), items)
    return container


def _item(frame: Frame, owner: Value, keys: Values, node: ast.Subscript) -> Values:
    engine = frame.engine
    if isinstance(owner, Container):
        return _items_of(engine, owner, keys)
    if isinstance(owner, Class):
        return (owner,)  # of a generic class
    if isinstance(owner, Instance):
        method = attribute_of(frame, owner, "__getitem__", node)
        return apply_all(frame, method, (keys,), node)
    if isinstance(owner, External):
        if owner.site is None and "()" not in owner.name:
            return (Alias(node, frame.scope),)
        return (External(f"{owner.name}[]", owner.site),)
    return UNKNOWN


def _items_of(engine: Engine, owner: Container, keys: Values) -> Values:
    found: Values = NOTHING
    for key in keys or UNKNOWN:
        is_from_end = isinstance(key, Constant) and isinstance(key.value, int) and key.value < 0
        found = join(found, engine.items(owner, None if is_from_end else key))
    if not found and owner.kind == "defaultdict":
        found = engine.load(owner, "*default")
    return found or UNKNOWN


def apply_all(
    frame: Frame, callees: Values, arguments: tuple[Values, ...], node: ast.AST
) -> Values:
    """Return what a call of *callees* returns that the source does not have as such."""
    return apply(frame, callees, Arguments(arguments), node)


def _tuple(frame: Frame, node: Any) -> Values:
    kind = {ast.List: "list", ast.Set: "set"}.get(type(node), "tuple")
    container = Container(kind, frame.site(node))
    engine = frame.engine
    is_counted = True
    for number, element in enumerate(node.elts):
        if isinstance(element, ast.Starred):
            inner, _ = iterate(frame, evaluate(frame, element.value), element)
            engine.put(container, None, inner)
            is_counted = False
            continue
        values = evaluate(frame, element)
        engine.put(container, Constant(number, int) if is_counted else None, values)
    return (container,)


def _dict(frame: Frame, node: ast.Dict) -> Values:
    container = Container("dict", frame.site(node))
    engine = frame.engine
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            for other in evaluate(frame, value):
                _update(engine, container, other)
            continue
        keys = evaluate(frame, key)
        values = evaluate(frame, value)
        for one in keys:
            engine.put(container, None if isinstance(one, Unknown) else one, values)
    return (container,)


def _update(engine: Engine, container: Container, other: Value) -> None:
    if isinstance(other, Container):
        for slot, values in list(engine.slots(other).items()):
            engine.store(container, slot, values)


def _bool_op(frame: Frame, node: ast.BoolOp) -> Values:
    found: Values = NOTHING
    saved = []
    is_or = isinstance(node.op, ast.Or)
    collected = []
    for number, operand in enumerate(node.values):
        with frame.collected() as terms:
            values = evaluate(frame, operand)
        collected.append(sequence(terms))
        is_last = number == len(node.values) - 1
        if not is_last and is_or:
            values = tuple(v for v in values if not _is_falsy(v))
        found = join(found, values)
        if not is_last:
            saved.append(frame.saved())
            narrow(frame, operand, truth=not is_or)
    term = collected[-1]
    for one in reversed(collected[:-1]):
        term = one if _is_empty(term) else sequence([one, Choice((Sequence(), term))])
    frame.emit(term)
    # Names are as after the first operand: what narrows the others ends here.
    if saved:
        frame.restore(saved[0])
    return found


def _is_empty(term: object) -> bool:
    return isinstance(term, Sequence) and not term.items


def _is_falsy(value: Value) -> bool:
    return isinstance(value, Constant) and not value.value


def _if_exp(frame: Frame, node: ast.IfExp) -> Values:
    truth = truth_of(frame, node.test)
    evaluate(frame, node.test)
    if truth is not None:
        return evaluate(frame, node.body if truth else node.orelse)
    before = frame.saved()
    narrow(frame, node.test, truth=True)
    with frame.collected() as first:
        one = evaluate(frame, node.body)
    frame.restore(before)
    narrow(frame, node.test, truth=False)
    with frame.collected() as second:
        other = evaluate(frame, node.orelse)
    frame.restore(before)
    frame.emit(choice([sequence(first), sequence(second)]))
    return join(one, other)


def _lambda(frame: Frame, node: ast.Lambda) -> Values:
    definition = frame.activation.definition.source.definitions[node]
    function = Function(definition, frame.scope)
    for parameter, default in defaults_of(node.args):
        frame.engine.store(function, ("default", parameter), evaluate(frame, default))
    return (function,)


def defaults_of(arguments: ast.arguments) -> list[tuple[str, ast.expr]]:
    """Return the parameters with a default."""
    positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)]
    count = len(arguments.defaults)
    found = list(zip(positional[len(positional) - count :], arguments.defaults, strict=True))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [(p.arg, default) for p, default in named if default is not None]
    return found


def _comprehension(frame: Frame, node: Any) -> Values:
    is_dict = isinstance(node, ast.DictComp)
    kind = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
    container = Container(kind, frame.site(node))
    before = frame.saved()
    local, frame.local = frame.local, frame.local | _names_in(node)
    iterable = node.generators[0]
    is_counted = len(node.generators) == 1 and not iterable.ifs and kind == "list"

    def run(generators: list[ast.comprehension]) -> None:
        nonlocal is_counted
        if not generators:
            if is_dict:
                keys, values = evaluate(frame, node.key), evaluate(frame, node.value)
                for key in keys:
                    frame.engine.put(container, None if isinstance(key, Unknown) else key, values)
            else:
                index = Constant(frame.rounds[-1], int) if is_counted and frame.rounds else None
                frame.engine.put(container, index, evaluate(frame, node.elt))
            return
        first, *others = generators
        iterated = evaluate(frame, first.iter)
        counted = rounds_of(frame, iterated)
        if counted is not None:
            rounds = []
            for number, each in enumerate(counted):
                assign_target(frame, first.target, each)
                with frame.collected() as body, frame.in_round(number):
                    run_round(first, others)
                rounds.append(sequence(body))
            frame.emit(Rounds(tuple(rounds)))
            return
        is_counted = False
        items, lazy = iterate(frame, iterated, first.iter)
        assign_target(frame, first.target, items)
        with frame.collected() as body:
            run_round(first, others)
        if lazy:
            frame.emit(Iterate(lazy, sequence(body), frame.place(node)))
        else:
            frame.emit(Loop(sequence(body)))

    def run_round(first: ast.comprehension, others: list[ast.comprehension]) -> None:
        for condition in first.ifs:
            evaluate(frame, condition)
            narrow(frame, condition, truth=True)
        run(others)

    run(node.generators)
    frame.local = local
    frame.restore(before)
    return (container,)


def _names_in(node: Any) -> frozenset[str]:
    targets = [each.target for each in node.generators]
    return frozenset(
        each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)
    )


def _await(frame: Frame, node: ast.Await) -> Values:
    return await_values(frame, evaluate(frame, node.value), node)


def _yield(frame: Frame, node: ast.Yield) -> Values:
    values = evaluate(frame, node.value) if node.value is not None else NOTHING
    frame.activation.yields = join(frame.activation.yields, values)
    frame.emit(Yield())
    return UNKNOWN


def _yield_from(frame: Frame, node: ast.YieldFrom) -> Values:
    values = evaluate(frame, node.value)
    items, lazy = iterate(frame, values, node)
    frame.activation.yields = join(frame.activation.yields, items)
    if lazy:
        frame.emit(Iterate(lazy, Yield(), frame.place(node)))
        return join(*(each.returns for each in lazy)) or UNKNOWN
    frame.emit(Loop(Yield()))
    return UNKNOWN


def _named(frame: Frame, node: ast.NamedExpr) -> Values:
    values = evaluate(frame, node.value)
    frame.assign(node.target.id, values)
    return values


def _bin_op(frame: Frame, node: ast.BinOp) -> Values:
    left, right = evaluate(frame, node.left), evaluate(frame, node.right)
    engine = frame.engine
    if isinstance(node.op, ast.BitOr):
        signatures = [
            v for v in (*left, *right) if isinstance(v, Partial) and v.kind == "signature"
        ]
        if signatures:
            found = []
            for value in (*left, *right):
                if isinstance(value, Partial) and value.kind == "chain":
                    found += [v for values in value.positional for v in values]
                elif isinstance(value, Partial):
                    found.append(value)
            return (Partial(found[0], tuple((v,) for v in found), kind="chain"),)
        if any(isinstance(v, Container) for v in (*left, *right)):
            container = Container("dict", frame.site(node))
            for value in (*left, *right):
                _update(engine, container, value)
            return (container,)
        return join(left, right)
    if isinstance(node.op, ast.Add):
        containers = [v for v in (*left, *right) if isinstance(v, Container)]
        if containers:
            container = Container(containers[0].kind, frame.site(node))
            for value in containers:
                engine.put(container, None, engine.items(value))
            return (container,)
        if len(left) == len(right) == 1:
            one, other = left[0], right[0]
            if (
                isinstance(one, Constant) and isinstance(other, Constant)
                and one.kind is other.kind and one.kind in {str, int}
            ):  # fmt: skip
                both = one.value + other.value
                return (Constant(both, one.kind),)
    method = {
        ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.RShift: "__rshift__",
        ast.LShift: "__lshift__", ast.Mod: "__mod__", ast.MatMult: "__matmul__",
    }.get(type(node.op))  # fmt: skip
    found_values: Values = NOTHING
    for value in left:
        if (
            method
            and isinstance(value, Instance)
            and (callees := frame.engine.find(value.cls, method))
        ):
            bound = attribute_of(frame, value, method, node)
            found_values = join(found_values, apply_all(frame, bound or callees, (right,), node))
    return found_values or UNKNOWN


def _starred(frame: Frame, node: ast.Starred) -> Values:
    return evaluate(frame, node.value)


def _compare(frame: Frame, node: ast.Compare) -> Values:
    _all_parts(frame, node)
    return UNKNOWN


def _joined(frame: Frame, node: ast.JoinedStr) -> Values:
    parts: list[str] = []
    is_known = True
    for each in node.values:
        if isinstance(each, ast.Constant):
            parts.append(str(each.value))
            continue
        if not isinstance(each, ast.FormattedValue):
            continue
        values = evaluate(frame, each.value)
        if len(values) == 1 and isinstance(values[0], Constant) and each.conversion == -1:
            parts.append(str(values[0].value))
        else:
            is_known = False
            break
    if is_known:
        return (Constant("".join(parts), str),)
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            evaluate(frame, each.value)
    prefix = node.values[0]
    if isinstance(prefix, ast.Constant) and isinstance(prefix.value, str):
        return (External(f"str:{prefix.value}*"),)
    return UNKNOWN


_EXPRESSIONS: dict[type[ast.expr], Callable[[Frame, Any], Values]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: lambda frame, node: call_expression(frame, node, evaluate),
    ast.Tuple: _tuple,
    ast.List: _tuple,
    ast.Set: _tuple,
    ast.Dict: _dict,
    ast.BoolOp: _bool_op,
    ast.IfExp: _if_exp,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.NamedExpr: _named,
    ast.BinOp: _bin_op,
    ast.Starred: _starred,
    ast.Compare: _compare,
    ast.JoinedStr: _joined,
}


# Assignments


def assign_target(frame: Frame, target: ast.expr, values: Values) -> None:
    """Assign *values* to what is on the left of ``=``."""
    engine = frame.engine
    if isinstance(target, ast.Name):
        frame.assign(target.id, values)
    elif isinstance(target, ast.Attribute):
        owners = evaluate(frame, target.value)
        for owner in owners:
            _set_attribute(frame, owner, target, values)
        _set_path(frame, target, values, owners)
    elif isinstance(target, ast.Subscript):
        owners = evaluate(frame, target.value)
        keys = evaluate(frame, target.slice) if not isinstance(target.slice, ast.Slice) else UNKNOWN
        for owner in owners:
            if isinstance(owner, Container):
                for key in keys:
                    engine.put(owner, None if isinstance(key, Unknown) else key, values)
            elif isinstance(owner, Instance):
                method = attribute_of(frame, owner, "__setitem__", target)
                apply_all(frame, method, (keys, values), target)
        _set_path(frame, target, values, owners)
    elif isinstance(target, ast.Starred):
        container = Container("list", frame.site(target))
        engine.put(container, None, values)
        assign_target(frame, target.value, (container,))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _destructure(frame, target.elts, values)


def _set_attribute(frame: Frame, owner: Value, target: ast.Attribute, values: Values) -> None:
    engine = frame.engine
    if isinstance(owner, Instance):
        setter = engine.find(owner.cls, target.attr)
        for each in setter:
            inner = getattr(each, "function", None)
            if getattr(each, "kind", None) == "property" and inner is not None:
                for one in engine.load(each, "setter"):
                    if isinstance(one, Function):
                        apply_all(frame, (Method(one, owner),), (values,), target)
                        return
        engine.store(owner, target.attr, values)
    elif isinstance(owner, Class):
        scope = engine.info(owner.definition).scope
        if scope.add(target.attr, values):
            engine.changed = True
    elif not isinstance(owner, (Unknown, Constant)):
        module = getattr(owner, "source", None)
        if module is not None:
            if engine.scope_of(module).add(target.attr, values):
                engine.changed = True
            return
        engine.store(owner, target.attr, values)


def _set_path(frame: Frame, target: ast.expr, values: Values, owners: Values) -> None:
    path = path_of(target)
    if path is None:
        frame.forget_paths()
        return
    frame.paths = {
        p: v for p, v in frame.paths.items() if not p.startswith((path + ".", path + "["))
    }
    if len(owners) == 1:
        frame.paths[path] = values


def _destructure(frame: Frame, targets: list[ast.expr], values: Values) -> None:
    engine = frame.engine
    starred = next((n for n, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    for number, target in enumerate(targets):
        found: Values = NOTHING
        for value in values:
            if not isinstance(value, Container):
                found = join(found, iterate(frame, (value,), target, is_silent=True)[0])
                continue
            count = _count(engine, value)
            if count is None:
                found = join(found, engine.items(value))
            elif starred is None or number < starred:
                found = join(found, engine.items(value, Constant(number, int)))
            elif number > starred:
                found = join(
                    found, engine.items(value, Constant(count - len(targets) + number, int))
                )
            else:
                last = count - (len(targets) - 1 - starred)
                parts = (engine.items(value, Constant(n, int)) for n in range(starred, last))
                found = join(found, *parts)
        if isinstance(target, ast.Starred):
            container = Container("list", frame.site(target))
            is_one = len(values) == 1 and isinstance(values[0], Container)
            count = _count(engine, values[0]) if is_one else None
            if is_one and count is not None and starred is not None:
                last = count - (len(targets) - 1 - starred)
                for index, n in enumerate(range(starred, last)):
                    items = engine.items(values[0], Constant(n, int))
                    engine.put(container, Constant(index, int), items)
            else:
                engine.put(container, None, found)
            assign_target(frame, target.value, (container,))
        else:
            assign_target(frame, target, found or UNKNOWN)


def _count(engine: Engine, container: Value) -> int | None:
    """Return how many items a container has, or None if nobody knows."""
    slots = engine.slots(container)
    if "*" in slots or any(not isinstance(s, int) for s in slots if s != "*keys"):
        return None
    return len([s for s in slots if s != "*keys"])


_MOST_ROUNDS = 40
_LEADING = (Function, Class, Instance, Method, Partial)


def rounds_of(frame: Frame, values: Values) -> list[Values] | None:
    """Return the items of a list one by one, if the source has them all and they can be called."""
    if len(values) != 1 or not isinstance(values[0], Container):
        return None
    container = values[0]
    count = _count(frame.engine, container)
    if count is None or not 0 < count <= _MOST_ROUNDS:
        return None
    items = [frame.engine.items(container, Constant(n, int)) for n in range(count)]
    for each in items:
        for value in each:
            inner = frame.engine.items(value) if isinstance(value, Container) else (value,)
            if any(isinstance(one, _LEADING) for one in inner):
                return items
    return None


# Conditions


def truth_of(frame: Frame, test: ast.expr) -> bool | None:
    """Return whether *test* is true, or None if that is not known."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        found = truth_of(frame, test.operand)
        return None if found is None else not found
    if isinstance(test, ast.Name) and frame.names is not None and test.id in frame.names:
        values = frame.names[test.id]
        if values and all(isinstance(v, Constant) and v.kind in {bool, type(None)} for v in values):
            truths = {bool(v.value) for v in values if isinstance(v, Constant)}
            return truths.pop() if len(truths) == 1 and frame.scope.parent is not None else None
    return None


def narrow(frame: Frame, test: ast.expr, *, truth: bool) -> None:
    """Let names be what they are where *test* is *truth*."""
    if frame.names is None:
        return
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        narrow(frame, test.operand, truth=not truth)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is truth:
        for operand in test.values:
            narrow(frame, operand, truth=truth)
    elif isinstance(test, ast.Call) and len(test.args) == 2:  # noqa: PLR2004 - isinstance(x, C)
        if isinstance(test.func, ast.Name) and test.func.id == "isinstance":
            with frame.collected():
                classes = _classes(frame, test.args[1])
                _narrow_to(frame, test.args[0], classes, truth=truth)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        is_none = (
            isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
        )
        if is_none and isinstance(test.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
            is_it = isinstance(test.ops[0], (ast.Is, ast.Eq)) is truth
            _keep(frame, test.left, lambda v: _is_none(v) is is_it or isinstance(v, Unknown))
    elif isinstance(test, (ast.Name, ast.Attribute)):
        if truth:
            _keep(frame, test, lambda v: not _is_falsy(v))
        else:
            _keep(frame, test, lambda v: not isinstance(v, (Function, Class)))
    elif isinstance(test, ast.NamedExpr):
        narrow(frame, test.target, truth=truth)


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _classes(frame: Frame, node: ast.expr) -> list[Value]:
    found: list[Value] = []
    for value in evaluate(frame, node):
        if isinstance(value, Container):
            found += frame.engine.items(value)
        else:
            found.append(value)
    return found


def narrowed(engine: Engine, values: Values, classes: list[Value]) -> Values:
    """Return those of *values* that are instances of one of *classes*."""
    kept: list[Value] = []
    for cls in classes:
        if not isinstance(cls, Class):
            continue
        exact = [
            v
            for v in values
            if isinstance(v, Instance) and engine.is_subclass(v.cls, cls.definition)
        ]
        kept += exact
        if exact:
            continue
        for value in values:
            is_wider = isinstance(value, Instance) and engine.is_subclass(cls.definition, value.cls)
            if isinstance(value, Unknown) or (is_wider and getattr(value, "site", 0) is None):
                kept.append(Instance(cls.definition))
    kept += [v for v in values if isinstance(v, External)]
    return join(kept)


def _narrow_to(frame: Frame, node: ast.expr, classes: list[Value], *, truth: bool) -> None:
    values = _current(frame, node)
    if values is None:
        return
    if truth:
        _set_current(frame, node, narrowed(frame.engine, values, classes) or values)
        return
    definitions = [c.definition for c in classes if isinstance(c, Class)]
    _set_current(
        frame,
        node,
        tuple(
            v
            for v in values
            if not isinstance(v, Instance)
            or not any(frame.engine.is_subclass(v.cls, d) for d in definitions)
        )
        or values,
    )


def _keep(frame: Frame, node: ast.expr, fits: Callable[[Value], bool]) -> None:
    values = _current(frame, node)
    if values is not None and (kept := tuple(v for v in values if fits(v))):
        _set_current(frame, node, kept)


def _current(frame: Frame, node: ast.expr) -> Values | None:
    if isinstance(node, ast.Name):
        return frame.names.get(node.id) if frame.names is not None else None
    if isinstance(node, ast.Attribute):
        with frame.collected():
            return evaluate(frame, node)
    if isinstance(node, ast.NamedExpr):
        return _current(frame, node.target)
    return None


def _set_current(frame: Frame, node: ast.expr, values: Values) -> None:
    if isinstance(node, ast.Name) and frame.names is not None:
        frame.names[node.id] = values
    elif isinstance(node, ast.Attribute) and (path := path_of(node)):
        frame.paths[path] = values
    elif isinstance(node, ast.NamedExpr):
        _set_current(frame, node.target, values)
