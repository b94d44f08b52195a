"""The command line: ``list``, ``draw``, ``check``, ``pages``, ``assets``, ``export``."""

from penstock.exceptions import MissingExtraError

try:
    import click
except ImportError as error:
    raise MissingExtraError.from_import("the command line", "click", "cli", error) from error

from penstock.cli._assets import assets
from penstock.cli._check import check
from penstock.cli._draw import draw
from penstock.cli._export import export
from penstock.cli._list import list_command
from penstock.cli._pages import pages
from penstock.cli._problems import problems
from penstock.cli._program import Program
from penstock.cli._project import LOADED, Host

__all__ = ["LOADED", "Host", "main"]


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock")
def main() -> None:
    """Look at the flows that a project declares.

    The modules to import are in [tool.penstock] of the nearest
    pyproject.toml, or are given with --module.

    Exit codes: 0 when all is well; 1 when a problem was found, a module could
    not be imported or a diagram could not be drawn; 2 for a usage error, wrong
    settings, where there is nothing to check, or a failure of penstock itself.
    """


for command in (assets, check, draw, export, list_command, pages, problems):
    main.add_command(command)
