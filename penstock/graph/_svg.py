"""Making a Graphviz SVG fit for a page: reachable, themed, and free of what it does not need."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import lru_cache
from html import escape

from penstock._model import Graph, Node
from penstock.graph._dot import dot_id
from penstock.graph._labels import clean_text, safe_href
from penstock.graph._theme import svg_stylesheet

__all__ = ["finish_svg"]

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'
_OUTLINES = {"polygon", "path"}


def finish_svg(drawn: str, graph: Graph, *, prefix: str | None, standalone: bool) -> str:
    """Return the SVG *drawn* of *graph* as one element without prolog.

    Nodes that have an address become links, titles say what a reader needs,
    and nothing in it depends on the program but sizes and positions.
    """
    # Without their namespace, elements are read and written in half the time.
    root = ET.fromstring(drawn.replace(_NAMESPACE, "", 1))  # noqa: S314 - our own program drew it
    nodes = {dot_id(node.name): node for node in graph.nodes}
    for parent in list(root.iter()):
        _tidy(parent, nodes)
    _introduce(root, graph, prefix or f"penstock-{dot_id(graph.name)}", standalone=standalone)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    written: list[str] = []
    _write(root, written)
    return "".join(written).strip()


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


def _tidy(element: ET.Element, nodes: dict[str, Node]) -> None:
    """Take from *element* what Graphviz writes for itself; make it say what it shows."""
    element.attrib.pop("id", None)
    # Graphviz writes some programs' version of this; it means nothing to browsers.
    element.attrib.pop("{http://www.w3.org/XML/1998/namespace}space", None)
    if element.tag == "g":
        classes = element.get("class", "").split()
        title = element.find("title")
        name = (title.text or "") if title is not None else ""
        if title is not None:
            element.remove(title)
        if "node" in classes and name in nodes:
            _tell(element, nodes[name])


def _tell(element: ET.Element, node: Node) -> None:
    """Give the group of *node* a title and, if it leads somewhere, a link."""
    _centre(element)
    title = ET.Element("title")
    title.text = clean_text(node.summary or node.label)
    href = safe_href(node.href)
    holder = element
    if href is not None:
        holder = ET.Element("a", {"href": href})
        holder.extend(list(element))
        for child in list(element):
            element.remove(child)
        element.append(holder)
    holder.insert(0, title)


def _centre(group: ET.Element) -> None:
    """Centre the lines of a node in its outline, whatever font the reader has.

    Graphviz places each line by where it begins, for the widths of its own fonts.
    """
    outline = next(e for e in group if e.tag in _OUTLINES)  # each shape that we use has one
    numbers = re.findall(r"-?[\d.]+", outline.get("points") or outline.get("d") or "")
    across = [float(number) for number in numbers[::2]]
    middle = (min(across) + max(across)) / 2
    for line in group.iter("text"):
        line.set("text-anchor", "middle")
        line.set("x", f"{middle:.2f}")


def _introduce(root: ET.Element, graph: Graph, prefix: str, *, standalone: bool) -> None:
    """Give the whole picture its name, its description and its style."""
    root.set("class", "penstock-flow")
    root.set("role", "group")
    root.set("aria-labelledby", f"{prefix}-title {prefix}-desc")
    title = ET.Element("title", {"id": f"{prefix}-title"})
    title.text = clean_text(graph.label)
    description = ET.Element("desc", {"id": f"{prefix}-desc"})
    description.text = clean_text(graph.description or " ".join(_describe(graph)))
    head = [title, description]
    if standalone:
        style = ET.Element("style")
        style.text = svg_stylesheet()
        head.append(style)
    for index, element in enumerate(head):
        root.insert(index, element)


def _describe(graph: Graph) -> Iterator[str]:
    starts = [node.label for node in graph.nodes if node.role == "entrypoint"]
    if starts:
        yield f"It begins at {' or '.join(starts)}."
    count = len(graph.nodes)
    yield f"It has {count} step{'' if count == 1 else 's'}."
