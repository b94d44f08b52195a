"""Log lines that say to which operation they belong."""

import logging
import sys

from penstock import current_flow_id, current_run, current_step

FORMAT = "%(asctime)s %(levelname)-7s %(flow_id)-32s %(step)s  %(message)s"


class FlowFilter(logging.Filter):
    """Adds the flow ID, and the running step as ``flow/step``, to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete *record* and let it pass."""
        run, step = current_run(), current_step()
        record.flow_id = current_flow_id() or "-"
        record.step = f"{run.flow}/{step.name}" if run and step else "-"
        return True


def setup_logging() -> None:
    """Send the log to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
    # On the handler: a filter on the root logger sees no records of child loggers.
    handler.addFilter(FlowFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
