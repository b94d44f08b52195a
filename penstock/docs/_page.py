"""The page of a flow, as both docs packages show it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import NamedTuple

from penstock._common.plain_values import without_addresses
from penstock._declared.signatures import UNKNOWN
from penstock._declared.step import Predecessor, Step
from penstock.catalog._loading import DECLARED, Flows
from penstock.exceptions import UnknownStepError
from penstock.graph._flow import Flow
from penstock.graph._functions import (
    is_async,
    names_of,
    python_name,
    signature_of,
    signature_string,
)
from penstock.graph._model import Edge, Graph

__all__ = [
    "Fact",
    "FlowPage",
    "Link",
    "Selection",
    "StepSection",
    "anchor_of",
    "digest_of",
    "find_step",
    "fingerprint",
    "first_sentence",
    "is_async",
    "python_name",
    "recursion_in",
    "sentence_parts",
    "signature_of",
    "slug_of",
    "summary_of",
    "target_of",
]


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of a step next to another one."""

    name: str
    """The name of the step."""

    label: str
    """What a reader sees."""

    anchor: str | None
    """The anchor of the step on the page, or None if nobody declared it."""

    condition: str | None = None
    """The label of the edge."""

    is_loop: bool = False
    """Whether the flow comes back by the edge."""


class Fact(NamedTuple):
    """A line of a section: what is declared of a step beside its edges."""

    words: str
    """What the line begins with."""

    values: tuple[str, ...]

    is_code: bool = False
    """Whether the values are names that code has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSection:
    """What the page says of one step."""

    step: Step
    anchor: str
    """The anchor on the page: letters, digits and hyphens."""

    target: str
    """The function's dotted name, ``module.qualname``."""

    before: tuple[Link, ...]
    """The steps that lead here."""

    after: tuple[Link, ...]
    """The steps to which this one leads."""

    @property
    def ways(self) -> tuple[tuple[str, tuple[Link, ...]], ...]:
        """The lines about edges: the words that each begins with, and its links."""
        before = tuple(link for link in self.before if not link.is_loop)
        every = self.step.join == "all" and len(before) > 1
        back = (link for link in self.before if link.is_loop and link.name != self.step.name)
        lines = (
            ("Comes after all of" if every else "Comes after", before),
            ("Comes back from", tuple(back)),
            ("Leads to", tuple(link for link in self.after if not link.is_loop)),
            ("Leads back to", tuple(link for link in self.after if link.is_loop)),
        )
        return tuple((words, links) for words, links in lines if links)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The lines about what else is declared of the step."""
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

        It is one line, without the *self* of a method, and ``(…)`` if nobody can know it.
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
    """What a page says of one flow, in the order in which it says it."""

    flow: Flow
    suffix: str = ""
    """What anchors end with, where a page shows a flow a second time."""

    @property
    def anchor(self) -> str:
        """The anchor of the diagram."""
        return anchor_of(self.flow.name) + self.suffix

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The anchors of the steps, by their names: letters, digits and hyphens."""
        flow = self.flow.name
        return {step.name: anchor_of(flow, step.name) + self.suffix for step in self.flow.steps}

    @cached_property
    def unlinked(self) -> Graph:
        """The diagram without links, of which the same image is drawn."""
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
        """The steps, each after what leads to it."""
        return tuple(self.section(step) for step in self.flow.order())

    def section(self, step: Step) -> StepSection:
        """Return what the page says of *step*."""
        return StepSection(
            step=step,
            anchor=self.anchors[step.name],
            target=target_of(step),
            before=tuple(self._link(p.name, p) for p in step.after),
            after=tuple(self._link(e.target, e) for e in self._leaving.get(step.name, ())),
        )

    @cached_property
    def _leaving(self) -> Mapping[str, list[Edge]]:
        leaving: dict[str, list[Edge]] = {}
        for edge in self.flow.edges:
            leaving.setdefault(edge.source, []).append(edge)
        return leaving

    def _link(self, name: str, edge: Edge | Predecessor) -> Link:
        label = self.flow.step(name).label if name in self.anchors else name
        return Link(name, label, self.anchors.get(name), edge.label, edge.is_loop)


class Selection(NamedTuple):
    """Which flows an index lists."""

    tags: str | None = None
    """Words, separated by commas, all of which a flow must have as tags."""

    owner: str | None = None
    """Who must own it."""

    def __str__(self) -> str:
        parts = [f"has the tags {self.tags}"] if self.tags else []
        parts += [f"is owned by {self.owner}"] if self.owner else []
        return " and ".join(parts) or "is declared"

    def flows(self, source: Flows = DECLARED) -> list[Flow]:
        """Return the flows of *source*, in order of their labels."""
        tags = {tag.strip() for tag in (self.tags or "").split(",")} - {""}
        found = [
            flow
            for flow in source.flows
            if tags <= set(flow.tags) and self.owner in {None, flow.owner}
        ]
        return sorted(found, key=lambda flow: (flow.label.lower(), flow.name))

    def fingerprint(self, source: Flows = DECLARED) -> str:
        """Return a hash of all that the index of *source* says."""
        values = [
            (
                *(flow.name, flow.label, summary_of(flow), flow.owner, flow.tags),
                *((step.name, step.label) for step in flow.entrypoints),
            )
            for flow in self.flows(source)
        ]
        return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:32]


