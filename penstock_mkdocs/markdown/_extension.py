"""The Python-Markdown extension: a block becomes a flow's page."""

from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

from penstock_mkdocs.markdown._blocks import FlowBlocks
from penstock_mkdocs.markdown._flows import read_options
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._sources import SourceBlocks

__all__ = ["PenstockExtension"]


class PenstockExtension(Extension):
    """Turns ``::: penstock-flow NAME`` into the diagram and the steps of a flow.

    Its options are ``modules``, ``pythonpath``, ``setup`` and ``catalog``, which override
    ``[tool.penstock]`` of the nearest ``pyproject.toml``; ``format`` and
    ``direction`` for all blocks; ``errors``, which is ``"auto"``, ``"raise"`` or
    ``"show"``; ``css``, False if the site brings the style sheet; and
    ``templates``, a folder with templates that replace ours.

    Raises:
        ConfigurationError: If an option is unknown or its value is wrong.

    .. versionadded:: 0.2
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options, self._build = read_options(options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Join the extension to *md*."""
        host = Host(md)
        self._sources = SourceBlocks(md, host, self.reset)
        self._blocks = FlowBlocks(md, host, self._options, self._sources, self._build)
        # Before mkdocstrings' `:::` at 75.
        md.parser.blockprocessors.register(self._blocks, "penstock-flow", 78)
        # When finished HTML is back in the page, at 30.
        md.postprocessors.register(_Links(self._blocks), "penstock-links", 28)

    def reset(self) -> None:
        """Begin a new page."""
        self._sources.reset()
        self._blocks.reset()


class _Links(Postprocessor):
    """Resolves links when the page is finished and it is known what it shows."""

    def __init__(self, blocks: FlowBlocks) -> None:
        super().__init__()
        self._blocks = blocks

    def run(self, text: str) -> str:
        return self._blocks.fix_links(text)
