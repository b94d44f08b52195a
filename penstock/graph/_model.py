"""The values that checking and drawing exchange. All are frozen."""

from dataclasses import dataclass
from typing import Literal

from penstock._common.kinds import spell_kind
from penstock._common.plural import Plural
from penstock._declared.channels import scheme_of
from penstock._declared.step import Edge, EdgeCheck, JoinKind, Location

__all__ = [
    "VERDICT_SIGNS",
    "Direction",
    "DrawnWords",
    "Edge",
    "EdgeCheck",
    "Graph",
    "LegendWords",
    "Node",
    "Problem",
    "Revision",
    "Role",
    "SpokenWords",
    "Status",
]

Status = Literal["visited", "failed", "unreached"]
Role = Literal["entrypoint", "step", "missing", "group"]
Direction = Literal["TD", "TB", "LR", "BT", "RL", "auto"]

VERDICT_SIGNS = {
    "unchecked": "~",
    "unverified": "?",
    "mixed": "\u00b1",
    "contradicted": "\u00d7",
    "undeclared": "+",
}
"""The signs of verdicts on edges, as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An inconsistency in a flow.

    .. versionadded:: 0.2
    """

    code: str
    """The kind of problem, like ``"unknown-predecessor"``."""

    flow: str | None
    """The name of the flow, or None if the problem is not about a flow."""

    step: str | None
    """The name of the step, or None if the problem is about the whole flow."""

    message: str
    """The message, with what is wrong and what to write instead."""

    location: Location | None = None
    """The location at which to fix it."""

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        flow = f"flow {self.flow!r}: " if self.flow is not None else ""
        return f"{where}{flow}{self.message} [{self.code}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The state of a source that was checked.

    .. versionadded:: 0.2
    """

    name: str | None = None
    """The short name of the commit, or None if nobody knows."""

    date: str | None = None
    """The date of the commit, or of ``SOURCE_DATE_EPOCH``, as ``2026-11-27``."""

    is_dirty: bool = False
    """Whether a file of the source differs from the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step as it is drawn, or a group that is folded.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the step, unique in the graph."""

    title: str | None = None
    """The title for readers, instead of the name."""

    role: Role = "step"
    """``"missing"`` is a step that others name but nobody declared, ``"group"`` a folded group."""

    join: JoinKind = "any"
    """``"all"`` puts a bar before the node."""

    kind: str | None = None
    """The type of system that the step uses."""

    group: str | None = None
    """The group of nodes that it is drawn in."""

    module: str | None = None
    """The module of the function."""

    receives: tuple[str, ...] = ()
    """The channels that the step receives messages from."""

    sends: tuple[str, ...] = ()
    """The channels that the step sends messages to."""

    summary: str | None = None
    """A sentence about the step, shown when the pointer is on it."""

    href: str | None = None
    """The address that a click on the node opens."""

    status: Status | None = None
    """The result of the step in the recorded run that is drawn, if one is."""

    note: str | None = None
    """A further line for readers, like how long the step took."""

    hidden_before: int = 0
    """How many steps that lead here are not in the diagram, which shows a part of a flow."""

    hidden_after: int = 0
    """How many steps to which this one leads are not in the diagram."""

    steps: int = 0
    """How many steps are in the group, if the node is one."""

    entrypoints: int = 0
    """How many of these are entrypoints."""

    is_beside: bool = False
    """Whether it is outside of the group that is drawn, and only shows where that is."""

    @property
    def label(self) -> str:
        """The title if there is one, else the name."""
        return self.title or self.name

    @property
    def is_entrypoint(self) -> bool:
        """Whether runs of the flow begin here."""
        return self.role == "entrypoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendWords:
    """The words of the legend of a diagram: each names a sign, and says its meaning.

    .. versionadded:: 0.2
    """

    title: str = "Legend"
    """The title of the list of signs."""

    entrypoint: str = "Filled shape: runs begin here"
    """The shape of an entrypoint, as a sign in the legend of a diagram."""

    rounded: str = "Round ends: runs begin here"
    """The shape of an entrypoint, where all shapes are filled or none, as a sign in the legend."""

    step: str = "Card: a step"
    """The shape of a step, as a sign in the legend."""

    kind: str = "Icon: {}"
    """An icon, and the kinds of steps that have it, as a sign in the legend."""

    folded: str = "Stacked cards: a group of steps"
    """The shape of a folded group, as a sign in the legend."""

    doubled: str = "Double outline: a group of steps"
    """The shape of a folded group in PNG, as a sign in the legend."""

    group: str = "Frame: steps of a group"
    """The frame around the steps of a group, as a sign in the legend."""

    missing: str = "Question mark: a step that nobody declared"
    """The shape of a step that is not declared, as a sign in the legend."""

    beside: str = "Dashed outline: outside of this part"
    """The shape of a step that only shows where a part of a flow is, as a sign in the legend."""

    visited: str = "Check mark: it ran"
    """A step that ran, as a sign in the legend of a recorded run."""

    failed: str = "Cross: it failed"
    """A step that failed, as a sign in the legend of a recorded run."""

    unreached: str = "Dots: it was not reached"
    """A step that was not reached, as a sign in the legend of a recorded run."""

    edge: str = "Arrow: the flow goes on"
    """An edge, as a sign in the legend."""

    label: str = "Words at an arrow: the condition"
    """The label of an edge, as a sign in the legend."""

    all_of: str = "Bar: all of them lead on together"
    """The bar of a join, as a sign in the legend."""

    any_of: str = "Lines that meet: any one leads on"
    """Several edges to one step, as a sign in the legend."""

    loop: str = "Turning arrow: the flow goes back"
    """A loop, as a sign in the legend."""

    channel: str = "Address at an arrow: a message is sent there"
    """An edge with a channel as evidence, as a sign in the legend."""

    unchecked: str = "Tilde at an arrow: it is not checked"
    """An edge that the declaration takes out of the check, as a sign in the legend."""

    unverified: str = "Question mark at an arrow: the source does not show it"
    """An edge without evidence, as a sign in the legend."""

    mixed: str = "Plus and minus at an arrow: reversed in another caller"
    """An edge with evidence that another caller reverses, as a sign in the legend."""

    contradicted: str = "Cross at an arrow: the source shows otherwise"
    """An edge that the source contradicts, as a sign in the legend."""

    undeclared: str = "Plus at an arrow: only the source has it"
    """An edge that the source has and nobody declared, as a sign in the legend."""

    above: str = "Arrow up: shown in full elsewhere"
    """A step that is in it already, as a sign in the legend of a tree of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWords:
    """The words of a screen reader for the signs of a diagram, which have no text.

    .. versionadded:: 0.2
    """

    edge: str = "{} leads to {}: {}"
    """An edge with its two steps, and the words for its sign."""

    unchecked: str = "not checked"
    """The sign of an edge that the declaration takes out of the check."""

    unverified: str = "the source does not show it"
    """The sign of an edge without evidence."""

    mixed: str = "reversed in another caller"
    """The sign of an edge with evidence that another caller reverses."""

    contradicted: str = "the source shows otherwise"
    """The sign of an edge that the source contradicts."""

    undeclared: str = "only the source has it"
    """The sign of an edge that the source has and nobody declared."""

    visited: str = "it ran"
    """The sign of a step that ran, in a recorded run."""

    failed: str = "it failed"
    """The sign of a step that failed, in a recorded run."""

    unreached: str = "it was not reached"
    """The outline of a step that was not reached, in a recorded run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWords:
    """The words of penstock itself in a diagram, which a page may have in another language.

    .. versionadded:: 0.2
    """

    entrypoint: str = "entrypoint"
    """The word for an entrypoint, in formats without shapes."""

    missing: str = "not declared"
    """The words for a step that others name but nobody declared, and for such an edge."""

    after_all: str = "after all of them"
    """The words for a join, in formats without bars."""

    all_of: str = "all of"
    """The words at the bar of a join."""

    again: str = "again"
    """The word for a loop."""

    repeats: str = "repeats"
    """The word for a step with a loop to itself."""

    receives: str = "receives {}"
    """The words for a channel that a step receives messages from."""

    sends: str = "sends {}"
    """The words for a channel that a step sends messages to."""

    begins: str = "It begins at {}."
    """The sentence for screen readers about where the flow begins."""

    either: str = "{} or {}"
    """The words that join two steps at which the flow begins."""

    more_before: Plural = Plural(("{} more before", "{} more before"))
    """The words for steps that lead to a step, outside of the part that is drawn."""

    more_after: Plural = Plural(("{} more after", "{} more after"))
    """The words for steps to which a step leads, outside of the part that is drawn."""

    via: str = "via {}"
    """The words for an edge through one step that is left out, and its name."""

    via_several: Plural = Plural(("via {} step", "via {} steps"))
    """The words for an edge through several steps that are left out."""

    steps: Plural = Plural(("{} step", "{} steps"))
    """The words for the size of a folded group."""

    entrypoints: Plural = Plural(("{} entrypoint", "{} entrypoints"))
    """The words for the entrypoints in a folded group."""

    size: Plural = Plural(("It has {} step.", "It has {} steps."))
    """The sentence for screen readers with the number of its steps."""

    legend: LegendWords = LegendWords()
    """The words of the legend."""

    spoken: SpokenWords = SpokenWords()
    """The words of a screen reader for signs."""

    kinds: tuple[tuple[str, str], ...] = ()
    """The kinds that are shown in other words, with these words. The first counts."""

    def label_of(self, edge: Edge) -> str | None:
        """Return the text on *edge*: its label, the word for a loop, and what it passes."""
        label = self.named(edge)
        if edge.is_loop:
            label = f"{self.again}: {label}" if label else self.again
        return self.with_sign(edge, self.with_passed(edge, label))

    def named(self, edge: Edge) -> str | None:
        """Return the label of *edge*, or that nobody declared it."""
        return self.missing if edge.is_undeclared else edge.label

    def with_sign(self, edge: Edge, label: str | None) -> str | None:
        """Return *label* with the sign of the verdict on *edge*, as text."""
        if edge.sign is None:
            return label
        if edge.sign == "channel":
            return self.with_channel(edge, label)
        sign = VERDICT_SIGNS[edge.sign]
        return f"{label} {sign}" if label else sign

    def with_channel(self, edge: Edge, label: str | None) -> str | None:
        """Return *label* with the channel that *edge* has as evidence, if it has one."""
        channel = edge.channel
        return f"{label}, {channel}" if label and channel else channel or label

    def repetition(self, edge: Edge) -> str:
        """Return the text for a step that *edge* leads back to from itself."""
        label = f"{self.repeats}: {edge.label}" if edge.label else self.repeats
        return self.with_sign(edge, self.with_passed(edge, label)) or label

    def with_passed(self, edge: Edge, label: str | None) -> str | None:
        """Return *label* with the steps that *edge* passes."""
        if not edge.via:
            return label
        is_one = len(edge.via) == 1
        passed = self.via.format(*edge.via) if is_one else self.via_several.format(len(edge.via))
        return f"{label}, {passed}" if label else passed

    def note_of(self, node: Node) -> str | None:
        """Return the last line below the label of *node*: its note, and what a part hides."""
        before = self.more_before.format(node.hidden_before) if node.hidden_before else None
        after = self.more_after.format(node.hidden_after) if node.hidden_after else None
        return " · ".join(filter(None, (node.note, before, after))) or None

    def kind_of(self, node: Node) -> str | None:
        """Return the text for the kind of *node*, or that nobody declared the node.

        A kind that is the scheme of a channel is shown there. A folded group has its size.
        """
        if node.role == "missing":
            return self.missing
        if node.role == "group":
            size, starts = self.steps.format(node.steps), self.entrypoints.format(node.entrypoints)
            return f"{size} · {starts}" if node.entrypoints else size
        schemes = {scheme_of(channel) for channel in (*node.receives, *node.sends)}
        return None if node.kind in schemes else self.kind(node.kind)

    def channels_of(self, node: Node) -> tuple[str, ...]:
        """Return the text for the channels of *node*, a line each."""
        received = map(self.receives.format, node.receives)
        return (*received, *map(self.sends.format, node.sends))

    def notes_of(self, node: Node, repetition: str | None) -> str:
        """Return the lines below the label of *node* in a box.

        They are its kind in parentheses, its channels, *repetition* (as
        `repetition` returns it) and its note.
        """
        kind = self.kind_of(node)
        notes = (
            f"({kind})" if kind else "",
            *self.channels_of(node),
            repetition,
            self.note_of(node),
        )
        return "\n".join(filter(None, notes))

    def kind(self, kind: str | None) -> str | None:
        """Return the words for *kind*: those that are set, or its name as it is spelled."""
        if not kind:
            return kind
        known = dict(reversed(self.kinds))
        return known.get(kind) or known.get(kind.lower()) or spell_kind(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The nodes and edges of a diagram, for renderers.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the flow."""

    nodes: tuple[Node, ...]
    """The nodes, in the order in which the flow reaches them."""

    edges: tuple[Edge, ...]
    """The edges, in the order of the nodes that they lead to, and loops last. After those are the
    edges that nobody declared, if they are known."""

    title: str | None = None
    """The title of the flow."""

    description: str | None = None
    """A sentence about the flow."""

    words: DrawnWords = DrawnWords()
    """The words that a diagram adds to those of the flow."""

    @property
    def label(self) -> str:
        """The title if there is one, else the name."""
        return self.title or self.name

    @property
    def size(self) -> tuple[int, int]:
        """How many steps it shows, those of folded groups too, and how many are entrypoints.

        What is beside the group that is drawn, and steps that nobody declared, do not count.
        """
        shown = [n for n in self.nodes if not n.is_beside and n.role != "missing"]
        steps = sum(n.steps or 1 for n in shown)
        return steps, sum(n.entrypoints + n.is_entrypoint for n in shown)
