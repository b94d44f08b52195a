"""The command ``check``."""

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import click

from penstock._common.files import STANDARD_OUTPUT, write_whole
from penstock._common.plural import count
from penstock._declared.step import Location
from penstock._project.check_settings import FAIL_ON
from penstock.cli._console import failure, relative, say
from penstock.cli._project import (
    Project,
    find_host,
    find_settings,
    load_or_read,
    with_flows,
    without_evidence,
)
from penstock.docs import Settings
from penstock.docs import explain as explain_unknown
from penstock.evidence import (
    FORMATS,
    Report,
    apply_baseline,
    baseline_text,
    check_flows,
    explain_edge,
    explain_unchecked,
    read_baseline,
)
from penstock.evidence._baseline import keys_not_checked
from penstock.evidence._repository import name_from_repository
from penstock.evidence._touched import files_of_evidence, note_evidence
from penstock.exceptions import ConfigurationError, UnknownFlowError, did_you_mean
from penstock.graph import Flow, Problem

__all__ = ["check"]


@click.command()
@click.argument("names", metavar="[FLOW|FILE]...", nargs=-1)
@click.option(
    "--no-import/--import",
    default=None,
    help="Read the declarations from the source, and import nothing. By default, they are read "
    "from the source where a module cannot be imported.",
)
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[:FILE]",
    help=f"{', '.join(FORMATS)}, and the file to write if not standard output. May be given "
    "again. By default text, and github on GitHub Actions.",
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="End with 1 for a finding of this kind, or of one before it. By default undeclared.",
)
@click.option(
    "--explain",
    metavar="FLOW.STEP:STEP",
    help="Print each line of the way from one step to the other, or where it was lost.",
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False),
    help="Report no finding that is in this file, and each entry that is not found any more.",
)
@click.option(
    "--write-baseline",
    is_flag=True,
    help="Write the findings to the baseline, and how many came and went.",
)
@click.option(
    "--no-cache", is_flag=True, help="Check again what has not changed, and keep nothing."
)
@with_flows
def check(
    names: tuple[str, ...],
    formats: tuple[str, ...],
    fail_on: str | None,
    explain: str | None,
    baseline: str | None,
    *,
    no_import: bool | None,
    write_baseline: bool,
    no_cache: bool,
    modules: tuple[str, ...],
    catalog: str | None,
) -> None:
    """Check the declared flows against the source, or each FLOW and each that is in a FILE.

    Each edge is looked for in the source: a call, an order in a common caller, a function that
    is handed off, or a channel that both ends name. Problems of the declarations themselves are
    reported, too.

    A flow is in a file that has the function of one of its steps, or that had evidence for one
    of its edges when it was last checked.

    Options that are not given are read from [tool.penstock.check].
    """
    settings = without_evidence(find_settings(modules, catalog))
    project = load_or_read(settings, no_import=no_import)
    hint = "--format" if formats else "check.format under [tool.penstock]"
    chosen = _formats_of(formats or settings.check.get("format", ()), hint)
    baseline = baseline or settings.check.get("baseline")
    cache = None if no_cache else _cache_of(settings)
    flows, files = _chosen(project, names, cache)
    if explain is not None:
        _explain(explain, flows, settings)
        return
    problems = _problems_of(project, flows, names, files)
    report = check_flows(
        flows,
        settings.project_folder,
        settings.pythonpath,
        problems,
        incomplete=project.incomplete,
        cache=cache,
    )
    report = replace(
        report,
        is_imported=report.is_imported or not (project.is_read or settings.catalog),
        not_imported=tuple(relative(str(each)) for each in project.failures),
        fail_on=fail_on or settings.check.get("fail_on", "undeclared"),
    )
    if cache is not None:
        note_evidence(report.flows, cache)
    if files and not report.flows and not problems:
        chosen = [each for each in chosen if each[0] in {"json", "sarif", "junit"}]
    unchecked = None if files else explain_unchecked(report, settings)
    if unchecked and not problems:  # which must not look like success
        raise click.UsageError(relative(unchecked))
    # Flows of a module that cannot be imported are not checked either.
    is_partial = bool(names or project.failures)
    try:
        if write_baseline:
            _write_baseline(report, baseline, project, is_partial=is_partial)
            sys.exit(bool(project.failures))
        if baseline is not None:
            entries = read_baseline(Path(baseline)).items()
            known = {key: line for key, line in entries if project.can_find(key[0], key[1])}
            shown = os.path.relpath(baseline, settings.project_folder)
            file = Path(shown).as_posix()
            report = apply_baseline(report, known, file, is_partial=is_partial)
        _write_reports(report, chosen, Path(settings.project_folder))
    except ConfigurationError as error:
        raise click.UsageError(relative(str(error))) from error
    except OSError as error:
        if error.filename is None:  # of the standard output
            raise
        raise _NotWrittenError(failure(error).message) from error
    sys.exit(bool(project.failures or report.failing()))


class _NotWrittenError(click.ClickException):
    """A report cannot be written, which must not look like a finding."""

    exit_code = 2


def _cache_of(settings: Settings) -> Path | None:
    """Return the folder in which reports are kept, if the project wants that."""
    if not settings.catalog_reuse:
        return None
    return Path(settings.project_folder, ".cache", "penstock")


