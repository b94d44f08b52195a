"""The words of penstock itself on a page: all of them, so that they can be translated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain

from penstock.docs._evidence_words import EvidenceWords
from penstock.docs._frame import FrameWords
from penstock.graph import DrawnWords, Plural

__all__ = [
    "ENGLISH",
    "Code",
    "DocstringWords",
    "IndexWords",
    "Link",
    "MissingWords",
    "Piece",
    "SourceLink",
    "TableWords",
    "Words",
]


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
class TableWords:
    """The heads of the columns of a table of flows.

    .. versionadded:: 0.2
    """

    flow: str = "Flow"
    """The column with the names of flows."""

    about: str = "About"
    """The column with a sentence about each flow."""

    entrypoints: str = "Entrypoints"
    """The column with the steps at which runs begin."""

    owner: str = "Owner"
    """The column with who is responsible."""

    tags: str = "Tags"
    """The column with the words by which flows are chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexWords:
    """The words of indices and of the search.

    .. versionadded:: 0.2
    """

    title: str = "Flows"
    """The title of a page with all flows."""

    short: str = "flows"
    """The link to a page with all flows, in a row of links."""

    flow: str = "flow"
    """The word for a flow."""

    entrypoint: str = "entrypoint"
    """The word for a step at which runs begin."""

    step: str = "step"
    """The word for any other step."""

    flow_entry: str = "{} (flow)"
    """The entry of a flow in the general index."""

    entrypoint_entry: str = "{} (entrypoint in {})"
    """The entry of an entrypoint in the general index, and its flow."""

    step_entry: str = "{} (step in {})"
    """The entry of a step in the general index, and its flow."""

    def kind(self, kind: str) -> str:
        """Return the word for *kind*: ``"flow"``, ``"entrypoint"`` or ``"step"``."""
        return {"flow": self.flow, "entrypoint": self.entrypoint}.get(kind, self.step)

    def entry(self, kind: str) -> str:
        """Return the entry in the general index of a *kind* of thing."""
        entries = {"flow": self.flow_entry, "entrypoint": self.entrypoint_entry}
        return entries.get(kind, self.step_entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingWords:
    """The words in place of what cannot be shown. The reason comes after them.

    .. versionadded:: 0.2
    """

    title: str = "Warning"
    """The title of a box that says what cannot be shown."""

    flow: str = "This flow cannot be shown"
    """The words in place of a flow."""

    step: str = "This step cannot be shown"
    """The words in place of a step."""

    index: str = "This index cannot be shown"
    """The words in place of a table of flows."""

    module: str = "A module cannot be imported"
    """The words for a module that declares flows."""

    docstring: str = "The docstring of this step cannot be shown."
    """The sentence in place of a docstring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocstringWords:
    """The titles inside docstrings, where penstock itself lays them out.

    .. versionadded:: 0.2
    """

    parameters: str = "Parameters"
    """The list of the parameters of a function."""

    other_parameters: str = "Other parameters"
    """The list of its further parameters."""

    returns: str = "Returns"
    """The part about what it returns."""

    yields: str = "Yields"
    """The part about what a generator yields."""

    receives: str = "Receives"
    """The part about what a generator is sent."""

    raises: str = "Raises"
    """The list of exceptions that it raises."""

    warns: str = "Warns"
    """The list of warnings that it gives."""

    attributes: str = "Attributes"
    """The list of attributes of a class."""

    functions: str = "Functions"
    """The list of functions of a module."""

    classes: str = "Classes"
    """The list of classes of a module."""

    modules: str = "Modules"
    """The list of modules of a package."""

    type_parameters: str = "Type parameters"
    """The list of its type parameters."""

    type_aliases: str = "Type aliases"
    """The list of type aliases of a module."""

    examples: str = "Examples"
    """The part with examples."""

    attention: str = "Attention"
    """A kind of note."""

    caution: str = "Caution"
    """A kind of note."""

    danger: str = "Danger"
    """A kind of note."""

    error: str = "Error"
    """A kind of note."""

    hint: str = "Hint"
    """A kind of note."""

    important: str = "Important"
    """A kind of note."""

    note: str = "Note"
    """A kind of note."""

    tip: str = "Tip"
    """A kind of note."""

    warning: str = "Warning"
    """A kind of note."""

    see_also: str = "See also"
    """A note that names other functions."""

    version_added: str = "Added in version {}"
    """A note about the version that has it first."""

    version_changed: str = "Changed in version {}"
    """A note about a version in which it is different."""

    version_removed: str = "Removed in version {}"
    """A note about a version that has it no longer."""

    deprecated: str = "Deprecated since version {}"
    """A note about the version since which it should not be used."""

    def title(self, written: str) -> str:
        """Return a title that an author has *written*, in these words if it is one of them."""
        name = written.lower().replace(" ", "_")
        known: str | None = getattr(self, name, None) if name in _TITLES else None
        return known or written


_TITLES = {f.name for f in fields(DocstringWords) if "{}" not in str(f.default)}


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

    part_of: Plural = Plural(("Part of the flow {}", "Part of the flows {}"))
    """The flows of which a function in an API reference is a step, by how many they are."""

    picture: str = "Diagram of the flow {}"
    """The text in place of an image of a flow."""

    comma: str = ", "
    """The separator of several values."""

    dot: str = " · "
    """The separator of the parts of a line."""

    drawn: DrawnWords = DrawnWords()
    """The words in a diagram, and those for kinds and channels on the page."""

    frame: FrameWords = FrameWords()
    """The words of the box around a diagram."""

    evidence: EvidenceWords = EvidenceWords()
    """The words for the evidence of edges."""

    table: TableWords = TableWords()
    """The heads of a table of flows."""

    index: IndexWords = IndexWords()
    """The words of indices."""

    missing: MissingWords = MissingWords()
    """The words in place of what cannot be shown."""

    docstring: DocstringWords = DocstringWords()
    """The titles in docstrings."""

    @property
    def receives(self) -> str:
        """The channels that a step receives messages from."""
        return self.drawn.receives

    @property
    def sends(self) -> str:
        """The channels that a step sends messages to."""
        return self.drawn.sends

    def kind(self, kind: str) -> str:
        """Return the words for *kind*: those that are set, or its name as it is spelled."""
        return self.drawn.kind(kind) or kind

    def fill(self, message: str, *values: Sequence[Piece]) -> tuple[Piece, ...]:
        """Return *message* with *values* in place of each ``{}``, in order."""
        texts = message.split("{}")
        filled = chain.from_iterable(zip(texts, [*values, ()], strict=False))
        return tuple(_joined(filled))

    def parts(self, flows: Sequence[Link]) -> tuple[Piece, ...]:
        """Return the line that links a function in an API reference to its *flows*."""
        message = self.part_of.form(len(flows))
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
