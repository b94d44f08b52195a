"""Spans: the record of one execution of a step."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from inspect import unwrap
from os import urandom
from typing import Any, Literal, NamedTuple, Protocol

from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._runtime.control_flow import Ending
from penstock._runtime.ids import LazyId, digits_of
from penstock._runtime.run import Run, is_same_run, remote_of, values_shown
from penstock._runtime.traceparent import Remote

__all__ = [
    "DeclaredStep",
    "LostSpan",
    "Outcome",
    "ParentSpan",
    "Recordable",
    "Recorded",
    "Span",
    "current_span",
    "find_span",
]

Outcome = Literal["ok", "error", "cancelled", "closed", "responded", "retried", "stopped"]
"""How a step ended.

It returned; it raised; its task was cancelled; nobody went on with it; it raised
a response below 500; it asked its queue to run it again; it asked its queue to end
it without success or failure.
"""


class Recordable(Protocol):
    """A declared step."""

    name: str
    flows: tuple[str, ...]
    is_entrypoint: bool


class Recorded(Protocol):
    """The function that a span is of, with all steps that it is declared to be, one at least."""

    @property
    def steps(self) -> Sequence[Recordable]: ...


class DeclaredStep(NamedTuple):
    """The step that a function is declared to be in one flow.

    .. versionadded:: 0.2
    """

    flow: str
    """The name of the flow."""

    step: str
    """The name of the step."""

    is_entrypoint: bool
    """Whether runs of the flow begin with it."""


class Span(LazyId):
    """One execution of one step within a run.

    Times of day are nanoseconds since 1970 (`time.time_ns`), durations are
    nanoseconds of a clock that never goes back (`time.perf_counter_ns`).

    .. versionadded:: 0.2
    """

    __slots__ = (
        "_active",
        "_began",
        "_ended",
        "_ending",
        "_error",
        "_of",
        "_parent",
        "_resumed",
        "_run",
        "_token",
        "sequence",
        "start_ns",
    )

    _active: int
    _began: int
    _ended: int
    _error: type[BaseException] | None
    _ending: Ending | None  # where there is an error
    _resumed: int
    _token: Token["Span | None"]

    _run: Run
    _of: Recorded
    _parent: tuple[int, Run, Recorded] | None
    """Of the span in which this one began. Not the span: it would hold that of all spans before,
    in a timer that goes on and on."""

    start_ns: int
    """When the step began."""

    sequence: int
    """How many spans had begun in the process by then. It orders them; a clock may not."""

    @property
    def step(self) -> str:
        """The name of the step, as `flow` calls it."""
        return self._declared()[1].name

    @property
    def is_entrypoint(self) -> bool:
        """Whether the run began with this span."""
        if not self._declared()[1].is_entrypoint:
            return False
        if len(self._of.steps) == 1:
            return True
        # What is declared as a step too may be called as that, within the run.
        is_inside = self._parent is not None and is_same_run(self._parent[1], self._run)
        return not is_inside or all(step.is_entrypoint for step in self._of.steps)

    @property
    def begins_run(self) -> bool:
        """Whether its run began with this step, an entrypoint or a task of a queue."""
        return self._run.entrypoint == self.step

    @property
    def kind(self) -> str | None:
        """The kind of the step, as `penstock.step` has it, or None."""
        return getattr(self._declared()[1], "kind", None)

    @property
    def receives(self) -> tuple[str, ...]:
        """The channels that the step receives from, as it is declared."""
        return self._channels("receives")

    @property
    def sends(self) -> tuple[str, ...]:
        """The channels that the step sends to, as it is declared."""
        return self._channels("sends")

    def _channels(self, direction: str) -> tuple[str, ...]:
        return getattr(getattr(self._declared()[1], "options", None), direction, ())

    @property
    def function(self) -> Callable[..., Any] | None:
        """The declared function, without what was put around it."""
        function = getattr(self._declared()[1], "function", None)
        return None if function is None else unwrap(function)

    @property
    def remote(self) -> Remote | None:
        """The trace in the process that sent the operation here, or None if it sent none."""
        return remote_of(self._run)

    @property
    def flow(self) -> str | None:
        """The name of the run's flow, or else of the first that has the step."""
        return self._declared()[0]

    @property
    def also(self) -> tuple[DeclaredStep, ...]:
        """The other steps that the function is declared to be, in other flows or by other names."""
        steps = self._of.steps
        if len(steps) == 1 and len(steps[0].flows) <= 1:
            return ()
        flow, chosen = self._declared()
        found = [
            DeclaredStep(f, step.name, step.is_entrypoint) for step in steps for f in step.flows
        ]
        return tuple(s for s in dict.fromkeys(found) if s[:2] != (flow, chosen.name))

    def _declared(self) -> tuple[str | None, Recordable]:
        """Return the flow and the step that the run means."""
        return _find_declared(self._run, self._of)

    @property
    def flow_id(self) -> str:
        """The correlation ID of the operation."""
        return self._run.flow_id

    @property
    def span_id(self) -> str:
        """The ID of this execution, 16 hexadecimal digits that may be a parent-id in a header."""
        return self._digits()

    @property
    def parent(self) -> "ParentSpan | None":
        """The IDs and names of the span in which this one began, or None.

        It is of another operation where the flow IDs differ.
        """
        if self._parent is None:
            return None
        number, run, of = self._parent
        flow, step = _find_declared(run, of)
        return ParentSpan(digits_of(number), run.flow_id, run.run_id, flow, step.name)

    @property
    def parent_id(self) -> str | None:
        """The ID of the span in which this one began, or None."""
        return None if self._parent is None else digits_of(self._parent[0])

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        return self._run.run_id

    @property
    def process_id(self) -> str:
        """16 hexadecimal digits, different for each process."""
        renew_if_forked()
        return _process_id

    @property
    def duration_ns(self) -> int:
        """The time from the first resumption of the body to the end of the last; 0 before that."""
        return self._ended - self._began if hasattr(self, "_ended") else 0

    @property
    def active_ns(self) -> int:
        """The time that the body ran, without what a coroutine or generator waited."""
        return self._active

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self._error is None:
            return "ok"
        return self._ending or "error"

    @property
    def exception_type(self) -> str | None:
        """The full name of what the step raised, or None."""
        if self._error is None:
            return None
        module, name = self._error.__module__, self._error.__qualname__
        return name if module == "builtins" else f"{module}.{name}"

    @property
    def values(self) -> Mapping[str, object]:
        """The values that `penstock.annotate` attached, as they were when the step ended."""
        return values_shown(self._run)

    def as_dict(self) -> dict[str, object]:
        """Return all of it under the names of its attributes, values as they are."""
        flow, step = self._declared()
        run = self._run
        return {
            "flow": flow,
            "flow_id": run.flow_id,
            "run_id": run.run_id,
            "span_id": self._digits(),
            "parent_id": None if self._parent is None else digits_of(self._parent[0]),
            "step": step.name,
            "is_entrypoint": step.is_entrypoint and self.is_entrypoint,
            "also": [other._asdict() for other in also] if (also := self.also) else [],
            "process_id": self.process_id,
            "sequence": self.sequence,
            "start_ns": self.start_ns,
            "duration_ns": self.duration_ns,
            "active_ns": self._active,
            "outcome": "ok" if self._error is None else self.outcome,
            "exception_type": self._error and self.exception_type,
            "values": dict(values_shown(run)),
        }

    def __repr__(self) -> str:
        if not hasattr(self, "_ended"):  # it runs
            return f"<Span {self.step}>"
        return f"<Span {self.step} {self.outcome} in {self.duration_ns / 1e6:.3f} ms>"


