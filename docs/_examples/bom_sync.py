"""The flow that the documentation shows first."""

from penstock import entrypoint, flow, step

bom_sync = flow("bom_sync", title="BOM sync", description="Keeps the bills of material up to date.")


@bom_sync
@entrypoint(kind="kafka")
def handle_kafka_message(msg: dict[str, int]) -> int:
    """Receives a BOM update from Kafka.

    Args:
        msg: The payload of the message.

    Returns:
        How many parts were stored.
    """
    return fetch_from_api(msg["bom_id"])


@bom_sync
@step(after="handle_kafka_message", kind="http")
def fetch_from_api(bom_id: int) -> int:
    """Fetches full BOM data from the external API."""
    return sync_to_database([f"P-{bom_id}-{number}" for number in range(3)])


@bom_sync
@step(after="fetch_from_api", kind="database")
def sync_to_database(parts: list[str]) -> int:
    """Syncs BOM parts to the local database."""
    return len(parts)
