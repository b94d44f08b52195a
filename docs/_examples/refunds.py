"""A flow with an edge of each verdict, for the gallery."""

from typing import Any

from penstock import entrypoint, flow, step

refunds = flow("refunds", title="Refunds", description="Each verdict on an edge once.")


@refunds
@entrypoint(kind="http")
def ask_refund(refund: dict[str, int], rules: Any) -> None:
    """Takes a request for a refund."""
    check_refund(refund, rules)


@refunds
@step(after="ask_refund")
def check_refund(refund: dict[str, int], rules: Any) -> None:
    """Checks the request."""
    rules[refund["country"]].approve(refund)


@refunds
@step(after="check_refund", sends="kafka:refunds")
def approve(refund: dict[str, int]) -> None:
    """Approves the refund."""
    archive(refund)


@refunds
@step(after="approve", receives="kafka:refunds")
def pay_back(refund: dict[str, int]) -> None:
    """Pays the money back."""
    if refund["amount"]:
        book(refund)
        tell_customer(refund)
    else:
        correct(refund)


@refunds
@step(after="pay_back", kind="database")
def book(refund: dict[str, int]) -> None:
    """Books the refund."""


@refunds
@step(after="book", kind="email")
def tell_customer(refund: dict[str, int]) -> None:
    """Writes to the customer."""
    print("paid back", refund["amount"])


def correct(refund: dict[str, int]) -> None:
    """Write to the customer first."""
    tell_customer(refund)
    book(refund)


@refunds
@step(after="tell_customer", unchecked="an auditor does it")
def audit(refund: dict[str, int]) -> None:
    """Looks at the refund a year later."""


@refunds
@step(after="tell_customer", kind="file")
def archive(refund: dict[str, int]) -> None:
    """Keeps the papers, which is done earlier now."""
