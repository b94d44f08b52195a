"""Executing the statements of a function, class or module."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from penstock.evidence._activations import Activation, Arguments, ClassInfo, Scope
from penstock.evidence._annotations import parse_type
from penstock.evidence._attributes import attribute_of
from penstock.evidence._calls import apply, await_values, iterate, register
from penstock.evidence._engine import Engine
from penstock.evidence._expressions import (
    assign_target,
    defaults_of,
    evaluate,
    narrow,
    rounds_of,
    truth_of,
)
from penstock.evidence._frame import Frame
from penstock.evidence._source import Definition
from penstock.evidence._terms import (
    Call,
    Exit,
    Iterate,
    Join,
    Loop,
    Rounds,
    Term,
    Try,
    choice,
    sequence,
)
from penstock.evidence._terms import Sequence as Terms
from penstock.evidence._values import (
    NOTHING,
    UNKNOWN,
    Alias,
    Class,
    Constant,
    Container,
    Deferred,
    External,
    Function,
    Instance,
    Method,
    Partial,
    Unknown,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)

__all__ = ["run_body"]


def run_body(engine: Engine, activation: Activation) -> None:
    """Evaluate the body of *activation*, and note there what it does and returns."""
    definition = activation.definition
    node: Any = definition.node
    if isinstance(node, ast.Module):
        _run_module(engine, activation, node)
        return
    scope = activation.frame_scope
    if scope is None:
        scope = activation.frame_scope = Scope(definition, activation.scope)
        scope.cls = _class_of(definition)
    frame = Frame(engine, activation, scope, _local_names(definition))
    assert frame.names is not None
    with frame.collected() as before:
        for name, values in activation.bound.items():
            values = _provided(frame, values, node)  # noqa: PLW2901
            frame.names[name] = values
            if scope.add(name, values):
                engine.changed = True
        if activation.is_root:
            function = Function(definition, activation.scope)
            _provided(frame, engine.load(function, "depends"), node)
    activation.before = sequence(before)
    if isinstance(node, ast.Lambda):
        returned = evaluate(frame, node.body)
        activation.returns = join(activation.returns, returned)
    else:
        with engine_decorators(frame):
            run_block(frame, node.body)
    activation.body = sequence(frame.terms)


class engine_decorators:  # noqa: N801 - a block
    """Note what is returned lazily at the end."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Let a root be asked for what it returns lazily."""
        activation = self.frame.activation
        if activation.is_root:
            for value in activation.returns:
                if isinstance(value, Deferred):
                    term = Call(value.activations, activation.definition.place)
                    self.frame.emit(term)


def _provided(frame: Frame, values: Values, node: ast.AST) -> Values:
    """Return *values* with what a framework provides, whose providers are called first."""
    if not any(isinstance(v, Wrapped) and v.kind == "depends" for v in values):
        return values
    found: Values = NOTHING
    for value in values:
        if isinstance(value, Wrapped) and value.kind == "depends":
            returned = apply(frame, (value.function,), Arguments(is_open=True), node)
            returned = await_values(frame, returned, node)
            lazy = [v for v in returned if isinstance(v, Deferred)]
            if lazy:
                returned, more = iterate(frame, returned, node)
                frame.emit(Call(more, frame.place(node)))
            found = join(found, returned)
        else:
            found = join(found, (value,))
    known = tuple(v for v in found if not isinstance(v, (Unknown, Constant)))
    return known or found


def _class_of(definition: Definition) -> Definition | None:
    parent = definition.parent
    return parent if parent is not None and parent.kind == "class" else None


_locals: dict[Definition, frozenset[str]] = {}


def _local_names(definition: Definition) -> frozenset[str]:
    known = _locals.get(definition)
    if known is None:
        known = _locals[definition] = frozenset(_assigned(definition.node))
    return known


def _assigned(function: Any) -> set[str]:
    """Return the names that a function assigns."""
    found: set[str] = set()
    outer: set[str] = set()
    if not isinstance(function, ast.Module):
        given = getattr(function, "args", None)
        if given is not None:
            everything = [
                *given.posonlyargs,
                *given.args,
                *given.kwonlyargs,
                given.vararg,
                given.kwarg,
            ]
            found.update(each.arg for each in everything if each is not None)
    body = function.body if isinstance(function.body, list) else [function.body]
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name).partition(".")[0] for a in node.names)
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
        ):
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        waiting.extend(ast.iter_child_nodes(node))
    return found - outer


