"""The building blocks of adapters for logging libraries and error reporters.

A log line or an error report shows which operation it belongs to: `add_fields`
adds the fields to a record, and `describe` returns them as one value. To write your own
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
