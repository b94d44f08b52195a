"""The evidence for edges on a page of Sphinx."""

import pytest
from evident_shop import EVIDENT, count_checks, write_evident


def test_page(project):
    """A page says what was checked, links to the lines, and a contradicted edge is a warning."""
    shop = project(":steps: none")
    write_evident(shop.folder, "shop")
    settings = {"penstock_evidence": True, "penstock_source_url": "https://a.example/{file}#{line}"}
    built = shop.build(**settings)
    first = built.read("index.html")

    assert '<p class="penstock-sentence">The source supports 3 of 6 edges' in first
    assert 'href="https://a.example/shop.py#10"><code>shop.py:10</code></a>' in first
    assert built.warnings.count("[penstock.edge_contradicted]") == 1
    assert "index.rst:5: WARNING:" in built.warnings
    assert str(shop.folder) not in first
    assert shop.build(from_scratch=True, **settings).read("index.html") == first
    assert "penstock-sentence" not in shop.build(penstock_evidence=False).read("index.html")


@pytest.mark.parametrize("builder", ["text", "man", "latex"])
def test_other_builders(project, builder):
    """Text, manual pages and LaTeX have the sentence, and a list of the edges."""
    shop = project(":caption: Orders", ":steps: none")
    write_evident(shop.folder, "shop")
    built = shop.build(builder, penstock_evidence=True)
    texts = [path.read_text("utf-8") for path in built.folder.rglob("*") if path.suffix in SUFFIXES]
    (shown,) = [text for text in texts if "of 6 edges" in text]

    assert "evident" not in shown
    assert "The source supports 3" in shown.replace("\n", " ")
    assert "? unverified: check has no body yet" in " ".join(shown.split())
    assert "not checked: a person does it" in " ".join(shown.split())


def test_code(project):
    """A flow that is shown as code has the sentence once, and a list of the edges."""
    shop = project(":steps: none", ":format: dot", ":caption: Orders")
    write_evident(shop.folder, "shop")
    html = shop.build(penstock_evidence=True).read("index.html")

    assert html.count("The source supports 3 of 6 edges") == 1
    assert "pack \u2192 ship: call (shop.py:32)" in html


SUFFIXES = {".txt", ".1", ".tex"}


def test_checked_once(project, monkeypatch):
    """A build of all pages that finds the source as it was checks nothing."""
    checks = count_checks(monkeypatch)
    shop = project(":steps: none")
    write_evident(shop.folder, "shop")
    settings = {"penstock_evidence": True, "penstock_catalog_reuse": True}
    first = shop.build(**settings).read("index.html")

    assert shop.build(from_scratch=True, **settings).read("index.html") == first
    assert len(checks) == 1
    (shop.folder / "shop.py").write_text(f"{EVIDENT}EDITED = True\n", encoding="utf-8")
    shop.build(**settings)

    assert len(checks) == 2


def test_failure(project):
    """A page has no evidence if the check fails, and one warning says why."""
    shop = project(":steps: none")
    built = shop.build(penstock_evidence=True, penstock_timeout=0.001)

    assert (
        built.warnings.count("conf.py: flows are shown without evidence: it was ended after") == 1
    )
    assert "penstock-sentence" not in built.read("index.html")
