"""Making a run current around the body of a function, however that runs."""

from collections.abc import Callable

from penstock._context import Run, current, is_same_run
from penstock._failures import record_failure
from penstock._wrap import Scope

__all__ = ["run_scope"]


def run_scope(begin: Callable[[], Run]) -> Scope:
    """Return what makes the run that *begin* returns current around the body of a function."""
    return Scope(
        begin, current.set, current.reset, fail=record_failure, look=current.get, keep=_keep
    )


def _keep(run: Run, here: Run | None) -> Run:
    """Return *run* as a generator's body last saw it.

    What the body annotated is there again when it goes on, and not with its caller.
    """
    return here if here is not None and is_same_run(here, run) else run
