"""The flow of the tutorial, under its own name in these docs."""

import logging

from penstock import current_flow_id, entrypoint, flow, step

logger = logging.getLogger(__name__)

bom_sync = flow("first_diagram", title="BOM sync")


@bom_sync
@entrypoint
def handle_message(message):
    """Receives a message about a changed bill of material."""
    logger.info("[%s] message about %s", current_flow_id(), message["bom_id"])
    return fetch(message["bom_id"])


@bom_sync
@step(after="handle_message", kind="http")
def fetch(bom_id):
    """Fetches the bill of material."""
    return store([f"part {number} of {bom_id}" for number in range(3)])


@bom_sync
@step(after="fetch", kind="database")
def store(parts):
    """Stores the parts."""
    logger.info("[%s] stored %s parts", current_flow_id(), len(parts))
    return len(parts)
