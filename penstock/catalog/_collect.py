"""The flows of this process, as values that are the same on each machine."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

from penstock._common.declared_strings import escape_controls
from penstock._common.plain_values import portable
from penstock._declared.step import FunctionDetails, Location, Step
from penstock._project.importing import is_own
from penstock.graph import Flow, Problem, find_problems, list_flows
from penstock.graph._functions import read_details

__all__ = ["collect", "flows_in_order", "unclaimed_in_order"]


def collect(
    root: str | os.PathLike[str] | None,
) -> tuple[tuple[Flow, ...], tuple[Problem, ...]]:
    """Return all flows in order of their names, and the problems that concern none of them."""
    project = _Project(root or ".")
    flows = tuple(map(project.flow, flows_in_order()))
    return flows, tuple(sorted(map(project.problem, unclaimed_in_order()), key=_order))


def flows_in_order() -> tuple[Flow, ...]:
    """Return all flows in order of their names, as a catalog has them."""
    return tuple(sorted(list_flows(), key=attrgetter("name")))


def unclaimed_in_order() -> list[Problem]:
    """Return the problems that concern no flow, in order of what they concern."""
    return sorted((p for p in find_problems() if p.flow is None), key=_order)


def _order(problem: Problem) -> tuple[str, int, str]:
    location = problem.location or Location("", 0)
    return location.file, location.line, problem.message


class _Project:
    """The folder of a project, without which paths are the same on each machine."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        given, real = os.path.abspath(root), os.path.realpath(root)  # noqa: PTH100 - links stay
        self._roots = ((os.path.abspath, given), (os.path.realpath, real))
        self._folders = _any_of([given, real, *map(str, sys.path)])

    def flow(self, flow: Flow) -> Flow:
        steps = tuple(map(self._step, flow.steps))
        return replace(flow, steps=steps, _found=tuple(map(self.problem, flow.problems())))

    def problem(self, problem: Problem) -> Problem:
        """Return *problem* without what is of this machine or this process."""
        message = escape_controls(portable(self._folders.sub("", problem.message)))
        return replace(problem, message=message, location=self._location(problem.location))

    def _step(self, step: Step) -> Step:
        location = self._location(step.location)
        return replace(step, function=None, location=location, details=_details(step))

    def _location(self, found: Location | None) -> Location | None:
        """Return where *found* is in the project, or None if it is not in it."""
        if found is None or found.file.startswith("<"):
            return None
        for absolute, root in self._roots:
            path = Path(absolute(found.file))
            # A project that is itself in such a folder as libraries are has its files there.
            if path.is_relative_to(root) and (is_own(path) or not is_own(Path(root))):
                file = path.relative_to(root).as_posix()
                return Location(escape_controls(portable(file)), found.line)
        return None


def _details(step: Step) -> FunctionDetails:
    found = read_details(step)
    return replace(
        found,
        module=portable(found.module),
        qualname=portable(found.qualname),
        signature=found.signature and portable(found.signature),
        doc=found.doc and portable(found.doc),
    )


def _any_of(folders: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(filter(os.path.isabs, folders), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, longest_first))})[/\\\\]")
