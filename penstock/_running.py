"""Working out which step is running, when somebody asks and at no other time."""

import sys

from penstock._context import current
from penstock._model import Step
from penstock._registry import Declaration, default_registry

__all__ = ["current_step"]


def current_step() -> Step | None:
    """Return the step whose code is running, or None if none is.

    It is found in the frames of the running thread, so that steps cost nothing
    until somebody asks: the nearest caller that is a declared step. Of a
    function that is part of several flows, the run's own flow decides.

    .. versionadded:: 0.1
    """
    codes = default_registry().codes()
    frame = sys._getframe(1)  # noqa: SLF001 - documented for this use
    while frame is not None:
        declarations = codes.get(id(frame.f_code))
        if declarations:
            return _choose(declarations)
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return None


def _choose(declarations: list[Declaration]) -> Step:
    """Return the declaration that the current run means, or else the first."""
    run = current.get()
    flows = run.flows if run else ()
    chosen = next((d for d in declarations if set(d.flows) & set(flows)), declarations[0])
    registry = default_registry()
    home = next((f for f in (*flows, *chosen.flows) if f in chosen.flows), None)
    return chosen.as_step(registry.get(home) if home else None)
