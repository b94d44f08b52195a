"""The tasks of the workers."""

import logging
from typing import Any

from django.core.mail import send_mail

from parcels.delivery.flow import delivery
from parcels.delivery.models import Parcel
from penstock import step
from penstock.contrib.celery import flow_task

logger = logging.getLogger(__name__)


class CourierIsBusyError(Exception):
    """Every courier is on the road."""


@delivery
@flow_task(
    after={"store_parcel": "once committed"},
    title="Book a courier",
    bind=True,
    autoretry_for=(CourierIsBusyError,),
    retry_backoff=False,
    default_retry_delay=0.2,
)
def book_courier(self: Any, number: int) -> None:
    """Books a courier, and tries again while all are on the road.

    Args:
        number: The parcel.
    """
    if self.request.retries == 0:
        logger.warning("every courier is on the road, attempt 1")
        raise CourierIsBusyError
    note_courier(number, courier="bicycle 7")
    tell_customer.delay(number)


@delivery
@step(after="book_courier", kind="database", title="Note the courier")
def note_courier(number: int, courier: str) -> None:
    """Notes who brings the parcel.

    Args:
        number: The parcel.
        courier: The courier's name.
    """
    Parcel.objects.filter(pk=number).update(courier=courier)
    logger.info("parcel %s goes by %s", number, courier)


@delivery
@flow_task(after="note_courier", title="Notify the customer", kind="email")
def tell_customer(number: int) -> None:
    """Notifies the customer by mail that the parcel is on its way.

    Args:
        number: The parcel.
    """
    parcel = Parcel.objects.get(pk=number)
    send_mail(
        "Your parcel is on its way",
        f"It comes by {parcel.courier}.\nAsk about it with {parcel.flow_id}.",
        "parcels@example.org",
        [f"customer-{number}@example.org"],
    )
    logger.info("the customer of parcel %s knows", number)
