"""The page of a flow as values, which all docs tools show."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from penstock._declared.signatures import UNKNOWN
from penstock._declared.step import Step
from penstock.docs._edges import EdgeTable, edge_table
from penstock.docs._names import anchor_of, group_anchor_of, target_of
from penstock.docs._source_url import no_source
from penstock.docs._words import ENGLISH, Code, Link, Piece, SourceLink, Words
from penstock.graph._flow import Flow
from penstock.graph._fold import FoldedGraph, fold
from penstock.graph._functions import is_async, names_of, python_name, signature_string
from penstock.graph._model import Edge, Graph

__all__ = ["FlowPage", "GroupDiagram", "Remark", "StepSection"]


class Remark(NamedTuple):
    """A part of the line below a heading: what kind of thing it is about, and its text.

    .. versionadded:: 0.2
    """

    about: str
    """The subject, as the field of `Words` is called, or ``kind``, ``module``, ``name``
    or ``tags``."""

    pieces: tuple[Piece, ...]
    """The text, and what is code or a link in it."""

    def __str__(self) -> str:
        return "".join(map(_text_of, self.pieces))


def _text_of(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return piece.text if isinstance(piece, Code) else piece.label


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSection:
    """The content of a page about one step.

    .. versionadded:: 0.2
    """

    step: Step
    """The step, with its title, docstring and kind, and the file and line of its function."""

    anchor: str
    """The anchor on the page, of letters, digits and hyphens."""

    target: str
    """The function's dotted name, ``module.qualname``."""

    before: tuple[Link, ...]
    """The steps that lead here."""

    after: tuple[Link, ...]
    """The steps to which this one leads."""

    words: Words = ENGLISH
    """The words of penstock in the remarks."""

    source: str | None = None
    """The URL of the source of the function, if it is known."""

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The parts of the line between the signature and the docstring.

        They are whether runs begin here, the kind, the module with a link to the source, the
        steps before and after, the channels, the group, and why edges are not checked or not
        covered. A page shows them in one line, with ``words.dot`` between them.
        """
        found = ((about, pieces) for about, pieces in self._remarks() if pieces)
        return tuple(Remark(about, pieces) for about, pieces in found)

    def _remarks(self) -> Iterator[tuple[str, tuple[Piece, ...]]]:
        step, words = self.step, self.words
        yield "entrypoint", (words.entrypoint,) if step.is_entrypoint else ()
        yield "kind", (words.kind(step.kind),) if step.kind else ()
        yield "module", self._module()
        before = [link for link in self.before if not link.is_loop]
        every = step.join == "all" and len(before) > 1
        yield self._links("after_all" if every else "after", before)
        back = [link for link in self.before if link.is_loop and link.name != step.name]
        yield self._links("back_from", back)
        yield self._links("leads_to", [link for link in self.after if not link.is_loop])
        yield self._links("back_to", [link for link in self.after if link.is_loop])
        yield self._values("receives", *((Code(name),) for name in step.receives))
        yield self._values("sends", *((Code(name),) for name in step.sends))
        for about in ("group", "unchecked", "uncovered"):
            text = getattr(step, about)
            yield self._values(about, *([(text,)] if text else []))

    def _module(self) -> tuple[Piece, ...]:
        """Return the module of the function, and a link to its source."""
        module = names_of(self.step)[0]
        shown: tuple[Piece, ...] = (Code(module),) if module else ()
        if self.source:
            shown += (" [" if module else "[", SourceLink(self.words.source, self.source), "]")
        return shown

    def _links(self, about: str, links: Sequence[Link]) -> tuple[str, tuple[Piece, ...]]:
        fill, message = self.words.fill, self.words.condition
        each = [fill(message, (li,), (li.condition,)) if li.condition else (li,) for li in links]
        return self._values(about, *each)

    def _values(self, about: str, *values: Sequence[Piece]) -> tuple[str, tuple[Piece, ...]]:
        words = self.words
        filled = words.fill(getattr(words, about), words.listed(values)) if values else ()
        return about, filled

    @property
    def is_titled(self) -> bool:
        """Whether the step is called otherwise than its function, so that a page says both names.

        Else the signature alone is the heading.
        """
        return self.step.label != python_name(self.step)[1].rpartition(".")[2]

    @property
    def signature(self) -> str:
        """The signature as its source has it, like ``(order, *, dry_run=False)``.

        It is one line, without the *self* of a method, and ``(…)`` if it is not known.
        """
        return signature_string(self.step) or f"({UNKNOWN})"

    @property
    def call(self) -> str:
        """How the function is called, like ``async Shop.receive(order)``."""
        path = python_name(self.step)[1] or self.step.name
        return f"{'async ' if is_async(self.step) else ''}{path}{self.signature}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDiagram:
    """The diagram of one group of a flow that is folded.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the node that links here."""

    title: str
    """The name of the group."""

    anchor: str
    """The anchor of the diagram."""

    unlinked: Graph
    """The diagram without links, which has the same image."""

    graph: Graph
    """The diagram. Its nodes link to the sections of steps and to the other diagrams."""


_LONG = 20


@dataclass(frozen=True, kw_only=True)
class FlowPage:
    """The content of a page about one flow, in order.

    .. versionadded:: 0.2
    """

    flow: Flow
    """The flow, with its title, description, owner, tags and problems."""

    suffix: str = ""
    """A suffix of all anchors, for a page that shows a flow a second time."""

    words: Words = ENGLISH
    """The words of penstock on the page."""

    source_of: Callable[[Step], str | None] = no_source
    """Returns the URL of the source of a step, if it is known."""

    part: Graph | None = None
    """The part of the flow that the page shows, or None if it is all of it."""

    most: int | None = None
    """How many steps the diagram shows. A larger one is folded, unless it is None."""

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The parts of the line below the description.

        They are the owner, the tags, and the name if the title is another.
        """
        flow, words = self.flow, self.words
        found = (
            ("owner", words.fill(words.owner, (flow.owner,)) if flow.owner else ()),
            ("tags", words.listed((tag,) for tag in flow.tags)),
            ("name", (Code(flow.name),) if flow.label != flow.name else ()),
        )
        return tuple(Remark(about, pieces) for about, pieces in found if pieces)

    @property
    def anchor(self) -> str:
        """The anchor of the diagram."""
        return anchor_of(self.flow.name) + self.suffix

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The anchors of the steps by their names, of letters, digits and hyphens."""
        flow = self.flow.name
        return {step.name: anchor_of(flow, step.name) + self.suffix for step in self.flow.steps}

    @classmethod
    def with_free_anchors(
        cls,
        flow: Flow,
        steps: Iterable[Step],
        taken: Container[str],
        *,
        suffix: str = "",
        shows_diagram: bool = True,
        words: Words = ENGLISH,
        source_of: Callable[[Step], str | None] = no_source,
        part: Graph | None = None,
        most: int | None = None,
    ) -> "FlowPage":
        """Return the page of *flow* with anchors that nothing else on the page has yet.

        Args:
            flow: The flow.
            steps: The steps of which the page has sections.
            taken: The anchors that the page has already.
            suffix: What all anchors end with. A number comes after it.
            shows_diagram: Whether the page has the diagram.
            words: The words of penstock on the page, if they are not English.
            source_of: Returns the URL of the source of a step, if it is known.
            part: The part of the flow that the page shows, if it is not all of it.
            most: How many steps the diagram shows before it is folded.
        """
        page = cls(flow=flow, suffix=suffix, words=words, source_of=source_of, part=part, most=most)
        number, sections = 1, tuple(steps)
        while any(a in taken for a in page.anchors_of(sections, shows_diagram=shows_diagram)):
            number += 1
            page = replace(page, suffix=f"{suffix}--{number}")
        return page

    def anchors_of(self, steps: Iterable[Step], *, shows_diagram: bool = True) -> set[str]:
        """Return the anchors of *steps*, and those of the diagrams if the page has them."""
        drawn = {self.anchor, *self._group_anchors.values()} if shows_diagram else set()
        return drawn.union(self.anchors[step.name] for step in steps)

    @cached_property
    def unlinked(self) -> Graph:
        """The diagram without links, which has the same image."""
        return self._folded.graph if self._folded else self._whole

    @cached_property
    def graph(self) -> Graph:
        """The diagram. Its nodes link to the sections below it, and to the diagrams of groups."""
        return self._linked(self.unlinked)

    @cached_property
    def groups(self) -> tuple[GroupDiagram, ...]:
        """The diagrams of the groups, if the flow is folded, in the order of the flow."""
        folded, anchors = self._folded, self._group_anchors
        if folded is None:
            return ()
        labels = {node.name: node.label for node in folded.graph.nodes}
        return tuple(
            GroupDiagram(
                name=name,
                title=labels[name],
                anchor=anchors[name],
                unlinked=part,
                graph=self._linked(part),
            )
            for name, part in folded.parts.items()
        )

    @cached_property
    def _whole(self) -> Graph:
        return replace(self.part or self.flow.graph(), words=self.words.drawn)

    @cached_property
    def _folded(self) -> FoldedGraph | None:
        return None if self.most is None else fold(self._whole, self.most)

    @cached_property
    def _group_anchors(self) -> Mapping[str, str]:
        names = self._folded.parts if self._folded else ()
        return {name: group_anchor_of(self.flow.name, name) + self.suffix for name in names}

    @cached_property
    def node_anchors(self) -> Mapping[str, str]:
        """The anchors of steps and of groups, by the names of the nodes that link there."""
        return {**self.anchors, **self._group_anchors}

    def _linked(self, graph: Graph) -> Graph:
        anchors = self.node_anchors
        nodes = tuple(
            replace(node, href=f"#{anchors[node.name]}") if node.name in anchors else node
            for node in graph.nodes
        )
        return replace(graph, nodes=nodes)

    @cached_property
    def edges(self) -> EdgeTable | None:
        """The evidence for the edges that are drawn, if anybody has checked them."""
        shown = [step.name for step in self.steps]
        return edge_table(self.flow, shown, self.words.evidence, self.source_of)

    @property
    def is_long(self) -> bool:
        """Whether the flow has more than 20 steps, so that readers look for one of them.

        What a docstring has after its first paragraph is then folded.
        """
        return len(self.flow.steps) > _LONG

    @cached_property
    def sections(self) -> tuple[StepSection, ...]:
        """The steps that are drawn, each after its predecessors."""
        return tuple(map(self.section, self.steps))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are drawn, each after its predecessors."""
        drawn = {node.name for node in self._whole.nodes}
        return tuple(step for step in self.flow.steps if step.name in drawn)

    def section(self, step: Step) -> StepSection:
        """Return the content about *step*."""
        return StepSection(
            step=step,
            anchor=self.anchors[step.name],
            target=target_of(step),
            before=tuple(self._link(e.source, e) for e in step.after),
            after=tuple(self._link(e.target, e) for e in self._leaving.get(step.name, ())),
            words=self.words,
            source=self.source_of(step),
        )

    @cached_property
    def _leaving(self) -> Mapping[str, list[Edge]]:
        leaving: dict[str, list[Edge]] = {}
        for edge in self.flow.edges:
            leaving.setdefault(edge.source, []).append(edge)
        return leaving

    def _link(self, name: str, edge: Edge) -> Link:
        label = self.flow.step(name).label if name in self.anchors else name
        return Link(name, label, self.anchors.get(name), edge.label, edge.is_loop)
