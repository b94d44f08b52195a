"""The evidence for the edges of a flow, as a page shows it: one sentence, and a table."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

from penstock._declared.step import Edge, EdgeCheck, Step
from penstock.docs._evidence_words import EvidenceWords
from penstock.graph import Flow, Revision
from penstock.graph._model import VERDICT_SIGNS

__all__ = ["EdgeRow", "EdgeTable", "contradictions", "edge_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRow:
    """The evidence for one edge.

    .. versionadded:: 0.2
    """

    source: str
    """The label of the step that the edge leads from."""

    target: str
    """The label of the step that it leads to."""

    evidence: str
    """The kind of evidence, or the verdict and its reason."""

    sign: str | None = None
    """The sign at the edge in the diagram, as text."""

    location: str | None = None
    """The line of the source, like ``shop/orders.py:48``."""

    address: str | None = None
    """The URL of that line, if it is known."""

    @property
    def text(self) -> str:
        """The row as one line, for formats without tables."""
        line = f" ({self.location})" if self.location else ""
        sign = f"{self.sign} " if self.sign else ""
        return f"{self.source} \u2192 {self.target}: {sign}{self.evidence}{line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeTable:
    """The evidence for the edges of a flow.

    .. versionadded:: 0.2
    """

    sentence: str
    """One sentence on what was checked, in which revision."""

    rows: tuple[EdgeRow, ...]
    """The edges, in the order of the flow."""

    words: EvidenceWords = EvidenceWords()
    """The words of penstock in the table."""

    def html(self) -> str:
        """Return the sentence, and the table folded below it."""
        words = self.words
        heads = (words.edge, words.evidence, words.source)
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
        body = "".join(map(_row, self.rows))
        title = escape(words.title)
        return (
            f'<p class="penstock-sentence">{escape(self.sentence, quote=False)}</p>'
            f'<details class="penstock-evidence" data-search-exclude=""><summary>{title}</summary>'
            f'<div class="penstock-scroll" tabindex="0" role="region" aria-label="{title}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
        )


def _row(row: EdgeRow) -> str:
    ends = f"{escape(row.source, quote=False)} → {escape(row.target, quote=False)}"
    sign = f'<b aria-hidden="true">{row.sign}</b> ' if row.sign else ""
    line = f"<code>{escape(row.location)}</code>" if row.location else ""
    if row.address:
        line = f'<a href="{escape(row.address)}">{line}</a>'
    evidence = escape(row.evidence, quote=False)
    return f"<tr><td>{ends}</td><td>{sign}{evidence}</td><td>{line}</td></tr>"


def edge_table(
    flow: Flow,
    shown: Iterable[str],
    words: EvidenceWords,
    source_of: Callable[[Step], str | None],
) -> EdgeTable | None:
    """Return the evidence for the edges of *flow* between the steps *shown*, if there is any."""
    names = set(shown)
    every = (*flow.edges, *flow.undeclared)
    edges = [e for e in every if e.check is not None and {e.source, e.target} <= names]
    if not edges:
        return None
    sentence = " ".join(_sentence(edges, flow.revision, words))
    rows = tuple(_as_row(flow, edge, words, source_of) for edge in edges)
    return EdgeTable(sentence=sentence, rows=rows, words=words)


def contradictions(flow: Flow) -> Iterator[str]:
    """Yield a warning for each edge of *flow* that the source contradicts.

    .. versionadded:: 0.2
    """
    for edge in flow.edges:
        if edge.check is not None and edge.check.verdict == "contradicted":
            location = flow.step(edge.target).location
            where = f"{location}: " if location else ""
            yield (
                f"{where}flow {flow.name!r}: {edge.source} -> {edge.target} is not in the source: "
                f"run `penstock check {flow.name}` to see what it has [edge-contradicted]"
            )


def _sentence(
    edges: Iterable[Edge], revision: Revision | None, words: EvidenceWords
) -> Iterator[str]:
    checks = [edge.check for edge in edges if edge.check is not None]
    found = Counter(check.verdict for check in checks)
    channels = sum(check.verdict == "supported" and bool(check.channel) for check in checks)
    declared = len(checks) - found["undeclared"]
    parts = [words.supported.format(found["supported"], declared)]
    counted = (
        (words.by_channel, channels),
        (words.count_unverified, found["unverified"]),
        (words.count_mixed, found["mixed"]),
        (words.count_contradicted, found["contradicted"]),
        (words.count_undeclared, found["undeclared"]),
        (words.count_unchecked, found["unchecked"]),
    )
    parts += [message.format(count) for message, count in counted if count]
    yield f"{words.comma.join(parts)}."
    if revision is not None:
        name = words.revision.format(revision.name) if revision.name else None
        dirty = words.dirty if revision.is_dirty else None
        state = words.comma.join(filter(None, (name, revision.date, dirty)))
        if state:
            yield f"{state[0].upper()}{state[1:]}."


def _as_row(
    flow: Flow, edge: Edge, words: EvidenceWords, source_of: Callable[[Step], str | None]
) -> EdgeRow:
    check = edge.check or EdgeCheck(verdict="unverified")
    target = flow.step(edge.target)
    line = check.location
    return EdgeRow(
        source=flow.step(edge.source).label,
        target=target.label,
        evidence=words.of(check),
        sign=VERDICT_SIGNS.get(edge.sign or ""),
        location=str(line) if line else None,
        address=source_of(replace(target, location=line)) if line else None,
    )
