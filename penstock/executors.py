"""The executors of `concurrent.futures`, with the run of the code that submits the work.

Use them instead of those: ``from penstock.executors import ThreadPoolExecutor``.
"""

from collections.abc import Callable
from concurrent import futures
from typing import ParamSpec, TypeVar

from penstock._runtime.bound import bound

__all__ = ["ProcessPoolExecutor", "ThreadPoolExecutor"]

P = ParamSpec("P")
R = TypeVar("R")


class ThreadPoolExecutor(futures.ThreadPoolExecutor):
    """`concurrent.futures.ThreadPoolExecutor`, whose work runs in the run that submitted it.

    Each call gets a copy of the whole context, as with `asyncio.to_thread`.

    .. versionadded:: 0.2
    """

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[R]:
        """Schedule a call of *fn* in the current run; see `concurrent.futures.Executor.submit`."""
        return super().submit(bound(fn), *args, **kwargs)


class ProcessPoolExecutor(futures.ProcessPoolExecutor):
    """`concurrent.futures.ProcessPoolExecutor`, whose work has the flow ID that submitted it.

    .. versionadded:: 0.2
    """

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[R]:
        """Schedule a call of *fn* with the current ID; see `concurrent.futures.Executor.submit`."""
        return super().submit(bound(fn), *args, **kwargs)
