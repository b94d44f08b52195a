"""The Markdown of docstrings as HTML."""

import threading
from functools import cached_property, lru_cache

from markdown import Markdown

from penstock_mkdocs.markdown._syntax import DocstringSyntax

__all__ = ["docstring_to_html"]


@lru_cache(10_000)
def docstring_to_html(text: str) -> str:
    """Return the Markdown *text* of a docstring as HTML.

    It may have what reStructuredText writes too: notes, roles and examples of a Python prompt.
    """
    return _here.converter.reset().convert(text)


class _Here(threading.local):
    """The converter of each thread: to make one takes longer than to use it."""

    @cached_property
    def converter(self) -> Markdown:
        md = Markdown(extensions=["admonition", "fenced_code", "tables", "sane_lists"])
        DocstringSyntax().extendMarkdown(md)
        # A `<` is one: docstrings speak of `<change>` and `List<int>` more often than they
        # hold HTML.
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        return md


_here = _Here()
