"""The pages that mkdocs-llmstxt makes for machines, of which diagrams would be missing."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from penstock.docs import mermaid_to_copy
from penstock.docs.diagrams import render_text
from penstock.graph import Graph
from penstock_mkdocs.markdown._links import DIAGRAM

__all__ = ["complete_twin"]

_PART = re.compile(rf' id="(?P<anchor>penstock--[^"]+)"|(?P<part>{DIAGRAM.pattern})', re.DOTALL)
_LINK = re.compile(r' href="(#penstock--[^"]+)"')
_HEAD, _MERMAID = '<div class="penstock-head"', '<pre class="mermaid"'


def complete_twin(
    page: Page, config: MkDocsConfig, files: Files, graphs: Mapping[str, Graph]
) -> None:
    """Give mkdocs-llmstxt a page with flows once more, as machines read it.

    It makes its pages of HTML, and had this before links between pages were known.

    Args:
        page: The page, when all is in it.
        config: The configuration of the site.
        files: The files of the site.
        graphs: The graphs of its diagrams, by their anchors.
    """
    content = page.content or ""
    for plugin in _plugins(config) if "penstock--" in content else ():
        base = plugin.config.get("base_url") or config.site_url or ""
        address = urljoin(f"{base.rstrip('/')}/", page.url)
        html = _for_machines(content, graphs, address)
        plugin.on_page_content(html, page=page, config=config, files=files)


def _plugins(config: MkDocsConfig) -> Iterator[Any]:
    # Of several, MkDocs numbers all but the first.
    return (p for name, p in config.plugins.items() if name.partition(" #")[0] == "llmstxt")


def _for_machines(html: str, graphs: Mapping[str, Graph], address: str) -> str:
    """Return *html* with a tree or Mermaid for each diagram, and with absolute links."""
    shown: Graph | None = None

    def replace(found: re.Match[str]) -> str:
        nonlocal shown
        if anchor := found["anchor"]:
            shown = graphs.get(anchor, shown)
            return found[0]
        part = found["part"]
        if shown is None or not part.startswith((_HEAD, '<div class="penstock-view"')):
            return part
        if part.startswith(_HEAD):
            return ""
        mermaid = mermaid_to_copy(shown, "auto") if _MERMAID in part else None
        language, text = ("mermaid", mermaid) if mermaid else ("text", render_text(shown))
        return f'<pre class="language-{language}"><code>{escape(text, quote=False)}</code></pre>'

    html = _PART.sub(replace, html)
    return _LINK.sub(lambda found: f' href="{escape(address)}{found[1]}"', html)
