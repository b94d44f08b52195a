"""The words of penstock itself on a page: all of them, so that they can be translated."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any

from penstock._common.kinds import spell_kind

__all__ = ["ENGLISH", "Code", "Link", "Piece", "SourceLink", "Words"]


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


@dataclass(frozen=True, slots=True)
class Code:
    """A name in code.

    .. versionadded:: 0.2
    """

    text: str
    """The name, like ``shop.flows``."""


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A link to the source of a function.

    .. versionadded:: 0.2
    """

    label: str
    """The text of the link."""

    address: str
    """The URL of the line."""


Piece = str | Code | Link | SourceLink
"""A part of a line: text, or what a front end writes as code or as a link.

.. versionadded:: 0.2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of penstock on a page about flows, in English unless they are translated.

    A field with ``{}`` is a message, and ``{}`` is where its values go: a translation may put
    it anywhere.

    .. versionadded:: 0.2
    """

    entrypoint: str = "Entrypoint"
    """A step at which runs begin."""

    source: str = "source"
    """The link to the source of a step."""

    after: str = "after {}"
    """The steps of which any one leads here."""

    after_all: str = "after all of {}"
    """The steps which all lead here together."""

    back_from: str = "comes back from {}"
    """The steps from which a loop leads here."""

    leads_to: str = "leads to {}"
    """The steps to which this one leads."""

    back_to: str = "leads back to {}"
    """The steps to which a loop leads from here."""

    receives: str = "receives {}"
    """The channels that a step receives messages from."""

    sends: str = "sends {}"
    """The channels that a step sends messages to."""

    group: str = "group {}"
    """The group of a step."""

    unchecked: str = "not checked: {}"
    """Why edges are not checked against the source."""

    uncovered: str = "not covered: {}"
    """Why edges do not count in the coverage."""

    condition: str = "{} ({})"
    """A step, and the condition under which the flow goes there."""

    owner: str = "Owner {}"
    """The owner of a flow."""

    part_of: str = "Part of the flow {}"
    """The flow of which a function in an API reference is a step."""

    part_of_several: str = "Part of the flows {}"
    """The flows of which a function in an API reference is a step."""

    comma: str = ", "
    """The separator of several values."""

    dot: str = " · "
    """The separator of the parts of a line."""

    kinds: tuple[tuple[str, str], ...] = ()
    """The kinds that are shown in other words, each with its words."""

    def translated(self, translate: Callable[[str], str]) -> "Words":
        """Return these words as *translate* returns each of them, with the kinds as they are."""
        names = (f.name for f in fields(self) if f.name != "kinds")
        changed: dict[str, Any] = {name: translate(getattr(self, name)) for name in names}
        return replace(self, **changed)

    def kind(self, kind: str) -> str:
        """Return the words for *kind*: those that are set, or its name as it is spelled."""
        return dict(self.kinds).get(kind) or spell_kind(kind)

    def fill(self, message: str, *values: Sequence[Piece]) -> tuple[Piece, ...]:
        """Return *message* with *values* in place of each ``{}``, in order."""
        texts = message.split("{}")
        filled = chain.from_iterable(zip(texts, [*values, ()], strict=False))
        return tuple(_joined(filled))

    def parts(self, flows: Sequence[Link]) -> tuple[Piece, ...]:
        """Return the line that links a function in an API reference to its *flows*."""
        message = self.part_of if len(flows) == 1 else self.part_of_several
        return self.fill(message, self.listed((link,) for link in flows))

    def listed(self, values: Iterable[Sequence[Piece]]) -> tuple[Piece, ...]:
        """Return *values* with commas between them."""
        return tuple(_joined(part for value in values for part in (self.comma, value)))[1:]


ENGLISH = Words()
"""The words in English.

.. versionadded:: 0.2
"""


def _joined(parts: Iterable[str | Sequence[Piece]]) -> Iterator[Piece]:
    for part in parts:
        if part:
            yield from (part,) if isinstance(part, str) else part
