"""The command ``problems``."""

import sys

import click

from penstock._common.plural import count
from penstock.cli._console import relative, say
from penstock.cli._project import find_settings, load, with_flows, without_evidence

__all__ = ["problems"]


@click.command()
@with_flows
def problems(modules: tuple[str, ...], catalog: str | None) -> None:
    """Report the problems of the declared flows alone.

    It is part of `penstock check`, which looks at the source, too.
    """
    project = load(without_evidence(find_settings(modules, catalog)))
    found = project.flows.problems()
    for problem in found:
        say(relative(str(problem)))
    flows = project.flows.flows
    if not flows and not found:
        raise project.nothing_to_check()
    steps = sum(len(flow.steps) for flow in flows)
    seen = f"{count(len(flows), 'flow')} with {count(steps, 'step')}"
    # Nothing compares a catalog with the code: the reader is to know what was looked at.
    source = f" in {relative(project.settings.catalog)}" if project.settings.catalog else ""
    click.echo(f"{seen}{source}: {count(len(found), 'problem')}", err=True)
    program = click.get_current_context().find_root().info_name
    more = f"{program} check has these problems and compares the flows with the source"
    click.echo(more, err=True)
    sys.exit(bool(project.failures or found))
