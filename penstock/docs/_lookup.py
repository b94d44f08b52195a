"""Finding the flows and steps of a page: flows by their tags and owner, a step by its name."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

from penstock._declared.step import Step
from penstock.catalog._loading import DECLARED, Flows
from penstock.docs._sentences import summary_of
from penstock.exceptions import UnknownStepError
from penstock.graph._flow import Flow

__all__ = ["Selection", "find_step"]


class Selection(NamedTuple):
    """Which flows an index lists.

    .. versionadded:: 0.2
    """

    tags: str | None = None
    """Words, separated by commas, all of which a flow must have as tags."""

    owner: str | None = None
    """The owner that a flow must have."""

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


def find_step(reference: str, source: Flows = DECLARED) -> tuple[Flow, Step]:
    """Return the step of *source* that *reference* names, as ``flow.step`` or by its name alone.

    Raises:
        UnknownStepError: If there is none, or more than one.

    .. versionadded:: 0.2
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
