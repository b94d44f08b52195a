"""What the decorators declared, kept until somebody looks."""

import copyreg
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from importlib import import_module
from inspect import unwrap
from itertools import count
from operator import attrgetter
from pathlib import Path
from threading import RLock
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, NamedTuple, TypeGuard, TypeVar, cast
from weakref import ref

from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._declared.codes import CodeIndex
from penstock._declared.executions import Execution, Source, current_execution
from penstock._declared.mocks import is_mock, unmocked
from penstock._declared.reachable import find_shared
from penstock._declared.step import JoinKind, Location, Predecessor, Step
from penstock._declared.weak_index import WeakIndex
from penstock.exceptions import DuplicateStepError, UndeclaredFunctionError, UnknownFlowError

__all__ = [
    "NO_OPTIONS",
    "Declaration",
    "Declared",
    "FlowDeclaration",
    "Origin",
    "Reference",
    "Registry",
    "Starter",
    "StepOptions",
    "declaring_frame",
    "default_registry",
    "functions_of",
    "isolated",
    "known_codes",
    "locate",
    "located",
    "unwrap_method",
]


V = TypeVar("V")


def unwrap_method(target: object) -> Any:
    """Return the function inside a static or class method, else *target* itself."""
    # By its type: a proxy, like a shared task of Celery, would look for its target.
    kind = type(target)
    if kind is not FunctionType and issubclass(kind, (staticmethod, classmethod)):
        return target.__func__  # type: ignore[attr-defined]  # it is one of the two
    return target


def _is_plain(target: object) -> TypeGuard[FunctionType]:
    """Return whether *target* is a function that wraps no other, as most are that are declared."""
    return type(target) is FunctionType and not hasattr(target, "__wrapped__")


def locate(function: object) -> Location | None:
    """Return where *function* is defined, or None if it is not written in Python."""
    code = function.__code__ if _is_plain(function) else _code_of(function)
    if code is None and isinstance(function, type):
        return _locate_class(function)
    return Location(code.co_filename, code.co_firstlineno) if code else None


def located(function: object) -> Location | CodeType | None:
    """Return where *function* is defined, or the code from which that is read when asked for."""
    return function.__code__ if _is_plain(function) else locate(function)


def _locate_class(cls: type) -> Location | None:
    """Return where *cls* is defined, or else the first of its methods."""
    codes = [value.__code__ for value in vars(cls).values() if hasattr(value, "__code__")]
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    own = [code.co_firstlineno for code in codes if code.co_filename == file]
    line = vars(cls).get("__firstlineno__") or min(own, default=None)  # since Python 3.13
    return Location(file, line) if file and line else None


def _code_of(target: object) -> CodeType | None:
    """Return the code that a call of *target* ends in, or None if it is not Python's."""
    plain = unwrap(unwrap_method(target))
    while isinstance(plain, partial):
        plain = unwrap(unwrap_method(plain.func))
    code = getattr(plain, "__code__", None)
    if code is None and not isinstance(plain, type):
        code = getattr(type(plain).__dict__.get("__call__"), "__code__", None)
    return code


_written: dict[ref[FunctionType], CodeType] = {}
"""The code that declared functions were written with, before they got their own."""


def _written_code(function: object) -> object:
    """Return the code that *function* was written with, or else the callable itself."""
    if type(function) is FunctionType and (code := _written.get(ref(function))) is not None:
        return code
    return getattr(function, "__code__", function)


def functions_of(target: object) -> Iterator[FunctionType]:
    """Yield the functions written in Python that a call of *target* calls, outermost first."""
    waiting, seen = unwrap_method(target), set[int]()
    while id(waiting) not in seen:
        seen.add(id(waiting))
        if type(waiting) is FunctionType:
            yield waiting
        inside: Any = waiting
        if type(waiting) is MethodType:
            waiting = inside.__func__
        elif isinstance(waiting, partial):
            waiting = unwrap_method(waiting.func)
        elif hasattr(waiting, "__wrapped__"):
            waiting = unwrap_method(inside.__wrapped__)
        elif not isinstance(waiting, (type, FunctionType)):
            waiting = type(waiting).__dict__.get("__call__")


def _receiver_of(target: Any) -> object:
    """Return the object whose method a call of *target* is, if it is that of one object only."""
    while isinstance(target, partial):
        target = target.func
    if type(target) is MethodType:
        return target.__self__
    is_object = not isinstance(target, (type, FunctionType)) and not hasattr(target, "__wrapped__")
    return target if is_object and type(target).__dict__.get("__call__") is not None else None


def _own_functions(target: object) -> tuple[FunctionType, ...]:
    """Return the functions of *target*, whose code no other function has from now on.

    Functions that one ``def`` makes, in a loop or a factory, share its code
    object, and a frame knows only that. The new one is equal to it.
    """
    functions = (target,) if _is_plain(target) else tuple(functions_of(target))
    for function in functions:
        if ref(function) not in _written:
            code = function.__code__
            _written[ref(function, _written.pop)] = code
            function.__code__ = code.replace()
    return functions


