"""Making a flow ID current for a block or a function."""

import sys
import warnings
from collections.abc import Callable
from contextvars import Token
from types import FrameType
from typing import ParamSpec, TypeVar, cast

from penstock._common.declared_strings import check_text
from penstock._common.plain_values import plain_string
from penstock._declared.functions import unwrap_method
from penstock._declared.usage_errors import explains
from penstock._runtime.failure_records import record_failure
from penstock._runtime.headers import NO_VALUES, Carried
from penstock._runtime.ids import is_flow_id
from penstock._runtime.instrument import instrument_alike
from penstock._runtime.run import Run, close_run, current, is_same_run, open_run
from penstock._runtime.run_scope import run_scope
from penstock._runtime.scope import Scope
from penstock._runtime.wrappable import check_wrappable
from penstock.exceptions import InvalidFlowIdError

__all__ = ["bind", "scope_of_binding"]

P = ParamSpec("P")
R = TypeVar("R")


class bind:  # noqa: N801 - reads as a verb, like `contextlib.suppress`
    """Make a flow ID current for a block or a function.

    For scripts, consumer loops, management commands and tests. Leaving the
    block restores what was current before it::

        with bind(): ...
        async with bind(flow_id): ...

        for message in consumer:
            with bind(extract(message.headers())): ...

        @bind()
        def nightly(): ...

    Each call of a decorated function is a separate block; generators are bound
    while their body runs. Write ``@bind()`` above a generator rather than a
    block around a ``yield`` in it, since other code runs in between.

    Args:
        flow_id: The ID to make current, or the result of `extract`. None, or a
            result without an ID, keeps the current ID, or makes a new one.
        flow: The name of the flow that the block belongs to, if any.

    Raises:
        InvalidFlowIdError: If *flow_id* is not a flow ID.
        InvalidArgumentError: If *flow* is not a string, or has control characters.
        RuntimeError: If a block is entered again before it was left.

    .. versionadded:: 0.2
    """

    def __init__(self, flow_id: "str | Carried | None" = None, *, flow: str | None = None) -> None:
        if isinstance(flow_id, Carried):
            brought = flow_id.flow_id, flow_id.values, flow_id._remote  # noqa: SLF001 - our own
        else:
            brought = flow_id, NO_VALUES, None
        self._flow_id, self._values, self._remote = brought
        if self._flow_id is not None:
            if not is_flow_id(self._flow_id):
                raise InvalidFlowIdError(len(str(self._flow_id)))
            self._flow_id = plain_string(self._flow_id)
        if flow is not None:
            check_text("bind", flow=flow)
        self._flows = () if flow is None else (plain_string(flow),)
        self._token: Token[Run | None] | None = None

    @explains("bind(...)", "@bind() above a def")
    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return *function* with every call in a separate block."""
        check_wrappable("bind()", unwrap_method(function))
        return cast("Callable[P, R]", instrument_alike(function, self._scope()))

    def _scope(self) -> Scope:
        carried = Carried(self._flow_id, self._values, self._remote)
        return run_scope(self._begin, (scope_of_binding, (carried, self._flows)))

    def _begin(self) -> Run:
        return Run(self._flow_id, self._flows, None, open_run(), self._values, remote=self._remote)

    def __enter__(self) -> Run:
        if self._token is not None:
            message = "this bind() is entered already; call bind() again for another block"
            raise RuntimeError(message)
        run = self._begin()
        self._token = current.set(run)
        self._run = run
        return run

    def __exit__(
        self, _kind: object = None, error: BaseException | None = None, _traceback: object = None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            if error is not None:
                record_failure(self._run, error)
            self._leave(token)

    def _leave(self, token: "Token[Run | None]") -> None:
        here, before = current.get(), token.old_value
        is_innermost = here is not None and is_same_run(here, self._run)
        try:
            current.reset(token)
        except ValueError:
            is_innermost = False
            _warn_of_a_yield(sys._getframe(2))
        if not is_innermost:  # another one begins or ends between, which brings this one back
            close_run(self._run, None if before is Token.MISSING else before)

    async def __aenter__(self) -> Run:
        return self.__enter__()

    async def __aexit__(
        self, _kind: object = None, error: BaseException | None = None, _traceback: object = None
    ) -> None:
        self.__exit__(None, error)


_warned = set[tuple[str, int]]()


def _warn_of_a_yield(frame: FrameType | None) -> None:
    """Warn once of the line of a ``with bind():`` that ended in another context."""
    while frame is not None and frame.f_globals.get("__name__") in {__name__, "contextlib"}:
        frame = frame.f_back
    if frame is None or (frame.f_code.co_filename, frame.f_lineno) in _warned:
        return
    _warned.add((frame.f_code.co_filename, frame.f_lineno))
    message = (
        "`with bind():` ended in another context than it began in, because it is held over a "
        "`yield`: what runs between does not have its flow ID for sure. Write @bind() above the "
        "generator instead"
    )
    warnings.warn_explicit(message, RuntimeWarning, frame.f_code.co_filename, frame.f_lineno)


def scope_of_binding(carried: Carried, flows: tuple[str, ...]) -> Scope:
    return bind(carried, flow=flows[0] if flows else None)._scope()  # noqa: SLF001 - our own