class LostSpan(Span):
    """A span that is over, and that some context still has as the current one."""

    __slots__ = ()


def find_span() -> Span | None:
    """Return the span whose body is running, or None."""
    span = current_span.get()
    return None if isinstance(span, LostSpan) else span


class ParentSpan(NamedTuple):
    """The IDs and names that a span keeps of the one in which it began.

    .. versionadded:: 0.2
    """

    span_id: str
    """The ID of that execution."""

    flow_id: str
    """The correlation ID of its operation."""

    run_id: str
    """The ID of its run."""

    flow: str | None
    """The name of its flow."""

    step: str
    """The name of its step."""


def _find_declared(run: Run, of: Recorded) -> tuple[str | None, Recordable]:
    """Return the flow and the step that *run* means: its own, or else the first."""
    steps = of.steps
    for flow in run._flows:
        for step in steps:
            if flow in step.flows:
                return flow, step
    first = next((step for step in steps if step.flows), steps[0])
    return (first.flows[0] if first.flows else run.flow), first


_process_id: str


def _renew_process_id() -> None:
    global _process_id  # noqa: PLW0603 - there is one process
    _process_id = urandom(8).hex()


_renew_process_id()
renew_after_fork(_renew_process_id)

current_span: ContextVar[Span | None] = ContextVar("penstock.span", default=None)
"""The span whose body is running."""
