"""Readers who go from page to page, also where a theme loads pages by script."""

import json
import os
import subprocess
import sys

import pytest
from browser import Reader, chromium, served
from shop_source import SHOP

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

INSTANT = {
    "font": False,
    "features": ["navigation.instant", "navigation.instant.preview", "navigation.instant.prefetch"],
}
SITES = {
    "mkdocs-mkdocs": ("mkdocs", {"name": "mkdocs", "highlightjs": False}),
    "mkdocs-readthedocs": ("mkdocs", {"name": "readthedocs", "highlightjs": False}),
    "mkdocs-material": ("mkdocs", {"name": "material"} | INSTANT),
    "properdocs-material": ("properdocs", {"name": "material"} | INSTANT),
    "zensical-modern": ("zensical", {"variant": "modern"} | INSTANT),
    "zensical-classic": ("zensical", {"variant": "classic"} | INSTANT),
}
PAGES = {
    "index.md": "# Home\n\n[A preview](orders.md#how-it-goes)\n\n"
    "::: penstock-flows\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
    "orders.md": "# Orders\n\n## How it goes\n\n::: penstock-flow orders\n",
    "alone.md": "# Alone\n\n::: penstock-flow orders\n    steps: none\n",
    "picture.md": "# Picture\n\n::: penstock-flow orders\n    format: png\n    steps: none\n",
}
_looks = """() => [...document.querySelectorAll('table')].map(table => {
    const cells = ['th', 'td'].map(name => getComputedStyle(table.querySelector(name)))
    return cells.map(cell => [cell.fontWeight, cell.padding, cell.borderTop, cell.color])
})"""
_shown = "title => document.querySelector('h1')?.innerText.includes(title)"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return what builds a site for the address at which it is served."""

    def build(folder, look, address):
        program, theme = SITES[look]
        options = {"modules": ["shop"], "pythonpath": ["."]}
        (folder / "docs").mkdir()
        (folder / "shop.py").write_text(SHOP, encoding="utf-8")
        for name, text in PAGES.items():
            (folder / "docs" / name).write_text(text, encoding="utf-8")
        said = {"site_name": "Shop", "site_url": address, "theme": theme}
        if program == "zensical":
            said["markdown_extensions"] = [{"toc": {}}, {"tables": {}}, {"penstock_flows": options}]
        else:
            said["plugins"] = ["search", {"penstock": options}]
        (folder / "mkdocs.yml").write_text(json.dumps(said), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", program, "build", "--strict", "-f", "mkdocs.yml"],
            cwd=folder,
            check=True,
            capture_output=True,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        )

    def make(look):
        folder = tmp_path_factory.mktemp(look)
        (folder / "site").mkdir()
        return folder, build

    return make


def go_to(reader, title):
    """Click the link to a page in the navigation, and wait until the page is shown."""
    links = reader.page.get_by_role("link", name=title, exact=True)
    links.locator("visible=true").first.click()
    reader.page.wait_for_function(_shown, arg=title, timeout=10_000)


@pytest.mark.parametrize("look", SITES)
def test_page_after_page(chromium, site, look):
    """From a page with a flow, readers go on to others; no script of a theme fails."""
    folder, build = site(look)
    with served(folder / "site") as address:
        build(folder, look, address)
        reader = Reader(chromium, address)
        reader.page.evaluate("window.first = true")
        ours, other, *_ = reader.page.evaluate(_looks)

        go_to(reader, "Orders")
        assert "Sends it." in reader.click("send")
        go_to(reader, "Alone")
        assert reader.page.locator("svg.penstock-flow").is_visible()
        go_to(reader, "Picture")
        go_to(reader, "Orders")
        assert "Charges it." in reader.click("charge")
        go_to(reader, "Home")
        is_instant = reader.page.evaluate("window.first === true")

    assert ours == other  # the table of all flows looks like the site's own
    assert (reader.outside, reader.errors) == ([], [])
    assert is_instant is ("features" in SITES[look][1])


@pytest.mark.parametrize("look", [name for name, (_, said) in SITES.items() if "features" in said])
def test_preview(chromium, site, look):
    """A preview of a section shows its flow, and no script of the theme fails."""
    folder, build = site(look)
    with served(folder / "site") as address:
        build(folder, look, address)
        reader = Reader(chromium, address)

        reader.page.get_by_role("link", name="A preview").hover()
        reader.page.locator("[role=dialog] svg.penstock-flow").wait_for()
        go_to(reader, "Alone")

    assert reader.errors == []
