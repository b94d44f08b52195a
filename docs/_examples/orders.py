"""A flow with a branch, a join, and every known kind."""

from penstock import all_of, entrypoint, flow, step

orders = flow("orders", title="Orders", owner="Checkout team", tags=["money"])


@orders
@entrypoint(kind="http")
def receive_order(order: dict[str, int]) -> None:
    """Takes an order over HTTP."""
    validate(order)


@orders
@entrypoint(kind="kafka", title="Receive a standing order")
def receive_standing_order(order: dict[str, int]) -> None:
    """Takes an order that a customer has every month."""
    validate(order)


@orders
@step(after=[receive_order, receive_standing_order])
def validate(order: dict[str, int]) -> None:
    """Checks the order."""
    if order["parts"]:
        charge_payment(order)
        reserve_inventory(order)
        hand_over(order)
    else:
        reject(order)


@orders
@step(after={"validate": "invalid"}, kind="email")
def reject(order: dict[str, int]) -> None:
    """Sends the customer the reason."""


@orders
@step(after={"validate": "valid"}, kind="http")
def charge_payment(order: dict[str, int]) -> None:
    """Charges the customer."""


@orders
@step(after={"validate": "valid"}, kind="database")
def reserve_inventory(order: dict[str, int]) -> None:
    """Puts the parts aside."""


@orders
@step(after=all_of("charge_payment", "reserve_inventory"), kind="queue")
def hand_over(order: dict[str, int]) -> None:
    """Notifies the warehouse."""
    print_label(order)


@orders
@step(after="hand_over", kind="file")
def print_label(order: dict[str, int]) -> None:
    """Prints the label for the parcel."""
