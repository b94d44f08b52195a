"""The state of an analysis: scopes, the heap, and each function with the arguments of its calls."""

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.catalog._objects import Objects
from penstock.evidence._analysis.binding import bind
from penstock.evidence._analysis.heap import ANY_ITEM, Heap
from penstock.evidence._analysis.library import UNREAD, may_have
from penstock.evidence._analysis.scopes import ANY, OPEN, Activation, Arguments, ClassInfo, Scope
from penstock.evidence._analysis.terms import Outside, Term
from penstock.evidence._analysis.values import (
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
    Module,
    Partial,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.project import Project
from penstock.evidence._stack import at_depth, raise_if_abandoned

__all__ = ["TOO_DEEP", "TOO_MANY", "Engine", "Rules", "WorkLimitError"]

TOO_DEEP = "calls are nested too deep to follow them"
TOO_MANY = "there are too many coroutines to follow them all"

_DEEPEST = 40
_MORE = 20


_LIMITS = 4, 16
"""How many contexts a function may have before only the kinds of further arguments count.

With as many as the second number, nothing of them counts any more.
"""


_LIMITS_WITH_CLASSES = 16, 32
"""The same for a call with classes or functions that an earlier one had, too, which still count."""


_MOST_CLOSURES = 128
"""How many contexts a function may have that registers or decorates others, or makes decorators.

All functions that it returns may have as many together, of which each counts by itself. Those of a
long one are fewer, since each takes longer.
"""

_MOST_LINES = 8_000, 32
"""How many lines all contexts of one function may have, and how many there may be of any."""


_MUCH_WORK, _WORK_FOR_ONE = 55_000, 2_200
"""How much work a round may take before fewer arguments count, and for each step at least."""


_LIMITS_THEN, _MOST_CLOSURES_THEN = (2, 6), 12
"""The limits then, unless a module or a step calls a function."""


_TOO_MUCH = 3
"""After how many times as much work a function has only as many contexts as the first of them."""


_MOST_SUBCLASSES = 500
"""How many subclasses of a class are known: what others have instead may be anything."""


_MOST_MODULES = 20


_WITHOUT_ATTRIBUTES = {
    "object", "builtins.object", "abc.ABC", "typing.Protocol", "typing.Generic",
    "typing_extensions.Protocol", "typing_extensions.Generic",
}  # fmt: skip
"""Classes of libraries that have nothing that a class of the project may inherit."""


_MOST_ROUNDS = 3
"""How often objects of imported modules are added, which may lead to further modules."""


class WorkLimitError(Exception):
    """A check has taken as many steps of work as it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The functions that evaluate source, which lead to each other by the engine alone."""

    run_body: "Callable[[Engine, Activation], None]"
    """Evaluates the body of an activation."""

    annotated: "Callable[[Engine, Scope, ast.expr | None], Values]"
    """Returns the values of an annotation in a scope."""

    evaluate: Callable[[Any, ast.expr], Values]
    """Returns the values of an expression in a frame."""

    execute: Callable[[Any, Sequence[ast.stmt]], None]
    """Executes statements in a frame."""

    apply: Callable[[Any, Values, Arguments, ast.AST], Values]
    """Calls values in a frame."""

    add_objects: "Callable[[Engine], bool]"
    """Adds the objects of imported modules, and returns whether they are news."""


class Engine(Heap):
    """All that is known so far of the values of a project.

    Args:
        project: The source.
        rules: The parts of the interpreter that this calls back.
        work: How many steps of work it may take.
        objects: The objects of imported modules.
    """

    def __init__(self, project: Project, rules: "Rules", work: int, objects: Objects) -> None:
        super().__init__()
        self.project, self.rules, self.objects = project, rules, objects
        self.has_objects = False
        """Whether objects have added something to what the source shows."""
        self.round = 0
        self.depth = 0
        self._running = 0
        """How many activations are being evaluated, with those of modules."""
        self._modules: dict[SourceFile, Scope] = {}
        self._module_round: dict[SourceFile, int] = {}
        self.classes: dict[Definition, ClassInfo] = {}
        self._mros: dict[Definition, tuple[Definition | str, ...]] = {}
        self._below: dict[Definition | str, list[Definition]] = {}
        self._rebased: list[Definition] = []
        self._activations: dict[Hashable, Activation] = {}
        self._instead: dict[Hashable, Activation] = {}
        """The calls with more general arguments that are followed instead of others, in a round."""
        self.contexts: dict[Definition, list[Activation]] = {}
        self._counts: dict[tuple[Definition, Scope], int] = {}
        """How many of these each function has, which may be one of several closures."""
        self._kept: set[tuple[Definition, Scope, tuple[Hashable, ...]]] = set()
        """The classes and functions among the arguments that each function was called with."""
        self._subclasses: dict[Definition, tuple[Definition, ...]] = {}
        self._prepared: dict[tuple[Definition, str], int] = {}
        self.made: dict[Definition, int] = {}
        """The classes of which the calls were looked for, and in which round."""
        self.registered: dict[Value, Values] = {}
        self._annotations: dict[tuple[Scope, ast.expr], Values] = {}
        self.guessed: dict[str, Values] = {}
        self._implicit: dict[str, bool] = {}
        self.queries: dict[Values, Values] = {}
        """The queries that the managers of models make."""
        self.queried: dict[tuple[Values, str], Values] = {}
        """The methods of such queries, by their names."""
        self.senders: dict[Value, Values] = {}
        self._announced: set[str | tuple[str, str]] = set()
        self.asked: set[Value] = set()
        self.given: dict[Definition, set[str]] = {}
        """The functions and classes that libraries get, and the packages of these."""
        self.evaluated: list[Activation] = []
        self.made_classes: dict[Hashable, Definition] = {}
        """The classes that no ``class`` statement makes, or that one makes once more."""
        self.wanted: frozenset[Definition] = frozenset()
        """The functions of steps, which are kept where there are too many values."""
        self._work = self._begun = work
        """How many steps of work are left, and were when the round began."""
        self._times = 0
        """How many times one round has taken so much work that fewer arguments count."""
        self.failures: dict[str, None] = {}
        """The errors of the check itself, with the lines at which they were."""

    def spend(self) -> None:
        """Count one more step of work.

        Raises:
            WorkLimitError: If that was the last.
        """
        self._work -= 1
        if self._work < 0:
            raise WorkLimitError

    def settle(self, roots: Callable[[], Iterable[Activation]]) -> list[Activation]:
        """Evaluate *roots* until nothing changes any more, and return them."""
        found = self._evaluate_all(roots)
        is_full = not self.changed  # or else the heap is full now
        while (self.round < _MOST_ROUNDS and self.rules.add_objects(self)) or not is_full:
            is_full = True
            self.round += 1
            found = self._evaluate_all(roots)
        return found

    def _evaluate_all(self, roots: Callable[[], Iterable[Activation]]) -> list[Activation]:
        self.changed = False
        self._begun = self._work
        self.evaluated.clear()
        self._mros.clear()
        self._below.clear()
        self._annotations.clear()
        self._announced.clear()
        self._instead.clear()
        return list(roots())

    # Modules

    def module(self, name: str) -> Values:
        """Return the module called *name*, which is executed if it is the project's."""
        source = self.project.files.get(name)
        if source is not None:
            self.scope_of(source)
            return (Module(source),)
        return (External(name),)

    def modules(self) -> list[tuple[SourceFile, Scope]]:
        """Return the modules that were executed, with their names."""
        return list(self._modules.items())

    def scope_of(self, source: SourceFile) -> Scope:
        """Return the names of a module, which is executed once in each round."""
        scope = self._modules.get(source)
        if scope is None:
            scope = self._modules[source] = Scope(source.root)
        if self._module_round.get(source) != self.round:
            self._module_round[source] = self.round
            activation = self._activations.setdefault(
                source, Activation(source.root, scope, {}, frame_scope=scope)
            )
            self.contexts[source.root] = [activation]
            depth, self.depth = self.depth, 0
            self._evaluate(activation)
            self.depth = depth
        return scope

    def is_running(self, source: SourceFile) -> bool:
        """Return whether a module is being executed."""
        return self.contexts[source.root][0].is_running

    def member(self, source: SourceFile, name: str) -> Values:
        """Return what *name* is in a module, or nothing if it is not there."""
        scope = self.scope_of(source)
        found = scope.read(name)
        submodule = self.project.files.get(f"{source.module}.{name}")
        if submodule is not None and source.is_package and not found:
            return self.module(submodule.module)
        if getters := self.getters_of(source, name):
            return join(*(each.returns for each in getters)) or UNKNOWN
        if found is None and source.error is not None:
            return (External(f"{UNREAD}{source.module}.{name}"),)
        return found or NOTHING

    def getters_of(self, source: SourceFile, name: str) -> tuple[Activation, ...]:
        """Return the calls of ``__getattr__`` of a module that has nothing called *name*."""
        scope = self.scope_of(source)
        if scope.read(name) is not None:
            return ()
        given = Arguments(((Constant(name, str),),))
        getters = scope.read("__getattr__") or NOTHING
        return tuple(self.activate(v, given) for v in getters if isinstance(v, Function))

    def execute_mentioning(self, name: str) -> None:
        """Execute the modules that mention *name*, and their ``ready()``."""
        if name in self._announced or not name.isidentifier():
            return
        self._announced.add(name)
        for source in self.project.mentioning(name)[:_MOST_MODULES]:
            self.scope_of(source)
            for each in source.named("ready"):
                if each.kind == "function" and each.parent:
                    info = self.classes.get(each.parent)
                    if info is not None:
                        self.activate(Function(each, info.scope), OPEN, Instance(each.parent))

    def execute_decorated(self, name: str) -> None:
        """Execute the modules in which a decorator called *name* may keep something as well."""
        if not name or ("@", name) in self._announced:
            return
        self._announced.add(("@", name))
        found = self.project.search("decorator", name)
        for source in [source for source, has_one in found if has_one][:_MOST_MODULES]:
            self.scope_of(source)

    # Items of containers

    def items(self, container: Value, key: Value | None = None) -> Values:
        """Return the items of a container: those of a key, or all."""
        if key is None:
            return self.all_items(container)
        slots, slot = self.slots(container), self.slot_of(key)
        if slot is not ANY_ITEM and isinstance(key, (Constant, Container)):
            return join(slots.get(slot, NOTHING), slots.get(ANY_ITEM, NOTHING))
        if isinstance(key, (Class, Function, Instance)):
            exact, others = slots.get(key, NOTHING), slots.get(ANY_ITEM, NOTHING)
            if not exact and isinstance(key, Class):
                exact = join(*(slots.get(c, NOTHING) for c in self._related(key)))
            if exact or isinstance(key, Class):
                return join(exact, others)
        return self.all_items(container)

    def _related(self, key: Class) -> Iterator[Value]:
        yield Class(key.definition)
        if key.is_any:
            for each in self.subclasses(key.definition):
                yield Class(each)

    # Classes

    def info(self, cls: Definition) -> ClassInfo:
        """Return what is known of a class."""
        found = self.classes.get(cls)
        if found is None:
            # It is in a function that nobody has called.
            made = ClassInfo(cls, Scope(cls, self.scope_of(cls.source)))
            found = self.classes.setdefault(cls, made)
        return found

    def mro(self, cls: Definition) -> tuple[Definition | str, ...]:
        """Return the classes in which an attribute is looked up; those of libraries by name."""
        known = self._mros.get(cls)
        if known is not None:
            return known
        self._mros[cls] = (cls,)
        bases = [b for b in self.info(cls).bases if isinstance(b, (Class, External))]
        lines: list[list[Definition | str]] = [
            list(self.mro(b.definition)) if isinstance(b, Class) else [b.name] for b in bases
        ]
        lines.append([line[0] for line in lines])
        found = (cls, *_linearize(lines))
        self._mros[cls] = found
        for one in found:
            self._below.setdefault(one, []).append(cls)
        return found

    def project_mro(self, cls: Definition) -> list[Definition]:
        """Return the class and the classes of the project that it extends, in order."""
        return [one for one in self.mro(cls) if not isinstance(one, str)]

    def library_bases(self, cls: Definition) -> list[str]:
        """Return the names of the classes of libraries that a class extends, in order."""
        return [one for one in self.mro(cls) if isinstance(one, str)]

    def replace(self, info: ClassInfo) -> None:
        """Let *info* be what is known of a class."""
        self.classes[info.definition] = info
        self._rebased.append(info.definition)

    def rebase(self, info: ClassInfo, bases: Values) -> None:
        """Let *bases* be those of a class, as `forget_mros` will note."""
        info.bases = bases
        self.changed = self.changed or self.round > 0
        self._rebased.append(info.definition)

    def forget_mros(self) -> None:
        """Forget in which classes attributes are looked up, where bases are others now."""
        for cls in self._rebased:
            for each in self._below.pop(cls, ()):
                self._mros.pop(each, None)
        self._rebased.clear()

    def subclasses(self, cls: Definition) -> tuple[Definition, ...]:
        """Return the known subclasses of a class, at any depth."""
        known = self._subclasses.get(cls)
        if known is not None:
            return known
        self._subclasses[cls] = ()
        found: dict[Definition, None] = {}
        for file, name in self.project.subclasses_named(cls.name):
            for each in file.named(name):
                if each.kind != "class" or each is cls:
                    continue
                self.scope_of(file)
                if cls in self.mro(each):
                    found[each] = None
                    found.update(dict.fromkeys(self.subclasses(each)))
        self._subclasses[cls] = tuple(found)[:_MOST_SUBCLASSES]
        return self._subclasses[cls]

    def has_more_subclasses(self, cls: Definition) -> bool:
        """Return whether a class has more subclasses than are known."""
        return len(self.subclasses(cls)) >= _MOST_SUBCLASSES

    def is_subclass(self, cls: Definition, other: Definition) -> bool:
        """Return whether a class is *other* or one of its subclasses."""
        return other in self.mro(cls)

    def own(self, cls: Definition, name: str) -> Values:
        """Return what a class itself has under *name*."""
        return self.info(cls).scope.read(name) or NOTHING

    def find(self, cls: Definition, name: str, after: Definition | None = None) -> Values:
        """Return what a class has under *name*, as an attribute is looked up.

        A class of a library may have it, or one of the project that comes after. The former has
        not if it is known what it has.
        """
        line = self.mro(cls)
        if after is not None:
            line = line[line.index(after) + 1 :] if after in line else ()
        inherited: Values = NOTHING
        may_be_inherited = False
        classes = self.classes
        for one in line:
            if not isinstance(one, str):
                info = classes.get(one) or self.info(one)
                if found := info.scope.read(name):
                    return join(found, inherited) if may_be_inherited else found
            elif one not in _WITHOUT_ATTRIBUTES:
                inherited = inherited or (External(f"{one}.{name}"),)
                may_be_inherited = may_be_inherited or may_have(one, name)
        return inherited

    def has_implicit(self, name: str) -> bool:
        """Return whether a class of the project may have a special method or property *name*."""
        known = self._implicit.get(name)
        if known is None:
            kind = "def" if name.startswith("__") else "property"
            known = any(found for _, found in self.project.search(kind, name))
            self._implicit[name] = known
        return known

    def has_subclass_of(self, names: tuple[str, ...]) -> bool:
        """Return whether a class of the project may extend one of those called *names*."""
        key = " ".join(names)
        if key not in self._implicit:
            found = (each for name in names for each in self.project.subclasses_named(name))
            self._implicit[key] = any(found)
        return self._implicit[key]

    def metaclasses(self, cls: Definition) -> list[Definition]:
        """Return the classes of the project of which a class is an object."""
        line = self.project_mro(cls)
        found = (value for one in line for value in self.load(Class(one), "*metaclass"))
        return [value.definition for value in found if isinstance(value, Class)]

    def is_inherited(self, cls: Class) -> bool:
        """Return whether a class has methods of a library."""
        return any(one not in _WITHOUT_ATTRIBUTES for one in self.library_bases(cls.definition))

    def prepare(self, cls: Definition, name: str) -> None:
        """Evaluate the methods that assign ``self.NAME``, with any arguments."""
        if self._prepared.get((cls, name)) == self.round:
            return
        self._prepared[cls, name] = self.round
        for one in self.project_mro(cls):
            info = self.info(one)
            for node in info.assigned.get(name, ()):
                definition = one.source.definitions[node]
                method = Function(definition, info.scope)
                self.activate(method, OPEN, Instance(cls))

    def assign(self, scope: Scope, name: str, values: Values) -> None:
        """Let *name* in *scope* be one of *values*, too."""
        if scope.add(name, values):
            self.changed = True

    # Calls

    def annotation(self, scope: Scope, node: ast.expr | None) -> Values:
        """Return the values that an annotation allows."""
        if node is None:
            return NOTHING
        key = scope, node
        known = self._annotations.get(key)
        if known is None:
            known = self.rules.annotated(self, scope, node)
            if known or scope.module.final is not None:
                self._annotations[key] = known
        return known

    def activate(
        self, function: Function, arguments: Arguments, receiver: Value | None = None
    ) -> Activation:
        """Return what *function* does with *arguments*."""
        bound = bind(self, self.annotation, function, arguments, receiver)
        key = _key_of(function, receiver, bound)
        found = (
            self._activations.get(key)
            or self._instead.get(key)
            or self._activation(function, receiver, bound, key)
        )
        if found.is_running:
            found.recursed = True
        elif found.round != self.round:
            self._evaluate(found)
        return found

    def _activation(
        self,
        function: Function,
        receiver: Value | None,
        bound: Mapping[str, Values],
        key: tuple[Any, ...],
    ) -> Activation:
        """Return a new call of *function*, or one with more general arguments if it has many."""
        definition, scope = function.definition, function.scope
        contexts = self.contexts.setdefault(definition, [])
        count = self._counts.get((definition, scope), 0)
        kept = tuple(values for values in key[3:] if _is_kept(values))
        few, most = _LIMITS_WITH_CLASSES if kept else _LIMITS
        most_closures = _most_closures(definition)
        times = self._times_much() if self.depth > 1 and count >= _LIMITS_THEN[0] else 0
        if times:
            (few, most), most_closures = _LIMITS_THEN, min(most_closures, _MOST_CLOSURES_THEN)
        is_new = definition.has_functions or (kept and (definition, scope, kept) not in self._kept)
        is_full = count >= most and not is_new
        # A later call with the same arguments is then followed by the same one.
        is_settled = is_full and not kept and scope.module.final is not None
        found, own = None, key
        if count >= few and not is_new:
            self.blur(receiver, definition)
            bound = {name: _general(values) for name, values in bound.items()}
            key = _key_of(function, receiver, bound)
            found = self._activations.get(key)
            is_settled = is_settled or found is not None
        if len(contexts) >= most_closures or self.depth > _DEEPEST or times >= _TOO_MUCH:
            is_full, kept = True, ()
        if found is None and is_full:
            receiver = Instance(receiver.cls) if isinstance(receiver, Instance) else receiver
            given, bound = bound, bind(self, self.annotation, function, ANY, receiver)
            if kept:
                bound.update((name, v) for name, v in given.items() if _is_kept(v))
            key = (definition, scope, receiver, "any", *kept)
            found = self._activations.get(key)
        if found is None:
            found = self._activations[key] = Activation(definition, scope, bound, receiver)
            contexts.append(found)
            self._counts[definition, scope] = count + 1
            self._kept.add((definition, scope, kept))
        if is_settled:
            self._instead[own] = found
        return found

    def _times_much(self) -> int:
        """Return how many times a round has taken so much work that it has to end soon."""
        most = max(_MUCH_WORK, _WORK_FOR_ONE * len(self.wanted))
        self._times = max(self._times, (self._begun - self._work) // most)
        return self._times

    def construction(self, cls: Definition, site: Hashable, body: Term) -> Activation:
        """Return the call of a class that is a step, which does what *body* has."""
        key = (cls, site)
        found = self._activations.get(key)
        if found is None:
            found = self._activations[key] = Activation(cls, self.info(cls).scope, {})
            self.contexts.setdefault(cls, []).append(found)
        found.body = body
        self.evaluated.append(found)
        return found

    def generator(
        self, maker: Activation, node: ast.expr, body: Term, yields: Values
    ) -> Activation:
        """Return the generator that an expression in *maker* makes, which does what *body* has."""
        key = (maker, node)
        found = self._activations.get(key)
        if found is None:
            outer = maker.definition
            name = f"{outer.qualname}.<locals>.<genexpr>"
            definition = Definition("lambda", outer.source, name, node, outer)
            found = self._activations[key] = Activation(definition, maker.scope, {})
        found.body, found.yields = body, join(found.yields, yields)
        self.evaluated.append(found)
        return found

    def _evaluate(self, activation: Activation) -> None:
        if self.depth > _DEEPEST + _MORE:
            activation.body = _too_deep(activation)
            return
        raise_if_abandoned()
        activation.round, activation.is_running = self.round, True
        self.depth += 1
        self._running += 1
        try:
            at_depth(self._running, lambda: self._run(activation))
        except RecursionError:
            activation.body = _too_deep(activation)
        finally:
            activation.is_running = False
            self.depth -= 1
            self._running -= 1
        self.evaluated.append(activation)

    def _run(self, activation: Activation) -> None:
        """Run the body of *activation*, again if it calls itself and that returns more."""
        for _ in range(3):
            activation.recursed = False
            before = activation.returns, activation.yields
            self.rules.run_body(self, activation)
            if not activation.recursed or before == (activation.returns, activation.yields):
                break


def _key_of(
    function: Function, receiver: Value | None, bound: Mapping[str, Values]
) -> tuple[Any, ...]:
    """Return what makes a call of *function* another one, as no parameter does that it ignores."""
    unread = function.definition.unread_names
    read = [v for name, v in bound.items() if name not in unread or _is_provided(v)]
    return (function.definition, function.scope, receiver, *read)


def _most_closures(definition: Definition) -> int:
    """Return how many contexts a function may have at all."""
    most, least = _MOST_LINES
    node: Any = definition.header
    lines: int = node.end_lineno - node.lineno + 1
    return min(_MOST_CLOSURES, max(least, most // lines))


def _is_provided(values: Values) -> bool:
    """Return whether a framework calls something to provide a parameter."""
    return any(
        isinstance(v, (Wrapped, Alias))
        or (isinstance(v, External) and v.name.endswith(".Depends()"))
        for v in values
    )


def _too_deep(activation: Activation) -> Outside:
    return Outside(TOO_DEEP, activation.definition.location, is_lost=True)


def _is_kept(values: Values) -> bool:
    """Return whether a parameter may be a class, or a function that is not a closure."""
    for value in values:
        called = _called(value)
        if isinstance(called, Class):
            return True
        if isinstance(called, Function) and called.scope.definition.kind != "function":
            return True
    return False


def _called(value: Value) -> Value:
    """Return what a partial or a bound method calls in the end, or *value* if it is neither."""
    while isinstance(value, (Partial, Method)):
        value = value.callee if isinstance(value, Partial) else value.function
    return value


def _general(values: Values) -> Values:
    """Return *values* as those of their kind."""
    found: list[Value] = []
    for value in values:
        match value:
            case Constant():
                found += UNKNOWN
            case External() if value.site is not None:
                found.append(External(value.name))
            case Instance() if value.site is not None:
                found.append(Instance(value.cls))
            case _:
                found.append(value)
    return join(found)


def _linearize(lines: list[list[Definition | str]]) -> Iterator[Definition | str]:
    """Yield the order in which bases are looked up, as Python computes it."""
    lines = [line for line in lines if line]
    while lines:
        for line in lines:
            if not any(line[0] in other[1:] for other in lines):
                head = line[0]
                break
        else:  # there is no such order, and Python would raise
            head = lines[0][0]
        yield head
        lines = [[one for one in line if one != head] for line in lines]
        lines = [line for line in lines if line]
