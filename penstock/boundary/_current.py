"""Making a run current for a block, and for the parts of a body."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextvars import Token
from typing import TypeVar

from penstock._runtime.failure_records import note_flow_id, record_failure
from penstock._runtime.run import Run, close_run, current, latest

__all__ = ["active", "active_or_none", "aiterate", "inactive", "iterate"]

T = TypeVar("T")


class active:  # noqa: N801 - reads as a state, like `contextlib.suppress`
    """Make *run* current for a block, and restore the previous run at its end.

    An exception that leaves the block carries the details of the run, for
    error reports.

    This is for adapters. Applications use `penstock.bind`.

    .. versionadded:: 0.2
    """

    __slots__ = ("_run", "_token")

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        """The run, with the values that the block has annotated so far."""
        return self._run

    def __enter__(self) -> Run:
        self._run = latest(self._run)
        self._token: Token[Run | None] = current.set(self._run)
        return self._run

    def __exit__(
        self, _kind: object = None, error: BaseException | None = None, _traceback: object = None
    ) -> None:
        self._run = latest(self._run)
        if error is not None:
            record_failure(self._run, error)
        try:
            current.reset(self._token)
        except ValueError:
            # Closed or collected from another context, which never had the run.
            before = self._token.old_value
            close_run(self._run, None if before is Token.MISSING else before)


class inactive:  # noqa: N801 - reads as a state, like `active`
    """Make no run current for a block, and restore the previous run at its end.

    For requests without a run, if a server or a worker left one current.

    .. versionadded:: 0.2
    """

    __slots__ = ("_token",)

    run = None
    """That there is none, where `active` has one."""

    def __enter__(self) -> None:
        self._token: Token[Run | None] = current.set(None)

    def __exit__(self, *_: object) -> None:
        try:
            current.reset(self._token)
        except ValueError:
            pass  # closed or collected from another context


def active_or_none(run: Run | None) -> active | inactive:
    """Return what makes *run* current for a block, or none if it is None."""
    return inactive() if run is None else active(run)


def _note(run: Run | None, error: Exception) -> None:
    """Let *error* name *run* in the log of the server, which has begun to send the response."""
    if run is not None:
        note_flow_id(run, error)


class iterate(Iterator[T]):  # noqa: N801 - used like a function
    """Iterate over *items* with *run* current while one is made, and when they are closed.

    For streaming bodies, over which a server iterates after the view has
    returned. Between items, the server's own run is current, if any.

    Args:
        run: The run, or None to make no run current: for the body of a request
            without a run.
        items: The items.

    .. versionadded:: 0.2
    """

    __slots__ = ("_items", "_iterator", "_run")

    def __init__(self, run: Run | None, items: Iterable[T]) -> None:
        self._run = run
        self._items = items
        self._iterator: Iterator[T] | None = None

    def __next__(self) -> T:
        block = active_or_none(self._run)
        try:
            with block:
                if self._iterator is None:
                    self._iterator = iter(self._items)
                return next(self._iterator)
        except StopIteration:
            raise
        except Exception as error:
            _note(block.run, error)
            raise
        finally:
            self._run = block.run

    def close(self) -> None:
        """Close *items*, also if none was made yet."""
        close = getattr(self._items, "close", None)
        if close is not None:
            with active_or_none(self._run):
                close()


class aiterate(AsyncIterator[T]):  # noqa: N801 - used like a function
    """Iterate over asynchronous *items*, as `iterate` does.

    .. versionadded:: 0.2
    """

    __slots__ = ("_items", "_iterator", "_run")

    def __init__(self, run: Run | None, items: AsyncIterable[T]) -> None:
        self._run = run
        self._items = items
        self._iterator: AsyncIterator[T] | None = None

    async def __anext__(self) -> T:
        block = active_or_none(self._run)
        try:
            with block:
                if self._iterator is None:
                    self._iterator = aiter(self._items)
                return await anext(self._iterator)
        except StopAsyncIteration:
            raise
        except Exception as error:
            _note(block.run, error)
            raise
        finally:
            self._run = block.run

    async def aclose(self) -> None:
        """Close *items*, also if none was made yet."""
        close = getattr(self._items, "aclose", None)
        if close is not None:
            with active_or_none(self._run):
                await close()
