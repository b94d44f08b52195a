"""Algorithms on the shape of a flow, which need names and edges only."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush

from penstock.graph._model import Edge, EdgeCheck, Graph, Node

__all__ = [
    "Successors",
    "by_group",
    "components",
    "enters_bar",
    "find_cycle",
    "find_cyclic",
    "joins",
    "lines",
    "order",
    "reach",
    "repetitions",
    "successors",
    "ways_back",
]

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
    """Return the names of the nodes that wait for all that lead to them.

    .. versionadded:: 0.2
    """
    reached = {e.target for e in graph.edges if not e.is_loop and not e.is_undeclared}
    return {node.name for node in graph.nodes if node.join == "all" and node.name in reached}


def enters_bar(edge: Edge, bars: AbstractSet[str]) -> bool:
    """Return whether *edge* leads to the bar before its target, if that is one of *bars*.

    .. versionadded:: 0.2
    """
    return edge.target in bars and not edge.is_loop and not edge.is_undeclared


def by_group(graph: Graph) -> list[tuple[str | None, list[Node]]]:
    """Return the nodes, those of each group together where its first one is, with its name.

    .. versionadded:: 0.2
    """
    found: list[tuple[str | None, list[Node]]] = []
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.group is not None and node.group in members:
            members[node.group].append(node)
            continue
        found.append((node.group, [node]))
        if node.group is not None:
            members[node.group] = found[-1][1]
    return found


def lines(graph: Graph) -> list[Edge]:
    """Return the edges that are drawn as lines: all but loops from a step to itself.

    .. versionadded:: 0.2
    """
    return [edge for edge in graph.edges if not _is_repetition(edge)]


def repetitions(graph: Graph) -> dict[str, str]:
    """Return what is shown of each step that a loop repeats, by its name.

    .. versionadded:: 0.2
    """
    repeating = filter(_is_repetition, graph.edges)
    return {edge.source: graph.words.repetition(edge) for edge in repeating}


def _is_repetition(edge: Edge) -> bool:
    return edge.is_loop and edge.source == edge.target


def find_cycle(following: Successors) -> list[str] | None:
    """Return the names along one cycle, its first name again at its end, or None.

    The last of its edges is the way back: the names are in the order of a flow.
    """
    component, place = components(following), {name: n for n, name in enumerate(following)}
    backwards = [
        (place[target], place[source], target, source)
        for source, targets in following.items()
        for target in targets
        if component[source] == component[target] and place[target] <= place[source]
    ]
    if not backwards:
        return None
    *_, first, last = min(backwards)
    return [*_path(following, first, last), first]


def _path(following: Successors, first: str, last: str) -> list[str]:
    """Return the names on a shortest way from *first* to *last*, of which there is one."""
    before = {first: first}
    waiting = deque(before)
    while last not in before:
        name = waiting.popleft()
        new = [target for target in following[name] if target not in before]
        before.update((target, name) for target in new)
        waiting.extend(new)
    path = [last]
    while path[-1] != first:
        path.append(before[path[-1]])
    return path[::-1]


def ways_back(graph: Graph) -> set[int]:
    """Return the numbers of the edges that lead back: loops, and what closes a cycle.

    .. versionadded:: 0.2
    """
    place = {node.name: number for number, node in enumerate(graph.nodes)}
    pairs = ((edge.source, edge.target) for edge in graph.edges if not edge.is_loop)
    component = components(successors(place, pairs))
    return {
        number
        for number, edge in enumerate(graph.edges)
        if edge.is_loop
        or (
            component[edge.source] == component[edge.target]
            and place[edge.target] <= place[edge.source]
        )
    }


def find_cyclic(following: Successors) -> set[str]:
    """Return the names that are on a cycle."""
    component = components(following)
    size = Counter(component.values())
    return {name for name in following if size[component[name]] > 1 or name in following[name]}


def components(following: Successors) -> dict[str, int]:
    """Return a number for each name; those on a cycle have that of all others on it.

    It is Kosaraju's algorithm, without recursion.
    """
    preceding = successors(following, ((t, s) for s, targets in following.items() for t in targets))
    placed = set[str]()
    return {
        name: number
        for number, start in enumerate(reversed(_finish(following)))
        for name in _reach_beside(preceding, start, placed)
    }


def _finish(following: Successors) -> list[str]:
    """Return all names so that each comes after what it leads to, except for cycles."""
    finished: dict[str, None] = {}
    begun = set[str]()
    for start in following:
        stack = [start]
        while stack:
            name = stack[-1]
            if name not in begun:
                begun.add(name)
                stack.extend(target for target in following[name] if target not in begun)
            else:
                finished.setdefault(stack.pop())
    return list(finished)


def _reach_beside(following: Successors, start: str, placed: set[str]) -> list[str]:
    """Return all names that *start* leads to and that are not *placed*, and add them to it."""
    found = [] if start in placed else [start]
    placed.update(found)
    for name in found:
        new = dict.fromkeys(target for target in following[name] if target not in placed)
        placed.update(new)
        found.extend(new)
    return found


def order(following: Successors) -> list[str]:
    """Return all names so that each comes after what leads to it.

    Of names that could come next, the first one does. In a cycle, the first one opens it.
    """
    rank = {name: index for index, name in enumerate(following)}
    waits_for = dict.fromkeys(following, 0)
    for targets in following.values():
        for target in targets:
            waits_for[target] += 1
    free = [(rank[name], name) for name, count in waits_for.items() if count == 0]
    rest = set(following)
    openers = (name for name in following if name in rest)
    ordered: list[str] = []
    while rest:
        chosen = heappop(free)[1] if free else next(openers)
        if chosen not in rest:  # it opened a cycle before all that leads to it was placed
            continue
        rest.remove(chosen)
        ordered.append(chosen)
        for target in following[chosen]:
            waits_for[target] -= 1
            if waits_for[target] == 0:
                heappush(free, (rank[target], target))
    return ordered


_BEST_FIRST = (None, "channel", "unchecked", "unverified", "mixed", "contradicted", "undeclared")


def worst_check(edges: Iterable[Edge]) -> EdgeCheck | None:
    """Return the verdict to draw on one edge in place of several: the worst one."""
    checked = [edge for edge in edges if edge.check is not None]
    worst = max(checked, key=lambda edge: _BEST_FIRST.index(edge.sign), default=None)
    if worst is None or worst.check is None or worst.sign != "channel":
        return None if worst is None else worst.check
    is_same = len({edge.check for edge in checked}) == 1
    return worst.check if is_same else EdgeCheck(verdict="supported")
