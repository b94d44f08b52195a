"""The loggers of a tool, which the application that it imports may reconfigure."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_loggers"]


@contextmanager
def kept_loggers() -> Iterator[None]:
    """Leave all loggers as they are before the block, whatever is done to them in it.

    ``logging.config.dictConfig`` switches off each logger that it does not name: a tool that
    imports such an application would warn of nothing more, and a strict build would pass.
    """
    manager = logging.root.manager
    loggers = [each for each in manager.loggerDict.values() if isinstance(each, logging.Logger)]
    states = [_Logger(logger) for logger in (logging.root, *loggers)]
    disabled = manager.disable
    try:
        yield
    finally:
        logging.disable(disabled)
        for state in states:
            state.restore()


class _Logger:
    """The state of a logger, to restore it."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._level = logger.level
        self._switches = logger.disabled, logger.propagate
        self._handlers, self._filters = [*logger.handlers], [*logger.filters]

    def restore(self) -> None:
        """Make the logger like that again."""
        logger = self._logger
        if logger.level != self._level:  # to set it visits all other loggers
            logger.setLevel(self._level)
        logger.disabled, logger.propagate = self._switches
        logger.handlers[:], logger.filters[:] = self._handlers, self._filters
