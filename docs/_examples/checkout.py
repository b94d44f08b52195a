"""A flow with groups, channels, conditions, a join of all and a loop, for the gallery."""

from penstock import all_of, entrypoint, flow, loop, step

checkout = flow("checkout", title="Checkout", description="From an order to a parcel.")


@checkout
@entrypoint(receives="kafka:orders")
def take_order(order: dict[str, int]) -> None:
    """Takes an order from the shop."""
    check_order(order)


@checkout
@step(after=["take_order", {loop("ask_customer"): "corrected"}])
def check_order(order: dict[str, int]) -> None:
    """Checks the address and the amount."""
    if not order["number"]:
        ask_customer(order)
        return
    charge(order)
    reserve(order)
    hand_over(order)


@checkout
@step(after={"check_order": "incomplete"}, kind="email")
def ask_customer(order: dict[str, int]) -> None:
    """Asks the customer for what is missing."""
    check_order({**order, "number": 1})


@checkout
@step(after={"check_order": "complete"}, kind="http", group="Payment")
def charge(order: dict[str, int]) -> None:
    """Charges the customer."""
    write_invoice(order)


@checkout
@step(after="charge", kind="database", group="Payment")
def write_invoice(order: dict[str, int]) -> None:
    """Writes the invoice."""


@checkout
@step(after={"check_order": "complete"}, kind="database", group="Warehouse")
def reserve(order: dict[str, int]) -> None:
    """Reserves the parts."""


@checkout
@step(
    after=all_of("write_invoice", "reserve"),
    sends="kafka:parcels",
    group="Warehouse",
)
def hand_over(order: dict[str, int]) -> None:
    """Hands the parcel over."""
    raise TimeoutError(order["number"])
