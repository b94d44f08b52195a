"""Warnings of type ``penstock``, with subtypes by which ``suppress_warnings`` can name them."""

from typing import Any, Literal

from sphinx.util import logging

__all__ = ["Subtype", "warn"]

Subtype = Literal[
    "config",
    "docstring",
    "edge_contradicted",
    "evidence",
    "import",
    "listener",
    "not_shown",
    "option",
    "recursion",
    "render",
    "signature",
    "unknown_flow",
    "unknown_step",
]

_logger = logging.getLogger(__name__)


def warn(message: str, subtype: Subtype | str, *, location: Any = None, once: bool = False) -> None:
    """Warn of *message*, at *location* if there is one.

    Args:
        message: What is wrong and what to do.
        subtype: What kind of warning it is: one of these, or the code of a flow's problem.
        location: A node, or ``"file:line"``.
        once: Whether the same message is logged only once in a build.
    """
    _logger.warning("%s", message, type="penstock", subtype=subtype, location=location, once=once)
