"""Orders: checked, then paid and picked at once, then confirmed."""

import logging
from dataclasses import dataclass

from penstock import all_of, entrypoint, flow, step
from shop import services

logger = logging.getLogger(__name__)

order_processing = flow(
    "order_processing",
    title="Order processing",
    description="From a placed order to its confirmation.",
    owner="Checkout team",
    tags=["money"],
)


@dataclass(frozen=True)
class Order:
    """The order of a customer."""

    number: int
    part: str
    quantity: int


@order_processing
@entrypoint(kind="http", title="Validate the order")
def validate_order(order: Order) -> bool:
    """Checks an order and starts all that follows.

    Args:
        order: The order as it was placed.

    Returns:
        Whether the order was accepted.
    """
    if order.quantity < 1:
        reject_order(order)
        return False
    charge_payment(order)
    reserve_inventory(order)
    send_confirmation(order)
    return True


@order_processing
@step(after={"validate_order": "valid"}, kind="payment")
def charge_payment(order: Order) -> None:
    """Charges the customer.

    Args:
        order: The accepted order.
    """
    logger.info("charged order %s", order.number)


@order_processing
@step(after={"validate_order": "valid"}, kind="database")
def reserve_inventory(order: Order) -> None:
    """Reserves the ordered parts.

    Args:
        order: The accepted order.
    """
    services.db.reserve(order.number, order.part, order.quantity)
    logger.info("reserved %s of part %s", order.quantity, order.part)


@order_processing
@step(after=all_of("charge_payment", "reserve_inventory"), kind="email")
def send_confirmation(order: Order) -> None:
    """Confirms the order, once it is paid and reserved.

    Args:
        order: The accepted order.
    """
    logger.info("confirmed order %s", order.number)


@order_processing
@step(after={"validate_order": "invalid"}, kind="email", title="Turn the order down")
def reject_order(order: Order) -> None:
    """Sends the customer the reason why the order was not accepted.

    Args:
        order: The order as it was placed.
    """
    logger.warning("order %s asks for %s parts", order.number, order.quantity)
