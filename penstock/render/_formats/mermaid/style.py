"""The colours of flowcharts of Mermaid on a page, as CSS."""

from collections.abc import Iterable, Iterator

from penstock.render import LIGHT

__all__ = ["WARNINGS", "WORDS", "style_rules"]

WORDS = {
    "light": {"edge-text": "#475569", "edge-back": "#ffffffd9"},
    "dark": {"edge-text": "#cbd5e1", "edge-back": "#14181fd9"},
}
"""The colours of words on a line, and of the ground behind them, which images do not have."""

WARNINGS = {"doubt": "#b45309", "bad": "#dc2626"}
"""The colours of lines whose verdict is a warning, by the names that pages have for theirs.

They are legible on white and on black. Style sheets know these lines by them.
"""

_LINE = f"var(--penstock-edge, {LIGHT.colours['edge']})"
_WORD = f"var(--penstock-edge-text, {WORDS['light']['edge-text']})"
_BEHIND = f"var(--penstock-edge-back, {WORDS['light']['edge-back']})"


def style_rules(
    names: Iterable[str], inside: str = "", warnings: Iterable[str] = WARNINGS
) -> list[str]:
    """Return the colours of nodes and edges, by the variables of the page.

    Args:
        names: The classes of nodes that are in use; ``join`` is a bar, ``group`` a frame.
        warnings: The names of colours of `WARNINGS` that are in use.
        inside: The selector of what holds the diagrams. Without it the rules are for the diagram
            that has them: Mermaid puts its id before each selector.
    """
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
        *(rule for name in warnings for rule in _warning_rules(name, inside)),
    ]


def _warning_rules(name: str, inside: str) -> Iterator[str]:
    """Yield the colour of lines of that warning, of their heads, and of the words at them."""
    found = WARNINGS[name]
    colour = f"var(--penstock-{name}, {found})"
    head = f"{inside}.marker[id$='{found[1:]}'] path"
    yield f"{inside}.flowchart-link[style*='{found}']{{stroke:{colour} !important}}"
    yield f"{head}{{stroke:{colour} !important;fill:{colour} !important}}"
    yield f"{inside}.edgeLabel [style*='{found}'] p{{color:{colour} !important}}"


def _paints_of(name: str) -> tuple[str, str, str]:
    """Return the colours of a node or a bar as CSS: what the page says, else those for light."""
    if name == "join":
        return _LINE, _LINE, _LINE
    if name == "group":
        return "none", _LINE, _WORD
    paint, var = LIGHT.paints[name], f"--penstock-{name}"
    return (
        f"var({var}-fill, {paint.fill})",
        f"var({var}-stroke, {paint.stroke})",
        f"var({var}-text, {paint.text})",
    )
