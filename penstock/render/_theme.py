"""The colours of diagrams, on light and on dark pages."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from penstock.graph._model import Node
from penstock.render._shapes import SHAPES, Paint, shape_of
from penstock.render._tokens import TOKENS, with_defaults

__all__ = [
    "DARK",
    "EDGE",
    "EDGE_TEXT",
    "LIGHT",
    "mermaid_stylesheet",
    "mermaid_theme_css",
    "node_class",
    "page_script",
    "page_stylesheet",
    "paint_of",
    "svg_stylesheet",
]

LIGHT = {
    "entrypoint": Paint("#dbeafe", "#2563eb", "#1e3a8a"),
    **{shape.name: shape.light for shape in SHAPES},
    "missing": Paint("#fee2e2", "#dc2626", "#7f1d1d"),
    "failed": Paint("#fecaca", "#b91c1c", "#6b1414"),
    "unreached": Paint("#ffffff", "#94a3b8", "#475569"),
}
DARK = {
    "entrypoint": Paint("#1e3a8a", "#60a5fa", "#dbeafe"),
    **{shape.name: shape.dark for shape in SHAPES},
    "missing": Paint("#7f1d1d", "#f87171", "#fee2e2"),
    "failed": Paint("#991b1b", "#fca5a5", "#fee2e2"),
    "unreached": Paint("#0f172a", "#64748b", "#cbd5e1"),
}
EDGE = {mode: colours["edge"] for mode, colours in TOKENS.items()}
EDGE_TEXT = {"light": "#475569", "dark": "#cbd5e1"}
_FORCED = "@media (forced-colors: active)"
_PAPER = {"light": "#ffffffd9", "dark": "#14181fd9"}
"""The background of a word that is on a line."""

_LINE = f"var(--penstock-edge, {EDGE['light']})"
_WORD = f"var(--penstock-edge-text, {EDGE_TEXT['light']})"
_BEHIND = f"var(--penstock-edge-back, {_PAPER['light']})"

_COMMENT = re.compile(r"\s*/\*.*?\*/", re.DOTALL)

# Where a page says by itself which colours it has: Furo and PyData, Tailwind's habit, Material,
# Bootstrap (MkDocs' own theme), Shibuya.
_PAGES = {
    "light": (
        *('[data-theme="light"]', ".light", '[data-md-color-scheme="default"]'),
        *('[data-bs-theme="light"]', '[data-color-mode="light"]'),
    ),
    "dark": (
        *('[data-theme="dark"]', ".dark", '[data-md-color-scheme="slate"]'),
        *('[data-bs-theme="dark"]', '[data-color-mode="dark"]'),
    ),
    "auto": ('[data-theme="auto"]', '[data-color-mode="auto"]'),
}


def node_class(node: Node) -> str:
    """Return which entry of the palette paints *node*."""
    if node.status is not None and node.status != "visited":
        return node.status
    return node.role if node.role in {"entrypoint", "missing"} else shape_of(node.kind).name


def paint_of(node: Node) -> Paint:
    """Return the colours of *node* on light ground.

    .. versionadded:: 0.2
    """
    return LIGHT[node_class(node)]


def page_stylesheet() -> str:
    """Return the CSS for pages that hold diagrams.

    Diagrams are light unless the page says that it is dark, or that it follows
    the reader's system: to follow that on a page that does not would make them
    illegible. On paper they are light.

    .. versionadded:: 0.2
    """
    return "\n".join(
        [
            with_defaults(_read("page.css")),
            _read("steps.css"),
            mermaid_stylesheet(),
            _rules(),
            "@media screen {",
            "@supports (color: light-dark(red, red)) {",
            f":root {{\n{_variables('light', 'dark')}\n}}",
            "}",
            # Not by variables: a project's own, set for all pages, would not reach these.
            f":is({_where('light')}) .penstock-diagram {{ color-scheme: light; }}",
            f"{_where('dark')} {{\n{_variables('dark')}\n}}",
            "@media (prefers-color-scheme: dark) {",
            f"{_where('auto')} {{\n{_variables('dark')}\n}}",
            "}",
            "}",
            "",
        ]
    )


def page_script() -> str:
    """Return the script for pages that hold diagrams: a classic one, which needs nothing else.

    .. versionadded:: 0.2
    """
    return (files("penstock.render") / "static" / "penstock.js").read_text(encoding="utf-8")


def mermaid_stylesheet() -> str:
    """Return the CSS for pages that hold flows drawn by Mermaid, beside that for all pages.

    Mermaid's own rules begin with an id, so these have to be important.

    .. versionadded:: 0.2
    """
    inside = ".penstock-diagram :is(.mermaid, .penstock-mermaid) "
    return "\n".join([_read("mermaid.css"), *_mermaid_rules((*LIGHT, "join", "group"), inside), ""])


@cache
def svg_stylesheet() -> str:
    """Return the CSS of a standalone image: it follows the reader's system."""
    dark = _written(TOKENS["dark"])
    screen = "@media screen and (prefers-color-scheme: dark)"
    paint, forced = _rules().split(_FORCED)
    return f"{paint}{screen} {{\n.penstock-flow {{\n{dark}\n}}\n}}\n{_FORCED}{forced}"


