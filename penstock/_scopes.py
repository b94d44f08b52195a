"""Making a run current around the body of a function, however that runs."""

from collections.abc import Callable
from contextvars import Token

from penstock._context import Run, current, is_same_run
from penstock._failures import record_failure
from penstock._wrap import Scope

__all__ = ["run_scope"]


def run_scope(begin: Callable[[], Run]) -> Scope:
    """Return what makes the run that *begin* returns current around the body of a function."""
    again = Scope(lambda: _Resumed(begin()), _enter, _leave, fail=_fail)
    return Scope(begin, current.set, current.reset, fail=record_failure, again=again)


class _Resumed:
    """A run as the body of a generator last saw it."""

    __slots__ = ("run", "token")

    token: Token[Run | None]

    def __init__(self, run: Run) -> None:
        self.run = run


def _enter(resumed: _Resumed) -> _Resumed:
    resumed.token = current.set(resumed.run)
    return resumed


def _leave(resumed: _Resumed) -> None:
    here = current.get()
    # What the body annotated itself is there again when it goes on, and not with its caller.
    if here is not None and is_same_run(here, resumed.run):
        resumed.run = here
    current.reset(resumed.token)


def _fail(resumed: _Resumed, error: BaseException) -> None:
    record_failure(resumed.run, error)
