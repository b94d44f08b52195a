"""Log lines of loguru that say to which operation they belong."""

import sys
from typing import TYPE_CHECKING

from penstock.reporting import add_fields

if TYPE_CHECKING:
    from loguru import Record

__all__ = ["patcher"]


def patcher(record: "Record", *, id_length: int | None = None) -> None:
    """Add ``flow_id``, ``flow``, ``step`` and annotated values to the ``extra`` of *record*.

    Give it to loguru with ``logger.configure(patcher=patcher)`` and write
    ``{extra[flow_id]}`` in the format. What is there already, from
    ``logger.bind`` say, stays. It runs where the line is logged, so
    ``enqueue=True`` makes no difference. A line that reports an exception
    outside a run says which operation that is from.

    Args:
        record: What loguru gives it.
        id_length: How many characters of the flow ID lines have: the last ones,
            for those at its beginning are the time. Set it with
            ``functools.partial(patcher, id_length=8)``. None means all.

    .. versionadded:: 0.2
    """
    reported = record["exception"]
    error = None if reported is None else reported.value
    frame = sys._getframe(1)
    add_fields(record["extra"], "-", frame, error, id_length)
