"""The module that sites in tests show: a flow with a fork, a condition and a join."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock.catalog import Catalog
from penstock.testing import isolated_registry

__all__ = ["GROUPED", "SHOP", "TREE", "write_shop"]

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

GROUPED = f"""{SHOP}
@orders
@step(after={{"send": None, "elsewhere": None}}, group="Post")
def stamp(order): ...

@orders
@step(after="stamp", group="Post")
def post(order): ...
"""
"""The same, with a group of two more steps."""

TREE = """\
Orders
Receive the order (entrypoint, HTTP)
├─ paid ─> charge (ledger)
│   └── send (after all of them)
└── pack
    └── send ↑
"""
"""The flow of the module as text."""


def write_shop(folder: Path) -> dict[str, object]:
    """Write the module to *folder* with its catalog, and return options that name the catalog.

    A site that is not about loading imports nothing then.
    """
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "flows.json").write_text(_catalog(), encoding="utf-8")
    return {"catalog": "flows.json"}


@cache
def _catalog() -> str:
    with TemporaryDirectory() as folder, isolated_registry():
        file = Path(folder, "shop.py")
        file.write_text(SHOP, encoding="utf-8")  # defaults are read from there
        exec(compile(SHOP, file, "exec"), {"__name__": "shop", "__file__": str(file)})
        return Catalog.from_registry(folder).to_json()
