"""How well-known kinds are written: names have a spelling, and words a translation."""

__all__ = ["WORD_KINDS", "spell_kind"]

_SPELLINGS = {
    spelling.lower(): spelling
    for spelling in (
        *("HTTP", "HTTPS", "API", "REST", "GraphQL", "gRPC", "WebSocket"),
        *("Kafka", "AMQP", "MQTT", "SQS", "SNS", "Celery", "RabbitMQ"),
        *("SQL", "S3", "Redis", "SMS", "FTP", "SFTP", "SMTP", "LDAP", "CLI"),
    )
}

WORD_KINDS = (
    *("bank", "cache", "card", "chat", "command", "database", "db", "email", "event", "file"),
    *("group", "job", "mail", "notification", "payment", "push", "queue", "report", "schedule"),
    *("search", "service", "shell", "storage", "stream", "task", "timer", "topic", "web"),
    *("webhook", "worker"),
)
"""The kinds that are words of English. Others, like HTTP, are the same in all languages."""


def spell_kind(kind: str) -> str:
    """Return *kind* as its name is spelled, or as it is if it is not a well-known name."""
    return _SPELLINGS.get(kind.lower(), kind)
