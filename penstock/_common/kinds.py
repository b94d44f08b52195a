"""How the names of well-known kinds are spelled."""

__all__ = ["spell_kind"]

_SPELLINGS = {
    spelling.lower(): spelling
    for spelling in (
        *("HTTP", "HTTPS", "API", "REST", "GraphQL", "gRPC", "WebSocket"),
        *("Kafka", "AMQP", "MQTT", "SQS", "SNS", "Celery", "RabbitMQ"),
        *("SQL", "S3", "Redis", "SMS", "FTP", "SFTP", "SMTP", "LDAP", "CLI"),
    )
}


def spell_kind(kind: str) -> str:
    """Return *kind* as its name is spelled, or as it is if it is not a well-known name."""
    return _SPELLINGS.get(kind.lower(), kind)
