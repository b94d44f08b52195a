"""The module that sites in tests show: a flow with a fork, a condition and a join."""

__all__ = ["SHOP"]

SHOP = '''
from penstock import all_of, entrypoint, flow, step

orders = flow(
    "orders", title="Orders", description="From <order> to parcel.", owner="Depot", tags=["a", "b"]
)

@orders
@entrypoint(kind="http", title="Receive the order")
def receive(order: int, *, dry: bool = False) -> str:
    """Takes an order <in>.

    Args:
        order: The *number* of the order.
    """

@orders
@step(after={"receive": "paid"}, kind="ledger")
async def charge(order): "Charges it."

@orders
@step(after="receive")
def pack(order): ...

@orders
@step(after=all_of("charge", "pack"))
def send(order): "Sends it."
'''
