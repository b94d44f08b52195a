"""What all tests share."""

import os
from collections.abc import Callable, Iterator

import pytest

from penstock.testing import isolated_registry


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    """Each test begins with no flow declared."""
    with isolated_registry():
        yield


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool], None]:
    """Return what skips a test whose optional part is missing, or fails where it must be there.

    ``PENSTOCK_REQUIRE=dot,browser`` (or ``all``) names the parts that must be there.
    """
    required = set(filter(None, os.environ.get("PENSTOCK_REQUIRE", "").split(",")))

    def check(part: str, present: bool) -> None:
        if present:
            return
        if required & {part, "all"}:
            pytest.fail(f"{part} is required here (PENSTOCK_REQUIRE), and it is missing")
        pytest.skip(f"{part} is not installed")

    return check
