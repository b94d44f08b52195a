"""The page of a flow as values, which all docs tools show."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from penstock._declared.signatures import UNKNOWN
from penstock._declared.step import Step
from penstock.docs._names import anchor_of, target_of
from penstock.graph._flow import Flow
from penstock.graph._functions import is_async, python_name, signature_string
from penstock.graph._model import Edge, Graph

__all__ = ["Fact", "FlowPage", "Link", "StepSection", "Way"]


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of a step in the section of another one.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the step."""

    label: str
    """The title of the step if it has one, else its name."""

    anchor: str | None
    """The anchor of the step on the page, or None if nobody declared the step."""

    condition: str | None = None
    """The label of the edge, which is the condition under which the flow takes it."""

    is_loop: bool = False
    """Whether the flow leads back by the edge."""


class Fact(NamedTuple):
    """A line of a section: an option of a step other than its edges.

    .. versionadded:: 0.2
    """

    words: str
    """The words at the beginning of the line."""

    values: tuple[str, ...]
    """The values after them, separated by commas."""

    is_code: bool = False
    """Whether the values are names in code."""


class Way(NamedTuple):
    """A line of a section: the steps to which one kind of edge leads, or from which it comes.

    .. versionadded:: 0.2
    """

    words: str
    """The words at the beginning of the line."""

    links: tuple[Link, ...]
    """The steps, separated by commas."""


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

    @property
    def ways(self) -> tuple[Way, ...]:
        """The lines about edges, of which none is empty."""
        before = tuple(link for link in self.before if not link.is_loop)
        every = self.step.join == "all" and len(before) > 1
        back = (link for link in self.before if link.is_loop and link.name != self.step.name)
        lines = (
            ("Comes after all of" if every else "Comes after", before),
            ("Comes back from", tuple(back)),
            ("Leads to", tuple(link for link in self.after if not link.is_loop)),
            ("Leads back to", tuple(link for link in self.after if link.is_loop)),
        )
        return tuple(Way(words, links) for words, links in lines if links)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The lines about channels, the group of the step and reasons, of which none is empty."""
        step = self.step
        facts = (
            Fact("Receives from", step.receives, is_code=True),
            Fact("Sends to", step.sends, is_code=True),
            Fact("Group", _at_most_one(step.group)),
            Fact("Not checked", _at_most_one(step.unchecked)),
            Fact("Not covered", _at_most_one(step.uncovered)),
        )
        return tuple(fact for fact in facts if fact.values)

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


def _at_most_one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


@dataclass(frozen=True, kw_only=True)
class FlowPage:
    """The content of a page about one flow, in order.

    .. versionadded:: 0.2
    """

    flow: Flow
    """The flow, with its title, description, owner, tags and problems."""

    suffix: str = ""
    """A suffix of all anchors, for a page that shows a flow a second time."""

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
    ) -> "FlowPage":
        """Return the page of *flow* with anchors that nothing else on the page has yet.

        Args:
            flow: The flow.
            steps: The steps of which the page has sections.
            taken: The anchors that the page has already.
            suffix: What all anchors end with. A number comes after it.
            shows_diagram: Whether the page has the diagram.
        """
        page, number, sections = cls(flow=flow, suffix=suffix), 1, tuple(steps)
        while any(a in taken for a in page.anchors_of(sections, shows_diagram=shows_diagram)):
            number += 1
            page = cls(flow=flow, suffix=f"{suffix}--{number}")
        return page

    def anchors_of(self, steps: Iterable[Step], *, shows_diagram: bool = True) -> set[str]:
        """Return the anchors of *steps*, and that of the diagram if the page has it."""
        drawn = {self.anchor} if shows_diagram else set()
        return drawn.union(self.anchors[step.name] for step in steps)

    @cached_property
    def unlinked(self) -> Graph:
        """The diagram without links, which has the same image."""
        return self.flow.graph()

    @cached_property
    def graph(self) -> Graph:
        """The diagram. Its nodes link to the sections below it."""
        graph, anchors = self.unlinked, self.anchors
        nodes = tuple(
            replace(node, href=f"#{anchors[node.name]}") if node.name in anchors else node
            for node in graph.nodes
        )
        return replace(graph, nodes=nodes)

    @cached_property
    def sections(self) -> tuple[StepSection, ...]:
        """The steps, each after its predecessors."""
        return tuple(self.section(step) for step in self.flow.order())

    def section(self, step: Step) -> StepSection:
        """Return the content about *step*."""
        return StepSection(
            step=step,
            anchor=self.anchors[step.name],
            target=target_of(step),
            before=tuple(self._link(e.source, e) for e in step.after),
            after=tuple(self._link(e.target, e) for e in self._leaving.get(step.name, ())),
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
