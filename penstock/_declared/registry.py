"""The registry of declarations, kept until somebody asks for a flow."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from threading import RLock
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar

from penstock._common.compat import is_mock, unmocked
from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._declared.codes import CodeIndex
from penstock._declared.declaration import Declaration, FlowDeclaration
from penstock._declared.executions import Execution, Source, current_execution
from penstock._declared.functions import layers, locate, unwrap_method
from penstock._declared.weak_index import WeakIndex
from penstock.exceptions import DuplicateStepError, UndeclaredFunctionError, UnknownFlowError

__all__ = [
    "Registry",
    "default_registry",
    "isolated",
    "known_codes",
]

V = TypeVar("V")


class Registry:
    """The flows and steps that a process has declared."""

    def __init__(self) -> None:
        self.renew_lock()
        renew_after_fork(self.renew_lock)
        self._flows: dict[str, FlowDeclaration] = {}
        self._unclaimed: dict[int, Declaration] = {}
        self._wrapped: WeakIndex[Declaration] = WeakIndex()
        # Weak, so that what a reload or a factory replaced can go. A living
        # declaration keeps its target alive, so that no id is used twice.
        self._by_target: WeakIndex[Declaration] = WeakIndex()
        self._codes: CodeIndex[Declaration] = CodeIndex(lambda: self._lock)
        self._executions: dict[Source, Callable[[], CodeType | str | None]] = {}
        self._views: dict[str, Any] = {}
        self._asked: dict[str, tuple[list[str], set[str]]] = {}
        self.first: tuple[str, str] | None = None
        """The name and the place of what was declared first, if anything was."""

    def declare(self, declaration: Declaration, execution: Execution | None) -> None:
        """Remember *declaration* until a flow claims its target, or nobody has that any more.

        Args:
            declaration: The declaration.
            execution: What `current_execution` returns for the code that declares it.
        """
        declaration.know_frames()
        with self._lock:
            declaration.source = self._enter(execution)
            self.first = self.first or (declaration.name, str(declaration.location))
            target, function = declaration.target, declaration.function
            self._by_target.put(id(target), declaration)
            if target is not function:
                self._by_target.put(id(unwrap_method(target)), declaration)
                if not declaration.begins_runs:  # a step is the function, also where it is recorded
                    self._by_target.put(id(function), declaration)
            self._keep_unclaimed(declaration, id(target))
            self._codes.put(declaration)

    def welcome(self, declaration: Declaration) -> None:
        """Find the frames of what another process declared, as long as its wrapper is here."""
        declaration.know_frames()
        with self._lock:
            self._codes.put(declaration)

    def _keep_unclaimed(self, declaration: Declaration, key: int) -> None:
        """Keep *declaration* until its target, whose ID is *key*, is claimed or collected."""
        self._unclaimed.pop(key, None)
        if declaration.is_wrapped:  # the wrapper holds it
            self._wrapped.put(key, declaration)
        else:
            declaration.loosen(lambda _: self._unclaimed.pop(key, None))
            self._unclaimed[key] = declaration

    def find_same(self, target: object) -> Declaration | None:
        """Return the latest declaration of *target* itself, or of the function in it."""
        found = self._by_target.get(id(target))
        if found is None and (inside := unwrap_method(target)) is not target:
            found = self._by_target.get(id(inside))
        return found

    def find(self, target: object) -> Declaration | None:
        """Return the latest declaration of *target* or of what it wraps."""
        if type(target) is FunctionType and (own := self._by_target.get(id(target))) is not None:
            return own
        found = (self._by_target.get(id(layer)) for layer in layers(target))
        return next((declaration for declaration in found if declaration is not None), None)

    def describe(self, flow: str, frame: FrameType, metadata: dict[str, Any]) -> None:
        """Remember what the code that runs in *frame* says about *flow*."""
        names = frame.f_globals
        location = str(names.get("__file__") or names.get("__name__"))
        execution = current_execution(frame)
        with self._lock:
            source = self._enter(execution)
            declared = self._enter_flow(flow)
            declared.mentions[location, source] = None
            if metadata:
                declared.metadata.setdefault(location, {}).update(metadata)
                self._views.pop(flow, None)

    def _enter_flow(self, name: str) -> FlowDeclaration:
        found = self._flows.get(name)
        if found is None:
            found = self._flows[name] = FlowDeclaration(name)
        return found

    def _enter(self, execution: Execution | None) -> Source | None:
        """Return what *execution* executes, and forget what that declared when it last ran."""
        if execution is None:
            return None
        source = execution.source
        before = self._executions.get(source)
        if before is None or not execution.is_that(before()):
            self._executions[source] = execution.remembered()
            if before is not None:
                self._forget(source)
        return source

    def claim(self, flow: str, target: object) -> None:
        """Make the declared function *target* a step of *flow*.

        Raises:
            UndeclaredFunctionError: If *target* is neither an entrypoint nor a step.
            DuplicateStepError: If another function has its name in *flow* already.
        """
        declaration = self.find(target)
        if declaration is None:
            target = unmocked(target)
            name = getattr(unwrap_method(target), "__name__", None) or repr(target)
            location = None if is_mock(target) else locate(target)
            methods = self._declared_in(target) if isinstance(target, type) else None
            raise UndeclaredFunctionError(flow, name, str(location or "<unknown>"), methods)
        with self._lock:
            steps = self._enter_flow(flow).steps
            earlier = steps.get(declaration.name)
            if earlier is not None and not earlier.origin.is_same_step(declaration.origin):
                raise DuplicateStepError(
                    flow, declaration.name, str(earlier.location), str(declaration.location)
                )
            steps[declaration.name] = declaration
            declaration.claim(flow)
            self._unclaimed.pop(id(declaration.target), None)
            if declaration.is_wrapped:
                self._wrapped.remove(id(declaration.target))
            declaration.hold()
            self._codes.put(declaration)
            if earlier is not None and earlier is not declaration:
                self._replace(earlier, declaration)
            self._change(flow, declaration.name)

    def _declared_in(self, made: type) -> list[str]:
        """Return the names of the methods of the class *made* that are declared."""
        return [name for name, value in vars(made).items() if self.find(value) is not None]

    def _replace(self, earlier: Declaration, later: Declaration) -> None:
        """Drop *earlier*, which *later* replaced in a flow."""
        if earlier.declared is not None:
            earlier.declared.replace(earlier, later)
        self._let_go(earlier)

    def _let_go(self, declaration: Declaration) -> None:
        """Find *declaration* no more in running frames, unless a flow has it still."""
        homes = (self._flows.get(flow) for flow in declaration.flows)
        if not any(home and home.steps.get(declaration.name) is declaration for home in homes):
            declaration.is_held = False
            self._codes.remove(declaration)

    def _change(self, flow: str, step: str) -> None:
        """Forget what was made of *flow*, and of flows that asked who has the *step*."""
        _, asking = self._asked.pop(step, ((), ()))
        for name in (flow, *asking):
            self._views.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """Return the names of all flows, in order of declaration."""
        with self._lock:
            return tuple(self._flows)

    def find_flow(self, name: str | None) -> FlowDeclaration | None:
        """Return what was declared of the flow *name*, or None if nothing was."""
        with self._lock:
            return None if name is None else self._flows.get(name)

    def get(self, name: str) -> FlowDeclaration:
        """Return what was declared of the flow *name*.

        Raises:
            UnknownFlowError: If no flow has that name.
        """
        with self._lock:
            try:
                return self._flows[name]
            except KeyError:
                raise UnknownFlowError(name, tuple(sorted(self._flows))) from None

    def view(self, name: str, make: Callable[[FlowDeclaration], V]) -> V:
        """Return what *make* makes of the flow *name*, which it does once for what is declared.

        Raises:
            UnknownFlowError: If no flow has that name.
        """
        with self._lock:
            if name not in self._views:
                self._views[name] = make(self.get(name))
            view: V = self._views[name]
            return view

    def flows_with(self, step: str, asking: str) -> list[str]:
        """Return the flows that have a *step* of that name, for a view of the flow *asking*."""
        with self._lock:
            if step not in self._asked:
                found = [name for name, flow in self._flows.items() if step in flow.steps]
                self._asked[step] = found, set()
            found, all_asking = self._asked[step]
            all_asking.add(asking)
            return found

    def _forget(self, source: Source) -> None:
        for flow in list(self._flows.values()):
            for declaration in flow.forget(source):
                self._let_go(declaration)
            if not flow.steps and not flow.mentions:
                del self._flows[flow.name]
        for declaration in self._all_unclaimed():
            if declaration.source == source:
                key = id(declaration.target)
                self._unclaimed.pop(key, None)
                self._wrapped.remove(key)
                self._codes.remove(declaration)
        self._views.clear()
        self._asked.clear()

    def unclaimed(self) -> tuple[Declaration, ...]:
        """Return the steps and entrypoints that no flow has claimed."""
        with self._lock:
            return self._all_unclaimed()

    def _all_unclaimed(self) -> tuple[Declaration, ...]:
        found = [*self._unclaimed.values(), *self._wrapped.values()]
        return tuple(sorted(found, key=lambda declaration: declaration.number))

    def codes(self) -> Mapping[int, Iterable[Declaration]]:
        """Return the declarations by the ID of their function's code, in order of declaration."""
        return self._codes.by_code

    def renew_lock(self) -> None:
        """Forget who holds the lock: in a forked child they are gone."""
        self._held = RLock()

    @property
    def _lock(self) -> RLock:
        renew_if_forked()
        return self._held


_active = Registry()


def default_registry() -> Registry:
    """Return the registry that the decorators write to."""
    return _active


def known_codes() -> Mapping[int, Iterable[Declaration]]:
    """Return what `Registry.codes` of that registry returns, for hot paths."""
    return _active._codes.by_code  # noqa: SLF001 - it is of this module


@contextmanager
def isolated() -> Generator[Registry, None, None]:
    """Let the decorators write to an empty registry inside the block."""
    global _active  # noqa: PLW0603 - there is one default registry
    outer, _active = _active, Registry()
    try:
        yield _active
    finally:
        _active = outer