@lru_cache(10_000)
def _real(file: str) -> str:
    """Return the one spelling of a file that symbolic links and letter case give several."""
    path = Path(file)
    return os.path.normcase(path.resolve()) if path.is_absolute() else file


@dataclass(slots=True, eq=False)
class Origin:
    """Which piece of source code a function comes from.

    Two functions of one origin are the same step, declared again: by a reload,
    by a notebook's cell, or because a module was imported under two names. The
    exception is a second function that the *same execution* of a module defines
    under the same name: that one is a mistake of its author.
    """

    file: str
    qualname: str
    identity: object = None
    """Its code, or the callable itself if that is not a function written in Python."""

    execution: Callable[[], CodeType | str | None] = field(default=lambda: None, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """What all declarations of one step have in common."""
        return _real(self.file), self.qualname

    @classmethod
    def of(cls, function: object, declaring: Execution | None) -> "Origin":
        """Return the origin of *function*, which code declares now that is part of *declaring*."""
        plain = function if _is_plain(function) else unwrap(unwrap_method(function))
        scope = getattr(plain, "__globals__", None) or declaring_frame().f_globals
        file = scope.get("__file__") or scope.get("__name__") or "<unknown>"
        qualname = getattr(plain, "__qualname__", None) or type(plain).__qualname__
        identity = _written_code(plain)
        if declaring is not None and declaring.names is scope:
            return cls(file, qualname, identity, declaring.remembered())
        execution = _outermost_code(scope)
        return cls(file, qualname, identity, ref(execution) if execution else lambda: None)

    def is_same_step(self, other: "Origin") -> bool:
        """Return whether *other* declares again what this one declared."""
        if self.key != other.key:
            return False
        execution = self.execution()
        if execution is None or execution is not other.execution():
            return True
        return self.identity is other.identity


def declaring_frame() -> FrameType:
    """Return the frame of the code that called a decorator."""
    frame = sys._getframe(1)  # noqa: SLF001 - documented for this use
    while frame.f_globals.get("__name__", "").startswith("penstock._") and frame.f_back:
        frame = frame.f_back
    return frame


def _outermost_code(scope: dict[str, Any]) -> CodeType | None:
    """Return the code that is executing the module whose globals are *scope*."""
    found = None
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - documented for this use
    while frame is not None:
        if frame.f_globals is scope:
            found = frame.f_code
        frame = frame.f_back
    return found


class Reference(NamedTuple):
    """One item of ``after=``."""

    name: str
    label: str | None = None
    function: Callable[..., Any] | None = None
    """The function, where ``after=`` named it by itself."""

    is_loop: bool = False
    """Whether the flow comes back from there."""

    def name_in(self, flow: "FlowDeclaration | None") -> str:
        """Return what *flow* calls the step, for a function may have several names."""
        if self.function is not None and flow is not None:
            for name, declaration in flow.steps.items():
                if declaration.function is self.function:
                    return name
        return self.name


class StepOptions(NamedTuple):
    """What a decorator says of a step beside its name, its edges and its kind, as `Step` has it."""

    group: str | None = None
    receives: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    unchecked: str | None = None
    uncovered: str | None = None


NO_OPTIONS = StepOptions()
"""What most steps have."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Declaration:
    """What one ``@entrypoint`` or ``@step`` declares about one function."""

    held: object
    """What the decorator returned, or a weak reference to it."""

    written: Callable[..., Any] | None
    """The function as it was written, if a wrapper replaced it."""

    name: str
    title: str | None
    kind: str | None
    located: Location | CodeType | None
    """Where the function is defined, or the code that it was written with."""

    origin: Origin
    is_entrypoint: bool = False
    after: tuple[Reference, ...] = ()
    join: JoinKind = "any"
    flows: tuple[str, ...] = ()
    """The flows that claimed it."""

    receiver: object = None
    """The only object whose method this is, if it is that of one."""

    declared: "Declared | None" = None
    """What it shares with other declarations of the function, if a wrapper replaced that."""

    runs: "Starter | None" = None
    """What begins runs in the wrapper that replaced the function, if that does."""

    begins_runs: bool = False
    """Whether those are runs of the flows that claim this."""

    shared: tuple[CodeType, ...] = ()
    """Those of `codes` that also run where something else is called than this."""

    is_sure: bool = True
    """Whether each frame that runs one of `codes` is a call of this."""

    number: int = field(default_factory=count().__next__)
    """By which declarations are in order."""

    codes: tuple[CodeType, ...] = ()
    """What frames that run the function have as their code."""

    is_held: bool = False
    """Whether a flow has it."""

    source: Source | None = None
    """The module or cell whose execution declared it."""

    known_step: Step | None = None
    """What `as_step` returns, where that is the same in all flows and holds nothing more."""

    options: StepOptions = NO_OPTIONS
    """What else was declared of it, which is only shown."""

    @property
    def location(self) -> Location | None:
        """Where the function is defined."""
        code = self.located
        if type(code) is CodeType:
            self.located = Location(code.co_filename, code.co_firstlineno)
        return cast("Location | None", self.located)

    @property
    def target(self) -> Any:
        """What the decorator returned: the function, or the wrapper of an entrypoint."""
        return self.held() if type(self.held) is ref else self.held

    @target.setter
    def target(self, target: object) -> None:
        self.held = target

    @property
    def function(self) -> Any:
        """The function as it was written."""
        return unwrap_method(self.target) if self.written is None else self.written

    @property
    def is_wrapped(self) -> bool:
        """Whether a wrapper, which refers to this, took the place of the function."""
        return self.written is not None and unwrap_method(self.target) is not self.written

    def know_frames(self) -> None:
        """Find out in which frames the function runs."""
        target = self.function
        functions = _own_functions(target)
        self.codes = tuple([function.__code__ for function in functions])
        if type(target) is not FunctionType or len(functions) > 1:
            self.receiver = _receiver_of(target)
            self.shared = find_shared(target, functions, declaring_frame)
            self.is_sure = self.receiver is None and not self.shared

    def shares(self, code: CodeType) -> bool:
        """Return whether *code* also runs where something else is called than this."""
        # By identity: the code that functions of one ``def`` got is equal.
        return any(code is one for one in self.shared)

    def is_own(self, code: CodeType | None) -> bool:
        """Return whether *code* is that of the function itself, and runs only in calls of it."""
        if code is None or not self.codes:
            return False
        return self.codes[0] is code and not self.shares(code)

    def loosen(self, forget: Callable[[object], object]) -> None:
        """Hold the target no more, if that can be, and call *forget* when it is collected."""
        try:
            self.held = ref(self.target, forget)
        except TypeError:
            return
        self.written = None

    def hold(self) -> None:
        """Hold the target, for a flow has it now."""
        self.held = self.target
        self.is_held = True

    def claim(self, flow: str) -> None:
        """Be a step of *flow*."""
        if flow not in self.flows:
            self.flows += (flow,)
        if self.begins_runs and self.runs is not None and flow not in self.runs.flows:
            self.runs.flows += (flow,)

    def __reduce__(self) -> tuple[Callable[..., "Declaration"], tuple[Any, ...]]:
        # What a wrapper needs of it in another process: what it says, not what it refers to.
        after = tuple(reference._replace(function=None) for reference in self.after)
        values = (self.title, self.kind, self.location, self.is_entrypoint, after, self.join)
        return _arrived, (self.name, *values, self.flows, self.options)

    def as_step(self, flow: "FlowDeclaration | None" = None) -> Step:
        """Return what was declared, with predecessors by their names in *flow*."""
        if self.known_step is not None:
            return self.known_step
        step = Step(
            name=self.name,
            function=self.function,
            is_entrypoint=self.is_entrypoint,
            after=tuple(Predecessor(r.name_in(flow), r.label, r.is_loop) for r in self.after),
            join=self.join,
            title=self.title,
            kind=self.kind,
            location=self.location,
            **self.options._asdict(),
        )
        if self.is_held and all(reference.function is None for reference in self.after):
            self.known_step = step
        return step


def _arrived(name: str, *values: Any) -> Declaration:
    """Return the declaration of a function that another process pickled by value."""
    title, kind, location, is_entrypoint, after, join, flows, options = values
    origin = Origin("", name)
    made = Declaration(None, None, name, title, kind, location, origin, is_entrypoint, after, join)
    made.flows, made.options = flows, options
    return made


@dataclass(slots=True, eq=False)
class Starter:
    """What the runs of one wrapper are of, however many entrypoints that is."""

    name: str
    """The name of the entrypoint that was declared first."""

    flows: tuple[str, ...] = ()
    """The flows that claimed one of the entrypoints."""

    declared: "Declared | None" = None
    """What the entrypoints share."""

    scope: Any = None
    """The scope of the wrapper."""

    def __reduce__(self) -> tuple[Callable[..., "Starter"], tuple[Any, ...]]:
        return Starter, (self.name, self.flows, self.declared)


@dataclass(slots=True, eq=False)
class Declared:
    """A function and its wrapper: each call is one span, however often that is declared."""

    function: Any
    """The function as it was written."""

    declarations: list[Declaration] = field(default_factory=list)
    """All that was declared of it, in order."""

    inner: "Declared | None" = None
    """What a call calls, where the function is a method or a partial of a declared one."""

    @classmethod
    def of(cls, declaration: Declaration) -> "Declared":
        """Return what is declared of a function by *declaration* alone, up to now."""
        made = cls(declaration.function)
        made.join(declaration)
        return made

    def join(self, declaration: Declaration) -> None:
        """Be what *declaration* declares, too."""
        self.declarations.append(declaration)
        declaration.declared = self

    def replace(self, earlier: Declaration, later: Declaration) -> None:
        """Drop *earlier*, if *later* replaced it."""
        if later.declared is self and earlier is not later and earlier in self.declarations:
            self.declarations.remove(earlier)

    @property
    def steps(self) -> list[Declaration]:
        """All that a call is a call of, what is declared of the function itself first."""
        inner = self.inner
        return self.declarations if inner is None else [*self.declarations, *inner.steps]

    def __reduce__(self) -> tuple[Callable[..., "Declared"], tuple[Any, ...]]:
        return _arrived_together, (self.function, self.steps)


def _arrived_together(function: Any, declarations: list[Declaration]) -> Declared:
    """Return what another process declared of *function*, whose frames are known from now on."""
    made = Declared(function, declarations)
    for declaration in declarations:
        declaration.held = declaration.written = function
        declaration.declared = made
        default_registry().welcome(declaration)
    return made


@dataclass(slots=True, eq=False)
class FlowDeclaration:
    """What all ``flow(name, ...)`` of one name declare, and the steps that they claimed."""

    name: str
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The metadata of the flow, by the file that declares it."""

    steps: dict[str, Declaration] = field(default_factory=dict)

    mentions: dict[tuple[str, Source | None], None] = field(default_factory=dict)
    """Which files name the flow, and which execution of a module or cell did."""

    def forget(self, is_gone: Callable[[str, Source | None], bool]) -> list[Declaration]:
        """Forget what files and executions declared that are gone, and return the steps."""
        gone = {n: d for n, d in self.steps.items() if is_gone(d.origin.file, d.source)}
        self.steps = {n: d for n, d in self.steps.items() if n not in gone}
        removed = [mention for mention in self.mentions if is_gone(*mention)]
        for mention in removed:
            del self.mentions[mention]
        still = {file for file, _ in self.mentions}
        for file in {file for file, _ in removed} - still:
            self.metadata.pop(file, None)
        return [*gone.values()]


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
        found = (self._by_target.get(id(layer)) for layer in _layers(target))
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
                self._forget(lambda _, declaring: declaring == source)
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
                raise UnknownFlowError(name, tuple(self._flows)) from None

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

    def forget(self, files: AbstractSet[str]) -> None:
        """Forget what *files* declared, before they are imported again."""
        with self._lock:
            self._forget(lambda file, _: file in files)

    def _forget(self, is_gone: Callable[[str, Source | None], bool]) -> None:
        for flow in list(self._flows.values()):
            for declaration in flow.forget(is_gone):
                self._let_go(declaration)
            if not flow.steps and not flow.mentions:
                del self._flows[flow.name]
        for declaration in self._all_unclaimed():
            if is_gone(declaration.origin.file, declaration.source):
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


def _reduce_step(step: Step) -> tuple[Callable[..., Step], tuple[Any, ...]]:
    """Return what makes *step* again where it is unpickled: its function by name, if it has one."""
    values = {field.name: getattr(step, field.name) for field in fields(step)}
    module = getattr(step.function, "__module__", None)
    path = getattr(step.function, "__qualname__", None)
    inside = len([*_layers(step.function)])
    if module and path and _import(module, path, inside) is step.function:
        return _step_elsewhere, (values | {"function": None}, module, path, inside)
    return _step_elsewhere, (values,)


def _step_elsewhere(
    values: dict[str, Any], module: str = "", path: str = "", inside: int = 0
) -> Step:
    """Return the step that was pickled as *values* and the name of its function."""
    return Step(**values | ({"function": _import(module, path, inside)} if module else {}))


def _import(module: str, path: str, inside: int) -> Any:
    """Return the function of so many layers that a module has under *path*, or None.

    The layers around it are wrappers, which another process may have more or less of.
    """
    try:
        return [*_layers(attrgetter(path)(import_module(module)))][-inside]
    except (ImportError, AttributeError, IndexError):
        return None


def _layers(target: object) -> Iterator[Any]:
    """Yield *target* and what it wraps, outermost first."""
    seen: list[object] = []
    while not is_mock(target := unmocked(target)) and not any(target is one for one in seen):
        yield target
        seen.append(target)
        # A bound method passes `__wrapped__` on, so its function comes first.
        target = getattr(target, "__func__", None) or getattr(target, "__wrapped__", target)


# A function that a wrapper took the place of has no name by which pickle finds it.
copyreg.pickle(Step, _reduce_step)

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
