"""The words for the evidence of edges on a page."""

from dataclasses import dataclass

from penstock._declared.step import EdgeCheck

__all__ = ["EvidenceWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWords:
    """The words for the evidence of edges, which a page may have in another language.

    .. versionadded:: 0.2
    """

    title: str = "Evidence for each edge"
    """The title of the table with the evidence for each edge."""

    edge: str = "Edge"
    """The column with the steps that an edge connects."""

    evidence: str = "Evidence"
    """The column with the kind of evidence for an edge."""

    source: str = "Source"
    """The column with the line of source that is the evidence."""

    supported: str = "The source supports {} of {} edges"
    """The beginning of the sentence on what was checked: how many edges have evidence, of all."""

    by_channel: str = "{} of them by a channel"
    """How many edges have a channel as evidence."""

    count_unverified: str = "{} unverified"
    """How many edges the source does not show."""

    count_mixed: str = "{} reversed in another caller"
    """How many edges the source shows in one caller, and reversed in another."""

    count_contradicted: str = "{} contradicted"
    """How many edges the source contradicts."""

    count_unchecked: str = "{} not checked"
    """How many edges are not checked, as their declarations ask for."""

    revision: str = "revision {}"
    """The commit of the source that was checked."""

    dirty: str = "with changes that are not committed"
    """The source that was checked differs from the commit."""

    call: str = "call"
    """The evidence that one step calls the other."""

    order: str = "order"
    """The evidence that a function calls one step, then the other."""

    hand_off: str = "hand-off"
    """The evidence that one step hands the other to something that calls it later."""

    channel: str = "channel {}"
    """The evidence that one step sends to a channel, and the other receives from it."""

    unverified: str = "unverified: {}"
    """An edge that the source does not show, and why."""

    unknown: str = "the source does not show it"
    """Why an edge is unverified, if there is no other reason."""

    mixed: str = "{}, reversed in another caller"
    """An edge with evidence in one caller that is reversed in another."""

    contradicted: str = "the source shows otherwise"
    """An edge that the source contradicts."""

    unchecked: str = "not checked: {}"
    """An edge that is not checked, and why."""

    comma: str = ", "
    """The separator of the parts of the sentence on what was checked."""

    def of(self, check: EdgeCheck) -> str:
        """Return the words for the verdict *check*."""
        kinds = {"call": self.call, "order": self.order, "hand-off": self.hand_off}
        kind = kinds.get(check.kind or "", check.kind or "")
        if check.channel:
            kind = self.channel.format(check.channel)
        return {
            "supported": kind,
            "mixed": self.mixed.format(kind),
            "contradicted": self.contradicted,
            "unchecked": self.unchecked.format(check.reason),
        }.get(check.verdict, self.unverified.format(check.reason or self.unknown))
