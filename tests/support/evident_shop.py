"""A module with an edge of each verdict, and what counts the checks of it."""

from pathlib import Path
from typing import Any

import pytest

from penstock.docs import _evidence
from penstock.evidence import _child, _reuse

__all__ = ["EVIDENT", "count_checks", "write_evident"]

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


def count_checks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Run child processes that check flows in this one, and return a list that grows with each.

    One that has an earlier report does not count.
    """
    found: list[object] = []
    original = _reuse.check

    def check(*arguments: Any) -> Any:
        found.append(arguments)
        return original(*arguments)

    def run_module(_name: str, folder: Path, _output: Path, _timeout: float) -> int:
        _child.run(str(folder), 0)
        return 0

    monkeypatch.setattr(_reuse, "check", check)
    monkeypatch.setattr(_evidence, "run_module", run_module)
    return found
