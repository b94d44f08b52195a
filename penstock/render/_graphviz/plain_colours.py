"""Colours of a diagram as attributes, for pages whose host removes style sheets.

A style sheet wins over attributes, so a page that has one looks as it says. The rules are those of
`flow.css`, read here, so that each colour is written once.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from penstock.render import THEMES, ThemeName

__all__ = ["with_plain_colours"]

_RULE = re.compile(r"^\.penstock-flow (?P<selector>[^{@:]+) \{ (?P<body>[^}]*) \}$", re.MULTILINE)
_TOKEN = re.compile(r"var\(--penstock-([a-z-]+)\)")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>g|rect|path|circle|text)\b(?P<rest>[^>]*?)(?P<close>/?)>")
_CLASS = re.compile(r'class="([^"]*)"')
_KEPT = {"fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "font-size"}
_KEPT |= {"stroke-linejoin", "font-weight"}
_FONT = re.compile(r"font: (?P<weight>\d+) (?P<size>\d+px)/1 [^;]*;")


def with_plain_colours(svg: str, theme: ThemeName = "light") -> str:
    """Return *svg*, a diagram without its style sheet, in the colours of a page of that *theme*."""
    groups: list[str] = []

    def paint(tag: re.Match[str]) -> str:
        found = _CLASS.search(tag["rest"])
        names = found[1] if found else ""
        if tag["name"] == "g":
            groups[:] = groups[:-1] if tag["end"] else [*groups, names]
            return tag[0]
        if tag["end"]:
            return tag[0]
        looks = _looks(" ".join(groups), f"{tag['name']} {names}", theme)
        return f"<{tag['name']}{tag['rest']}{looks}{tag['close']}>"

    return _TAG.sub(paint, svg).replace("<svg", '<svg font-family="sans-serif"', 1)


@cache
def _looks(around: str, element: str, theme: ThemeName) -> str:
    """Return the attributes of an *element*, by its name and classes and those *around* it."""
    outer, inner = set(around.split()), set(element.split())
    found: dict[str, str] = {}
    matching = [
        (len(names), number, body)
        for number, (names, body) in enumerate(_rules(theme))
        if names[-1] <= inner and all(part <= outer for part in names[:-1])
    ]
    for _, _, body in sorted(matching):
        found |= body
    return "".join(f' {name}="{value}"' for name, value in found.items())


@cache
def _rules(theme: ThemeName) -> tuple[tuple[tuple[frozenset[str], ...], dict[str, str]], ...]:
    """Return the rules of the style sheet: the names that a selector asks for, and the looks."""
    text = (files("penstock.render") / "static" / "flow.css").read_text(encoding="utf-8")
    return tuple(
        (tuple(_names(rule["selector"])), _attributes(rule["body"], theme))
        for rule in _RULE.finditer(text)
    )


def _names(selector: str) -> Iterator[frozenset[str]]:
    for part in selector.replace(">", " ").split():
        yield frozenset(filter(None, part.split(".")))


def _attributes(body: str, theme: ThemeName) -> dict[str, str]:
    text = _FONT.sub(r"font-weight: \g<weight>; font-size: \g<size>;", body)
    pairs = (line.partition(":") for line in text.split(";"))
    given = {name.strip(): value.strip() for name, _, value in pairs}
    return {
        name: _TOKEN.sub(lambda token: THEMES[theme].colours[token[1]], value)
        for name, value in given.items()
        if name in _KEPT
    }
