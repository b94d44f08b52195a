"""The work on a ticket."""

import logging

logger = logging.getLogger(__name__)


def sort_ticket(subject: str) -> bool:
    """Decides whether a ticket is urgent."""
    is_urgent = "down" in subject
    logger.info("the ticket is %s", "urgent" if is_urgent else "not urgent")
    if is_urgent:
        call_somebody(subject)
    else:
        store(subject)
    return is_urgent


def call_somebody(subject: str) -> None:
    """Calls the engineer on duty."""
    logger.info("called about %r", subject)


def store(subject: str) -> None:
    """Stores the ticket for the next day."""
    logger.info("stored %r", subject)
