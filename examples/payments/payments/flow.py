"""The one flow of this project, and what its processes have in common."""

import logging
import os
import sys

from penstock import flow
from penstock.contrib.logging import FlowFilter, FlowFormatter

TOPIC = "payments"
BROKER = os.environ.get("PAYMENTS_BROKER", "localhost:9092")

payments = flow(
    "payments",
    title="Payments",
    description="Brings a payment from the request into the ledger.",
    owner="Ledger team",
    tags=["money"],
)


def setup_logging(process: str) -> None:
    """Send the log to standard error, with the name of the *process*."""
    line = f"%(asctime)s.%(msecs)03d {process:7} %(flow_id)-32s %(step)-15s %(message)s"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FlowFormatter(line, datefmt="%H:%M:%S"))
    handler.addFilter(FlowFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
