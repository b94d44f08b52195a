"""Pages of the MkDocs plugin, as a reader sees them in a browser without a network."""

import pytest
from browser import Reader, chromium

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

PAGE = "# Shop\n\n::: penstock-flow orders\n"
MATERIAL = {
    "name": "material",
    "font": False,
    "palette": [
        {"media": "(prefers-color-scheme: light)", "scheme": "default"},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
    ],
}


@pytest.mark.parametrize(
    "theme", ["mkdocs", "readthedocs", MATERIAL], ids=["mkdocs", "readthedocs", "material"]
)
def test_node_leads_to_its_step(chromium, site, theme):
    """A click on a node shows the description of its step."""
    site.build(PAGE, theme)

    reader = Reader(chromium, site.folder / "site" / "index.html")

    assert reader.nodes() == ["Receive the order", "charge", "pack", "send"]
    assert "Takes an order <in>." in reader.click("Receive the order")
    assert "Sends it." in reader.click("send")
    assert not [url for url in reader.outside if "mermaid" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(chromium, site, scheme):
    """A diagram is dark where Material's page is."""
    site.build(PAGE, MATERIAL)

    colours = Reader(chromium, site.folder / "site" / "index.html", scheme).colours()

    dark = scheme == "dark"
    assert colours["fill"] == ("rgb(30, 58, 138)" if dark else "rgb(219, 234, 254)")
    assert colours["text"] == ("rgb(219, 234, 254)" if dark else "rgb(30, 58, 138)")
