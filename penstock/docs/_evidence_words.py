"""The words for the evidence of edges on a page."""

import re
from dataclasses import dataclass, fields

from penstock._declared.step import EdgeCheck

__all__ = ["EvidenceWords", "ReasonWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonWords:
    """The reasons why the source does not decide on an edge.

    A check gives them in English, and so do catalogs.

    .. versionadded:: 0.2
    """

    unresolved: str = "{} cannot be resolved"
    """A call in code, of which the source does not show where it leads."""

    too_deep: str = "calls are nested too deep to follow them"
    """The check follows calls to a limit."""

    unknown_order: str = "one call in a loop leads to both {} and {}, in an unknown order"
    """The names of two steps."""

    elsewhere: str = "{} sends by {}, and {} is called from elsewhere"
    """A step, the code by which it sends a message, and the step that may receive it."""

    stub: str = "{} has no body yet"
    """The name of a step whose function is empty."""

    outside: str = "{}, with the function of {}, is not a file of the project"
    """A module and the name of a step."""

    unread: str = "{}, with the function of {}, cannot be read: {}"
    """A file, the name of a step, and the message of the operating system in English."""

    unparsed: str = "{}, with the function of {}, cannot be parsed: {}"
    """A file, the name of a step, and the message of Python in English."""

    made: str = "{} does not show the function of {}, which is made otherwise"
    """A file and the name of a step, whose function the application makes as it runs."""

    missing: str = "{} is not in the source"
    """The name of a step whose function is gone."""

    work: str = "the check of this flow ended after {} steps of work"
    """The limit of the check, as a number."""

    def of(self, reason: str) -> str:
        """Return *reason*, which is in English, in these words if it is one of them."""
        for name, pattern in _REASONS.items():
            found = pattern.fullmatch(reason)
            if found:
                message: str = getattr(self, name)
                return message.format(*found.groups())
        return reason


_REASONS = {
    field.name: re.compile("(.+)".join(map(re.escape, str(field.default).split("{}"))), re.DOTALL)
    for field in fields(ReasonWords)
}


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

    count_undeclared: str = "{} not declared"
    """How many edges the source has that the flow does not declare."""

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

    reasons: ReasonWords = ReasonWords()
    """The other reasons why an edge is unverified."""

    mixed: str = "{}, reversed in another caller"
    """An edge with evidence in one caller that is reversed in another."""

    contradicted: str = "the source shows otherwise"
    """An edge that the source contradicts."""

    undeclared: str = "{}, not declared"
    """An edge that the source has and the flow does not declare."""

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
        if check.verdict == "unverified":
            reason = self.reasons.of(check.reason) if check.reason else self.unknown
            return self.unverified.format(reason)
        return {
            "supported": kind,
            "mixed": self.mixed.format(kind),
            "contradicted": self.contradicted,
            "undeclared": self.undeclared.format(kind),
            "unchecked": self.unchecked.format(check.reason),
        }[check.verdict]
