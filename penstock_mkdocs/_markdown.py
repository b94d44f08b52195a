"""The Python-Markdown extension: a block becomes a flow's page."""

import logging
import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import yaml
from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.util import AtomicString

from penstock._pages import FlowPage
from penstock.exceptions import ConfigurationError, PenstockError
from penstock.graph import get_flow
from penstock_mkdocs._config import BlockOptions, ExtensionOptions
from penstock_mkdocs._loading import load
from penstock_mkdocs._render import PageRenderer
from penstock_mkdocs._sources import SourceLines

__all__ = ["PenstockExtension"]

# A child of the logger whose warnings `mkdocs build --strict` counts.
_logger = logging.getLogger("mkdocs.plugins.penstock")

_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class PenstockExtension(Extension):
    """Turns ``::: penstock-flow NAME`` into the diagram and the steps of a flow.

    Its options are ``modules``, ``pythonpath`` and ``setup``, which go over
    ``[tool.penstock]`` of the nearest ``pyproject.toml``; ``format`` and
    ``direction`` for all blocks; and ``templates``, a folder with templates
    that replace ours.

    Raises:
        ConfigurationError: If an option is unknown or its value is wrong.

    .. versionadded:: 0.1
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options = ExtensionOptions.read(options)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Join the extension to *md*."""
        md.registerExtension(self)
        lines = SourceLines(md)
        self._processor = FlowBlocks(md.parser, md, self._options, lines)
        # Before everything that changes lines, and before mkdocstrings' `:::` at 75.
        md.preprocessors.register(lines, "penstock-lines", 1000)
        md.parser.blockprocessors.register(self._processor, "penstock-flow", 78)

    def reset(self) -> None:
        """Begin a new page."""
        self._processor.reset()


class FlowBlocks(BlockProcessor):
    """Finds blocks and puts what they show in their place."""

    _START = re.compile(r"(?:^|\n)::: *penstock-flow +(?P<name>\S[^\n]*?) *(?:\n|$)")

    def __init__(
        self, parser: BlockParser, md: Markdown, options: ExtensionOptions, lines: SourceLines
    ) -> None:
        super().__init__(parser)
        self._md = md
        self._options = options
        self._lines = lines
        self._place = ""
        self._renderer = PageRenderer(_docstring_to_html, self._warn, options.templates)
        self.reset()

    def reset(self) -> None:
        """Begin a new page, on which no flow is shown yet."""
        self._shown: dict[str, int] = {}

    def test(self, parent: Element, block: str) -> bool:  # noqa: ARG002 - not ours to name
        """Tell whether *block* holds one of ours."""
        return self._START.search(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Replace the first block with what it shows."""
        block = blocks.pop(0)
        match = self._START.search(block)
        assert match is not None
        if before := block[: match.start()]:
            self.parser.parseBlocks(parent, [before])
        options, rest = self.detab(block[match.end() :])
        if rest:
            blocks.insert(0, rest)
        name = match["name"]
        self._place = self._lines.place_of(name)
        try:
            self._load()
            chosen = self._options.block().override(self._place, _read_yaml(self._place, options))
            self._show(parent, name, chosen)
        except PenstockError as error:
            message = str(error).removeprefix(f"{self._place}: ")
            self._warn(message)
            self._put(parent, self._renderer.problem(message))

    def _load(self) -> None:
        for failure in load(self._options.settings()):
            _logger.warning("%s", failure)

    def _show(self, parent: Element, name: str, options: BlockOptions) -> None:
        flow = get_flow(name)
        for problem in flow.problems():
            self._warn(str(problem))
        times = self._shown[name] = self._shown.get(name, 0) + 1
        page = FlowPage(flow=flow, suffix=f"--{times}" if times > 1 else "")
        level = self._level()
        self._put(parent, self._renderer.head(page, options, prefix=f"{page.anchor}--drawn"))
        if options.steps == "summary":
            self._put(parent, self._renderer.summary(page))
        elif options.steps == "full":
            self._put_steps(parent, page, level)

    def _put_steps(self, parent: Element, page: FlowPage, level: int) -> None:
        for section in page.sections:
            # A heading of the page's own tree, so that the table of contents has it.
            heading = SubElement(parent, f"h{level}", {"id": section.anchor})
            heading.text = AtomicString(section.step.label)
            self._put(parent, self._renderer.step(section))

    def _put(self, parent: Element, html: str) -> None:
        """Put finished *html* into the page, untouched by other Markdown."""
        SubElement(parent, "p").text = self._md.htmlStash.store(html.strip())

    def _level(self) -> int:
        """Return the level of a heading below the last one on the page."""
        levels = [_HEADINGS[e.tag] for e in self.parser.root.iter() if e.tag in _HEADINGS]
        return min(levels[-1] + 1, 6) if levels else 2

    def _warn(self, message: str) -> None:
        _logger.warning("%s: %s", self._place, message)


def _read_yaml(place: str, text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        problem = f"the options are not valid YAML: {' '.join(str(error).split())}"
        raise ConfigurationError(place, problem) from error


def _docstring_to_html(text: str) -> str:
    """Return the Markdown *text* of a docstring as HTML.

    A ``<`` is one: docstrings speak of ``<change>`` and ``List<int>`` more often
    than they hold HTML.
    """
    md = Markdown(extensions=["fenced_code", "tables", "sane_lists"])
    md.preprocessors.deregister("html_block")
    md.inlinePatterns.deregister("html")
    return md.convert(text)