def _explain(edge: str, flows: Sequence[Flow], settings: Settings) -> None:
    """Print what the source shows of an edge, which is written as ``FLOW.STEP:STEP``."""
    for flow in flows:
        for source in flow.steps:
            for target in flow.steps:
                if edge == f"{flow.name}.{source.name}:{target.name}":
                    report = check_flows([flow], settings.project_folder, settings.pythonpath)
                    folder = Path(settings.project_folder)
                    say(explain_edge(report.flows[0], source.name, target.name, folder))
                    return
    message = f"no flow has the edge {edge!r}: {_unknown_in(edge, flows)}"
    raise click.BadParameter(message, param_hint="--explain")


def _unknown_in(edge: str, flows: Sequence[Flow]) -> str:
    """Return which name in an edge that no flow has is unknown, or how an edge is written."""
    name, dot, _ = edge.partition(".")
    flow = next((each for each in flows if edge.startswith(f"{each.name}.")), None)
    source, colon, target = edge.removeprefix(f"{flow.name if flow else name}.").partition(":")
    if not (dot and colon):
        return "write FLOW.STEP:STEP, with the names of its steps"
    if flow is None:
        known = [each.name for each in flows]
        return f"unknown flow {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})"
    steps = [each.name for each in flow.steps]
    unknown = source if source not in steps else target
    hint = f"{did_you_mean(unknown, steps)} (it has: {', '.join(steps)})"
    return f"flow {flow.name!r} has no step {unknown!r}{hint}"


def _write_baseline(
    report: Report, baseline: str | None, project: Project, *, is_partial: bool
) -> None:
    """Write the findings of *report* to the file of the baseline, and print what has changed."""
    path = Path(baseline or "penstock-baseline.toml")
    before = set(read_baseline(path)) if path.exists() else set()
    kept = keys_not_checked(report, before) if is_partial else set()
    kept |= {key for key in before if not project.can_find(key[0], key[1])}
    now = {*kept, *(finding.key for finding in report.findings)}
    write_whole(path, baseline_text(report.findings, kept))
    say(f"{path}: {count(len(now), 'finding')}, {len(now - before)} new, {len(before - now)} gone")


def _chosen(
    project: Project, names: tuple[str, ...], cache: Path | None
) -> tuple[tuple[Flow, ...], frozenset[Path]]:
    """Return the flows that *names* mean, or all, and the files that are among the names."""
    flows, problems = project.flows.flows, project.flows.problems()
    if not flows and all(problem.code != "declaration-unread" for problem in problems):
        raise project.nothing_to_check()
    known = {flow.name for flow in flows}
    files = {name for name in names if name not in known and Path(name).is_file()}
    try:
        named = [project.flows.flow(name) for name in names if name not in files]
    except UnknownFlowError as error:
        message = explain_unknown(error, project.settings, project.failures)
        raise click.UsageError(message) from error
    paths = frozenset(Path(file).resolve() for file in files)
    folder = Path(project.settings.project_folder)
    evidence = files_of_evidence(cache) if files and cache is not None else {}
    found = [
        flow
        for flow in flows
        if any(_is_in(step.location, paths, folder) for step in flow.steps)
        or any((folder / each).resolve() in paths for each in evidence.get(flow.name, ()))
    ]
    return tuple(dict.fromkeys((*named, *found))) if names else flows, paths


def _is_in(location: Location | None, files: Collection[Path], folder: Path) -> bool:
    """Return whether a line is in one of *files*."""
    return bool(files) and location is not None and (folder / location.file).resolve() in files


def _problems_of(
    project: Project, flows: tuple[Flow, ...], names: tuple[str, ...], files: Collection[Path]
) -> tuple[Problem, ...]:
    problems = project.flows.problems()
    if not names:
        return problems
    of_flows = [problem for flow in flows for problem in flow.problems()]
    folder = Path(project.settings.project_folder)
    others = [
        each for each in problems if each.flow is None and _is_in(each.location, files, folder)
    ]
    return (*of_flows, *others)


def _formats_of(given: Sequence[str], hint: str) -> list[tuple[str, str | None]]:
    """Return the formats to write, each with its file, or None for standard output.

    On GitHub Actions the format is ``github`` where none is given.

    Args:
        given: The formats, as in ``json:report.json``.
        hint: The option or the setting that they are from, for messages.

    Raises:
        click.BadParameter: If there is no such format, or two go to standard output.
    """
    chosen = list(given) or ["github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"]
    found: list[tuple[str, str | None]] = []
    for each in chosen:
        name, _, file = each.partition(":")
        if name not in FORMATS:
            message = f"{name!r} is not one of {', '.join(FORMATS)}"
            raise click.BadParameter(message, param_hint=hint)
        found.append((name, None if file in {"", STANDARD_OUTPUT} else file))
    if sum(file is None for _, file in found) > 1:
        message = "only one format goes to standard output: name a file, as in json:report.json"
        raise click.BadParameter(message, param_hint=hint)
    files = [os.path.abspath(file) for _, file in found if file]  # noqa: PTH100 - links stay
    if len(files) > len(set(files)):
        message = "two formats go to the same file"
        raise click.BadParameter(message, param_hint=hint)
    return found


def _write_reports(report: Report, formats: Sequence[tuple[str, str | None]], folder: Path) -> None:
    """Print *report* in the format without a file, then write it to the files of the others."""
    host = find_host()
    is_quiet = host and host.is_quiet and not (report.findings or report.failures)
    for name, file in sorted(formats, key=lambda each: each[1] is not None):
        is_hosted = name in {"github", "sarif"}
        text = FORMATS[name](name_from_repository(report, folder) if is_hosted else report)
        if file is not None:
            write_whole(Path(file), f"{text}\n")
        elif not (is_quiet and name == "text"):
            say(text)
