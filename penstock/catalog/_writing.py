"""A catalog as JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from penstock._declared.step import Location, Step
from penstock.catalog._schema import SCHEMA_VERSION
from penstock.graph import Edge, Flow, Problem
from penstock.graph._functions import read_details

__all__ = ["write_json"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def write_json(flows: Iterable[Flow], problems: Iterable[Problem]) -> str:
    """Return a catalog as indented JSON: without what has no value, in the order given."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "flows": [*map(_flow, flows)],
        "problems": [*map(_problem, problems)],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    # Halves of characters, which no file in UTF-8 can hold: as `encodable` writes them.
    return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text) + "\n"


def _flow(flow: Flow) -> dict[str, Any]:
    return _without_none(
        {
            "name": flow.name,
            "title": flow.title,
            "description": flow.description,
            "owner": flow.owner,
            "tags": [*flow.tags],
            "steps": [*map(_step, flow.steps)],
            "edges": [*map(_edge, flow.edges)],
        }
    )


def _step(step: Step) -> dict[str, Any]:
    details = read_details(step)
    return _without_none(
        {
            "name": step.name,
            "title": step.title,
            "kind": step.kind,
            "is_entrypoint": step.is_entrypoint,
            "join": step.join,
            "group": step.group,
            "receives": [*step.receives] or None,
            "sends": [*step.sends] or None,
            "unchecked": step.unchecked,
            "uncovered": step.uncovered,
            "module": details.module,
            "qualname": details.qualname,
            "is_async": details.is_async,
            "signature": details.signature,
            "docstring": details.doc,
            "location": _location(step.location),
        }
    )


def _edge(edge: Edge) -> dict[str, Any]:
    return _without_none(
        {
            "source": edge.source,
            "target": edge.target,
            "label": edge.label,
            "is_loop": edge.is_loop or None,
        }
    )


def _problem(problem: Problem) -> dict[str, Any]:
    return _without_none(
        {
            "code": problem.code,
            "flow": problem.flow,
            "step": problem.step,
            "message": problem.message,
            "location": _location(problem.location),
        }
    )


def _location(location: Location | None) -> dict[str, Any] | None:
    return None if location is None else {"file": location.file, "line": location.line}


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
