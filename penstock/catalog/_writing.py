"""A whole catalog as JSON."""

import json
from collections.abc import Iterable
from typing import Any

from penstock._declared.step import Location, Step
from penstock.catalog._schema import SCHEMA_VERSION
from penstock.graph import Edge, Flow, Problem
from penstock.graph._functions import read_details
from penstock.graph._members import (
    edge_members,
    evidence_members,
    flow_members,
    step_members,
    without_none,
)

__all__ = ["write_catalog"]


def write_catalog(flows: Iterable[Flow], problems: Iterable[Problem]) -> str:
    """Return a catalog as JSON that ends with a line feed, with all in the order given."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "flows": [*map(_flow, flows)],
        "problems": [*map(_problem, problems)],
    }
    return json.dumps(without_none(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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
        "revision": _revision(flow),
        "steps": [*map(_step, flow.steps)],
        "edges": [*map(_edge, flow.edges)],
        "undeclared": [*map(_edge, flow.undeclared)] or None,
    }


def _revision(flow: Flow) -> dict[str, Any] | None:
    """Return in which state of the source the edges were checked, if they were."""
    found = flow.revision
    if found is None or all(edge.check is None for edge in flow.edges):
        return None
    members = {"name": found.name, "date": found.date, "is_dirty": found.is_dirty or None}
    return without_none(members) or None


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
