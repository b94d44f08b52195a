"""Working out which step is running, when somebody asks and at no other time."""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import CodeType, FrameType, TracebackType

from penstock._declared.declaration import Declaration, Declared, Starter
from penstock._declared.registry import default_registry, known_codes
from penstock._declared.step import Step
from penstock._runtime.drivers import find_scope
from penstock._runtime.run import open_run
from penstock._runtime.spans import find_span

__all__ = ["current_step", "find_raiser", "find_running"]


def current_step() -> Step | None:
    """Return the step whose code is running, or None if none is.

    It is found in the frames of the running thread, so that steps cost nothing
    until somebody asks: the nearest caller that is a declared step. Of a
    function that is part of several flows, the run's own flow decides. In a task
    or thread that a step started there are no such frames: while steps are
    recorded (see `penstock.tracing.configure`) it is the step whose span is
    current there, and None otherwise.

    .. versionadded:: 0.2
    """
    chosen = find_running(sys._getframe(1))
    if chosen is None:
        return None
    home = next((f for f in (*_current_flows(), *chosen.flows) if f in chosen.flows), None)
    return chosen.as_step(default_registry().find_flow(home))


def find_running(frame: FrameType | None) -> Declaration | None:
    """Return the declaration of the step whose code runs in *frame* or called it."""
    codes = known_codes()
    if not codes:
        return None
    while frame is not None:
        declarations = codes.get(id(frame.f_code))
        if declarations:
            known = declarations if isinstance(declarations, list) else [*declarations]
            # Most functions are declared once, and each log line pays for what is done here.
            if len(known) == 1 and known[0].is_sure:
                return known[0]
            found = _distinguish(known, frame, partial(_callers, frame))
            if found is None:
                return None
            if found:
                return _choose(found, frame.f_code)
        frame = frame.f_back
    return _recorded_step()


def _recorded_step() -> Declaration | None:
    """Return the step whose span is current: it started this task, thread or callback."""
    span = find_span()
    if span is None:
        return None
    found = [step for step in span._of.steps if isinstance(step, Declaration)]  # noqa: SLF001 - our own
    return _choose(found) if found else None


def find_raiser(traceback: TracebackType | None) -> str | None:
    """Return the name of the innermost step in *traceback*, or None."""
    find, found, code, outermost = known_codes().get, None, None, traceback
    while traceback is not None:
        known = find(id(traceback.tb_frame.f_code))
        if known and isinstance(known, list) and len(known) == 1 and known[0].is_sure:
            found = known
        elif known:
            before = partial(_before, traceback, outermost)
            here = _distinguish(known, traceback.tb_frame, before)
            if here != []:
                found, code = here, traceback.tb_frame.f_code
        traceback = traceback.tb_next
    if not found:
        return None
    chosen = found[0] if len(found) == 1 else _choose(found, code)
    return None if chosen is None else chosen.name


def _callers(frame: FrameType) -> Iterator[FrameType]:
    """Yield the frames that called *frame*, nearest first."""
    while frame.f_back is not None:
        frame = frame.f_back
        yield frame


def _before(last: TracebackType, first: TracebackType | None) -> Iterable[FrameType]:
    """Return the frames from *first* to just before *last*, from the last one on."""
    frames: list[FrameType] = []
    while first is not None and first is not last:
        frames.append(first.tb_frame)
        first = first.tb_next
    return reversed(frames)


def _distinguish(
    declarations: Iterable[Declaration],
    frame: FrameType,
    callers: Callable[[], Iterable[FrameType]],
) -> list[Declaration] | None:
    """Return those of *declarations* of which *frame* is a call; None if that is not clear."""
    possible = [d for d in declarations if d.receiver is None or _is_of(d, frame)]
    sure = [d for d in possible if not d.shares(frame.f_code) or _is_called_by(callers(), d)]
    return None if possible and not sure else sure


def _is_called_by(callers: Iterable[FrameType], declaration: Declaration) -> bool:
    """Return whether the nearest of *callers* that can say so called *declaration*."""
    codes = known_codes()
    for frame in callers:
        scope = find_scope(frame)
        if scope is not None and scope.recipe is not None:
            of = scope.recipe[1][0]
            declared = of.declared if isinstance(of, Starter) else of
            if isinstance(declared, Declared):
                return declared is declaration.declared
        elif any(frame.f_code is code for code in declaration.codes):
            if not declaration.shares(frame.f_code):
                return True
        elif id(frame.f_code) in codes:
            return False
    return False


def _is_of(declaration: Declaration, frame: FrameType) -> bool:
    """Return whether *frame* is a call of the method that was declared, not of another object's."""
    names = frame.f_code.co_varnames
    return bool(names) and frame.f_locals.get(names[0]) is declaration.receiver


def _choose(declarations: list[Declaration], code: CodeType | None = None) -> Declaration | None:
    """Return the declaration that the current run means; None if it may be one or another.

    Args:
        declarations: The declarations.
        code: What runs: of two steps of one flow, it is that whose function has it.
    """
    if len(declarations) == 1:
        return declarations[0]
    flows = _current_flows()
    found = [d for flow in flows for d in declarations if flow in d.flows] or declarations
    found = [d for d in found if d.is_own(code)] or found
    # A function that was declared twice is both steps.
    return found[0] if all(d.function is found[0].function for d in found) else None


def _current_flows() -> tuple[str, ...]:
    run = open_run()
    return run.flows if run else ()