def _run_module(engine: Engine, activation: Activation, node: ast.Module) -> None:
    scope = activation.scope
    source = activation.definition.source
    frame = Frame(engine, activation, scope, _local_names(activation.definition))
    assert frame.names is not None
    frame.names["__name__"] = (Constant(source.module, str),)
    scope.add("__name__", frame.names["__name__"])
    run_block(frame, node.body)
    names = frame.names
    if names is not None:  # it is, where a module always raises
        scope.final = dict(names)
        # A function that runs later may assign it again.
        for name in _globals_of(source.definitions):
            scope.final.pop(name, None)
    activation.body = sequence(frame.terms)


def _globals_of(definitions: dict[ast.AST, Definition]) -> set[str]:
    return {
        name
        for each in definitions
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in each.body
        if isinstance(node, ast.Global)
        for name in node.names
    }


def run_block(frame: Frame, statements: Sequence[ast.stmt]) -> None:
    """Execute *statements* one after the other."""
    for statement in statements:
        if frame.is_dead:
            return
        _STATEMENTS.get(type(statement), _nothing)(frame, statement)


def _nothing(_: Frame, __: Any) -> None:
    """Do nothing."""


def _expression(frame: Frame, node: ast.Expr) -> None:
    values = evaluate(frame, node.value)
    lazy = [v for v in values if isinstance(v, Deferred) and v.kind == "coroutine"]
    if lazy and isinstance(node.value, ast.Call):  # not awaited: a mistake, or a stub
        for each in lazy:
            frame.emit(Call(each.activations, frame.place(node)))


def _assert(frame: Frame, node: ast.Assert) -> None:
    evaluate(frame, node.test)
    narrow(frame, node.test, truth=True)


def _assign(frame: Frame, node: ast.Assign) -> None:
    values = evaluate(frame, node.value)
    if node.type_comment is not None:
        typed = frame.engine.annotation(frame.scope, parse_type(node.type_comment))
        if is_vague(values):
            values = join(typed, values)
        for value in values:
            if isinstance(value, Container) and not frame.engine.items(value):
                for other in typed:
                    frame.engine.put(value, None, frame.engine.items(other))
    for target in node.targets:
        assign_target(frame, target, values)


def _ann_assign(frame: Frame, node: ast.AnnAssign) -> None:
    engine = frame.engine
    is_class = frame.scope.definition.kind == "class"
    values: Values = NOTHING
    if is_class and isinstance(node.target, ast.Name):
        owner = Class(frame.scope.definition)
        if "ClassVar" not in ast.unparse(node.annotation):
            engine.store(owner, "fields", (Constant(node.target.id, str),))
        typed = engine.annotation(frame.scope, node.annotation)
        engine.store(owner, ("annotation", node.target.id), typed)
        if node.value is not None:
            values = _field_value(frame, node.value)
            engine.store(Instance(frame.scope.definition), node.target.id, typed)
            if values and not all(isinstance(v, (External, Constant)) for v in values):
                frame.assign(node.target.id, values)
                return
        return
    typed = engine.annotation(frame.scope, node.annotation)
    if node.value is not None:
        values = evaluate(frame, node.value)
    elif not typed:
        return
    known = [v for v in values if not isinstance(v, Unknown)]
    if not known or (all(isinstance(v, (Constant, External)) for v in known) and typed):
        values = join(values, typed)
    assign_target(frame, node.target, values or UNKNOWN)


