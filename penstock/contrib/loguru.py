"""Log lines of loguru that say to which operation they belong."""

import sys
from typing import TYPE_CHECKING

from penstock._fields import add_fields

if TYPE_CHECKING:
    from loguru import Record

__all__ = ["patcher"]


def patcher(record: "Record") -> None:
    """Add ``flow_id``, ``flow``, ``step`` and annotated values to the ``extra`` of *record*.

    Give it to loguru with ``logger.configure(patcher=patcher)`` and write
    ``{extra[flow_id]}`` in the format. What is there already, from
    ``logger.bind`` say, stays. It runs where the line is logged, so
    ``enqueue=True`` makes no difference.

    .. versionadded:: 0.1
    """
    add_fields(record["extra"], "-", sys._getframe(1))  # noqa: SLF001 - documented for this use
