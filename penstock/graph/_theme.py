"""The colours of diagrams, on light and on dark pages."""

from dataclasses import dataclass

from penstock._model import Node
from penstock.graph._kinds import shape_of

__all__ = [
    "DARK",
    "EDGE",
    "EDGE_TEXT",
    "LIGHT",
    "Paint",
    "node_class",
    "page_stylesheet",
    "svg_stylesheet",
]


@dataclass(frozen=True, slots=True)
class Paint:
    """The three colours of a node."""

    fill: str
    stroke: str
    text: str


LIGHT = {
    "entrypoint": Paint("#dbeafe", "#2563eb", "#1e3a8a"),
    "step": Paint("#f8fafc", "#64748b", "#0f172a"),
    "store": Paint("#dcfce7", "#16a34a", "#14532d"),
    "queue": Paint("#fef3c7", "#d97706", "#78350f"),
    "service": Paint("#ede9fe", "#7c3aed", "#4c1d95"),
    "document": Paint("#e0f2fe", "#0284c7", "#0c4a6e"),
    "message": Paint("#fce7f3", "#db2777", "#831843"),
    "missing": Paint("#fee2e2", "#dc2626", "#7f1d1d"),
    "failed": Paint("#fecaca", "#b91c1c", "#6b1414"),
    "unreached": Paint("#ffffff", "#94a3b8", "#475569"),
}
DARK = {
    "entrypoint": Paint("#1e3a8a", "#60a5fa", "#dbeafe"),
    "step": Paint("#1e293b", "#94a3b8", "#f1f5f9"),
    "store": Paint("#14532d", "#4ade80", "#dcfce7"),
    "queue": Paint("#713f12", "#fbbf24", "#fef3c7"),
    "service": Paint("#4c1d95", "#a78bfa", "#ede9fe"),
    "document": Paint("#0c4a6e", "#38bdf8", "#e0f2fe"),
    "message": Paint("#831843", "#f472b6", "#fce7f3"),
    "missing": Paint("#7f1d1d", "#f87171", "#fee2e2"),
    "failed": Paint("#991b1b", "#fca5a5", "#fee2e2"),
    "unreached": Paint("#0f172a", "#64748b", "#cbd5e1"),
}
EDGE = {"light": "#64748b", "dark": "#94a3b8"}
EDGE_TEXT = {"light": "#475569", "dark": "#cbd5e1"}

# Where a page says by itself that it is dark: Furo and PyData, Tailwind's
# habit, Material for MkDocs, Bootstrap (MkDocs' own theme).
_DARK_PAGES = (
    '[data-theme="dark"]',
    ".dark",
    '[data-md-color-scheme="slate"]',
    '[data-bs-theme="dark"]',
)


def node_class(node: Node) -> str:
    """Return which entry of the palette paints *node*."""
    if node.status is not None and node.status != "visited":
        return node.status
    if node.role != "step":
        return node.role
    shape = shape_of(node.kind)
    return "step" if shape == "plain" else shape


def page_stylesheet() -> str:
    """Return the CSS for pages that hold diagrams.

    Diagrams are light unless the page says that it is dark: following the
    reader's system on a page that has no dark mode would make them illegible.
    """
    dark = ",\n".join(_DARK_PAGES)
    return "\n".join(
        [
            ".penstock-diagram { overflow-x: auto; }",
            ".penstock-diagram svg { max-width: none; }",
            ".penstock-figure { margin: 1em 0; }",
            ".penstock-diagram.align-center, .penstock-figure.align-center { text-align: center; }",
            ".penstock-diagram.align-right, .penstock-figure.align-right { text-align: right; }",
            ".penstock-diagram svg a { cursor: pointer; text-decoration: none; }",
            ".penstock-diagram svg a:focus-visible { outline: 2px solid currentColor; }",
            ".penstock-title .descname { font-family: inherit; }",
            ".penstock-flow a:hover :is(path, polygon, ellipse) { stroke-width: 2.5; }",
            *_rules(),
            f"{dark} {{\n{_variables('dark')}\n}}",
            "@media (prefers-color-scheme: dark) {",
            f'[data-theme="auto"] {{\n{_variables("dark")}\n}}',
            "}",
            "",
        ]
    )


def svg_stylesheet() -> str:
    """Return the CSS of a picture that stands alone: it follows the reader's system."""
    dark = _variables("dark")
    return "\n".join(
        [*_rules(), f"@media (prefers-color-scheme: dark) {{\n.penstock-flow {{\n{dark}\n}}\n}}"]
    )


def _rules() -> list[str]:
    rules = []
    for name, paint in LIGHT.items():
        node = f".penstock-flow .penstock-{name}"
        var = f"--penstock-{name}"
        rules.append(
            f"{node} :is(path, polygon, ellipse, polyline) "
            f"{{ fill: var({var}-fill, {paint.fill}); stroke: var({var}-stroke, {paint.stroke}); }}"
        )
        rules.append(f"{node} text {{ fill: var({var}-text, {paint.text}); }}")
    line = f"var(--penstock-edge, {EDGE['light']})"
    return [
        *rules,
        f".penstock-flow .edge path {{ stroke: {line}; }}",
        f".penstock-flow .edge polygon {{ stroke: {line}; fill: {line}; }}",
        f".penstock-flow .edge text {{ fill: var(--penstock-edge-text, {EDGE_TEXT['light']}); }}",
        f".penstock-flow .penstock-join polygon {{ stroke: {line}; fill: {line}; }}",
    ]


def _variables(mode: str) -> str:
    lines = []
    for name, paint in (DARK if mode == "dark" else LIGHT).items():
        var = f"  --penstock-{name}"
        lines.append(f"{var}-fill: {paint.fill}; {var.strip()}-stroke: {paint.stroke};")
        lines.append(f"{var}-text: {paint.text};")
    lines.append(f"  --penstock-edge: {EDGE[mode]}; --penstock-edge-text: {EDGE_TEXT[mode]};")
    return "\n".join(lines)