def anchor_of(flow: str, step: str | None = None) -> str:
    """Return the anchor of a flow, or of a step in it, for any names.

    Stable, so that links from outside live on: it depends on the names alone.
    """
    parts = [flow] if step is None else [flow, step]
    # Two hyphens: no slug holds them, so no two pairs of names come to one anchor.
    return "--".join(["penstock", *map(slug_of, parts)])


@lru_cache(10_000)
def slug_of(name: str) -> str:
    """Return *name* as an identifier of HTML and of docutils: ``[a-z0-9-]``."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if "-" not in name and slug == name.replace("_", "-"):
        return slug
    # Something was lost, so that another name could come to the same slug.
    return f"{slug}-{digest_of(name)}" if slug else digest_of(name)


def digest_of(name: str) -> str:
    """Return a short hash that is different for other names."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def target_of(step: Step) -> str:
    """Return the dotted name under which the documentation of a step is found."""
    module, qualname = names_of(step)
    return f"{module}.{qualname}" if module else qualname


def find_step(reference: str, source: Flows = DECLARED) -> tuple[Flow, Step]:
    """Return the step of *source* that *reference* names, as ``flow.step`` or by its name alone.

    Raises:
        UnknownStepError: If there is none, or more than one.
    """
    for flow, name in _readings(reference):
        with suppress(LookupError):
            found = source.flow(flow)
            return found, found.step(name)
    pairs = [(flow, step) for flow in source.flows for step in flow.steps]
    meant = [(flow, step) for flow, step in pairs if step.name == reference]
    if len(meant) != 1:
        known, found_names = ([f"{f.name}.{s.name}" for f, s in some] for some in (pairs, meant))
        raise UnknownStepError(reference, known, found_names)
    return meant[0]


def _readings(reference: str) -> Iterator[tuple[str, str]]:
    """Yield what *reference* may mean as a flow and a step: both names may have dots."""
    parts = reference.split(".")
    for split in range(1, len(parts)):
        yield ".".join(parts[:split]), ".".join(parts[split:])


def recursion_in(what: str, name: str) -> str:
    """Return the warning of a docstring that asks for what it is a part of.

    Args:
        what: ``"flow"`` or ``"step"``.
        name: Its name.
    """
    return (
        f"{what} {name!r} is shown inside itself, by a docstring that is a part of it: "
        f"this is a link to it instead. To show the diagram alone, write `:steps: none`"
    )


def summary_of(flow: Flow) -> str:
    """Return a sentence about *flow*: of its description, else of where it begins."""
    candidates = [flow.description, *(step.doc for step in flow.entrypoints)]
    return first_sentence(next(filter(None, candidates), ""))


def fingerprint(flow: Flow, *, only: Step | None = None) -> str:
    """Return a hash of all that a page shows of *flow*, or *only* of one of its steps.

    It is the same in every process, and costs less than to make the page.
    """
    if only is None:
        values = [flow.title, flow.description, flow.owner, flow.tags, *map(_values_of, flow.steps)]
        values += [(problem.step, problem.message) for problem in flow.problems()]
    else:
        labels = {step.name: step.label for step in flow.steps}
        ways = [e for e in flow.edges if only.name in {e.source, e.target}]
        values = [_values_of(only)]
        values += [(e.source, e.target, e.label, e.is_loop, labels.get(e.source)) for e in ways]
        values += [labels.get(e.target) for e in ways]
    return sha256(without_addresses(repr(values)).encode("utf-8", "replace")).hexdigest()[:32]


def _values_of(step: Step) -> tuple[object, ...]:
    values = [getattr(step, field.name) for field in fields(step) if field.name not in _NOT_SHOWN]
    return *values, step.doc, target_of(step), is_async(step), signature_string(step)


_NOT_SHOWN = {"details", "function", "location"}


def first_sentence(text: str) -> str:
    """Return the first sentence of *text*, on one line."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    found = re.match(r".*?(?<!\be\.g)(?<!\bi\.e)[.!?](?= |$)", paragraph)
    return found[0] if found else paragraph


def sentence_parts(message: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of *message* as a sentence, each with whether it is code in backticks."""
    text = message if message.endswith((".", "?", "!")) else f"{message}."
    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    yield from ((part, number % 2 == 1) for number, part in enumerate(parts) if part)
