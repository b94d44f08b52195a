"""What adapters for logging libraries and error reporters are built from.

A log line or an error report says which operation it belongs to: `add_fields`
completes a record, `describe` returns the same as one value. To write your own
adapter, see :doc:`/how-to/write-an-integration`.
"""

from penstock._common.plain_values import printable, unprintable
from penstock._runtime.log_fields import (
    Report,
    add_fields,
    add_known_fields,
    describe,
    find_step,
    shorten,
)

__all__ = [
    "Report",
    "add_fields",
    "add_known_fields",
    "describe",
    "find_step",
    "printable",
    "shorten",
    "unprintable",
]
