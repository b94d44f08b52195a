"""Names and signatures of the functions of steps, for tools that document Python themselves.

Nothing here calls the function, evaluates a default or trusts the representation of an object.
"""

from penstock._common.callables import attempt
from penstock._declared.signatures import UNKNOWN, read_signature, why_unreadable
from penstock._declared.source import Source
from penstock.graph._functions import is_async, python_name, signature_of

__all__ = [
    "UNKNOWN",
    "Source",
    "attempt",
    "is_async",
    "python_name",
    "read_signature",
    "signature_of",
    "why_unreadable",
]
