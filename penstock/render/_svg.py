"""Making a Graphviz SVG fit for a page: reachable, themed, and free of what it does not need."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import lru_cache, reduce
from html import escape

from penstock._common.markup import plain_text
from penstock.graph._model import Graph, Node
from penstock.render._dot import dot_id
from penstock.render._drawing import Drawing
from penstock.render._labels import clean_text, safe_href
from penstock.render._theme import svg_stylesheet

__all__ = ["is_svg", "paint_svg"]

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ROOT = "{http://www.w3.org/2000/svg}svg"
_OUTLINES = {"polygon", "path"}
_NUMBER = re.compile(r"-?[\d.]+")


def paint_svg(laid: bytes, graph: Graph, *, prefix: str | None, standalone: bool) -> Drawing:
    """Return the SVG of *graph*, as a program has *laid* it out, as one element without prolog.

    Nodes that have an address become links, titles say what a reader needs,
    and nothing in it depends on the program but sizes and positions.

    .. versionadded:: 0.2
    """
    # Without their namespace, elements are read and written in half the time.
    root = ET.fromstring(laid.decode().replace(_NAMESPACE, "", 1))  # noqa: S314 - our own program drew it
    nodes = {dot_id(node.name): node for node in graph.nodes}
    for group in list(root.iter("g")):
        _tidy(group, nodes)
    for line in root.iter("text"):
        # Some versions of Graphviz write it; it means nothing to browsers.
        line.attrib.pop(_SPACE, None)
    _introduce(root, graph, prefix or f"penstock-{dot_id(graph.name)}", standalone=standalone)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("xmlns:xlink", "http://www.w3.org/1999/xlink")
    width, height = _resize(root)
    written: list[str] = []
    _write(root, written)
    return Drawing(
        svg="".join(written).strip(),
        width=width,
        height=height,
        entry_start=0,
        entry_end=1,
        steps=len(graph.nodes),
        entrypoints=sum(node.is_entrypoint for node in graph.nodes),
    )


def _resize(root: ET.Element) -> tuple[float, float]:
    """Let a point be a pixel, and return the size of the image."""
    size = [float(root.get(side, "0").removesuffix("pt")) for side in ("width", "height")]
    for side, length in zip(("width", "height"), size, strict=True):
        root.set(side, f"{length:g}")
    return size[0], size[1]


def is_svg(drawn: bytes) -> bool:
    """Return whether *drawn* is a whole SVG, as a page can show it."""
    try:
        root = ET.fromstring(drawn.decode())  # noqa: S314 - the user chose the program
    except (ET.ParseError, UnicodeDecodeError):
        return False
    return root.tag == _ROOT


def _write(element: ET.Element, written: list[str]) -> None:
    """Add *element* as XML. The library's writer looks for namespaces, which takes longer."""
    attributes = "".join([f' {key}="{_escape(value)}"' for key, value in element.items()])
    if element.text or len(element):
        written.append(f"<{element.tag}{attributes}>{escape(element.text or '', quote=False)}")
        for child in element:
            _write(child, written)
        written.append(f"</{element.tag}>{element.tail or ''}")
    else:
        written.append(f"<{element.tag}{attributes} />{element.tail or ''}")


_escape = lru_cache(escape)
"""Most attributes are colours, fonts and sizes, which come again and again."""


def _tidy(group: ET.Element, nodes: dict[str, Node]) -> None:
    """Take from *group* what Graphviz writes for itself; make it say what it shows."""
    group.attrib.pop("id", None)
    title = group.find("title")
    if title is not None:
        group.remove(title)
        if title.text in nodes and "node" in group.get("class", "").split():
            _label_node(group, nodes[title.text])


def _label_node(group: ET.Element, node: Node) -> None:
    """Give the *group* of a node a title and, if it leads somewhere, a link."""
    _centre(group)
    title = ET.Element("title")
    title.text = clean_text(_name_of(node))
    href = safe_href(node.href)
    if href is None:
        group.insert(0, title)
        return
    shown = list(group)
    del group[:]
    # Scripts of themes write to each `[href]` of a page, which fails in SVG, where it is read-only.
    link = ET.SubElement(group, "a", {"xlink:href": href})
    link.extend([title, *shown])


def _name_of(node: Node) -> str:
    """Return what a screen reader says: first what others read, so that it can be asked for."""
    if node.summary is None or node.summary.startswith(node.label):
        return node.summary or node.label
    return f"{node.label}: {node.summary}"


def _centre(group: ET.Element) -> None:
    """Centre the lines of a node in its outline, whatever font the reader has.

    Graphviz positions each line by where it begins, for the widths of the fonts that it knows.
    """
    outline = next((e for e in group if e.tag in _OUTLINES), None)
    if outline is None:  # each shape that we use has one, but a program may draw another
        return
    numbers = _NUMBER.findall(outline.get("points") or outline.get("d") or "")
    across = list(map(float, numbers[::2]))
    middle = f"{(min(across) + max(across)) / 2:.2f}"
    for line in group.iter("text"):
        line.set("text-anchor", "middle")
        line.set("x", middle)


def _introduce(root: ET.Element, graph: Graph, prefix: str, *, standalone: bool) -> None:
    """Give the whole image its name, its description and its style."""
    root.set("class", "penstock-flow")
    root.set("role", "group")
    root.set("aria-labelledby", f"{prefix}-title")
    root.set("aria-describedby", f"{prefix}-desc")
    title = ET.Element("title", {"id": f"{prefix}-title"})
    title.text = clean_text(graph.label)
    description = ET.Element("desc", {"id": f"{prefix}-desc"})
    description.text = clean_text(" ".join(_describe(graph)))
    head = [title, description]
    if standalone:
        style = ET.Element("style")
        style.text = svg_stylesheet()
        head.append(style)
    for index, element in enumerate(head):
        root.insert(index, element)


def _describe(graph: Graph) -> Iterator[str]:
    if graph.description:
        yield plain_text(graph.description)
    starts = [node.label for node in graph.nodes if node.role == "entrypoint"]
    if starts:
        yield graph.words.begins.format(reduce(graph.words.either.format, starts))
    count = len(graph.nodes)
    yield graph.words.size or f"It has {count} step{'' if count == 1 else 's'}."
