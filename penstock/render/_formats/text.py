"""A graph as a tree for terminals."""

from collections.abc import Iterator

from penstock.graph import Edge, Graph
from penstock.render import (
    Renderer,
    RenderOptions,
    by_group,
    legend_lines,
    lines,
    repetitions,
)

__all__ = ["RENDERER", "render_text"]


def render_text(graph: Graph) -> str:
    """Return *graph* as an indented tree.

    A step that several others lead to is shown in full where it comes first;
    elsewhere it is only its name with an arrow up, as where a loop leads to it.
    The groups are below the tree, each with its steps.

    .. versionadded:: 0.2
    """
    return "\n".join([_one_line(graph.label), *_Tree(graph).lines(), *_groups(graph)])


def _groups(graph: Graph) -> Iterator[str]:
    for group, members in by_group(graph):
        if group is not None:
            yield f"{_one_line(group)}: {', '.join(_one_line(node.label) for node in members)}"


class _Tree:
    def __init__(self, graph: Graph) -> None:
        self._words = graph.words
        self._nodes = {node.name: node for node in graph.nodes}
        self._repetitions = repetitions(graph)
        self._leaving: dict[str, list[Edge]] = {name: [] for name in self._nodes}
        arriving = set()
        for edge in lines(graph):
            self._leaving[edge.source].append(edge)
            arriving.add(edge.target)
        roots = [n.name for n in graph.nodes if n.role == "entrypoint" or n.name not in arriving]
        # Steps of a circle that nothing leads to are roots too, once all else is shown.
        self._roots = dict.fromkeys([*roots, *self._nodes])
        self._shown: set[str] = set()

    def lines(self) -> Iterator[str]:
        for root in self._roots:
            if root not in self._shown:
                self._shown.add(root)
                yield self._describe(root)
                yield from self._below(root)

    def _below(self, root: str) -> Iterator[str]:
        # An explicit stack: a flow may be longer than Python's recursion allows.
        stack = [(root, "", iter(self._branches(root)))]
        while stack:
            _, indent, branches = stack[-1]
            branch = next(branches, None)
            if branch is None:
                stack.pop()
                continue
            edge, is_last = branch
            name, label = edge.target, self._words.label_of(edge)
            arrow = f"─ {_one_line(label)} ─> " if label else "── "
            corner = "└" if is_last else "├"
            if name in self._shown or edge.is_loop:
                yield f"{indent}{corner}{arrow}{_one_line(self._nodes[name].label)} ↑"
                continue
            self._shown.add(name)
            yield f"{indent}{corner}{arrow}{self._describe(name)}"
            below = indent + ("    " if is_last else "│   ")
            stack.append((name, below, iter(self._branches(name))))

    def _branches(self, name: str) -> list[tuple[Edge, bool]]:
        leaving = self._leaving[name]
        return [(edge, number == len(leaving)) for number, edge in enumerate(leaving, 1)]

    def _describe(self, name: str) -> str:
        node, words = self._nodes[name], self._words
        notes = [
            words.entrypoint if node.role == "entrypoint" else None,
            words.kind_of(node),
            *words.channels_of(node),
            self._repetitions.get(name),
            words.after_all if node.join == "all" else None,
            words.note_of(node),
        ]
        shown = ", ".join(line for note in notes if (line := _one_line(note or "")))
        return f"{_one_line(node.label)} ({shown})" if shown else _one_line(node.label)


def _one_line(text: str) -> str:
    """Return *text* without line breaks and characters that steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))


def _render(graph: Graph, options: RenderOptions) -> str:
    title, *rows = (legend_lines(graph, "text") if options.legend else []) or [""]
    legend = ["", title, *(f"    {row}" for row in rows)] if rows else []
    return "\n".join([render_text(graph), *legend])


RENDERER = Renderer("text", (".txt",), _render)
