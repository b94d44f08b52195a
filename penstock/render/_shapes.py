"""The shapes of nodes, a row each: which kinds have it, and how each language draws it."""

from dataclasses import dataclass

from penstock.graph._model import Node

__all__ = ["KNOWN_KINDS", "SHAPES", "Paint", "Shape", "shape_of"]


@dataclass(frozen=True, slots=True)
class Paint:
    """The three colours of a node, as ``#rrggbb``.

    .. versionadded:: 0.2
    """

    fill: str
    stroke: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The look of nodes of some kinds.

    .. versionadded:: 0.2
    """

    name: str
    """Its name in style sheets, and what differs from other shapes."""

    kinds: tuple[str, ...] = ()
    """The kinds of steps that have it, in lower case."""

    dot: str
    """Its name in Graphviz. Other languages have their own names for most of these."""

    mermaid: str
    """How Mermaid writes it, around ``{label}`` and ``{style}``."""

    mermaid_styled: str | None = None
    """The same for diagrams with colours, if it differs."""

    mermaid_padding: int
    """Pixels that Mermaid adds to the height of the text."""

    mermaid_line: int = 24
    """Pixels of one line of text in Mermaid."""

    light: Paint
    """Its colours on a light page."""

    dark: Paint
    """Its colours on a dark page."""


_PLAIN = Shape(
    name="step",
    dot="box",
    mermaid='["{label}"]{style}',
    mermaid_styled='("{label}"){style}',
    mermaid_padding=30,
    light=Paint("#f8fafc", "#64748b", "#0f172a"),
    dark=Paint("#1e293b", "#94a3b8", "#f1f5f9"),
)

_FOLDED = Shape(
    name="step",
    dot="box",
    mermaid='["{label}"]{style}@{{ shape: st-rect }}',
    mermaid_padding=44,
    light=_PLAIN.light,
    dark=_PLAIN.dark,
)
"""A group that is folded: several sheets, one behind the other."""

# Pixels were measured in Mermaid 11 and 12 with the style sheet of pages: the larger of the two,
# but for documents, whose wave depends on the width of letters: between those of two fonts.
SHAPES = (
    _PLAIN,
    Shape(
        name="store",
        kinds=("database", "db", "sql", "cache", "search"),
        dot="cylinder",
        mermaid='[("{label}")]{style}',
        mermaid_padding=70,
        light=Paint("#dcfce7", "#16a34a", "#14532d"),
        dark=Paint("#14532d", "#4ade80", "#dcfce7"),
    ),
    Shape(
        name="queue",
        kinds=("kafka", "queue", "celery", "amqp", "topic"),
        dot="box3d",
        mermaid='["{label}"]{style}@{{ shape: h-cyl }}',
        mermaid_padding=12,
        light=Paint("#fef3c7", "#d97706", "#78350f"),
        dark=Paint("#713f12", "#fbbf24", "#fef3c7"),
    ),
    Shape(
        name="service",
        kinds=("http", "api", "grpc"),
        dot="component",
        mermaid='[["{label}"]]{style}',
        mermaid_padding=15,
        light=Paint("#ede9fe", "#7c3aed", "#4c1d95"),
        dark=Paint("#4c1d95", "#a78bfa", "#ede9fe"),
    ),
    Shape(
        name="document",
        kinds=("file", "storage", "report"),
        dot="note",
        mermaid='["{label}"]{style}@{{ shape: doc }}',
        mermaid_padding=32,
        mermaid_line=36,  # the taller the text is, the taller is the wave at its foot
        light=Paint("#e0f2fe", "#0284c7", "#0c4a6e"),
        dark=Paint("#0c4a6e", "#38bdf8", "#e0f2fe"),
    ),
    Shape(
        name="message",
        kinds=("email", "notification", "sms"),
        dot="tab",
        mermaid='["{label}"]{style}@{{ shape: lean-r }}',
        mermaid_padding=15,
        light=Paint("#fce7f3", "#db2777", "#831843"),
        dark=Paint("#831843", "#f472b6", "#fce7f3"),
    ),
)
"""All shapes, in the order of style sheets."""

_OF_KIND = {kind: shape for shape in SHAPES for kind in shape.kinds}

KNOWN_KINDS = frozenset(_OF_KIND)
"""The kinds that have a shape, in lower case."""


def shape_of(node: Node) -> Shape:
    """Return the shape of *node*: that of a folded group, of its kind, or of a plain step.

    .. versionadded:: 0.2
    """
    return _FOLDED if node.role == "group" else _OF_KIND.get((node.kind or "").lower(), _PLAIN)
