"""A large graph as its groups, each of which is one node, and another graph with its steps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from penstock._declared.step import Edge
from penstock.graph._model import Graph, Node
from penstock.graph._order import in_order
from penstock.graph._structure import worst_check

__all__ = ["MOST_STEPS", "FoldedGraph", "fold"]

MOST_STEPS = 60
"""How many steps a page shows at once, unless it is set otherwise.

.. versionadded:: 0.2
"""

_FEWEST_GROUPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedGraph:
    """A graph whose groups are folded, and what is in these.

    .. versionadded:: 0.2
    """

    graph: Graph
    """The groups, each as one node, with the entrypoints and the steps of no group."""

    parts: Mapping[str, Graph]
    """The graph of each group, by the name of its node, in the order of the flow.

    It has the steps of the group, and the nodes of the folded graph that lead there or follow.
    """


def fold(graph: Graph, most: int = MOST_STEPS) -> FoldedGraph | None:
    """Return *graph* folded into its groups, or None if it is not large or has no groups.

    A step without a group is in that of its module. An entrypoint to which nothing
    leads stays a node, so that readers see where the flow begins, and so does the only step
    of a group. Of several edges between two nodes one remains, which has a label if all
    of them have that one.

    Args:
        graph: The whole graph, or a part of it.
        most: How many steps are not folded.

    .. versionadded:: 0.2
    """
    if len(graph.nodes) <= most:
        return None
    groups = _groups(graph)
    if len(groups) < _FEWEST_GROUPS:
        return None
    titles = _titles(groups, graph)
    nodes = {node.name: node for node in graph.nodes}
    boxes = {title: _box(*key, title, groups[key]) for key, title in titles.items()}
    box_of = {name: name for name in nodes}
    for key, title in titles.items():
        box_of |= {node.name: title for node in groups[key]}
    shown = [boxes.get(box_of[name]) or node for name, node in nodes.items()]
    folded = _graph(graph, shown, _merged(graph.edges, box_of))
    ordered = [node.name for node in folded.nodes if node.name in boxes]
    of_title = {title: groups[key] for key, title in titles.items()}
    return FoldedGraph(
        graph=folded,
        parts={title: _part(graph, title, of_title[title], boxes, box_of) for title in ordered},
    )


def _groups(graph: Graph) -> dict[tuple[bool, str], list[Node]]:
    """Return the nodes of each group, by whether it is a module and its name."""
    led_to = {e.target for e in graph.edges if not e.is_loop and not e.is_undeclared}
    found = defaultdict[tuple[bool, str], list[Node]](list)
    for node in graph.nodes:
        begins = node.is_entrypoint and node.name not in led_to
        name = node.module if node.group is None else node.group
        if name and not begins:
            found[node.group is None, name].append(node)
    return {key: members for key, members in found.items() if len(members) > 1}


def _titles(groups: Iterable[tuple[bool, str]], graph: Graph) -> dict[tuple[bool, str], str]:
    """Return a title for each of *groups*, which is not that of another one or of a step."""
    keys = [*groups]
    modules = [name for is_module, name in keys if is_module]
    taken = {node.name for node in graph.nodes}
    found = {}
    for key in keys:
        title = shortest = _suffix(key[1], modules) if key[0] else key[1]
        number = 1
        while title in taken:
            number += 1
            title = f"{shortest} ({number})"
        taken.add(title)
        found[key] = title
    return found


def _suffix(module: str, modules: Sequence[str]) -> str:
    """Return the last names of *module*, as many as distinguish it from other *modules*."""
    names = module.split(".")
    lengths = range(1, len(names) + 1)
    endings = (".".join(names[-length:]) for length in lengths)
    return next(
        ending
        for ending in endings
        if ending == module or sum(f".{other}".endswith(f".{ending}") for other in modules) == 1
    )


def _box(is_module: bool, group: str, name: str, members: Sequence[Node]) -> Node:
    """Return the node called *name* for a *group*."""
    starts = sum(node.is_entrypoint for node in members)
    title = None if is_module else group
    return Node(name=name, title=title, role="group", steps=len(members), entrypoints=starts)


def _part(
    graph: Graph,
    title: str,
    members: Sequence[Node],
    boxes: Mapping[str, Node],
    box_of: Mapping[str, str],
) -> Graph:
    """Return the steps of one group, with the nodes beside them."""
    inside = {node.name for node in members}
    ends = {name: name if name in inside else box for name, box in box_of.items()}
    edges = [e for e in graph.edges if e.source in inside or e.target in inside]
    beside = {end for e in edges for end in (e.source, e.target)} - inside
    nodes = []
    for node in graph.nodes:
        if node.name in inside:
            nodes.append(replace(node, group=title))
        elif node.name in beside:
            nodes.append(replace(boxes.get(box_of[node.name]) or node, is_beside=True, group=None))
    part = replace(graph, title=f"{graph.label}: {title}", description=None)
    return _graph(part, nodes, _merged(edges, ends))


def _graph(graph: Graph, nodes: Iterable[Node], edges: Sequence[Edge]) -> Graph:
    """Return *graph* with other *nodes*, which may be repeated, and *edges*, in order."""
    by_name = {node.name: node for node in nodes}
    pairs = [(e.source, e.target) for e in edges if not e.is_loop and not e.is_undeclared]
    starts = [node.name for node in by_name.values() if node.is_entrypoint]
    ordered = in_order(by_name, starts, pairs, [[*by_name]])
    place = {name: number for number, name in enumerate(ordered)}
    placed = sorted(edges, key=lambda e: (e.is_undeclared, e.is_loop, place[e.target]))
    return replace(graph, nodes=tuple(by_name[name] for name in ordered), edges=tuple(placed))


def _merged(edges: Iterable[Edge], box_of: Mapping[str, str]) -> list[Edge]:
    """Return *edges* between the boxes of their ends, one for each two, and none inside of one."""
    several = defaultdict[tuple[str, str], list[Edge]](list)
    for edge in edges:
        several[box_of[edge.source], box_of[edge.target]].append(edge)
    found: list[Edge] = []
    for (source, target), merged in several.items():
        if all((e.source, e.target) == (source, target) for e in merged):  # between two steps
            found += merged
        elif source != target:
            declared = [edge for edge in merged if not edge.is_undeclared] or merged
            labels = {(edge.label, edge.via) for edge in declared}
            label, via = labels.pop() if len(labels) == 1 else (None, ())
            is_loop = all(edge.is_loop for edge in declared)
            check = worst_check(declared)
            found.append(Edge(source, target, label, is_loop, via, check))
    return found
