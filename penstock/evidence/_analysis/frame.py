"""The frame of one activation: its names as they are at a statement, and what it has called."""

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from penstock._declared.step import Location
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.scopes import Activation, Arguments, Attributes, Scope, merge
from penstock.evidence._analysis.terms import (
    EMPTY,
    Call,
    Exit,
    Sequence,
    Term,
    choice,
    sequence,
)
from penstock.evidence._analysis.values import (
    UNKNOWN,
    External,
    Instance,
    Value,
    Values,
    assignable,
    join,
)
from penstock.evidence._source.functions import written

__all__ = ["Frame", "Names", "Special", "StackBlock", "path_of"]

Names = dict[str, Values]

T = TypeVar("T")


@dataclass(slots=True)
class StackBlock:
    """The block of an `ExitStack`."""

    body: list[Term]
    """The terms of the block itself so far."""

    own: AbstractSet[ast.AST]
    """The calls in it that always run."""

    noted: list[Term] = field(default_factory=list)
    """The terms of its end, in the order of what noted them, and contexts that are in *body*."""


class Frame:
    """One activation while it is evaluated.

    Args:
        engine: What is known of the project.
        activation: What is evaluated.
        scope: The scope of its names.
        local: The names that it assigns.
    """

    def __init__(
        self, engine: Engine, activation: Activation, scope: Scope, local: frozenset[str]
    ) -> None:
        self.engine, self.activation, self.scope, self.local = engine, activation, scope, local
        self.names: Names | None = {}
        """Its names as they are now, or None where nothing gets."""
        self.paths: Names = {}
        """Attributes and items as they were assigned just now, by their source."""
        self.terms: list[Term] = []
        self.exits: list[tuple[Names | None, Names]] = []
        """The names at each ``break`` and ``continue`` of the loop."""
        self.varying: set[str] = set()
        """The names that had other values in a loop, or in a ``try``, than those that are known."""
        self.loops = 0
        """In how many loops this is whose rounds the source does not have."""
        self.rounds: tuple[int, ...] = ()
        """The numbers of the rounds of loops over lists that the source has."""
        self.tokens: dict[object, list[object]] = {}
        """The hand-offs to each object."""
        self.objects: Attributes | None = {}
        """Attributes as they are now, or None if the way to here was not straight.

        It is where known functions have run one after another, without a branch or a loop.
        """
        self.awaited: set[ast.AST] = set()
        """The calls of which the result is awaited at once."""
        self.dropped: set[ast.AST] = set()
        """The calls of which the result is dropped."""
        self.kept: set[ast.AST] = set()
        """The expressions of which the value is assigned or returned."""
        self.stacks: dict[object, StackBlock] = {}
        """The blocks of each `ExitStack` that are open."""

    @property
    def is_dead(self) -> bool:
        """Whether nothing gets to where this is."""
        return self.names is None

    def site(self, node: ast.AST) -> tuple[object, ...]:
        """Return the identity of what is made at *node*."""
        return (node, self.activation, *self.rounds)

    def location(self, node: ast.AST) -> Location:
        """Return where *node* is."""
        return self.activation.definition.source.location_at(getattr(node, "lineno", 1))

    def emit(self, term: Term) -> None:
        """Note what happens next."""
        self.terms.append(term)
        if self.objects is not None and not isinstance(term, (Sequence, Exit)):
            leaves = _leaves(term)
            if leaves is None:
                self.objects = None
            elif leaves:
                self.objects = {**self.objects, **leaves}

    def leave(self) -> None:
        """Note that nothing gets beyond this."""
        self.names = None

    def collected(self) -> "_Collected":
        """Collect in the block what happens, without noting it."""
        return _Collected(self)

    def one_of(self, values: Iterable[T], evaluate: Callable[[T], Values]) -> Values:
        """Return what *evaluate* gives for *values*, of which there is one at a time."""
        several = [*values]
        if len(several) == 1:
            return evaluate(several[0])
        found: list[Values] = []
        options: list[Term] = []
        outer = self.terms
        try:  # as `collected` does, which takes longer
            for each in several:
                self.terms = []
                found.append(evaluate(each))
                options.append(sequence(self.terms))
        finally:
            self.terms = outer
        if any(option is not EMPTY for option in options):
            self.emit(choice(options))
        return join(*found)

    @contextmanager
    def in_round(self, number: int) -> Iterator[None]:
        """Evaluate the block as one round of a loop."""
        outer, self.rounds = self.rounds, (*self.rounds, number)
        try:
            yield
        finally:
            self.rounds = outer

    def read(self, name: str) -> Values:
        """Return what *name* is."""
        if self.names is not None and name in self.names:
            return self.names[name]
        scope: Scope | None = self.scope
        if name in self.local and scope is not None and scope.cls is None:
            found = scope.read(name)
            if found is not None and scope.parent is not None:
                return found
        is_first = True
        while scope is not None:
            # The names of a class are not those of its methods.
            if is_first or scope.definition.kind != "class":
                found = scope.read(name)
                if found is not None:
                    return found if is_first or scope.parent is not None else assignable(found)
            is_first = False
            scope = scope.parent
        return self._builtin(name)

    def _builtin(self, name: str) -> Values:
        module = self.scope.module.definition.source
        starred = self.engine.load(External("*" + module.module), "star")
        libraries = [each.name for each in starred if isinstance(each, External)]
        if libraries:
            return (External(f"{libraries[0]}.{name}"),)
        if name in _BUILTINS or (name in _INSTALLED and not self._is_bound(name)):
            return (External(f"builtins.{name}"),)
        return UNKNOWN

    def _is_bound(self, name: str) -> bool:
        """Return whether the code binds *name* somewhere around."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.definition.assigned_names:
                return True
            scope = scope.parent
        module = self.scope.module.definition
        return name in module.global_names or "*" in module.source.imported

    def assign(self, name: str, values: Values) -> None:
        """Let *name* be one of *values* from now on."""
        scope = self.scope
        if name not in self.local:
            scope = self._outer(name)
        self.engine.assign(scope, name, values)
        if self.names is not None and (scope is self.scope):
            if name in self.activation.definition.shared_names:
                self.names.pop(name, None)
            else:
                self.names[name] = values
        if self.paths:
            self.paths = {
                path: found
                for path, found in self.paths.items()
                if not path.startswith((f"{name}.", f"{name}["))
            }

    def _outer(self, name: str) -> Scope:
        if name in self.activation.definition.global_names:
            return self.scope.module
        scope = self.scope.parent
        while scope is not None and scope.parent is not None:
            if name in scope.names and scope.definition.kind != "class":
                return scope
            scope = scope.parent
        return self.scope.module

    # Branches

    def saved(self) -> tuple[Names | None, Names]:
        """Return the names as they are now, where the way that is straight so far ends."""
        self.objects = None
        return (None if self.names is None else dict(self.names)), dict(self.paths)

    def restore(self, saved: tuple[Names | None, Names]) -> None:
        """Let the names be as they were."""
        names, paths = saved
        self.names = None if names is None else dict(names)
        self.paths = dict(paths)

    def merge(self, *several: tuple[Names | None, Names]) -> None:
        """Let the names be as they are after one of *several*."""
        alive = [(names, paths) for names, paths in several if names is not None]
        self.names = merge([names for names, _ in alive]) if alive else None
        common = set.intersection(*(set(paths) for _, paths in alive)) if alive else set()
        self.paths = {path: join(*(paths[path] for _, paths in alive)) for path in sorted(common)}

    def changed_since(self, saved: tuple[Names | None, Names]) -> set[str]:
        """Return the names that there were and that are something else now."""
        before, now = saved[0] or {}, self.names or {}
        return {name for name, values in before.items() if now.get(name) != values}

    # The parts of the interpreter that lead to each other, in the one direction of imports

    def evaluate(self, node: ast.expr) -> Values:
        """Return what *node* may be, and note what it calls."""
        return self.engine.rules.evaluate(self, node)

    def execute(self, statements: list[ast.stmt]) -> None:
        """Execute *statements* one after the other."""
        self.engine.rules.execute(self, statements)

    def apply(self, callees: Values, arguments: Arguments, node: ast.AST) -> Values:
        """Return what a call of one of *callees* may return, and note what it does."""
        return self.engine.rules.apply(self, callees, arguments, node)

    def set_object(self, owner: Instance, name: str, values: Values, *, is_only: bool) -> None:
        """Know what an attribute is now, if *owner* is one object and no other may be meant."""
        if self.objects is None:
            return
        if is_only and owner in self.engine.single and _is_one(owner):
            self.objects[owner, name] = values
        else:
            self.objects = None

    def forget_objects(self) -> None:
        """Forget what attributes are now, since something may have assigned them."""
        if self.objects:
            self.objects = None

    def forget_paths(self) -> None:
        """Forget what attributes and items are, since something may have assigned them."""
        if self.paths:
            self.paths = {}


def _leaves(term: Term) -> Attributes | None:
    """Return the attributes that a call has surely set, or None if that is not known."""
    if not isinstance(term, Call) or term.is_lazy or len(term.targets) != 1:
        return None
    (target,) = term.targets
    is_async = isinstance(target.definition.header, ast.AsyncFunctionDef)
    if target.leaves is None or target.is_running or is_async:
        return None
    return {key: values for key, values in target.leaves.items() if _is_one(key[0])}


def _is_one(value: Value) -> bool:
    """Return whether the function that has made an object runs still, and thus has no other."""
    made = value.site[1] if isinstance(value, Instance) and isinstance(value.site, tuple) else None
    return isinstance(made, Activation) and made.is_running and not made.recursed


class _Collected:
    """A block of which the terms are collected. A generator would take twice as long."""

    __slots__ = ("_frame", "_outer")

    def __init__(self, frame: Frame) -> None:
        self._frame, self._outer = frame, frame.terms

    def __enter__(self) -> list[Term]:
        self._outer, self._frame.terms = self._frame.terms, []
        return self._frame.terms

    def __exit__(self, *_: object) -> None:
        self._frame.terms = self._outer


Special = Callable[[Frame, External, Arguments, ast.AST], Values | None]
"""Returns the result of a function of a library, or None if nothing is known of this call."""


def path_of(node: ast.expr) -> str | None:
    """Return the source of a name with attributes and constant keys, or None if it is not one."""
    inner: ast.expr = node
    while True:
        if isinstance(inner, ast.Attribute) or (
            isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant)
        ):
            inner = inner.value
        else:
            break
    return written(node) if isinstance(inner, ast.Name) and inner is not node else None


_BUILTINS = frozenset(dir(builtins))

_INSTALLED = {"_", "gettext", "ngettext", "npgettext", "pgettext"}
"""The functions that ``gettext.install`` adds to the built-in names."""
