"""The real Mermaid in a browser: what it understands and what it shows."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from npm_scripts import get_script

from penstock.render._stylesheets import mermaid_stylesheet

__all__ = ["PAGE_VERSIONS", "VERSIONS", "Drawing", "Mermaid", "get_bundle"]

VERSIONS = ("11.12.0", "11.17.2", "12.3.0")
"""The version that sphinxcontrib-mermaid pins, the newest 11 (for Material), and the newest."""

PAGE_VERSIONS = [
    *(pytest.param(old, marks=pytest.mark.wide) for old in VERSIONS[:-1]),
    VERSIONS[-1],
]
"""For tests of whole pages, which take long: the older ones are run by `nox -s wide`."""

_SCRIPT = """() => {
    window.alert = () => { window.pwned = true; };
    mermaid.initialize({startOnLoad: false});
    let count = 0;
    const idOf = node => node.id.replace(/^.*?flowchart-(.*)-\\d+$/, "$1");
    const shown = part => part.querySelector("foreignObject > *")?.innerText ?? "";
    const isCut = label => label.firstElementChild
        && label.firstElementChild.getBoundingClientRect().width
            > label.getBoundingClientRect().width + 1;
    window.draw = async text => {
        const {db} = await mermaid.mermaidAPI.getDiagramFromText(text);
        const edges = db.getEdges().map(edge => [edge.start, edge.end]);
        const {svg} = await mermaid.render(`drawing${count++}`, text);
        const holder = document.getElementById("holder");
        holder.innerHTML = svg;
        const all = selector => [...holder.querySelectorAll(selector)];
        return {
            edges,
            vertices: [...db.getVertices().keys()],
            labels: Object.fromEntries(all(".node").map(
                node => [idOf(node), shown(node)])),
            edge_labels: all(".edgeLabels > .edgeLabel").map(shown),
            links: Object.fromEntries(all("a").filter(a => a.querySelector(".node")).map(
                a => [idOf(a.querySelector(".node")), a.getAttribute("xlink:href")])),
            classes: Object.fromEntries(all(".node").map(
                node => [idOf(node), [...node.classList]])),
            groups: all(".cluster").map(
                group => [shown(group), [...group.classList]]),
            height: holder.querySelector("svg").getBoundingClientRect().height,
            cut: all("foreignObject").filter(isCut).map(label => label.textContent),
            title: holder.querySelector("svg > title")?.textContent ?? "",
            description: holder.querySelector("svg > desc")?.textContent ?? "",
            scripts: all("*").filter(e => e.tagName === "script"
                || [...e.attributes].some(a => a.name.startsWith("on"))).length
                + Boolean(window.pwned),
        };
    };
}"""


@dataclass(frozen=True)
class Drawing:
    """The diagram that Mermaid drew from a source."""

    vertices: list[str]
    """The ids of the nodes that it understood."""

    edges: list[list[str]]
    """The pairs of ids that it understood as edges."""

    labels: dict[str, str]
    """The text that a reader sees in each node, by id."""

    edge_labels: list[str]
    """The labels that a reader sees on edges, in their order; some are empty."""

    links: dict[str, str]
    """The address that a click on a node opens, by id."""

    classes: dict[str, list[str]]
    """The classes of each node, by id."""

    groups: list[tuple[str, list[str]]]
    """The text that a reader sees at each group, and its classes."""

    height: float
    """How many pixels tall the image is."""

    cut: list[str]
    """The labels that are wider than the room they were given."""

    title: str
    """The title of the image for screen readers."""

    description: str
    """How a screen reader describes the image."""

    scripts: int
    """How many scripts there are in the image or ran."""


class Mermaid:
    """A page in a browser that has loaded one version of Mermaid."""

    def __init__(self, page: Any, bundle: Path) -> None:
        self._page = page
        # Mermaid measures words wherever it likes: the whole page is a diagram.
        page.set_content(
            '<!doctype html><html class="penstock-diagram"><meta charset="utf-8">'
            f'<style>{mermaid_stylesheet()}</style><body class="mermaid"><div id="holder"></div>'
        )
        page.add_script_tag(path=bundle)
        page.evaluate(_SCRIPT)

    def draw(self, source: str) -> Drawing:
        """Return what Mermaid makes of *source*. Source that it refuses is an error."""
        return Drawing(**self._page.evaluate("source => draw(source)", source))

    def draw_all(self, sources: list[str]) -> list[Drawing]:
        """Return what Mermaid makes of each of *sources*, faster than one by one."""
        script = """async sources => {
            const drawn = [];
            for (const source of sources) drawn.push(await draw(source));
            return drawn;
        }"""
        return [Drawing(**drawn) for drawn in self._page.evaluate(script, sources)]

    def is_crossed(self, source: str, group: str) -> bool:
        """Return whether any line is in the frame of the *group* of that id."""
        self.draw(source)
        script = """group => {
            const frame = [...document.querySelectorAll("g.cluster")]
                .find(each => each.id.endsWith(group)).getBoundingClientRect();
            const paths = [...document.querySelectorAll("path.flowchart-link")];
            return paths.filter(path => getComputedStyle(path).strokeWidth !== "0px").some(path =>
                Array.from({length: 101}, (_, part) => path.getPointAtLength(
                    path.getTotalLength() * part / 100).matrixTransform(path.getScreenCTM()),
                ).some(({x, y}) => frame.left < x && x < frame.right
                    && frame.top < y && y < frame.bottom));
        }"""
        return bool(self._page.evaluate(script, group))

    def colours(self, source: str) -> tuple[list[str], list[str], list[str]]:
        """Return the colours of lines, of their heads and of the words at them, as `#rrggbb`."""
        self.draw(source)
        script = """() => {
            const hex = colour => "#" + colour.match(/\\d+/g).slice(0, 3).map(
                part => (+part).toString(16).padStart(2, "0")).join("");
            const all = selector => [...document.querySelectorAll(`#holder ${selector}`)];
            const paths = all("path.flowchart-link");
            const head = path => document.getElementById(
                path.getAttribute("marker-end").slice(5, -1)).querySelector("path");
            return [
                paths.map(path => hex(getComputedStyle(path).stroke)),
                paths.map(path => hex(getComputedStyle(head(path)).fill)),
                all(".edgeLabel p").map(p => hex(getComputedStyle(p).color)),
            ];
        }"""
        lines, heads, words = self._page.evaluate(script)
        return lines, heads, words

    def understand(self, text: str) -> tuple[list[str], list[list[str]]]:
        """Return the ids of the nodes and edges in *text*, without drawing it."""
        script = """async text => {
            const {db} = await mermaid.mermaidAPI.getDiagramFromText(text);
            return [[...db.getVertices().keys()], db.getEdges().map(e => [e.start, e.end])];
        }"""
        nodes, edges = self._page.evaluate(script, text)
        return nodes, edges


def get_bundle(version: str, root: Path) -> Path | None:
    """Return Mermaid's script, which npm brings the first time, or None where it cannot.

    It is kept in ``$PENSTOCK_MERMAID``, or in ``.nox/mermaid`` below *root*.
    """
    folder = Path(os.environ.get("PENSTOCK_MERMAID") or root / ".nox" / "mermaid")
    return get_script("mermaid", version, "dist/mermaid.min.js", folder)
