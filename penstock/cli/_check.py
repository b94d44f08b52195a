"""The command ``check``."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from penstock._common.files import write_whole
from penstock.cli._console import failure, legible, relative, say
from penstock.cli._project import Project, load, with_flows
from penstock.docs import Settings, explain
from penstock.evidence import CODES, FORMATS, Report, check_flows
from penstock.exceptions import UnknownFlowError
from penstock.graph import Flow, Problem

__all__ = ["check"]

_FAIL_ON = ("contradicted", "undeclared", "unverified", "none")
"""The kinds of findings to fail on, from the worst; each fails on those before it, too."""

_FAILING = {
    "contradicted": ("edge-contradicted", "step-missing", "step-renamed"),
    "undeclared": ("edge-undeclared",),
    "unverified": ("edge-unverified", "edge-mixed"),
}


@click.command()
@click.argument("names", metavar="[FLOW]...", nargs=-1)
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help="text, json or github, and the file to write if not standard output. May be given "
    "again. By default text, and github on GitHub Actions.",
)
@click.option(
    "--fail-on",
    type=click.Choice(_FAIL_ON),
    default="undeclared",
    show_default=True,
    help="End with 1 for a finding of this kind, or of one before it.",
)
@with_flows
def check(
    names: tuple[str, ...],
    formats: tuple[str, ...],
    fail_on: str,
    modules: tuple[str, ...],
    catalog: str | None,
) -> None:
    """Check the declared flows, or each FLOW, against the source.

    Each edge is looked for in the source: a call, an order in a common caller, a function that
    is handed off, or a channel that both ends name. Problems of the declarations themselves are
    reported, too.
    """
    chosen = _formats_of(formats)
    project = load(modules, catalog)
    flows = _chosen(project, names)
    problems = _problems_of(project, flows, names)
    for problem in problems:
        click.echo(legible(relative(str(problem)), sys.stderr), err=True)
    report = _report_on(flows, project.settings)
    try:
        for text in _write_reports(report, chosen):
            say(text)
    except OSError as error:
        raise failure(error) from error
    sys.exit(bool(project.failures or problems or _fails(report, fail_on)))


def _chosen(project: Project, names: tuple[str, ...]) -> tuple[Flow, ...]:
    """Return the flows called *names*, or all."""
    flows = project.flows.flows
    if not flows:
        raise project.nothing_to_check()
    try:
        return tuple(map(project.flows.flow, names)) if names else flows
    except UnknownFlowError as error:
        raise click.UsageError(explain(error, project.settings, project.failures)) from error


def _problems_of(
    project: Project, flows: tuple[Flow, ...], names: tuple[str, ...]
) -> tuple[Problem, ...]:
    if not names:
        return project.flows.problems()
    return tuple(problem for flow in flows for problem in flow.problems())


def _report_on(flows: Sequence[Flow], settings: Settings) -> Report:
    """Return what the source of the project shows of *flows*."""
    return check_flows(flows, settings.project_folder, settings.pythonpath)


def _fails(report: Report, level: str) -> bool:
    """Return whether a finding is as bad as *level*, or worse."""
    if level == "none":
        return False
    levels = _FAIL_ON[: _FAIL_ON.index(level) + 1]
    codes = {code for each in levels for code in _FAILING[each]}
    assert codes <= set(CODES)
    return any(finding.code in codes for finding in report.findings)


def _formats_of(given: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return the formats to write, each with its file, or None for standard output.

    On GitHub Actions the format is ``github`` where none is given.

    Raises:
        click.BadParameter: If there is no such format, or two go to standard output.
    """
    chosen = list(given) or ["github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"]
    found: list[tuple[str, str | None]] = []
    for each in chosen:
        name, _, file = each.partition(":")
        if name not in FORMATS:
            message = f"{name!r} is not one of {', '.join(FORMATS)}"
            raise click.BadParameter(message, param_hint="--format")
        found.append((name, file or None))
    if sum(file is None for _, file in found) > 1:
        message = "only one format goes to standard output: name a file, as in json:report.json"
        raise click.BadParameter(message, param_hint="--format")
    return found


def _write_reports(report: Report, formats: Sequence[tuple[str, str | None]]) -> list[str]:
    """Write *report* to the files of *formats*, and return what goes to standard output."""
    shown: list[str] = []
    for name, file in formats:
        text = FORMATS[name](report)
        if file is None:
            shown.append(text)
        else:
            write_whole(Path(file), f"{text}\n")
    return shown
