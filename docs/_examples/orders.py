"""A flow with a branch, a join, and every known kind."""

from penstock import all_of, entrypoint, flow, step

orders = flow("orders", title="Orders", owner="Checkout team", tags=["money"])


@orders
@entrypoint(kind="http")
def receive_order() -> None:
    """Takes an order over HTTP."""


@orders
@entrypoint(kind="kafka", title="Receive a standing order")
def receive_standing_order() -> None:
    """Takes an order that a customer has every month."""


@orders
@step(after=[receive_order, receive_standing_order])
def validate() -> None:
    """Checks the order."""


@orders
@step(after={"validate": "invalid"}, kind="email")
def reject() -> None:
    """Sends the customer the reason."""


@orders
@step(after={"validate": "valid"}, kind="http")
def charge_payment() -> None:
    """Charges the customer."""


@orders
@step(after={"validate": "valid"}, kind="database")
def reserve_inventory() -> None:
    """Puts the parts aside."""


@orders
@step(after=all_of("charge_payment", "reserve_inventory"), kind="queue")
def hand_over() -> None:
    """Notifies the warehouse."""


@orders
@step(after="hand_over", kind="file")
def print_label() -> None:
    """Prints the label for the parcel."""
