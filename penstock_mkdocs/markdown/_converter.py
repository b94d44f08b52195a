"""The Markdown of docstrings as HTML."""

import threading
from functools import lru_cache

from markdown import Markdown

from penstock.docs import ENGLISH, DocstringWords
from penstock_mkdocs.markdown._syntax import DocstringSyntax

__all__ = ["docstring_to_html"]


@lru_cache(10_000)
def docstring_to_html(text: str, words: DocstringWords = ENGLISH.docstring) -> str:
    """Return the Markdown *text* of a docstring as HTML.

    It may have what reStructuredText writes too: notes, roles and examples of a Python prompt.
    """
    return _here.converter(words).reset().convert(text)


class _Here(threading.local):
    """The converters of each thread: to make one takes longer than to use it."""

    def __init__(self) -> None:
        self._made: dict[DocstringWords, Markdown] = {}

    def converter(self, words: DocstringWords) -> Markdown:
        """Return the converter that titles notes by *words*."""
        if words not in self._made:
            self._made[words] = self._make(words)
        return self._made[words]

    def _make(self, words: DocstringWords) -> Markdown:
        md = Markdown(extensions=["admonition", "fenced_code", "tables", "sane_lists"])
        DocstringSyntax(words).extendMarkdown(md)
        # A `<` is one: docstrings speak of `<change>` and `List<int>` more often than they
        # hold HTML.
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        return md


_here = _Here()
