"""Words of a page in the language of the docs."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from gettext import NullTranslations, translation
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.i18n import docname_to_domain

from penstock import Step
from penstock.docs import ENGLISH, Words, plain_text
from penstock.docs.diagrams import KNOWN_KINDS
from penstock.graph import Flow, Graph
from penstock_sphinx._domain import domain_of
from penstock_sphinx._messages import words_of
from penstock_sphinx._nodes import penstock_messages

__all__ = ["Translator"]


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
        self._own = words_of(directive.env)
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
        own = self._own.kind(kind)
        is_known = kind.lower() in KNOWN_KINDS or own != kind
        return self._find(kind) or own if is_known else self(kind)

    def words(self, steps: Iterable[Step]) -> Words:
        """Return the words of penstock in the language of the docs, with the kinds of *steps*."""
        kinds = dict.fromkeys(step.kind for step in steps if step.kind)
        changed = tuple(
            (kind, own) for kind in kinds if (own := self.kind(kind)) != ENGLISH.kind(kind)
        )
        return replace(self._own, drawn=replace(self._own.drawn, kinds=changed))

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
            nodes=tuple(
                replace(node, summary=changed[node.name]) if node.name in changed else node
                for node in graph.nodes
            ),
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
