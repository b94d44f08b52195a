"""The command ``draw``."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from penstock._common.files import STANDARD_OUTPUT
from penstock.cli._console import failure, is_terminal, show_diagram
from penstock.cli._project import find_settings, load, with_flows
from penstock.docs import explain, part_of
from penstock.exceptions import (
    OutputFormatError,
    PartError,
    PenstockError,
    RendererError,
    UnknownFlowError,
)
from penstock.render import Direction, ThemeName, get_renderer, list_formats
from penstock.render import draw as draw_flow
from penstock.render._legend import has_legend
from penstock.render._output import choose_format

__all__ = ["draw"]

C = TypeVar("C", bound=Callable[..., None])


class _FormatName(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions
    """The name of a format. Which there are is found out when one is asked for."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - of click
        """Return the names."""
        return f"[{'|'.join(list_formats())}]"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return *value* if there is such a format."""
        return click.Choice(list_formats()).convert(value, param, ctx)


def _with_part(command: C) -> C:
    """Add the options that choose a part of a flow."""
    options = {
        "around": "Draw only what leads to this step, and what it leads to.",
        "from": "Draw only this step, and what it leads to.",
        "to": "Draw only this step, and what leads to it.",
        "only-kinds": "Of that, draw only the entrypoints and the steps of this kind.",
    }
    depth = click.option(
        "--depth",
        type=click.IntRange(min=0),
        metavar="EDGES",
        help="How many edges away from the step of --around. By default 1.",
    )
    command = depth(command)
    for name, text in reversed(options.items()):
        metavar = "KIND" if name == "only-kinds" else "STEP"
        field = name.replace("-", "_") + ("_" if name == "from" else "")
        command = click.option(
            f"--{name}", field, multiple=True, metavar=metavar, help=f"{text} May be given again."
        )(command)
    return command


@click.command()
@click.argument("flow")
@click.option(
    "-f",
    "--format",
    "format_",
    type=_FormatName(),
    help="What to draw. By default the suffix of the output file decides, else mermaid.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="The file to write, whole or not at all. By default, and with -, it goes to "
    "standard output.",
)
@click.option(
    "-d",
    "--direction",
    type=click.Choice(get_args(Direction)),
    default="TD",
    show_default=True,
    help="Where the flow leads.",
)
@click.option(
    "--styled", is_flag=True, help="Write colours into formats of text, and a title into Mermaid."
)
@click.option("--fold", is_flag=True, help="Draw each group, or module, as one node.")
@click.option("--legend", is_flag=True, help="Explain the signs of the diagram in it.")
@click.option(
    "--theme",
    type=click.Choice(get_args(ThemeName)),
    help="The page that an image is for. By default, SVG follows the reader, and PNG is light.",
)
@_with_part
@with_flows
def draw(
    flow: str,
    format_: str | None,
    output: str | None,
    direction: Direction,
    *,
    styled: bool,
    fold: bool,
    legend: bool,
    theme: ThemeName | None,
    modules: tuple[str, ...],
    catalog: str | None,
    **part: Any,
) -> None:
    """Draw FLOW, or a part of it."""
    output = None if output == STANDARD_OUTPUT else output
    try:
        chosen = choose_format(format_, output)
    except (OutputFormatError, RendererError) as error:
        raise click.UsageError(str(error)) from error
    if output is None and is_terminal() and get_renderer(chosen).is_binary:
        message = f"{chosen.upper()} cannot be shown in a terminal: name a file with -o FILE"
        raise click.UsageError(message)
    if legend and not has_legend(chosen):
        message = f"--legend: {chosen} is data and has no signs: leave it out"
        raise click.UsageError(message)
    project = load(find_settings(modules, catalog))
    try:
        found = project.flows.flow(flow)
        spelled = {name.removesuffix("_").replace("_", "-"): part[name] for name in part}
        shown = part_of(found, spelled) or found
        options: dict[str, Any] = {"styled": styled, "fold": fold, "legend": legend, "theme": theme}
        drawn = draw_flow(shown, chosen, output, direction, **options)
    except UnknownFlowError as error:
        if project.failures:  # which have been reported, and may be why
            sys.exit(1)
        raise click.ClickException(explain(error, project.settings, ())) from error
    except PartError as error:
        raise click.UsageError(error.spelled("--{}")) from error
    except (PenstockError, OSError) as error:
        raise failure(error) from error
    if output is None:
        show_diagram(drawn, chosen)
    sys.exit(bool(project.failures))
