"""The icons of steps: own drawings of 16 by 16, stroked with 1.5."""

from dataclasses import dataclass

from penstock._declared.channels import scheme_of
from penstock.graph._model import Node

__all__ = [
    "DASHES",
    "ENTRY",
    "FAMILIES",
    "GROUP",
    "LOOP",
    "MARKS",
    "MISSING",
    "SIGNS",
    "VERDICTS",
    "Icon",
    "icon_of",
    "icon_of_channel",
]

FAMILIES = ("net", "queue", "store", "msg", "other")
"""The families of colours, which have a few icons each."""


@dataclass(frozen=True, slots=True)
class Icon:
    """An icon, and the family of its colours."""

    path: str
    family: str


ENTRY = "M4.4 2.8 12.6 8l-8.2 5.2z"
MISSING = "M5.6 5.8c0-3.2 4.8-3.2 4.8 0 0 2-2.4 1.9-2.4 4M8 12.6v.1"
LOOP = "M12.6 8a4.6 4.6 0 1 1-1.5-3.4M11.6 1.9v3H8.6"
SIGNS = {"failed": "M4.8 4.8l6.4 6.4M11.2 4.8l-6.4 6.4", "visited": "M3.8 8.4l2.9 2.9 5.6-6.2"}
"""The sign at the end of a step in the image of a run."""

VERDICTS = ("channel", "unchecked", "unverified", "mixed", "contradicted", "undeclared")
"""The verdicts on edges that are drawn, the best first."""

MARKS = {
    "unchecked": "M3.4 9.4c1.6-3.6 3.1-3.2 4.6-1.4c1.5 1.8 3 2.2 4.6-1.4",
    "unverified": MISSING,
    "mixed": "M8 2.8v5.6M5.2 5.6h5.6M5.2 12h5.6",
    "contradicted": SIGNS["failed"],
    "undeclared": "M8 4v8M4 8h8",
}
"""The signs of verdicts."""

DASHES = {
    "channel": "6 4",
    "unchecked": "2 5",
    "unverified": ".1 4.5",
    "mixed": "9 4 .1 4",
    "undeclared": "9 4 .1 4 .1 4",
}
"""The patterns of lines by verdicts."""

_GLOBE = (
    "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M2 8h12M8 2c2.6 2.4 2.6 9.6 0 12M8 2c-2.6 2.4-2.6 9.6 0 12"
)
_CYLINDER = (
    "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2v8c0 1.1 2.2 2 5 2s5-.9 5-2V4"
    "M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"
)
_SQUARES = "M2.2 2.2h4.6v4.6H2.2zM9.2 2.2h4.6v4.6H9.2zM2.2 9.2h4.6v4.6H2.2zM9.2 9.2h4.6v4.6H9.2z"

GROUP = Icon(_SQUARES, "other")
"""The icon of a group that is folded."""

_OTHER = Icon("M8 3.2 12.8 8 8 12.8 3.2 8z", "other")

_ICONS: dict[Icon, tuple[str, ...]] = {
    Icon(_GLOBE, "net"): ("http", "https", "rest", "web", "webhook", "websocket"),
    Icon("M5.5 3.5 2 8l3.5 4.5M10.5 3.5 14 8l-3.5 4.5", "net"): (
        *("api", "grpc", "graphql", "rpc", "soap"),
    ),
    Icon("M2 3.8h12v8.6H2zM2 6.8h12M4.4 10h2.4", "net"): ("payment", "card", "bank"),
    Icon("M8 1.8 13.4 5v6L8 14.2 2.6 11V5zM2.6 5 8 8.2 13.4 5M8 8.2v6", "net"): ("service",),
    Icon("M2 4.2h7M2 8h11.5M2 11.8h7M10.8 5.2 13.6 8l-2.8 2.8", "queue"): (
        *("kafka", "topic", "stream", "event", "kinesis", "pubsub", "nats", "mqtt", "sns"),
    ),
    Icon("M1.8 5.2h2.8v5.6H1.8zM6.4 5.2h2.8v5.6H6.4zM11.2 8h3M12.4 6l2 2-2 2", "queue"): (
        *("queue", "amqp", "rabbitmq", "sqs"),
    ),
    Icon(ENTRY, "queue"): (
        *("celery", "task", "job", "worker", "rq", "dramatiq", "huey", "taskiq"),
    ),
    Icon(_CYLINDER, "store"): (
        *("database", "db", "sql", "postgres", "postgresql", "mysql", "sqlite", "mongodb"),
    ),
    Icon("M9 1.8 3.6 9H8l-1 5.2L12.4 7H8z", "store"): ("cache", "redis", "memcached"),
    Icon("M7 2.4a4.6 4.6 0 1 0 0 9.2 4.6 4.6 0 1 0 0-9.2M10.4 10.4 14 14", "store"): (
        *("search", "elasticsearch", "opensearch"),
    ),
    Icon("M2 3.8h12v8.6H2zM2.3 4.2 8 8.8l5.7-4.6", "msg"): ("email", "mail"),
    Icon("M2 3h12v7.8H7.2L4 13.6v-2.8H2z", "msg"): ("sms", "chat", "slack", "notification", "push"),
    Icon("M4 1.8h5l3.2 3.2v9.2H4zM9 1.8V5h3.2", "other"): ("file", "storage", "report", "s3"),
    Icon("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 4.8V8l2.2 1.6", "other"): (
        *("timer", "cron", "schedule"),
    ),
    Icon("M2 3.2h12v9.6H2zM4.4 6l2 2-2 2M8.2 10.4h3.2", "other"): ("cli", "command", "shell"),
    GROUP: ("group",),
}
_OF_KIND = {kind: icon for icon, kinds in _ICONS.items() for kind in kinds}


def icon_of(node: Node) -> Icon | None:
    """Return the icon of what *node* touches, its kind or a channel, or None for plain code."""
    if node.role == "group":
        return GROUP
    kinds = [node.kind, *map(scheme_of, (*node.receives, *node.sends))]
    kind = next(filter(None, kinds), None)
    return None if kind is None else _OF_KIND.get(kind.lower(), _OTHER)


def icon_of_channel(channel: str) -> Icon:
    """Return the icon of what carries the messages of *channel*."""
    return _OF_KIND.get(scheme_of(channel), _OTHER)
