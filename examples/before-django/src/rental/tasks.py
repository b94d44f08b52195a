"""The tasks that run in the background."""

import logging

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task
def prepare(bicycle):
    """Prepares a bicycle for its customer."""
    logger.info("the brakes of bicycle %s are fine", bicycle)
    send_code(bicycle)


def send_code(bicycle):
    """Sends the customer the code of the lock."""
    logger.info("sent the code of bicycle %s", bicycle)
