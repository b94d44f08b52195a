"""Words of a page in the language of the docs."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from gettext import NullTranslations, translation
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translator
from sphinx.util.docutils import SphinxDirective
from sphinx.util.i18n import docname_to_domain

from penstock import Step
from penstock.docs import ENGLISH, FrameWords, Words, plain_text
from penstock.docs.diagrams import KNOWN_KINDS
from penstock.graph import DrawnWords, Flow, Graph
from penstock_sphinx._domain import domain_of
from penstock_sphinx._messages import CATALOG, own_words
from penstock_sphinx._nodes import penstock_messages

__all__ = ["Translator", "own_frame_words", "setup_translations"]


def setup_translations(app: Sphinx) -> None:
    """Register the translations of penstock's own words."""
    app.add_message_catalog(CATALOG, Path(__file__).parent / "locales")


def own_frame_words() -> FrameWords:
    """Return what the box around a diagram says, in the language of the docs."""
    return FrameWords(
        step=str(own_words("1 step")),
        steps=str(own_words("{} steps")),
        entrypoint=str(own_words("1 entrypoint")),
        entrypoints=str(own_words("{} entrypoints")),
        file=str(own_words("SVG file")),
        zoom_out=str(own_words("Zoom out")),
        zoom_in=str(own_words("Zoom in")),
        fit=str(own_words("Fit")),
        full_screen=str(own_words("Full screen")),
        copy=str(own_words("Copy as Mermaid")),
        copied=str(own_words("Copied")),
        download=str(own_words("Download as SVG")),
        close=str(own_words("Close")),
    )


class Translator:
    """A translator of the words that a directive shows, which keeps them for translators.

    Sphinx translates paragraphs by itself. What becomes a title, a part of an
    image or of a line that penstock writes is looked up here, in the same
    catalog of the page.

    Args:
        directive: Whose words they are.
    """

    def __init__(self, directive: SphinxDirective) -> None:
        self._directive = directive
        self._catalogs = _catalogs(directive)
        self._messages: dict[str, None] = {}

    def __call__(self, text: str) -> str:
        """Return *text* in the language of the docs."""
        message = text.replace("\n", " ").strip()  # as Sphinx gives paragraphs to translators
        if not message:  # which catalogs call their own head
            return text
        self._messages[message] = None
        return self._find(message) or text

    def _find(self, message: str) -> str | None:
        """Return what the catalogs of the page have for *message*, if any of them has it."""
        found = (catalog.gettext(message) for catalog in self._catalogs)
        return next((translated for translated in found if translated != message), None)

    def kind(self, kind: str) -> str:
        """Return *kind* in the language of the docs: one that penstock knows, as it says it."""
        if kind.lower() not in KNOWN_KINDS:
            return self(kind)
        own = str(own_words(kind.lower()))
        return self._find(kind) or (kind if own == kind.lower() else own)

    def words(self, steps: Iterable[Step]) -> Words:
        """Return the words of penstock in the language of the docs, with the kinds of *steps*."""
        kinds = dict.fromkeys(step.kind for step in steps if step.kind)
        changed = tuple((kind, own) for kind in kinds if (own := self.kind(kind)) != kind)
        return replace(ENGLISH.translated(lambda words: str(own_words(words))), kinds=changed)

    def flow(self, flow: Flow, only: Container[str] | None = None) -> Flow:
        """Return *flow* with its titles and conditions translated, those of *only* some steps."""
        return replace(
            flow,
            title=flow.title and self(flow.title),
            owner=flow.owner and self(flow.owner),
            tags=tuple(map(self, flow.tags)),
            steps=tuple(
                self._step(step) if only is None or step.name in only else step
                for step in flow.steps
            ),
        )

    def _step(self, step: Step) -> Step:
        strings = (step.title, step.group, step.unchecked, step.uncovered)
        if not any((*strings, *(before.label for before in step.after))):
            return step
        title, group, unchecked, uncovered = (string and self(string) for string in strings)
        return replace(
            step,
            title=title,
            group=group,
            unchecked=unchecked,
            uncovered=uncovered,
            after=tuple(replace(p, label=p.label and self(p.label)) for p in step.after),
        )

    def graph(self, graph: Graph, steps: Iterable[Step]) -> Graph:
        """Return *graph* with the sentences in it translated.

        Args:
            graph: A flow as it is drawn.
            steps: The steps in it: nodes have their sentences without markup.
        """
        changed = {
            step.name: plain_text(translated)
            for step in steps
            if step.summary and (translated := self(step.summary)) != step.summary
        }
        return replace(
            graph,
            description=graph.description and self(graph.description),
            words=self._words(graph),
            nodes=tuple(
                replace(node, summary=changed[node.name]) if node.name in changed else node
                for node in graph.nodes
            ),
        )

    def _words(self, graph: Graph) -> DrawnWords:
        kinds = dict.fromkeys(node.kind for node in graph.nodes if node.kind)
        count = len(graph.nodes)
        sizes = get_translator(CATALOG).ngettext("It has {} step.", "It has {} steps.", count)
        return DrawnWords(
            entrypoint=str(own_words("entrypoint")),
            missing=str(own_words("not declared")),
            after_all=str(own_words("after all of them")),
            all_of=str(own_words("all of")),
            again=str(own_words("again")),
            repeats=str(own_words("repeats")),
            receives=str(own_words("receives {}")),
            sends=str(own_words("sends {}")),
            begins=str(own_words("It begins at {}.")),
            either=str(own_words("{} or {}")),
            more_before=str(own_words("{} more before")),
            more_after=str(own_words("{} more after")),
            via=str(own_words("via {}")),
            via_several=str(own_words("via {} steps")),
            size=sizes.format(count),
            kinds=tuple((kind, words) for kind in kinds if (words := self.kind(kind)) != kind),
        )

    def messages(self) -> nodes.Node:
        """Return what gives translators all that was looked up."""
        node = penstock_messages("", messages=list(self._messages))
        self._directive.set_source_info(node)
        return node


def _catalogs(directive: SphinxDirective) -> list[NullTranslations]:
    """Return the catalogs of the page, the first of which counts most.

    Sphinx has a function for this, which makes them one longer chain with each call.
    """
    config, env = directive.config, directive.env
    name = docname_to_domain(env.docname, config.gettext_compact)
    known = domain_of(env).catalogs
    if name not in known:
        folders = (env.srcdir / folder for folder in config.locale_dirs)
        # Most projects have none, where looking for each page's would take longer.
        there = [folder for folder in folders if folder.is_dir()]
        known[name] = list(_load(name, there, config.language))
    return known[name]


def _load(name: str, folders: Iterable[Path], language: str) -> Iterator[NullTranslations]:
    for folder in folders:
        try:
            yield translation(name, folder, [language])
        except OSError:  # not in this folder
            continue
