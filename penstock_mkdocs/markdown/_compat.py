"""The names of MkDocs, ProperDocs, Zensical and mkdocstrings that are used and not documented.

It imports none of them: each function takes the object that has the name. It says where the name
was seen, where its authors were asked for a public one, and what a site does without it.
"""

from collections.abc import Callable
from typing import Any

from markdown import Markdown

__all__ = [
    "autorefs_of",
    "before_indexing",
    "mark_as_modified",
    "mkdocs_processor",
    "python_handler",
    "zensical_processor",
]


def mkdocs_processor(md: Markdown) -> Any:
    """Return what has the file, the files and the configuration of MkDocs or ProperDocs, or None.

    Seen in: the tree processor ``relpath`` of MkDocs 1.6 and ProperDocs 1.6.
    Upstream: https://github.com/mkdocs/mkdocs/issues/2154
    Without it: messages name no page, and each page is a site.
    """
    processors = md.treeprocessors  # a registry, which has no `get`
    return processors["relpath"] if "relpath" in processors else None  # noqa: SIM401


def zensical_processor(md: Markdown) -> Any:
    """Return what has the page and the configuration of Zensical, or None.

    Seen in: the preprocessor ``rendering_context`` of Zensical 0.0.73.
    Upstream: https://github.com/zensical/zensical/issues/888
    Without it: messages name no page, and settings are counted from the current folder.
    """
    processors = md.preprocessors  # a registry, which has no `get`
    return processors["rendering_context"] if "rendering_context" in processors else None  # noqa: SIM401


def python_handler(md: Markdown) -> Any:
    """Return the handler for Python of mkdocstrings, which finds objects in sources, or None.

    Seen in: ``AutoDocProcessor._handlers`` of mkdocstrings 1.0.
    Upstream: no issue as of 2026-11.
    Without it: steps have the docstrings that penstock reads, without mkdocstrings.
    """
    handlers = getattr(md.parser.blockprocessors["mkdocstrings"], "_handlers", None)
    return handlers and handlers.get_handler("python")


def autorefs_of(md: Markdown) -> Any:
    """Return the plugin autorefs that mkdocstrings uses, or None.

    Seen in: ``AutoDocProcessor._autorefs`` of mkdocstrings 1.0.
    Upstream: no issue as of 2026-11.
    Without it: a link by the name of a function does not lead to its step.
    """
    return getattr(md.parser.blockprocessors["mkdocstrings"], "_autorefs", None)


def mark_as_modified(file: Any) -> None:
    """Let the server of MkDocs build the page of *file* again.

    Seen in: ``File.is_modified`` of MkDocs 1.6, which its server asks.
    Upstream: no issue as of 2026-11; the method is documented, to replace it is not.
    Without it: ``mkdocs serve --dirty`` shows a flow as it was.
    """
    file.is_modified = lambda: True


def before_indexing(index: Any, change: Callable[[Any], Any]) -> None:
    """Let a search *index* have each page as *change* returns it.

    Seen in: ``SearchIndex.add_entry_from_context`` of MkDocs 1.6.
    Upstream: https://github.com/mkdocs/mkdocs/issues/773 leaves it to plugins; Material obeys
    ``data-search-exclude``, MkDocs nothing.
    Without it: a search finds words in the source of diagrams.
    """
    add = getattr(index, "add_entry_from_context", None)
    if add is not None:
        index.add_entry_from_context = lambda page: add(change(page))
