"""From an API reference of mkdocstrings back to the flows of a function, by the plugin."""

import markdown
import pytest

from penstock import entrypoint, flow
from penstock_mkdocs import PenstockExtension

API = "# API\n\n::: shop.receive\n"


@pytest.fixture
def build(site):
    """Return what builds a site of a reference and one more page, and returns both."""
    site.write("docs/other.md", "# Other\n\nText.\n")
    handlers = {"python": {"paths": ["."]}}

    def run(**options: object) -> tuple[str, str]:
        penstock = {"penstock": site.options | options}
        html = site.build(
            API, "material", plugins=[{"mkdocstrings": {"handlers": handlers}}, penstock]
        )
        return html, (site.folder / "site/other.html").read_text(encoding="utf-8")

    return run


def test_flow_that_no_page_shows(build, warnings):
    """A flow that no page shows is named without a link, and without a tip."""
    html, _ = build()

    assert warnings() == []
    assert '<p class="penstock-meta">Part of the flow Orders</p>' in html


def test_switched_off(build):
    """Without links back, a reference is as mkdocstrings writes it; other pages never change."""
    _, other = build()

    html, same = build(backlinks=False)

    assert "Part of the flow" not in html
    assert same == other


def receive() -> None:
    """Receives."""


REFERENCE = f'<h2 id="{__name__}.receive">R</h2>\n<div class="doc doc-contents">Receives.</div>'


def test_flows_of_this_process():
    """Without modules, each page shows the flows that are declared when it is made."""
    page = markdown.Markdown(extensions=[PenstockExtension()])
    before = page.convert(REFERENCE)

    flow("orders")(entrypoint(receive))

    assert "Part of the flow" not in before
    assert "Part of the flow" in page.convert(REFERENCE)


def test_settings_that_cannot_be_used(tmp_path, monkeypatch):
    """A reference stays as it is if no flows can be loaded: blocks say why."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.penstock]\nmodules = 7\n", encoding="utf-8")

    html = markdown.markdown(REFERENCE, extensions=[PenstockExtension()])

    assert html == REFERENCE
