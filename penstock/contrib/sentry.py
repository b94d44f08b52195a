"""Events of Sentry that say to which operation they belong.

It needs ``pip install "penstock[sentry]"``.
"""

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from penstock import Run, current_run
from penstock.boundary import is_trace_id, observe_received
from penstock.exceptions import MissingExtraError
from penstock.reporting import Report, describe

try:
    import sentry_sdk
    from sentry_sdk.integrations import Integration
    from sentry_sdk.scope import add_global_event_processor
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "sentry-sdk", "sentry", error) from error

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

__all__ = ["FlowIntegration"]

_logger = logging.getLogger("penstock")


class FlowIntegration(Integration):
    """Tags events of Sentry with ``flow_id``, ``flow`` and ``step``.

    Hand it to ``sentry_sdk.init(integrations=[FlowIntegration()])``. Errors,
    messages and transactions that are captured in a run have the tags, and the
    run's ID and what `penstock.annotate` attached in their context ``penstock``. Of an
    error the step is the one that raised it. Tags that are there already stay,
    and outside a run nothing is added. A transaction that Sentry began around a
    request, message or task which an adapter of penstock receives has the
    ``flow_id``, and what `penstock.Run.annotate` attached to all of it, also where it
    ends after the run.

    Where no span of Sentry's own is active, the flow ID is the trace of the
    event too, if it is a valid trace-id: Sentry then shows all events of one
    operation together, from whichever process they came.

    .. versionadded:: 0.2
    """

    identifier = "penstock"

    @staticmethod
    def setup_once() -> None:
        """Let Sentry ask for tags. It is called by ``sentry_sdk.init``, once per process."""
        add_global_event_processor(_process)
        observe_received(_remember)


def _remember(run: Run) -> None:
    """Let the transaction that has begun around *run* know it: it ends when the run is over."""
    try:
        if current_run() is None and sentry_sdk.get_client().get_integration(FlowIntegration):
            transaction = sentry_sdk.get_current_scope().transaction
            if transaction is not None:
                # The transaction's own, and so nobody else's. Its event gets the values then.
                transaction.set_context(_CONTEXT, {_RUN: run})
    except Exception:
        _logger.debug("no transaction of Sentry could be tagged", exc_info=True)


_CONTEXT = "penstock"
_RUN = "run"


def _remembered(event: "Event") -> Run | None:
    """Return the run that the transaction of *event* remembered, which is then forgotten."""
    contexts: dict[str, Any] = event.get("contexts") or {}
    run = (contexts.get(_CONTEXT) or {}).get(_RUN)
    if not isinstance(run, Run):
        return None
    event["contexts"] = {name: found for name, found in contexts.items() if name != _CONTEXT}
    return run


def _process(event: "Event", hint: "Hint") -> "Event":
    remembered = _remembered(event)
    _, error, _ = hint.get("exc_info") or (None, None, None)
    report = describe(error, frame=sys._getframe(1), run=remembered)
    if report is None or sentry_sdk.get_client().get_integration(FlowIntegration) is None:
        return event
    tags = {"flow_id": report.flow_id, "flow": report.flow, "step": report.step}
    known = {name: value for name, value in tags.items() if value is not None}
    fields: dict[str, Any] = event  # type: ignore[assignment]  # tags may be pairs too
    fields["tags"] = known | dict(fields.get("tags") or {})
    contexts = dict(fields.get("contexts") or {})
    contexts[_CONTEXT] = _values_of(report, tags) | known
    if fields.get("type") != "transaction" and sentry_sdk.get_current_span() is None:
        contexts["trace"] = _in_trace(report.flow_id, contexts.get("trace") or {})
    fields["contexts"] = contexts
    return event


def _values_of(report: Report, tags: Iterable[str]) -> dict[str, Any]:
    """Return what was annotated beside *tags*, and the ID of the run."""
    own = {*tags, "run_id"}
    values = {name: value for name, value in report.values.items() if name not in own}
    return values if report.run_id is None else values | {"run_id": report.run_id}


def _in_trace(flow_id: str, trace: dict[str, Any]) -> dict[str, Any]:
    """Return *trace* as that of the operation, if its ID can be one."""
    if not is_trace_id(flow_id):
        return trace
    sampling = trace.get("dynamic_sampling_context")
    changed = {"dynamic_sampling_context": {**sampling, "trace_id": flow_id}} if sampling else {}
    return {**trace, **changed, "trace_id": flow_id}
