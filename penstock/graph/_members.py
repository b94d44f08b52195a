"""The members that JSON has of flows, whether for a catalog or for a diagram."""

from collections.abc import Mapping
from typing import Any, Protocol

from penstock._common.plain_values import encodable
from penstock._declared.step import JoinKind
from penstock.graph._model import Edge, Graph, Node

__all__ = [
    "describe_graph",
    "edge_members",
    "evidence_members",
    "flow_members",
    "step_members",
    "without_none",
]


class _Described(Protocol):
    """A flow, or the graph that is drawn of it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...


class _Drawn(Protocol):
    """A step, or the node that is drawn for it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def is_entrypoint(self) -> bool: ...
    @property
    def join(self) -> JoinKind: ...
    @property
    def group(self) -> str | None: ...
    @property
    def receives(self) -> tuple[str, ...]: ...
    @property
    def sends(self) -> tuple[str, ...]: ...


def describe_graph(graph: Graph) -> dict[str, Any]:
    """Return *graph* as values that JSON, YAML and the like can hold: what the format JSON writes.

    Members that have no value are left out. The order is that of the graph, so that
    two outputs differ only where two flows do.

    .. versionadded:: 0.2
    """
    found: dict[str, Any] = without_none(
        {
            **flow_members(graph),
            "nodes": [*map(_node_members, graph.nodes)],
            "edges": [*map(_edge_members, graph.edges)],
        }
    )
    return found


def _edge_members(edge: Edge) -> dict[str, Any]:
    return {**edge_members(edge), "via": [*edge.via] or None, "evidence": evidence_members(edge)}


def _node_members(node: Node) -> dict[str, Any]:
    return {
        **step_members(node),
        "is_entrypoint": node.is_entrypoint or None,
        "label": node.label,
        "role": node.role,
        "summary": node.summary,
        "href": node.href,
        "status": node.status,
        "note": node.note,
        "hidden_before": node.hidden_before or None,
        "hidden_after": node.hidden_after or None,
        "steps": node.steps or None,
        "entrypoints": node.entrypoints or None,
        "is_beside": node.is_beside or None,
    }


def flow_members(flow: _Described) -> dict[str, Any]:
    """Return what a catalog and a diagram both have of *flow*."""
    return {"name": flow.name, "title": flow.title, "description": flow.description}


def step_members(step: _Drawn) -> dict[str, Any]:
    """Return what a catalog and a diagram both have of *step*."""
    return {
        "name": step.name,
        "title": step.title,
        "kind": step.kind,
        "is_entrypoint": step.is_entrypoint,
        "join": step.join,
        "group": step.group,
        "receives": [*step.receives] or None,
        "sends": [*step.sends] or None,
    }


def edge_members(edge: Edge) -> dict[str, Any]:
    """Return what a catalog and a diagram have of *edge*."""
    return {
        "source": edge.source,
        "target": edge.target,
        "label": edge.label,
        "is_loop": edge.is_loop or None,
    }


def evidence_members(edge: Edge) -> dict[str, Any] | None:
    """Return what a diagram has of the verdict on *edge*: nothing that names a file."""
    check = edge.check
    if check is None:
        return None
    return {"verdict": check.verdict, "kind": check.kind, "channel": check.channel}


def without_none(value: Any) -> Any:
    """Return *value* without the members, at any depth, that are None.

    Strings are as any file can hold them.
    """
    if isinstance(value, Mapping):
        return {name: without_none(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [*map(without_none, value)]
    return encodable(value) if isinstance(value, str) else value
