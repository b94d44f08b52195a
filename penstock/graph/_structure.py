"""Questions about the shape of a flow, answered from names and edges alone."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from penstock._model import Graph

__all__ = ["Successors", "find_cycle", "joins", "order", "reach", "successors"]

Successors = Mapping[str, Sequence[str]]


def successors(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return which of *names* follow each of *names*, by the edges *pairs*."""
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in pairs:
        if source in following and target in following:
            following[source].append(target)
    return following


def reach(following: Successors, starts: Iterable[str]) -> set[str]:
    """Return all names that lead from *starts*, with *starts* themselves."""
    found = set(starts)
    waiting = deque(found)
    while waiting:
        for name in following[waiting.popleft()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def joins(graph: Graph) -> set[str]:
    """Return the names of the nodes that wait for all that lead to them."""
    reached = {edge.target for edge in graph.edges}
    return {node.name for node in graph.nodes if node.join == "all" and node.name in reached}


def find_cycle(following: Successors) -> list[str] | None:
    """Return the names along one cycle, its first name again at its end, or None."""
    sorter = TopologicalSorter[str]()
    for source, targets in following.items():
        for target in targets:
            sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError as error:
        path: list[str] = error.args[1]
        return path
    return None


def order(following: Successors) -> list[str]:
    """Return all names so that each stands after what leads to it.

    Among names that could stand next, the one declared first does. In a cycle,
    the one declared first opens it.
    """
    rank = {name: index for index, name in enumerate(following)}
    waits_for = dict.fromkeys(following, 0)
    for targets in following.values():
        for target in targets:
            waits_for[target] += 1
    free = [(rank[name], name) for name, count in waits_for.items() if count == 0]
    rest = dict.fromkeys(following)
    ordered: list[str] = []
    while rest:
        chosen = heappop(free)[1] if free else next(iter(rest))
        if chosen not in rest:  # it opened a cycle before all that leads to it was placed
            continue
        del rest[chosen]
        ordered.append(chosen)
        for target in following[chosen]:
            waits_for[target] -= 1
            if waits_for[target] == 0:
                heappush(free, (rank[target], target))
    return ordered