def _read(name: str) -> str:
    """Return a style sheet of this package without its comments, which some pages would repeat."""
    text = (files("penstock.render") / "static" / name).read_text(encoding="utf-8")
    return _COMMENT.sub("", text).strip()


def _rules() -> str:
    """Return how the inside of a diagram is painted."""
    return with_defaults(_read("flow.css"))


def mermaid_theme_css(names: Iterable[str]) -> str:
    """Return the CSS of a diagram of Mermaid's that no style sheet of the page applies to.

    Variables of the page do. Mermaid puts the id of the diagram before each
    selector.

    Args:
        names: The entries of the palette that are in use; ``join`` is a bar, ``group`` a frame.
    """
    return "".join(_mermaid_rules(names))


def _mermaid_rules(names: Iterable[str], inside: str = "") -> list[str]:
    """Return the colours of Mermaid's nodes and edges, for elements in what *inside* selects."""
    rules = []
    for name in names:
        fill, stroke, text = _paints_of(name)
        node = f"{inside}.penstock-{name}"
        shape = f"fill:{fill} !important;stroke:{stroke} !important"
        rules.append(f"{node} :is(rect,path,polygon){{{shape}}}")
        rules.append(f"{node} :is(span,p,small){{color:{text} !important}}")
    return [
        *rules,
        f"{inside}.flowchart-link{{stroke:{_LINE} !important}}",
        f"{inside}.marker path{{stroke:{_LINE} !important;fill:{_LINE} !important}}",
        f"{inside}.edgeLabel :is(span,p){{color:{_WORD} !important}}",
        f"{inside}:is(.edgeLabel,.labelBkg){{background:none !important}}",
        f"{inside}.edgeLabel p{{background:{_BEHIND} !important}}",
        # Mermaid 12 gives a shadow to frames that have no ground.
        f"{inside}.cluster :is(rect,path,g){{filter:none !important}}",
    ]


def _paints_of(name: str) -> tuple[str, str, str]:
    """Return the colours of a node or a bar as CSS: what the page says, else those for light."""
    if name == "join":
        return _LINE, _LINE, _LINE
    if name == "group":
        return "none", _LINE, _WORD
    paint, var = LIGHT[name], f"--penstock-{name}"
    return (
        f"var({var}-fill, {paint.fill})",
        f"var({var}-stroke, {paint.stroke})",
        f"var({var}-text, {paint.text})",
    )


def _where(mode: str) -> str:
    return ",\n".join(_PAGES[mode])


def _variables(mode: str, other: str | None = None) -> str:
    """Return the variables with the colours of *mode*, or of the one of two that a page is in."""
    colours = _palette(mode)
    if other is None:
        return _written(colours)
    others = _palette(other)
    return _written({key: f"light-dark({colours[key]}, {others[key]})" for key in colours})


@cache
def _palette(mode: str) -> dict[str, str]:
    """Return all colours of *mode*: of what we paint, and of what Mermaid paints."""
    found = dict(TOKENS[mode])
    for name, paint in (LIGHT if mode == "light" else DARK).items():
        for part in ("fill", "stroke", "text"):
            found[f"{name}-{part}"] = getattr(paint, part)
    return found | {"edge-text": EDGE_TEXT[mode], "edge-back": _PAPER[mode]}


def _written(colours: Mapping[str, str]) -> str:
    return "\n".join(f"  --penstock-{name}: {colour};" for name, colour in colours.items())
