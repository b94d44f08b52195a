"""Which shape shows what a step touches."""

from typing import Literal

__all__ = ["KNOWN_KINDS", "Shape", "shape_of"]

Shape = Literal["service", "queue", "store", "document", "message", "plain"]

_SHAPES: dict[str, Shape] = {
    "http": "service",
    "api": "service",
    "grpc": "service",
    "kafka": "queue",
    "queue": "queue",
    "amqp": "queue",
    "topic": "queue",
    "database": "store",
    "db": "store",
    "sql": "store",
    "cache": "store",
    "search": "store",
    "file": "document",
    "storage": "document",
    "report": "document",
    "email": "message",
    "notification": "message",
    "sms": "message",
}

KNOWN_KINDS = frozenset(_SHAPES)
"""The kinds that have a shape, in lower case."""


def shape_of(kind: str | None) -> Shape:
    """Return the shape for *kind*: ``"plain"`` if it has none of its own."""
    return _SHAPES.get((kind or "").lower(), "plain")
