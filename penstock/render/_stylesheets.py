"""The style sheets and the script of pages that hold diagrams."""

from functools import cache
from importlib.resources import files

from penstock.render._formats.mermaid.style import WORDS, style_rules
from penstock.render._graphviz.stylesheet import flow_rules, read_css, variables, with_defaults
from penstock.render._themes import DARK, LIGHT

__all__ = ["mermaid_stylesheet", "page_script", "page_stylesheet"]

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


_LIGHT_IMAGE = "  --penstock-light-image: visible; --penstock-dark-image: none;"
_DARK_IMAGE = "  --penstock-light-image: hidden; --penstock-dark-image: block;"


def page_stylesheet() -> str:
    """Return the CSS for pages that hold diagrams.

    Diagrams are light unless the page says that it is dark, or that it follows
    the reader's system: to follow that on a page that does not would make them
    illegible. On paper they are light.

    .. versionadded:: 0.2
    """
    return "\n".join(
        [
            with_defaults(read_css("page.css")),
            read_css("steps.css"),
            mermaid_stylesheet(),
            flow_rules(),
            "@media screen {",
            "@supports (color: light-dark(red, red)) {",
            f":root {{\n{_variables('light', 'dark')}\n}}",
            "}",
            # Not by variables: a project's own, set for all pages, would not reach these.
            f":is({_where('light')}) .penstock-diagram {{ color-scheme: light; }}",
            f"{_where('light')} {{\n{_LIGHT_IMAGE}\n}}",
            _dark_page("dark"),
            "@media (prefers-color-scheme: dark) {",
            _dark_page("auto"),
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
    return "\n".join(
        [read_css("mermaid.css"), *style_rules((*LIGHT.paints, "join", "group"), inside), ""]
    )


def _where(mode: str) -> str:
    return ",\n".join(_PAGES[mode])


def _dark_page(mode: str) -> str:
    """Return the rule for pages that are dark since they are in that *mode*."""
    return f"{_where(mode)} {{\n{_variables('dark')}\n{_DARK_IMAGE}\n}}"


def _variables(mode: str, other: str | None = None) -> str:
    """Return the variables with the colours of *mode*, or of the one of two that a page is in."""
    colours = _palette(mode)
    if other is None:
        return variables(colours)
    others = _palette(other)
    return variables({key: f"light-dark({colours[key]}, {others[key]})" for key in colours})


@cache
def _palette(mode: str) -> dict[str, str]:
    """Return all colours of *mode*: of what we paint, and of what Mermaid paints."""
    theme = LIGHT if mode == "light" else DARK
    found = dict(theme.colours)
    for name, paint in theme.paints.items():
        for part in ("fill", "stroke", "text"):
            found[f"{name}-{part}"] = getattr(paint, part)
    return found | WORDS[mode]
