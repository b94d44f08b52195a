"""The declarations that the decorators record: of a function, of its wrapper, and of a flow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import CodeType, FunctionType
from typing import Any, NamedTuple, cast
from weakref import ref

from penstock._declared.executions import Source
from penstock._declared.functions import own_functions, receiver_of, unwrap_method
from penstock._declared.origin import Origin, declaring_frame
from penstock._declared.reachable import find_shared
from penstock._declared.step import Edge, JoinKind, Location, Step

__all__ = [
    "NO_OPTIONS",
    "Declaration",
    "Declared",
    "FlowDeclaration",
    "Reference",
    "Starter",
    "StepOptions",
]


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
    """The options of a step other than its name, its edges and its kind, as `Step` has them."""

    group: str | None = None
    receives: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    unchecked: str | None = None
    uncovered: str | None = None


NO_OPTIONS = StepOptions()
"""The options of most steps."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Declaration:
    """One ``@entrypoint`` or ``@step`` above one function."""

    held: object
    """The object that the decorator returned, or a weak reference to it."""

    written: Callable[..., Any] | None
    """The function as it was written, if a wrapper replaced it."""

    name: str
    title: str | None
    kind: str | None
    located: Location | CodeType | None
    """The location of the function, or the code that it was written with."""

    origin: Origin
    is_entrypoint: bool = False
    after: tuple[Reference, ...] = ()
    join: JoinKind = "any"
    flows: tuple[str, ...] = ()
    """The flows that claimed it."""

    receiver: object = None
    """The only object whose method this is, if it is that of one."""

    declared: "Declared | None" = None
    """The declarations of the function as a whole, if a wrapper replaced it."""

    runs: "Starter | None" = None
    """The starter of runs in the wrapper that replaced the function, if that begins any."""

    begins_runs: bool = False
    """Whether those are runs of the flows that claim this."""

    shared: tuple[CodeType, ...] = ()
    """Those of `codes` that also run where something else is called than this."""

    is_sure: bool = True
    """Whether each frame that runs one of `codes` is a call of this."""

    number: int = field(default_factory=count().__next__)
    """By which declarations are in order."""

    codes: tuple[CodeType, ...] = ()
    """The code of the frames that run the function."""

    is_held: bool = False
    """Whether a flow has it."""

    source: Source | None = None
    """The module or cell whose execution declared it."""

    known_step: Step | None = None
    """The result of `as_step`, if that is the same in all flows and refers to nothing else."""

    options: StepOptions = NO_OPTIONS
    """The declared options that are only shown."""

    @property
    def location(self) -> Location | None:
        """The location of the function."""
        code = self.located
        if type(code) is CodeType:
            self.located = Location(code.co_filename, code.co_firstlineno)
        return cast("Location | None", self.located)

    @property
    def target(self) -> Any:
        """The object that the decorator returned: the function, or the wrapper of an entrypoint."""
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
        functions = own_functions(target)
        self.codes = tuple([function.__code__ for function in functions])
        if type(target) is not FunctionType or len(functions) > 1:
            self.receiver = receiver_of(target)
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
            after=tuple(Edge(r.name_in(flow), self.name, r.label, r.is_loop) for r in self.after),
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
    """The flows and entrypoints of the runs that one wrapper begins."""

    name: str
    """The name of the entrypoint that was declared first."""

    flows: tuple[str, ...] = ()
    """The flows that claimed one of the entrypoints."""

    declared: "Declared | None" = None
    """The declarations of the function that the entrypoints share."""

    scope: Any = None
    """The scope of the wrapper."""

    def __reduce__(self) -> tuple[Callable[..., "Starter"], tuple[Any, ...]]:
        return Starter, (self.name, self.flows, self.declared)


@dataclass(slots=True, eq=False)
class Declared:
    """A function and its wrapper: each call is one span, however often that is declared.

    `penstock._declared.pickling` has what becomes of it in another process.
    """

    function: Any
    """The function as it was written."""

    declarations: list[Declaration] = field(default_factory=list)
    """All that was declared of it, in order."""

    inner: "Declared | None" = None
    """The declared function that a call reaches, if this is a method or a partial of it."""

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


@dataclass(slots=True, eq=False)
class FlowDeclaration:
    """All ``flow(name, ...)`` of one name, and the steps that they claimed."""

    name: str
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The metadata of the flow, by the file that declares it."""

    steps: dict[str, Declaration] = field(default_factory=dict)

    mentions: dict[tuple[str, Source | None], None] = field(default_factory=dict)
    """Which files name the flow, and which execution of a module or cell did."""

    def forget(self, source: Source) -> list[Declaration]:
        """Forget what the last execution of *source* declared, and return the steps."""
        gone = {n: d for n, d in self.steps.items() if d.source == source}
        self.steps = {n: d for n, d in self.steps.items() if n not in gone}
        removed = [mention for mention in self.mentions if mention[1] == source]
        for mention in removed:
            del self.mentions[mention]
        still = {file for file, _ in self.mentions}
        for file in {file for file, _ in removed} - still:
            self.metadata.pop(file, None)
        return [*gone.values()]
