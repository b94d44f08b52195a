"""Log lines that say to which operation they belong."""

import logging
import sys

from penstock.contrib.logging import FlowFilter, FlowFormatter

FORMAT = "%(asctime)s %(levelname)-7s %(flow_id)-32s %(flow)s/%(step)s  %(message)s"


def setup_logging() -> None:
    """Send the log to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(FlowFormatter(FORMAT, datefmt="%H:%M:%S"))
    # On the handler: a filter on the root logger sees no records of child loggers.
    handler.addFilter(FlowFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
