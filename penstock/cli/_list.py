"""The command ``list``."""

import sys

import click

from penstock._common.plural import count
from penstock.cli._console import say
from penstock.cli._project import find_settings, load, with_flows, without_evidence
from penstock.graph import Flow

__all__ = ["list_command"]


@click.command(name="list")
@with_flows
def list_command(modules: tuple[str, ...], catalog: str | None) -> None:
    """List the declared flows, a line each."""
    project = load(without_evidence(find_settings(modules, catalog)))
    rows = [_row(flow) for flow in project.flows.flows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
    if not rows:
        source = "this catalog" if project.settings.catalog else "these modules"
        click.echo(f"no flow is declared in {source}", err=True)
    sys.exit(bool(project.failures))


def _row(flow: Flow) -> tuple[str, ...]:
    starts = ", ".join(step.name for step in flow.entrypoints) or "no entrypoint"
    return flow.name, count(len(flow.steps), "step"), f"from {starts}", flow.title or ""
