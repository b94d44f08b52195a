"""The command line: ``penstock list``, ``penstock draw`` and ``penstock problems``."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, get_args

from penstock._model import Direction
from penstock._settings import import_modules, read_settings
from penstock.exceptions import MissingExtraError, PenstockError
from penstock.graph import FORMATS, Flow, find_problems, generate_dag, list_flows

try:
    import click
except ImportError as error:
    raise MissingExtraError("the command line", "click", "cli") from error

__all__ = ["LOADED", "main"]

LOADED = "loaded"
"""What a program that has loaded its flows already passes as ``obj`` to `main`."""

C = TypeVar("C", bound=Callable[..., None])

_FORMAT_OF_SUFFIX = {
    ".dot": "dot",
    ".gv": "dot",
    ".json": "json",
    ".mermaid": "mermaid",
    ".mmd": "mermaid",
    ".png": "png",
    ".svg": "svg",
    ".txt": "text",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock")
def main() -> None:
    """Look at the flows that a project declares.

    The modules to import stand in [tool.penstock] of the nearest
    pyproject.toml, or are given with --module.

    Exit codes: 0 when all is well; 1 when a problem was found, a module could
    not be imported or a diagram could not be drawn; 2 for a wrong call.
    """


def _with_modules(command: C) -> C:
    return click.option(
        "-m",
        "--module",
        "modules",
        multiple=True,
        metavar="MODULE",
        help="Import this module instead of the configured ones. May be given again.",
    )(command)


@main.command(name="list")
@_with_modules
def list_command(modules: tuple[str, ...]) -> None:
    """List the declared flows, a line each."""
    failed = _load(modules)
    rows = [_row(flow) for flow in list_flows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    if not rows:
        click.echo("no flow is declared in these modules", err=True)
    sys.exit(failed)


def _row(flow: Flow) -> tuple[str, ...]:
    starts = ", ".join(step.name for step in flow.entrypoints) or "no entrypoint"
    return flow.name, _count(len(flow.steps), "step"), f"from {starts}", flow.title or ""


@main.command()
@click.argument("flow")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="What to draw. By default the suffix of the output file decides, else mermaid.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write, whole or not at all. By default it goes to standard output.",
)
@click.option(
    "-d",
    "--direction",
    type=click.Choice(get_args(Direction)),
    default="TD",
    show_default=True,
    help="Where the flow leads.",
)
@click.option("--styled", is_flag=True, help="Give Mermaid colours and a title.")
@_with_modules
def draw(
    flow: str,
    format_: str | None,
    output: Path | None,
    direction: Direction,
    *,
    styled: bool,
    modules: tuple[str, ...],
) -> None:
    """Draw FLOW."""
    chosen = format_ or (_FORMAT_OF_SUFFIX.get(output.suffix.lower()) if output else None)
    if chosen == "png" and output is None and _is_terminal():
        message = "a PNG is no text for a terminal: name a file with -o FILE"
        raise click.UsageError(message)
    failed = _load(modules)
    try:
        drawn = generate_dag(flow, chosen or "mermaid", output, direction, styled=styled)
    except (PenstockError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if output is None:
        click.echo(drawn, nl=isinstance(drawn, str))
    sys.exit(failed)


@main.command()
@_with_modules
def problems(modules: tuple[str, ...]) -> None:
    """Report what cannot be meant in the declared flows.

    Each problem is a line: where to mend it, what is wrong, and its code.
    """
    failed = _load(modules)
    found = find_problems()
    for problem in found:
        click.echo(str(problem).replace(f"{Path.cwd()}{os.sep}", ""))
    flows = list_flows()
    steps = sum(len(flow.steps) for flow in flows)
    seen = f"{_count(len(flows), 'flow')} with {_count(steps, 'step')}"
    click.echo(f"{seen}: {_count(len(found), 'problem')}", err=True)
    sys.exit(failed or bool(found))


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _load(modules: tuple[str, ...]) -> bool:
    """Import the modules that the user means; report and tell whether one failed."""
    folder = Path.cwd()
    if str(folder) not in sys.path:  # as `python -m` does
        sys.path.insert(0, str(folder))
    try:
        settings = read_settings(folder)
        settings = settings.override("--module", {"modules": list(modules)}, folder)
    except PenstockError as error:
        raise click.ClickException(str(error)) from error
    if not settings.modules and click.get_current_context().obj != LOADED:
        message = (
            "no modules to import: write modules = [...] under [tool.penstock] "
            "in pyproject.toml, or give --module"
        )
        raise click.UsageError(message)
    failures = import_modules(settings)
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    return bool(failures)
