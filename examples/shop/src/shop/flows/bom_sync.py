"""Bills of material: from a message, through the API that has them, into our database."""

import logging
import time
from typing import Any

from penstock import entrypoint, flow, step
from shop import services
from shop.broker import Message

logger = logging.getLogger(__name__)

bom_sync = flow(
    "bom_sync",
    title="BOM sync",
    description="Keeps our copy of the bills of material up to date.",
    owner="Parts team",
    tags=["parts", "nightly"],
)

ATTEMPTS = 3
PAUSE = 0.05


@bom_sync
@entrypoint(kind="kafka", title="Receive a BOM update")
def handle_kafka_message(msg: Message) -> int:
    """Receives a BOM update from Kafka.

    Args:
        msg: The message. Its payload names the bill of material.

    Returns:
        How many parts were stored.

    Raises:
        LookupError: If the API knows no such bill of material. The broker
            then puts the message aside.
    """
    bom_id = msg.payload["bom_id"]
    logger.info("BOM %s has changed", bom_id)
    return fetch_from_api(bom_id)


@bom_sync
@step(after="handle_kafka_message", kind="http", title="Fetch the BOM")
def fetch_from_api(bom_id: int) -> int:
    """Fetches full BOM data from the external API.

    The API is often busy, so it is asked up to three times.

    Args:
        bom_id: Which bill of material to fetch.

    Returns:
        How many parts were stored.

    Raises:
        LookupError: If there is no such bill of material.
        ConnectionError: If the API is still busy after three attempts.
    """
    for attempt in range(1, ATTEMPTS + 1):
        status, data = services.api.get_bom(bom_id)
        if status == services.FOUND:
            return sync_to_database(data)
        if status == services.NOT_FOUND:
            message = f"there is no BOM {bom_id}"
            raise LookupError(message)
        logger.warning("the API is busy (%s), attempt %s of %s", status, attempt, ATTEMPTS)
        time.sleep(PAUSE * attempt)
    message = f"the API stays busy; BOM {bom_id} was not fetched"
    raise ConnectionError(message)


@bom_sync
@step(after="fetch_from_api", kind="database", title="Store the parts")
def sync_to_database(data: dict[str, Any]) -> int:
    """Syncs BOM parts to the local database.

    Args:
        data: A bill of material as the API gives it.

    Returns:
        How many parts were stored.
    """
    parts = [(data["id"], part["number"], part["quantity"]) for part in data["parts"]]
    services.db.bulk_upsert(parts)
    logger.info("stored %s parts of BOM %s", len(parts), data["id"])
    return len(parts)
