"""The search of MkDocs and ProperDocs, which indexes all of a page."""

from collections.abc import Iterable
from copy import copy

from mkdocs.contrib.search.search_index import SearchIndex
from mkdocs.structure.pages import Page

from penstock_mkdocs.markdown._compat import before_indexing
from penstock_mkdocs.markdown._links import without_diagrams

__all__ = ["index_without_diagrams"]


def index_without_diagrams(plugins: Iterable[object]) -> None:
    """Let the search among *plugins*, which obeys no attribute, skip the source of diagrams.

    Only what the index reads is changed. The page belongs to all plugins.
    """
    for plugin in plugins:
        index = getattr(plugin, "search_index", None)
        if isinstance(index, SearchIndex):
            before_indexing(index, _without_diagrams)


def _without_diagrams(page: Page) -> Page:
    content = without_diagrams(page.content or "")
    if content != page.content:
        page = copy(page)
        page.content = content
    return page
