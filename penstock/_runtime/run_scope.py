"""Making a run current around the body of a function, however that runs."""

from collections.abc import Callable
from contextvars import Token
from typing import Any

from penstock._runtime.failure_records import record_failure
from penstock._runtime.returned import drive_returned
from penstock._runtime.run import Run, close_run, current, is_same_run
from penstock._runtime.scope import Scope

__all__ = ["run_scope"]

Recipe = tuple[Callable[..., Scope], tuple[Any, ...]]


def run_scope(begin: Callable[[], Run], recipe: Recipe | None = None) -> Scope:
    """Return what makes the run that *begin* returns current around the body of a function."""
    return Scope(
        *(begin, current.set, current.reset),
        fail=record_failure,
        lose=_lose,
        look=current.get,
        keep=_keep,
        take=_take,
        recipe=recipe,
    )


def _take(run: Run, result: Any, refuses: bool) -> Any:
    return drive_returned(result, lambda: run_scope(lambda: run), refuses=refuses)


def _lose(run: Run, token: Token[Run | None]) -> None:
    """Let *run*, which is over, be current nowhere: not in the context that still has it."""
    before = token.old_value
    close_run(run, None if before is Token.MISSING else before)


def _keep(run: Run, here: Run | None) -> Run:
    """Return *run* as a generator's body last saw it.

    What the body annotated is there again when it goes on, and not with its caller.
    """
    return here if here is not None and is_same_run(here, run) else run