def _field_value(frame: Frame, node: ast.expr) -> Values:
    """Return the default of a field: what its factory makes, if it has one."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg in {"default_factory", "factory"}:
                return apply(frame, evaluate(frame, keyword.value), Arguments(), node)
            if keyword.arg == "default":
                return evaluate(frame, keyword.value)
    return evaluate(frame, node)


def _aug_assign(frame: Frame, node: ast.AugAssign) -> None:
    values = evaluate(frame, node.value)
    if isinstance(node.target, ast.Name):
        before = frame.read(node.target.id)
        for owner in before:
            if isinstance(owner, Container):
                items, _ = iterate(frame, values, node)
                frame.engine.put(owner, None, items)
        frame.assign(
            node.target.id, before if any(isinstance(v, Container) for v in before) else UNKNOWN
        )
    elif isinstance(node.target, ast.Attribute):
        for owner in evaluate(frame, node.target):
            if isinstance(owner, Container):
                items, _ = iterate(frame, values, node)
                frame.engine.put(owner, None, items)
    else:
        evaluate(frame, node.target)


def _return(frame: Frame, node: ast.Return) -> None:
    if node.value is not None:
        values = evaluate(frame, node.value)
        frame.activation.returns = join(frame.activation.returns, values)
    else:
        frame.activation.returns = join(frame.activation.returns, (Constant(None),))
    frame.emit(Exit("return"))
    frame.leave()


def _raise(frame: Frame, node: ast.Raise) -> None:
    if node.exc is not None:
        raised = evaluate(frame, node.exc)
        if not isinstance(node.exc, ast.Call):
            apply(frame, tuple(v for v in raised if isinstance(v, Class)), Arguments(), node)
    frame.emit(Exit("raise"))
    frame.leave()


def _leave(frame: Frame, node: ast.Break | ast.Continue) -> None:
    kind = "break" if isinstance(node, ast.Break) else "continue"
    frame.emit(Exit(kind))  # type: ignore[arg-type]
    frame.exits.append(frame.saved())
    frame.leave()


def _if(frame: Frame, node: ast.If) -> None:
    truth = truth_of(frame, node.test)
    evaluate(frame, node.test)
    if truth is not None:
        run_block(frame, node.body if truth else node.orelse)
        return
    before = frame.saved()
    narrow(frame, node.test, truth=True)
    with frame.collected() as first:
        run_block(frame, node.body)
    after = frame.saved()
    frame.restore(before)
    narrow(frame, node.test, truth=False)
    with frame.collected() as second:
        run_block(frame, node.orelse)
    frame.merge(after, frame.saved())
    if first or second:
        frame.emit(choice([sequence(first), sequence(second)]))


def _while(frame: Frame, node: ast.While) -> None:
    is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    for _ in range(2):
        before = frame.saved()
        outer, frame.exits = frame.exits, []
        with frame.collected() as terms:
            evaluate(frame, node.test)
            test = list(terms)
            narrow(frame, node.test, truth=True)
            run_block(frame, node.body)
        exits, frame.exits = frame.exits, outer
        frame.merge(before, frame.saved(), *exits)
        if frame.is_as_before(before):
            break
    with frame.collected() as otherwise:
        run_block(frame, node.orelse)
    if test and not is_endless:
        frame.emit(sequence(test))
    frame.emit(Loop(sequence(terms), sequence(otherwise), ends=not is_endless))


def _for(frame: Frame, node: ast.For | ast.AsyncFor) -> None:
    values = evaluate(frame, node.iter)
    several = [rounds_of(frame, (value,)) for value in values]
    if several and all(counted is not None for counted in several):
        before = frame.saved()
        results, options = [], []
        for counted in several:
            frame.restore(before)
            with frame.collected() as terms:
                _for_each(frame, node, counted or [])
            results.append(frame.saved())
            options.append(sequence(terms))
        frame.merge(*results)
        frame.emit(choice(options))
        return
    lazy: tuple[Activation, ...] = ()
    for _ in range(2):
        before = frame.saved()
        outer, frame.exits = frame.exits, []
        with frame.collected() as terms:
            items, lazy = iterate(frame, values, node.iter)
            assign_target(frame, node.target, items or UNKNOWN)
            run_block(frame, node.body)
        exits, frame.exits = frame.exits, outer
        frame.merge(before, frame.saved(), *exits)
        if frame.is_as_before(before):
            break
    with frame.collected() as otherwise:
        run_block(frame, node.orelse)
    if lazy:
        frame.emit(Iterate(lazy, sequence(terms), frame.place(node)))
        frame.emit(choice([sequence(otherwise), Terms()]))
    else:
        frame.emit(Loop(sequence(terms), sequence(otherwise)))


def _for_each(frame: Frame, node: ast.For | ast.AsyncFor, counted: list[Values]) -> None:
    """Execute a loop once for each item of a list that the source has."""
    rounds: list[Term] = []
    outer, frame.exits = frame.exits, []
    for number, items in enumerate(counted):
        before = frame.saved()
        with frame.collected() as terms, frame.in_round(number):
            assign_target(frame, node.target, items)
            run_block(frame, node.body)
        frame.merge(before, frame.saved(), *frame.exits)
        rounds.append(sequence(terms))
    frame.exits = outer
    with frame.collected() as otherwise:
        run_block(frame, node.orelse)
    frame.emit(Rounds(tuple(rounds), sequence(otherwise)))


def _try(frame: Frame, node: Any) -> None:
    before = frame.saved()
    with frame.collected() as body:
        run_block(frame, node.body)
    after = frame.saved()
    handlers: list[Term] = []
    results = []
    frame.restore(before)
    frame.merge(before, after)
    entry = frame.saved()
    if entry[0] is None:
        entry = before
    for handler in node.handlers:
        frame.restore(entry)
        with frame.collected() as terms:
            caught = evaluate(frame, handler.type) if handler.type is not None else UNKNOWN
            if handler.name:
                found: list[Value] = []
                for value in caught:
                    items = frame.engine.items(value) if isinstance(value, Container) else (value,)
                    found += [Instance(v.definition) for v in items if isinstance(v, Class)]
                frame.assign(handler.name, tuple(found) or UNKNOWN)
            run_block(frame, handler.body)
        handlers.append(sequence(terms))
        results.append(frame.saved())
    frame.restore(after)
    with frame.collected() as otherwise:
        run_block(frame, node.orelse)
    frame.merge(frame.saved(), *results)
    alive = not frame.is_dead
    if not alive:
        frame.restore(before)
    with frame.collected() as final:
        run_block(frame, node.finalbody)
    if not alive:
        frame.leave()
    catches_all = any(_catches_all(handler) for handler in node.handlers)
    term = Try(sequence(body), tuple(handlers), sequence(otherwise), sequence(final), catches_all)
    frame.emit(term)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}


def _with(frame: Frame, node: ast.With | ast.AsyncWith) -> None:
    _with_items(frame, node, list(node.items))


def _with_items(frame: Frame, node: ast.With | ast.AsyncWith, items: list[ast.withitem]) -> None:
    if not items:
        run_block(frame, node.body)
        return
    first, *others = items
    values = evaluate(frame, first.context_expr)
    values = await_values(frame, values, node) if isinstance(node, ast.AsyncWith) else values
    lazy = [v for v in values if isinstance(v, Deferred)]
    activations = tuple(dict.fromkeys(a for v in lazy for a in v.activations))
    entered: Values = join(*(a.yields for a in activations))
    managers = [v for v in values if isinstance(v, Instance)]
    names = (
        ("__aenter__", "__aexit__")
        if isinstance(node, ast.AsyncWith)
        else ("__enter__", "__exit__")
    )
    exits: list[Term] = []
    for manager in managers:
        if frame.engine.find(manager.cls, names[0]):
            found = apply(frame, attribute_of(frame, manager, names[0], node), Arguments(), node)
            entered = join(entered, await_values(frame, found, node))
        else:
            entered = join(entered, (manager,))
    entered = join(entered, (v for v in values if not isinstance(v, (Deferred, Instance))))
    if first.optional_vars is not None:
        assign_target(frame, first.optional_vars, entered or UNKNOWN)
    with frame.collected() as body:
        _with_items(frame, node, others)
    with frame.collected() as leaving:
        for manager in managers:
            if frame.engine.find(manager.cls, names[1]):
                method = attribute_of(frame, manager, names[1], node)
                arguments = Arguments((UNKNOWN, UNKNOWN, UNKNOWN))
                await_values(frame, apply(frame, method, arguments, node), node)
        for value in values:
            leaving.extend(Join(token) for token in frame.tokens.get(value, ()))
    exits = list(leaving)
    if activations:
        frame.emit(Iterate(activations, sequence(body), frame.place(node), is_loop=False))
        for term in exits:
            frame.emit(term)
    elif exits:
        frame.emit(Try(sequence(body), (), Terms(), sequence(exits)))
    else:
        for term in body:
            frame.emit(term)


def _match(frame: Frame, node: ast.Match) -> None:
    subject = evaluate(frame, node.subject)
    before = frame.saved()
    options: list[Term] = []
    results = []
    is_exhaustive = False
    for case in node.cases:
        frame.restore(before)
        with frame.collected() as terms:
            _match_pattern(frame, case.pattern, subject)
            values = _pattern_values(frame, case.pattern, subject)
            if values and isinstance(node.subject, ast.Name) and frame.names is not None:
                frame.names[node.subject.id] = values
            if case.guard is not None:
                evaluate(frame, case.guard)
                narrow(frame, case.guard, truth=True)
            run_block(frame, case.body)
        options.append(sequence(terms))
        results.append(frame.saved())
        is_wildcard = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
        is_exhaustive = is_exhaustive or (is_wildcard and case.guard is None)
    if not is_exhaustive:
        options.append(Terms())
        results.append(before)
    frame.merge(*results)
    frame.emit(choice(options))


def _pattern_values(frame: Frame, pattern: ast.pattern, subject: Values) -> Values:
    from penstock.evidence._expressions import narrowed

    if isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        return _pattern_values(frame, pattern.pattern, subject)
    if isinstance(pattern, ast.MatchOr):
        return join(*(_pattern_values(frame, each, subject) for each in pattern.patterns))
    if isinstance(pattern, ast.MatchClass):
        with frame.collected():
            classes = list(evaluate(frame, pattern.cls))
        return narrowed(frame.engine, subject, classes)
    return NOTHING


def _match_pattern(frame: Frame, pattern: ast.pattern, subject: Values) -> None:
    """Assign the names in a pattern."""
    for each in ast.walk(pattern):
        if isinstance(each, (ast.MatchAs, ast.MatchStar)) and each.name:
            values = subject if each is pattern else UNKNOWN
            if isinstance(each, ast.MatchAs) and each.pattern is not None:
                values = _pattern_values(frame, each.pattern, subject) or values
            frame.assign(each.name, values)
        elif isinstance(each, ast.MatchMapping) and each.rest:
            frame.assign(each.rest, UNKNOWN)
    if isinstance(pattern, ast.MatchClass):
        for value in _pattern_values(frame, pattern, subject):
            for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
                found = attribute_of(frame, value, name, pattern)
                _match_pattern(frame, inner, found)


def _import(frame: Frame, node: ast.Import) -> None:
    for alias in node.names:
        top = alias.name.partition(".")[0]
        whole = frame.engine.module(alias.name)
        frame.assign(alias.asname or top, whole if alias.asname else frame.engine.module(top))


def _import_from(frame: Frame, node: ast.ImportFrom) -> None:
    source = frame.activation.definition.source
    name = node.module or ""
    if node.level:
        parts = source.module.split(".")
        drop = node.level - (1 if source.is_package else 0)
        parts = parts[: len(parts) - drop] if drop else parts
        name = ".".join([*parts, *filter(None, [node.module])])
    project = frame.engine.project
    target = project.files.get(name)
    for alias in node.names:
        if alias.name == "*":
            _import_all(frame, name)
            continue
        if target is not None:
            found = frame.engine.member(target, alias.name)
            if not found:
                submodule = project.files.get(f"{name}.{alias.name}")
                if submodule is not None:
                    found = frame.engine.module(submodule.module)
            if not found and frame.engine.contexts[target.root][0].is_running:
                definition = target.find(alias.name)  # of modules that import each other
                if definition is not None and definition.kind == "function":
                    found = (Function(definition, frame.engine.scope_of(target)),)
                elif definition is not None and definition.kind == "class":
                    found = (Class(definition),)
        elif f"{name}.{alias.name}" in project.files:
            found = frame.engine.module(f"{name}.{alias.name}")
        elif name in project.packages or name.partition(".")[0] in project.packages:
            found = UNKNOWN
        else:
            found = (External(f"{name}.{alias.name}"),)
        frame.assign(alias.asname or alias.name, found or UNKNOWN)


def _import_all(frame: Frame, name: str) -> None:
    target = frame.engine.project.files.get(name)
    module = frame.activation.definition.source.module
    if target is None:
        frame.engine.store(External("*" + module), "star", (External(name),))
        return
    scope = frame.engine.scope_of(target)
    listed = _listed(target.tree)
    local, frame.local = frame.local, frame.local | set(scope.names)
    for each in list(scope.names):
        if each in listed if listed is not None else not each.startswith("_"):
            frame.assign(each, frame.engine.member(target, each))
    for each in listed or ():
        if each not in scope.names:
            frame.assign(each, frame.engine.member(target, each) or UNKNOWN)
    frame.local = local


def _listed(tree: ast.Module) -> list[str] | None:
    """Return ``__all__`` of a module, if it has one."""
    found: list[str] | None = None
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            value = getattr(node, "value", None)
            if isinstance(value, (ast.List, ast.Tuple)):
                names = [e.value for e in value.elts if isinstance(e, ast.Constant)]
                found = [*(found or []), *map(str, names)]
    return found


# Definitions


def _function(frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    definition = frame.activation.definition.source.definitions[node]
    function = Function(definition, frame.scope)
    for parameter, default in defaults_of(node.args):
        frame.engine.store(function, ("default", parameter), evaluate(frame, default))
    decorated = _decorate(frame, (function,), node)
    frame.assign(node.name, decorated)


def _decorate(frame: Frame, values: Values, node: Any) -> Values:
    original = values
    evaluated = [(evaluate(frame, d), d) for d in node.decorator_list]
    for decorators, written in reversed(evaluated):
        found: Values = NOTHING
        for decorator in decorators:
            found = join(found, _decorate_with(frame, decorator, values, written, original))
        values = found or values
    return values


def _decorate_with(
    frame: Frame, decorator: Value, values: Values, written: ast.expr, original: Values
) -> Values:
    arguments = Arguments((values,))
    if isinstance(decorator, External):
        last = decorator.name.removesuffix("()").rpartition(".")[2]
        if last in _DESCRIPTORS:
            return apply(frame, (decorator,), arguments, written) or values
        for value in values:
            frame.engine.store(value, "depends", frame.engine.load(decorator, "depends"))
        name = decorator.name.removesuffix("()")
        register(frame, External(name.rpartition(".")[0], decorator.site), values)
        return values
    if isinstance(decorator, (Unknown, Constant)):
        return values
    if isinstance(decorator, Partial) and isinstance(decorator.callee, Wrapped):
        # ``@dispatch.register(Class)``
        inner = decorator.callee
        for key in decorator.positional[0]:
            frame.engine.put(inner.function, key, values)
        return values
    found = apply(frame, (decorator,), arguments, written)
    is_known = [v for v in found if not isinstance(v, (Unknown, Constant))]
    return join(is_known) if is_known else values


_DESCRIPTORS = {
    "property", "cached_property", "hybrid_property", "staticmethod", "classmethod",
    "contextmanager", "asynccontextmanager", "singledispatch", "singledispatchmethod",
    "sync_to_async", "async_to_sync", "database_sync_to_async",
}  # fmt: skip


def _class(frame: Frame, node: ast.ClassDef) -> None:
    engine = frame.engine
    definition = frame.activation.definition.source.definitions[node]
    info = engine.classes.get(definition)
    if info is None or info.scope.parent is not frame.scope:
        info = ClassInfo(definition, Scope(definition, frame.scope))
        engine.classes[definition] = info
        info.assigned = _assigned_attributes(node)
    bases: Values = NOTHING
    for base in node.bases:
        for value in evaluate(frame, base):
            # What a generic class of a library is subscripted with does not matter here.
            plain: Values = (value,)
            if isinstance(value, Alias) and isinstance(value.node, ast.Subscript):
                plain = evaluate(frame, value.node.value)
            bases = join(bases, plain)
    for keyword in node.keywords:
        evaluate(frame, keyword.value)
    if bases != info.bases:
        info.bases = bases
        engine.changed = engine.changed or engine.round > 0
    inner = Frame(engine, frame.activation, info.scope, frozenset(_assigned(node)))
    inner.terms = frame.terms
    frame.assign(node.name, (Class(definition),))
    run_block(inner, node.body)
    if inner.names is not None:
        info.scope.final = dict(inner.names)
    engine.forget_mro()
    _note_subclass(frame, definition, node)
    frame.assign(node.name, _decorate(frame, (Class(definition),), node))


def _note_subclass(frame: Frame, definition: Definition, node: ast.ClassDef) -> None:
    """Call ``__init_subclass__`` of the bases."""
    engine = frame.engine
    for value in engine.find(definition, "__init_subclass__", after=definition):
        function = value.function if isinstance(value, Wrapped) else value
        if isinstance(function, Function):
            named = {k.arg: evaluate(frame, k.value) for k in node.keywords if k.arg is not None}
            apply(frame, (Method(function, Class(definition)),), Arguments((), named), node)


def _assigned_attributes(node: ast.ClassDef) -> dict[str, tuple[ast.AST, ...]]:
    """Return the methods that assign each attribute of their first parameter."""
    found: dict[str, list[ast.AST]] = {}
    for method in node.body:
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        parameters = [*method.args.posonlyargs, *method.args.args]
        if not parameters:
            continue
        for each in ast.walk(method):
            if (
                isinstance(each, ast.Attribute)
                and isinstance(each.ctx, ast.Store)
                and isinstance(each.value, ast.Name)
                and each.value.id == parameters[0].arg
            ):
                found.setdefault(each.attr, []).append(method)
    return {name: tuple(dict.fromkeys(methods)) for name, methods in found.items()}


_STATEMENTS: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _leave,
    ast.Continue: _leave,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Assert: _assert,
    ast.Delete: _nothing,
}
