"""A module with an edge of each verdict."""

from pathlib import Path

__all__ = ["EVIDENT", "write_evident"]

EVIDENT = '''"""The shop."""
from penstock import entrypoint, flow, step

orders = flow("orders")


@orders
@entrypoint
def receive(order, provider):
    check(order)
    provider.start(order)


@orders
@step(after="receive")
def check(order): ...


@orders
@step(after="receive")
def price(order): ...


@orders
@step(after={"check": "valid|paid"}, sends="kafka:paid")
def charge(order): ...


@orders
@step(after="charge", receives="kafka:paid")
def pack(message):
    ship(message)


@orders
@step(after="pack")
def ship(order): ...


@orders
@step(after="pack", unchecked="a person does it")
def archive(order): ...
'''


def write_evident(folder: Path, name: str) -> None:
    """Write the module *name* to *folder*."""
    (folder / f"{name}.py").write_text(EVIDENT, encoding="utf-8")
