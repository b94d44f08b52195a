"""The style of images: the inside of a diagram, with the colours of pages that have no others."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from penstock.render import DARK, LIGHT, ThemeName

__all__ = ["flow_rules", "read_css", "svg_stylesheet", "variables", "with_defaults"]

_FORCED = "@media (forced-colors: active)"
_COMMENT = re.compile(r"\s*/\*.*?\*/", re.DOTALL)
_VARIABLE = re.compile(r"var\(--penstock-([a-z-]+)\)")


@cache
def svg_stylesheet(theme: ThemeName | None = None) -> str:
    """Return the CSS of a standalone image: without a *theme*, it follows the reader's system."""
    paint, forced = flow_rules().split(_FORCED)
    dark = f".penstock-flow {{\n{variables(DARK.colours)}\n}}\n"
    if theme is None:
        dark = f"@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"
    return f"{paint}{'' if theme == 'light' else dark}{_FORCED}{forced}"


def flow_rules() -> str:
    """Return how the inside of a diagram is painted."""
    return with_defaults(read_css("flow.css"))


def read_css(name: str) -> str:
    """Return a style sheet of penstock without its comments, which some pages would repeat."""
    text = (files("penstock.render") / "static" / name).read_text(encoding="utf-8")
    return _COMMENT.sub("", text).strip()


def with_defaults(css: str) -> str:
    """Return *css* in which each colour is that of a light page where the page has no other."""
    return _VARIABLE.sub(
        lambda found: (
            f"var(--penstock-{found[1]}, {LIGHT.colours[found[1]]})"
            if found[1] in LIGHT.colours
            else found[0]
        ),
        css,
    )


def variables(colours: Mapping[str, str]) -> str:
    """Return the declarations of *colours* as variables of a page."""
    return "\n".join(f"  --penstock-{name}: {colour};" for name, colour in colours.items())
