"""The pages that mkdocs-llmstxt is given. `tests/twins` has the plugin itself."""

import re
from types import SimpleNamespace

import pytest
from mkdocs.config import base, config_options
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from shop_source import GROUPED

BASE = "https://shop.example/docs/"
PAGE = """\
# Shop

[Flow](#penstock--orders)

::: penstock-flow orders
    caption: How it goes

::: penstock-flow orders
    format: mermaid
    steps: none

::: penstock-flow orders
    format: dot
    steps: none
"""


class Options(base.Config):
    base_url = config_options.Optional(config_options.Type(str))


class Recorder(BasePlugin[Options]):
    """A plugin that is called like mkdocs-llmstxt, and notes what it is given."""

    given: list[str]

    def on_page_content(self, html, *, page, config, files):
        self.given.append(html)
        return html


@pytest.fixture
def recorder(monkeypatch):
    """Return the plugin, as MkDocs finds it."""
    made = type("Fresh", (Recorder,), {"given": []})
    installed = vars(MkDocsConfig)["plugins"].installed_plugins
    monkeypatch.setitem(installed, "llmstxt", SimpleNamespace(load=lambda: made))
    return made


@pytest.mark.parametrize(
    ("option", "base"),
    [({}, BASE), ({"base_url": "https://x.example"}, "https://x.example/")],
    ids=["site", "option"],
)
def test_given(site, recorder, option, base):
    """It is given each diagram as text, links that are absolute, and no tools of the box."""
    html = site.build(
        PAGE, site_url=BASE, plugins=[{"penstock": site.options}, {"llmstxt": option}]
    )

    first, last = recorder.given
    assert "penstock-head" in first
    assert "penstock-head" not in last
    assert "<svg" not in last
    assert re.findall(r'<pre class="language-(\w+)"><code>(\w+)', last) == [
        ("text", "Orders"),
        ("mermaid", "graph"),
    ]
    assert 'class="penstock-source"' in last
    assert "themeCSS" not in last
    assert f'href="{base}index.html#penstock--orders--charge"' in last
    assert 'href="#penstock' not in last
    assert html.count('<div class="penstock-head"') == 2
    assert "language-mermaid" not in html


def test_page_without_flows(site, recorder):
    """A page without flows is given once."""
    site.build("# Shop\n", site_url=BASE, plugins=[{"penstock": site.options}, "llmstxt"])

    assert len(recorder.given) == 1


def test_group(site, recorder):
    """A flow that is folded has a tree for each diagram."""
    page = "# Shop\n\n::: penstock-flow orders\n    fold: 1\n    steps: none\n"
    site.write("shop.py", GROUPED)

    site.build(page, site_url=BASE, plugins=[{"penstock": site.options}, "llmstxt"])

    found = re.findall(
        r'<pre class="language-text"><code>(.*?)</code>', recorder.given[-1], re.DOTALL
    )
    assert len(found) == len(set(found)) == 3
