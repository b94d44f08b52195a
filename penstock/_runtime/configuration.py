"""The settings of an application for the whole process: how IDs are made, and what is hidden."""

import enum
import logging
from collections.abc import Callable
from typing import Literal

from penstock._common.callables import check_plain_function, discard
from penstock._common.plain_values import plain_string
from penstock._declared.usage_errors import explains
from penstock._runtime.ids import is_flow_id, make_flow_id
from penstock._runtime.redaction import Redact, configure_redaction
from penstock.exceptions import InvalidFlowIdError

__all__ = ["configure", "id_factories", "new_flow_id"]

_logger = logging.getLogger("penstock")

id_factories: list[Callable[[], str]] = []
"""The function that makes flow IDs in place of penstock: one, or none."""


class _Keep(enum.Enum):
    """That a setting stays as it is."""

    KEEP = "as it is"


@explains("configure()", "configure(id_factory=...), or for spans penstock.tracing.configure(...)")
def configure(
    *,
    id_factory: Callable[[], str] | Literal[_Keep.KEEP] | None = _Keep.KEEP,
    redact: Redact | Literal[_Keep.KEEP] | None = _Keep.KEEP,
) -> None:
    """Set how penstock makes flow IDs and what it hides, for the whole process.

    What is left out stays as it is. Without any argument, all is as it was at
    first.

    Args:
        id_factory: Called without arguments for each new ID. It is called once
            here, to be checked. None brings back penstock's own: 32 hexadecimal
            digits that sort by time.
        redact: Which annotated values are hidden in log records, spans, error
            reports and headers, where ``[redacted]`` replaces them: a list
            of names, ``["password", "*_token"]``, whatever their case, and of
            patterns from `re.compile`, which are searched in the name and in
            the text of the value. Or a function, which is called with the name
            and the value when a value is annotated, and returns what is to be
            shown; where it raises, the value is hidden. None hides nothing.

    Raises:
        InvalidFlowIdError: If what *id_factory* returns is not a flow ID.
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """
    if id_factory is _Keep.KEEP and redact is _Keep.KEEP:
        id_factory = redact = None
    if id_factory is not _Keep.KEEP:
        _set_id_factory(id_factory)
    if redact is not _Keep.KEEP:
        configure_redaction(redact)


def _set_id_factory(chosen: Callable[[], str] | None) -> None:
    if chosen is None:
        id_factories.clear()
        return
    check_plain_function("penstock.configure", "id_factory", chosen)
    sample = chosen()
    if discard(sample) or not is_flow_id(sample):
        raise InvalidFlowIdError(len(str(sample)))
    id_factories[:] = [_checked(chosen)]


def _checked(factory: Callable[[], str]) -> Callable[[], str]:
    """Return *factory* with a built-in ID in place of whatever is not one."""

    def make() -> str:
        try:
            made = factory()
        except Exception:
            _logger.exception("the id_factory failed; penstock makes this flow ID itself")
            return make_flow_id()
        if is_flow_id(made):
            return plain_string(made)
        discard(made)
        _logger.error("the id_factory returned no flow ID; penstock makes this one itself")
        return make_flow_id()

    return make


def new_flow_id() -> str:
    """Return a new flow ID from the configured factory."""
    return id_factories[0]() if id_factories else make_flow_id()
