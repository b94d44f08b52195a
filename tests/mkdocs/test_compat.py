"""Undocumented names of builders that penstock uses: they exist, and what happens without them.

A test of the first kind that fails says that a name is gone: look up what has replaced it,
and remove the name from `penstock_mkdocs.markdown._compat`.
"""

import inspect
from types import SimpleNamespace

import mkdocs.structure.pages
import properdocs.structure.pages
import pytest
import zensical.extensions.context
from markdown import Markdown
from mkdocs.commands import build
from mkdocs.contrib.search.search_index import SearchIndex
from mkdocstrings import AutoDocProcessor

from penstock_mkdocs.markdown import _compat


@pytest.mark.parametrize("builder", [mkdocs, properdocs], ids=lambda builder: builder.__name__)
def test_mkdocs_processor(builder):
    """MkDocs and ProperDocs leave a processor with the file, the files and the configuration."""
    made = builder.structure.pages._RelativePathTreeprocessor("file", "files", {"site": 1})
    md = Markdown()
    made._register(md)

    found = _compat.mkdocs_processor(md)

    assert (found.file, found.files, found.config) == ("file", "files", {"site": 1})


def test_zensical_processor():
    """Zensical leaves a processor with the page and the configuration."""
    source = inspect.getsource(zensical.extensions.context)

    assert '"rendering_context"' in source
    assert "self.page = page" in source
    assert "self.config = config" in source


def test_mkdocstrings():
    """The processor of blocks of mkdocstrings has its handlers, and the plugin autorefs."""
    source = inspect.getsource(AutoDocProcessor.__init__)

    assert "self._handlers = handlers" in source
    assert "self._autorefs = autorefs" in source


def test_mkdocs():
    """The server of MkDocs asks a file, and its search adds pages by one method."""
    assert "is_modified()" in inspect.getsource(build)
    assert callable(SearchIndex.add_entry_from_context)


class TestFallbacks:
    """Without a name, a site has less and is built."""

    def test_processors(self):
        """Of an unknown builder, nothing is known."""
        assert _compat.mkdocs_processor(Markdown()) is None
        assert _compat.zensical_processor(Markdown()) is None

    def test_mkdocstrings(self):
        """Nothing is found by mkdocstrings, and no anchor offered."""
        processors = {"mkdocstrings": object()}
        md = SimpleNamespace(parser=SimpleNamespace(blockprocessors=processors))

        assert _compat.python_handler(md) is None
        assert _compat.autorefs_of(md) is None

    def test_before_indexing(self):
        """An index of another kind stays as it is."""
        index = SimpleNamespace()

        _compat.before_indexing(index, str)

        assert vars(index) == {}
