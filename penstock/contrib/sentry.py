"""Events of Sentry that say to which operation they belong.

It needs ``pip install "penstock[sentry]"``.
"""

import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from penstock._context import current_run
from penstock._running import find_running
from penstock.exceptions import MissingExtraError

try:
    import sentry_sdk
    from sentry_sdk.integrations import Integration
    from sentry_sdk.scope import add_global_event_processor
except ImportError as error:
    raise MissingExtraError(__name__, "sentry-sdk", "sentry") from error

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

__all__ = ["FlowIntegration"]


class FlowIntegration(Integration):
    """Tags events of Sentry with ``flow_id``, ``flow`` and ``step``.

    Hand it to ``sentry_sdk.init(integrations=[FlowIntegration()])``. Errors,
    messages and transactions that are captured in a run have the tags, and the
    run's ID and what `annotate` attached in their context ``penstock``. Of an
    error the step is the one that raised it. Tags that are there already stay,
    and outside a run nothing is added.

    .. versionadded:: 0.1
    """

    identifier = "penstock"

    @staticmethod
    def setup_once() -> None:
        """Let Sentry ask for tags. It is called by ``sentry_sdk.init``, once per process."""
        add_global_event_processor(_process)


def _process(event: "Event", hint: "Hint") -> "Event":
    run = current_run()
    if run is None or sentry_sdk.get_client().get_integration(FlowIntegration) is None:
        return event
    said = {"flow_id": run.flow_id, "flow": run.flow, "step": _find_step(hint)}
    known = {name: value for name, value in said.items() if value is not None}
    fields: dict[str, Any] = event  # type: ignore[assignment]  # tags may be pairs too
    fields["tags"] = known | dict(fields.get("tags") or {})
    values = {name: value for name, value in run.values.items() if name not in known}
    fields["contexts"] = {
        **(fields.get("contexts") or {}),
        "penstock": values | {"run_id": run.run_id} | known,
    }
    return event


def _find_step(hint: "Hint") -> str | None:
    """Return the name of the step that raised what *hint* tells of, or else of the running one."""
    exc_info = hint.get("exc_info") or (None, None, None)
    frames = [*_frames(exc_info[2])][::-1]
    for frame in (*frames, sys._getframe(1)):  # noqa: SLF001 - documented for this use
        running = find_running(frame)
        if running is not None:
            return running.name
    return None


def _frames(traceback: TracebackType | None) -> "list[FrameType]":
    frames = []
    while traceback is not None:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    return frames
