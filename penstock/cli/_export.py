"""The command ``export``."""

from dataclasses import replace

import click

from penstock._common.files import STANDARD_OUTPUT
from penstock.cli._console import failure, show_diagram
from penstock.cli._project import find_settings, load, with_flows
from penstock.docs import write_whole

__all__ = ["export"]


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    default=STANDARD_OUTPUT,
    help="The file to write, whole or not at all. By default, and with -, it goes to "
    "standard output.",
)
@click.option(
    "--public",
    is_flag=True,
    help="Only what may be published: names, titles, kinds and edges, without files, lines, "
    "signatures, docstrings and problems.",
)
@click.option(
    "--evidence",
    is_flag=True,
    help="Check the edges against the source, and write with each what that shows.",
)
@click.option(
    "--revision/--no-revision",
    default=True,
    help="Whether to write in which commit the edges were checked, for pages that show their "
    "evidence. Not for a file that is committed with the source.",
)
@with_flows
def export(
    output: str,
    *,
    public: bool,
    evidence: bool,
    revision: bool,
    modules: tuple[str, ...],
    catalog: str | None,
) -> None:
    """Write the catalog of all flows, as JSON.

    The modules are imported even where a catalog is configured, unless
    --catalog names one. Nothing is written where a module cannot be imported.
    """
    settings = find_settings(modules, catalog)
    if evidence:
        settings = replace(settings, evidence=True)
    if catalog is None:  # modules are imported even where a catalog is configured
        settings = replace(settings, catalog=None)
    project = load(settings)
    project.check_complete("standard output" if output == STANDARD_OUTPUT else output)
    found = (project.with_revision() if revision else project).catalog()
    text = (found.public() if public else found).to_json()
    if output == STANDARD_OUTPUT:
        show_diagram(text.removesuffix("\n"), "json")
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise failure(error) from error
