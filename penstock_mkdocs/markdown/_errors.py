"""How a page's author hears what is wrong."""

import logging

from click import ClickException

from penstock.exceptions import PenstockError
from penstock_mkdocs.markdown._host import Host

__all__ = ["PageError", "Reporter"]

# A child of the logger whose warnings `mkdocs build --strict` counts.
_logger = logging.getLogger("mkdocs.plugins.penstock")


class PageError(PenstockError, ClickException):
    """Something on a page is wrong, and the build was asked to end then.

    MkDocs and ProperDocs are based on click, which shows it without a traceback.
    """


class Reporter:
    """Says what is wrong with a page, or raises it.

    Args:
        host: The tool that renders the page.
        errors: ``"show"`` to log them, ``"raise"`` to raise them, ``"auto"`` to raise
            them where strict builds would not notice a warning.
    """

    def __init__(self, host: Host, errors: str) -> None:
        self._host = host
        self._errors = errors

    def note(self, message: str) -> None:
        """Say *message*, which ends no build: the pages are right."""
        _logger.warning("%s", message)

    def warn(self, message: str) -> None:
        """Log *message*, which names its location.

        Raises:
            PageError: If that was asked for.
        """
        if self._errors == "raise" or (self._errors == "auto" and self._host.is_strict_zensical):
            raise PageError(message)
        self.note(message)
