"""A catalog from its JSON."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from penstock._declared.step import (
    Edge,
    EdgeCheck,
    FunctionDetails,
    JoinKind,
    Location,
    Step,
    Verdict,
)
from penstock.catalog._catalog import Catalog
from penstock.catalog._document import Member
from penstock.catalog._schema import SCHEMA_VERSION
from penstock.exceptions import CatalogError
from penstock.graph import Flow, Problem, Revision

__all__ = ["parse_catalog", "read_catalog"]


def read_catalog(path: str | os.PathLike[str]) -> Catalog:
    """Return the catalog that was written to the file *path*.

    Members that this penstock does not know are ignored.

    Raises:
        CatalogError: If the file cannot be read, is not a catalog, or is of a
            newer major version than this penstock reads.

    .. versionadded:: 0.2
    """
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CatalogError(name, f"cannot be read: {reason}") from error
    return parse_catalog(data, name)


def parse_catalog(data: bytes, location: str) -> Catalog:
    """Return the catalog of which the JSON is *data*.

    Args:
        data: The JSON, in UTF-8.
        location: Where it is from, for messages.

    Raises:
        CatalogError: As `read_catalog` raises it.
    """
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CatalogError(location, f"not JSON: {error}") from error
    document = Member(found, location)
    _check_version(document)
    problems = [_problem(item) for item in document.find_items("problems")]
    of_flow: dict[str | None, list[Problem]] = {}
    for problem in problems:
        of_flow.setdefault(problem.flow, []).append(problem)
    flows = [_flow(item, of_flow) for item in document.items("flows")]
    document.check_unique("flows", [flow.name for flow in flows])
    names = {flow.name for flow in flows}
    unclaimed = tuple(problem for problem in problems if problem.flow not in names)
    flows.sort(key=lambda flow: flow.name)
    return Catalog(flows=tuple(flows), unclaimed=unclaimed)


def _check_version(document: Member) -> None:
    version = document.find_string("schema_version")
    ours = SCHEMA_VERSION.partition(".")[0]
    if version is None or not re.fullmatch(r"[0-9]+\.[0-9]+", version):
        document.refuse('not a catalog of penstock: it has no "schema_version" like "1.0"')
    if version.partition(".")[0] != ours:
        document.refuse(
            f"a catalog of version {version}, but this penstock reads versions {ours}.x: "
            "export it with this version of penstock, or install the one that wrote it"
        )


def _flow(found: Member, problems: Mapping[str | None, Sequence[Problem]]) -> Flow:
    name = found.name("name")
    steps = [_step(item) for item in found.items("steps")]
    names = [step.name for step in steps]
    found.check_unique("steps", names)
    before: dict[str, list[Edge]] = {step: [] for step in names}
    for edge in found.items("edges"):
        target = edge.name("target")
        if target not in before:
            edge.refuse(f"its target {target!r} is not a step of the flow {name!r}")
        before[target].append(_edge(edge))
    return Flow(
        name=name,
        steps=tuple(replace(step, after=tuple(before[step.name])) for step in steps),
        title=found.find_prose("title"),
        description=found.find_prose("description"),
        owner=found.find_name("owner"),
        tags=tuple(found.names("tags")),
        revision=_revision(found.find("revision")),
        undeclared=tuple(_undeclared(found, names)),
        _found=tuple(problems.get(name, ())),
    )


def _undeclared(found: Member, steps: Sequence[str]) -> Iterator[Edge]:
    for item in found.find_items("undeclared"):
        edge = _edge(item)
        unknown = {edge.source, edge.target} - {*steps}
        if unknown or not edge.is_undeclared:
            item.refuse("it must have the verdict undeclared, and lead from a step to another")
        yield edge


def _revision(found: Member | None) -> Revision | None:
    if found is None:
        return None
    name, date = found.find_name("name"), found.find_name("date")
    return Revision(name=name, date=date, is_dirty=found.flag("is_dirty"))


def _edge(found: Member) -> Edge:
    ends = found.name("source"), found.name("target")
    check = found.find("evidence")
    return Edge(
        *ends,
        found.find_prose("label"),
        found.flag("is_loop"),
        check=None if check is None else _check(check),
    )


def _check(found: Member) -> EdgeCheck:
    verdict = found.name("verdict")
    if verdict not in get_args(Verdict):
        found.refuse(f"its verdict must be one of {', '.join(get_args(Verdict))}, not {verdict!r}")
    return EdgeCheck(
        verdict=cast("Verdict", verdict),
        kind=found.find_name("kind"),
        channel=found.find_name("channel"),
        reason=found.find_prose("reason"),
        location=_location(found),
    )


def _step(found: Member) -> Step:
    join = found.find_name("join") or "any"
    if join not in get_args(JoinKind):
        found.refuse(f"its join must be one of {', '.join(get_args(JoinKind))}, not {join!r}")
    return Step(
        name=found.name("name"),
        is_entrypoint=found.flag("is_entrypoint"),
        join=cast("JoinKind", join),
        title=found.find_prose("title"),
        kind=found.find_name("kind"),
        group=found.find_name("group"),
        receives=tuple(found.names("receives")),
        sends=tuple(found.names("sends")),
        unchecked=found.find_name("unchecked"),
        uncovered=found.find_name("uncovered"),
        location=_location(found),
        details=FunctionDetails(
            module=found.find_string("module") or "",
            qualname=found.find_string("qualname") or "",
            is_async=found.flag("is_async"),
            signature=found.find_string("signature"),
            doc=found.find_string("docstring"),
        ),
    )


def _problem(found: Member) -> Problem:
    return Problem(
        code=found.name("code"),
        flow=found.find_name("flow"),
        step=found.find_name("step"),
        message=found.prose("message"),
        location=_location(found),
    )


def _location(found: Member) -> Location | None:
    location = found.find("location")
    return None if location is None else Location(location.prose("file"), location.line("line"))
