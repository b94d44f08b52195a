"""The evidence for edges on a page of MkDocs, or of the extension alone."""

import sys

from evident_shop import write_evident
from markdown import Markdown

from penstock._project.settings import Settings
from penstock.catalog import Catalog
from penstock.docs import LoadedFlows
from penstock_mkdocs.markdown._loading import Loaded

BLOCK = "# Shop\n\n::: penstock-flow orders\n    steps: none\n"


def test_page(site, warnings):
    """A page says what was checked, links to the lines, and a contradicted edge is a warning."""
    site.import_modules()
    write_evident(site.folder, "shop")
    site.options |= {"evidence": True, "source_url": "https://a.example/{file}#{line}"}
    names = ("svg", "png", "mermaid", "text", "dot")
    html = site.build("\n".join(f"{BLOCK}    format: {name}\n" for name in names))

    assert html.count('<p class="penstock-sentence">The source supports 3 of 6 edges') == len(names)
    assert 'href="https://a.example/shop.py#10"><code>shop.py:10</code></a>' in html
    assert next(text for text in warnings() if "edge-contradicted" in text).startswith(
        "docs/index.md:3: "
    )
    assert str(site.folder) not in html


def test_here(tmp_path, monkeypatch):
    """Flows of this process are checked too."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    write_evident(tmp_path, "evident_here")
    import evident_here  # noqa: F401 - as a program does that converts pages

    options = {"evidence": True, "errors": "show"}
    html = Markdown(
        extensions=["penstock_flows"], extension_configs={"penstock_flows": options}
    ).convert(BLOCK)

    assert '<p class="penstock-sentence">The source supports 3 of 6 edges' in html
    sys.modules.pop("evident_here")


def test_failure():
    """Why there is no evidence is in the log."""
    source = LoadedFlows(Catalog(), evidence_failure="it was ended")
    loaded = Loaded(settings=Settings(location="mkdocs.yml"), source=source)

    assert loaded.messages == ("mkdocs.yml: flows are shown without evidence: it was ended",)
