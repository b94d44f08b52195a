"""The entrypoints of a diagram are in view when its top is at the top of the window."""

import pytest
from browser import chromium
from shown_measures import open_page, see

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

FEW = ("twelve", "fan")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("flow", FEW)
def test_visible(chromium, shown_page, flow, width):
    """Entrypoints are in view, letters can be read, and an edge shows that there is more."""
    page = open_page(chromium, shown_page("furo", flow, FEW), width)

    assert see(page).faults() == []
