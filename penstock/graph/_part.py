"""A part of a graph: the steps around one, from one to another, or of some kinds."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from penstock._declared.step import Edge
from penstock.exceptions import PartError, UnknownStepError, did_you_mean
from penstock.graph._model import Graph, Node
from penstock.graph._structure import Successors, reach, successors, worst_check

__all__ = ["subgraph"]

Names = str | Sequence[str]
"""One name, several separated by commas, or a sequence of names."""


def subgraph(
    graph: Graph,
    *,
    around: Names = (),
    depth: int | None = None,
    from_: Names = (),
    to: Names = (),
    only_kinds: Names = (),
) -> Graph:
    """Return a part of *graph*, in the same order.

    A step is in the part if it meets all of *around*, *from_* and *to*. A node of
    the part counts the steps that lead to it, and to which it leads, outside of the part.

    Args:
        graph: The whole graph.
        around: A step. The part has what leads to it and what it leads to, up to *depth*
            edges away, loops included. Of several steps, the part has what is around any
            of them; so also with *from_* and *to*.
        depth: How many edges. By default 1.
        from_: A step. The part begins there: it has that step and all that it leads to,
            without going back by loops.
        to: A step. The part ends there: it has that step and all that lead to it.
        only_kinds: Kinds. Of the part, only steps of these kinds remain, with the
            entrypoints and the steps that are named here. An edge passes through those
            that are left out, and says so.

    Raises:
        UnknownStepError: If *graph* has no such step.
        PartError: If *depth* is negative or without *around*, if no step has one of
            *only_kinds*, or if no step is left.

    .. versionadded:: 0.2
    """
    if depth is not None and not around:
        problem = "it is counted from a step: name that with {around}"
        raise PartError(graph.name, "depth", problem)
    if depth is not None and depth < 0:
        raise PartError(graph.name, "depth", f"it must be 0 or more, not {depth}")
    known = {node.name for node in graph.nodes}
    centers, begins, ends = (_steps(names, graph, known) for names in (around, from_, to))
    kinds = _kinds(only_kinds, graph)
    declared = [edge for edge in graph.edges if not edge.is_undeclared]
    every = successors(known, ((e.source, e.target) for e in declared))
    forward = successors(known, ((e.source, e.target) for e in declared if not e.is_loop))
    kept = known
    if centers:
        radius = 1 if depth is None else depth
        kept = _near(every, centers, radius) | _near(_reversed(every), centers, radius)
    if begins:
        kept = kept & reach(forward, begins)
    if ends:
        kept = kept & reach(_reversed(forward), ends)
    if not kept:
        given = {"around": centers, "from": begins, "to": ends}
        used = " and ".join(f"{{{option}}}" for option, names in given.items() if names)
        raise PartError(graph.name, "", f"no step is left: none meets {used}")
    part = graph if kept == known else _cut(graph, kept)
    return _without_other_kinds(part, kinds, {*centers, *begins, *ends}) if kinds else part


def _steps(names: Names, graph: Graph, known: Collection[str]) -> list[str]:
    """Return the *names* of steps, of which a string may have several.

    Raises:
        UnknownStepError: If *graph* has no step of such a name.
    """
    found = [names] if isinstance(names, str) and names in known else _listed(names)
    for name in found:
        if name not in known:
            raise UnknownStepError(name, [node.name for node in graph.nodes])
    return found


def _kinds(names: Names, graph: Graph) -> set[str]:
    """Return the kinds that *names* are, however they are spelled.

    Raises:
        PartError: If no step of *graph* has such a kind.
    """
    known = {node.kind.lower(): node.kind for node in graph.nodes if node.kind}
    found = _listed(names)
    for name in found:
        if name.lower() not in known:
            there = ", ".join(sorted(known.values())) or "none"
            hint = did_you_mean(name, known.values())
            problem = f"no step has the kind {name!r}{hint} (kinds of this flow: {there})"
            raise PartError(graph.name, "only-kinds", problem)
    return {name.lower() for name in found}


def _listed(names: Names) -> list[str]:
    several = names.split(",") if isinstance(names, str) else names
    return [name.strip() for name in several if name.strip()]


def _reversed(following: Successors) -> Successors:
    pairs = ((target, source) for source, targets in following.items() for target in targets)
    return successors(following, pairs)


def _near(following: Successors, starts: Iterable[str], radius: int) -> set[str]:
    """Return the names to which *starts* lead by at most *radius* edges."""
    found = set(starts)
    edge_of = found
    for _ in range(radius):
        edge_of = {target for name in edge_of for target in following[name]} - found
        if not edge_of:
            break
        found |= edge_of
    return found


def _cut(graph: Graph, kept: AbstractSet[str]) -> Graph:
    """Return *graph* with only the nodes *kept*, which count those that they had beside them."""
    pairs = {(e.source, e.target) for e in graph.edges if not e.is_undeclared}
    before = Counter(target for source, target in pairs if source not in kept)
    after = Counter(source for source, target in pairs if target not in kept)
    nodes = tuple(
        replace(
            node,
            hidden_before=node.hidden_before + before[node.name],
            hidden_after=node.hidden_after + after[node.name],
        )
        for node in graph.nodes
        if node.name in kept
    )
    edges = (edge for edge in graph.edges if {edge.source, edge.target} <= kept)
    return replace(graph, nodes=nodes, edges=tuple(edges))


def _without_other_kinds(graph: Graph, kinds: AbstractSet[str], named: AbstractSet[str]) -> Graph:
    """Return *graph* with edges through the steps that are of none of *kinds*."""

    def stays(node: Node) -> bool:
        is_of_kind = node.kind is not None and node.kind.lower() in kinds
        return node.is_entrypoint or node.name in named or is_of_kind

    nodes = tuple(node for node in graph.nodes if stays(node))
    leaving: dict[str, list[Edge]] = {node.name: [] for node in graph.nodes}
    for edge in graph.edges:
        if not edge.is_undeclared:
            leaving[edge.source].append(edge)
    place = {node.name: number for number, node in enumerate(nodes)}
    label_of = {node.name: node.label for node in graph.nodes}
    passing = [
        replace(edge, via=tuple(label_of[name] for name in edge.via))
        for node in nodes
        for edge in _passing(node.name, leaving, place)
    ]
    passing.sort(key=lambda edge: (edge.is_loop, place[edge.target]))
    passing += [e for e in graph.edges if e.is_undeclared and {e.source, e.target} <= place.keys()]
    return replace(graph, nodes=nodes, edges=tuple(passing))


def _passing(start: str, leaving: dict[str, list[Edge]], kept: Collection[str]) -> Iterable[Edge]:
    """Return the edges from *start* to the nodes *kept*, through the others.

    An edge has the condition under which the flow leaves *start*, and goes the shortest way;
    it is a loop only if there is no way without one.
    """
    found: dict[tuple[str, str | None], Edge] = {}
    for first in leaving[start]:
        waiting = deque([replace(first, via=())])
        seen = set[tuple[str, bool]]()
        while waiting:
            edge = waiting.popleft()
            state = (edge.target, edge.is_loop)
            if state in seen:
                continue
            seen.add(state)
            if edge.target in kept:
                key = (edge.target, edge.label)
                if key not in found or (found[key].is_loop and not edge.is_loop):
                    found[key] = edge
                continue
            waiting.extend(
                replace(
                    edge,
                    target=onward.target,
                    is_loop=edge.is_loop or onward.is_loop,
                    via=(*edge.via, edge.target),
                    check=worst_check([edge, onward]),
                )
                for onward in leaving[edge.target]
            )
    return found.values()
