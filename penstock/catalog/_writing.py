"""Flows as JSON: a whole catalog, and what a diagram has of it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from penstock._declared.step import JoinKind, Location, Step
from penstock.catalog._schema import SCHEMA_VERSION
from penstock.graph import Edge, Flow, Problem
from penstock.graph._functions import read_details

__all__ = [
    "edge_members",
    "evidence_members",
    "flow_members",
    "step_members",
    "write_catalog",
    "write_json",
]

_SURROGATE = re.compile("[\ud800-\udfff]")


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


def write_catalog(flows: Iterable[Flow], problems: Iterable[Problem]) -> str:
    """Return a catalog as JSON that ends with a line feed, with all in the order given."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "flows": [*map(_flow, flows)],
        "problems": [*map(_problem, problems)],
    }
    return write_json(document) + "\n"


def write_json(document: Mapping[str, Any]) -> str:
    """Return *document* as indented JSON without the members, at any depth, that are None."""
    text = json.dumps(_without_none(document), indent=2, ensure_ascii=False, allow_nan=False)
    # Halves of characters, which no file in UTF-8 can hold: as `encodable` writes them.
    return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)


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


def _edge(edge: Edge) -> dict[str, Any]:
    evidence, check = evidence_members(edge), edge.check
    if evidence is not None and check is not None:
        evidence |= {"reason": check.reason, "location": _location(check.location)}
    return {**edge_members(edge), "evidence": evidence}


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        **flow_members(flow),
        "owner": flow.owner,
        "tags": [*flow.tags],
        "steps": [*map(_step, flow.steps)],
        "edges": [*map(_edge, flow.edges)],
    }


def _step(step: Step) -> dict[str, Any]:
    details = read_details(step)
    return {
        **step_members(step),
        "unchecked": step.unchecked,
        "uncovered": step.uncovered,
        "module": details.module,
        "qualname": details.qualname,
        "is_async": details.is_async,
        "signature": details.signature,
        "docstring": details.doc,
        "location": _location(step.location),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "flow": problem.flow,
        "step": problem.step,
        "message": problem.message,
        "location": _location(problem.location),
    }


def _location(location: Location | None) -> dict[str, Any] | None:
    return None if location is None else {"file": location.file, "line": location.line}


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [*map(_without_none, value)] if isinstance(value, list) else value
