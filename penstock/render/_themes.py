"""The colours of diagrams, on light and on dark pages. Contrasts are held by a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from penstock.graph._model import Node
from penstock.render._shapes import SHAPES, Paint, shape_of

__all__ = ["DARK", "LIGHT", "THEMES", "Theme", "ThemeName", "node_class", "paint_of"]

ThemeName = Literal["light", "dark"]
"""The kind of page that an image is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of diagrams on light pages, or on dark ones.

    .. versionadded:: 0.2
    """

    paints: Mapping[str, Paint]
    """Those of nodes in languages that fill whole nodes, by their `node_class`."""

    colours: Mapping[str, str]
    """Those of images, as CSS writes them. ``"edge"`` is that of ``--penstock-edge`` in a page."""


LIGHT = Theme(
    paints={
        "entrypoint": Paint("#dbeafe", "#2563eb", "#1e3a8a"),
        **{shape.name: shape.light for shape in SHAPES},
        "missing": Paint("#fee2e2", "#dc2626", "#7f1d1d"),
        "failed": Paint("#fecaca", "#b91c1c", "#6b1414"),
        "unreached": Paint("#ffffff", "#94a3b8", "#475569"),
    },
    colours={
        "page": "#ffffff",
        "card": "#ffffff",
        "line": "#7f8a9c",
        "text": "#1b2330",
        "muted": "#556071",
        "edge": "#64748b",
        "frame": "#f4f6f9",
        "frame-line": "#c9d0da",
        "entry": "#1d4ed8",
        "entry-text": "#ffffff",
        "entry-note": "#dbe6ff",
        "entry-tile": "#3b68e0",
        "net": "#1d4ed8",
        "net-tile": "#e4ecff",
        "queue": "#9a4a00",
        "queue-tile": "#fdebd3",
        "store": "#00563f",
        "store-tile": "#d9f2e7",
        "msg": "#b0187a",
        "msg-tile": "#fbe3f1",
        "other": "#4a5568",
        "other-tile": "#e8ebf0",
        "bad": "#b42318",
        "bad-tile": "#fde8e6",
        "doubt": "#7a5200",
        "doubt-tile": "#fdf0d0",
        "shade": "#0f172a24",
    },
)
"""The colours of diagrams on light pages."""

DARK = Theme(
    paints={
        "entrypoint": Paint("#1e3a8a", "#60a5fa", "#dbeafe"),
        **{shape.name: shape.dark for shape in SHAPES},
        "missing": Paint("#7f1d1d", "#f87171", "#fee2e2"),
        "failed": Paint("#991b1b", "#fca5a5", "#fee2e2"),
        "unreached": Paint("#0f172a", "#64748b", "#cbd5e1"),
    },
    colours={
        "page": "#14181f",
        "card": "#20242c",
        "line": "#76829a",
        "text": "#eceff5",
        "muted": "#aab4c5",
        "edge": "#94a3b8",
        "frame": "#191c22",
        "frame-line": "#3a414d",
        "entry": "#8fb4ff",
        "entry-text": "#0a1633",
        "entry-note": "#1c2f5e",
        "entry-tile": "#b8d0ff",
        "net": "#93b7ff",
        "net-tile": "#22345e",
        "queue": "#ffb866",
        "queue-tile": "#4a3113",
        "store": "#7be3bb",
        "store-tile": "#143f33",
        "msg": "#ff93cd",
        "msg-tile": "#512040",
        "other": "#c3ccd9",
        "other-tile": "#363d4a",
        "bad": "#ff9d92",
        "bad-tile": "#551f1b",
        "doubt": "#f5cf6b",
        "doubt-tile": "#463608",
        "shade": "#00000070",
    },
)
"""The colours of diagrams on dark pages."""

THEMES: Mapping[ThemeName, Theme] = {"light": LIGHT, "dark": DARK}
"""The colours of diagrams by the kind of page."""


def node_class(node: Node) -> str:
    """Return what *node* looks like, for the names of classes: a status, a role or a shape.

    .. versionadded:: 0.2
    """
    if node.status is not None and node.status != "visited":
        return node.status
    return node.role if node.role in {"entrypoint", "missing"} else shape_of(node).name


def paint_of(node: Node) -> Paint:
    """Return the colours of *node* on light ground.

    .. versionadded:: 0.2
    """
    return LIGHT.paints[node_class(node)]
