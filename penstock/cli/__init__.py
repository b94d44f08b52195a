"""The command line: ``list``, ``draw``, ``assets``, ``problems``, ``pages``, ``export``."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from penstock._common.files import STANDARD_OUTPUT
from penstock._project.importing import is_importable
from penstock.catalog import Catalog
from penstock.cli._assets import Site, all_assets, read_whole
from penstock.cli._console import ending_on_signals, legible, printing_to_stderr, show_diagram
from penstock.docs import (
    Flows,
    LoadedFlows,
    Settings,
    SettingWords,
    SourceUrl,
    Words,
    explain,
    explain_nothing,
    explain_optimization,
    is_known_language,
    known_languages,
    load_flows,
    part_of,
    read_settings,
    words_in,
    write_whole,
)
from penstock.docs.markdown import (
    Document,
    PageFiles,
    block_documents,
    file_name,
    modules_of,
    text_documents,
)
from penstock.exceptions import (
    MissingExtraError,
    ModuleImportError,
    OutputFormatError,
    PartError,
    PenstockError,
    RendererError,
    UnknownFlowError,
)
from penstock.graph import Flow
from penstock.render import Direction, get_renderer, list_formats
from penstock.render import draw as draw_flow
from penstock.render._output import choose_format

try:
    import click
except ImportError as error:
    raise MissingExtraError.from_import("the command line", "click", "cli", error) from error

__all__ = ["LOADED", "main"]

LOADED = "loaded"
"""The ``obj`` that a program passes to `main` if it has loaded its flows already."""

C = TypeVar("C", bound=Callable[..., None])

_WORDS = SettingWords(also=", or give --module")


class _Program(click.Group):
    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and clean up where a signal ends it."""
        with ending_on_signals():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and say so where the standard output takes no more."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            # Where a reader has closed the pipe, click ends silently, as other programs do.
            if error.filename or isinstance(error, BrokenPipeError):
                raise
            message = f"cannot write to standard output: {error.strerror}"
            raise click.ClickException(message) from error


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="penstock")
def main() -> None:
    """Look at the flows that a project declares.

    The modules to import are in [tool.penstock] of the nearest
    pyproject.toml, or are given with --module.

    Exit codes: 0 when all is well; 1 when a problem was found, a module could
    not be imported or a diagram could not be drawn; 2 for a usage error, or
    where there is nothing to check.
    """


def _with_flows(command: C) -> C:
    """Add the options that say where the flows come from."""
    modules = click.option(
        "-m",
        "--module",
        "modules",
        multiple=True,
        metavar="MODULE",
        help="Import this module instead of the configured ones. May be given again.",
    )
    catalog = click.option(
        "--catalog",
        type=click.Path(dir_okay=False),
        help="Read the flows from this file, which `penstock export` wrote, and import nothing.",
    )
    return modules(catalog(command))


@main.command(name="list")
@_with_flows
def list_command(modules: tuple[str, ...], catalog: str | None) -> None:
    """List the declared flows, a line each."""
    project = _load(modules, catalog)
    rows = [_row(flow) for flow in project.flows.flows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _say("  ".join(cells).rstrip())
    if not rows:
        source = "this catalog" if project.settings.catalog else "these modules"
        click.echo(f"no flow is declared in {source}", err=True)
    sys.exit(bool(project.failures))


def _row(flow: Flow) -> tuple[str, ...]:
    starts = ", ".join(step.name for step in flow.entrypoints) or "no entrypoint"
    return flow.name, _count(len(flow.steps), "step"), f"from {starts}", flow.title or ""


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


@main.command()
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
@_with_part
@_with_flows
def draw(
    flow: str,
    format_: str | None,
    output: str | None,
    direction: Direction,
    *,
    styled: bool,
    fold: bool,
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
    if output is None and _is_terminal() and get_renderer(chosen).is_binary:
        message = f"{chosen.upper()} cannot be shown in a terminal: name a file with -o FILE"
        raise click.UsageError(message)
    project = _load(modules, catalog)
    try:
        found = project.flows.flow(flow)
        spelled = {name.removesuffix("_").replace("_", "-"): part[name] for name in part}
        shown = part_of(found, spelled) or found
        drawn = draw_flow(shown, chosen, output, direction, styled=styled, fold=fold)
    except UnknownFlowError as error:
        if project.failures:  # which have been reported, and may be why
            sys.exit(1)
        raise click.ClickException(explain(error, project.settings, ())) from error
    except PartError as error:
        raise click.UsageError(error.spelled("--{}")) from error
    except (PenstockError, OSError) as error:
        raise _failure(error) from error
    if output is None:
        show_diagram(drawn, chosen)
    sys.exit(bool(project.failures))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a file is out of date.")
def assets(folder: Path, *, check: bool) -> None:
    """Write the style sheet and the script of pages with diagrams to FOLDER.

    For sites that have the Markdown extension alone, as in Zensical, and for
    those whose policy forbids style sheets that are written into a page.
    FOLDER is one of the site, like docs/assets. What to add to the
    configuration of the site is printed, unless that names the files.
    """
    try:
        changed = {
            folder / name: content
            for name, content in all_assets().items()
            if read_whole(folder / name) != content
        }
        if changed and not check:
            folder.mkdir(parents=True, exist_ok=True)
        for path, content in changed.items():
            if not check:
                write_whole(path, content)
            click.echo(f"{path}: {'is out of date' if check else 'written'}", err=check)
        advice = Site.around(folder).what_to_add(folder)
    except OSError as error:
        raise _failure(error) from error
    if advice and not check:
        click.echo(f"\n{advice}", nl=False)
    sys.exit(check and bool(changed))


@main.command()
@_with_flows
def problems(modules: tuple[str, ...], catalog: str | None) -> None:
    """Report the problems of the declared flows.

    Each problem is a line: where to fix it, what is wrong, and its code.
    """
    project = _load(modules, catalog)
    found = project.flows.problems()
    for problem in found:
        _say(_relative(str(problem)))
    flows = project.flows.flows
    if not flows and not found:
        raise project.nothing_to_check()
    steps = sum(len(flow.steps) for flow in flows)
    seen = f"{_count(len(flows), 'flow')} with {_count(steps, 'step')}"
    # Nothing compares a catalog with the code: the reader is to know what was looked at.
    source = f" in {_relative(project.settings.catalog)}" if project.settings.catalog else ""
    click.echo(f"{seen}{source}: {_count(len(found), 'problem')}", err=True)
    sys.exit(bool(project.failures or found))


def _read_language(_context: click.Context, _option: click.Parameter, language: str) -> str:
    if not is_known_language(language):
        message = f"{language!r} is none of {', '.join(known_languages())}"
        raise click.BadParameter(message)
    return language


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--blocks", is_flag=True, help="Write blocks for the extension penstock_flows.")
@click.option("--wiki", is_flag=True, help="Write links without .md, for wikis.")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a page is out of date.")
@click.option(
    "--language",
    metavar="NAME",
    default="en",
    callback=_read_language,
    help="The language of penstock's own words, like de.",
)
@_with_flows
def pages(
    folder: Path,
    *,
    blocks: bool,
    wiki: bool,
    check: bool,
    language: str,
    modules: tuple[str, ...],
    catalog: str | None,
) -> None:
    """Write a page per flow, and an index, as Markdown to FOLDER.

    The pages can be read anywhere: a diagram in Mermaid, and the docstrings of
    the steps. Pages of flows that are gone are removed. Nothing is written
    where a module cannot be imported, or where penstock did not write
    a file that it would replace, or somebody has changed it since.
    """
    project = _load(modules, catalog)
    project.check_complete(str(folder))
    try:
        suffix = "" if wiki else ".md"
        texts = _documents(project, words_in(language), suffix, blocks=blocks)
        found = PageFiles(folder, texts, project.is_gone)
        if not check:
            found.write()
    except (PenstockError, OSError) as error:
        raise _failure(error) from error
    words = ("is out of date", "belongs to no flow") if check else ("written", "removed")
    for names, word in zip((found.changed, found.gone), words, strict=True):
        for name in names:
            click.echo(f"{folder / name}: {word}", err=not check)
    for name in found.kept if not check else ():
        click.echo(f"{folder / name}: {found.kept[name]}", err=True)
    sys.exit(check and bool(found.changed or found.gone))


def _documents(
    project: "_Project", words: Words, suffix: str, *, blocks: bool
) -> dict[str, Document]:
    flows = project.flows.flows
    modules = {file_name(flow): modules_of(flow) for flow in flows}
    source_of = SourceUrl.of(project.settings)
    texts = (
        block_documents(flows, words=words)
        if blocks
        else text_documents(flows, source_of=source_of, words=words, suffix=suffix)
    )
    return {name: Document(text, modules.get(name, ())) for name, text in texts.items()}


@main.command()
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
@_with_flows
def export(output: str, *, public: bool, modules: tuple[str, ...], catalog: str | None) -> None:
    """Write the catalog of all flows, as JSON.

    The modules are imported even where a catalog is configured, unless
    --catalog names one. Nothing is written where a module cannot be imported.
    """
    project = _load(modules, catalog, for_export=True)
    project.check_complete("standard output" if output == STANDARD_OUTPUT else output)
    found = project.catalog()
    text = (found.public() if public else found).to_json()
    if output == STANDARD_OUTPUT:
        show_diagram(text.removesuffix("\n"), "json")
        return
    try:
        write_whole(output, text)
    except OSError as error:
        raise _failure(error) from error


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _say(line: str) -> None:
    click.echo(legible(line))


def _relative(text: str) -> str:
    """Return *text* with the files of the current folder as a user would name them."""
    return text.replace(f"{Path.cwd()}{os.sep}", "")


def _failure(error: Exception) -> click.ClickException:
    """Return how the program ends because of *error*."""
    if isinstance(error, OSError) and error.filename:
        return click.ClickException(f"{error.strerror}: {os.fsdecode(error.filename)}")
    return click.ClickException(str(error))


@dataclass(frozen=True, slots=True)
class _Project:
    """The flows that the user means, and what could not be imported."""

    settings: Settings
    flows: Flows
    failures: tuple[ModuleImportError, ...]

    def nothing_to_check(self) -> click.UsageError:
        """Return how the program ends because there are no flows: that is a failure."""
        # A program has loaded what it has.
        if not self.settings.modules and not self.settings.catalog:
            cure = self.settings.words.assign("modules", "shop.flows")
            return click.UsageError(
                f"no flow is declared in what this project imports: write {cure}"
            )
        return click.UsageError(explain_nothing(self.settings, self.failures))

    def check_complete(self, output: str) -> None:
        """End the program if flows may be missing in *output*; warn if docstrings are."""
        if not self.flows.flows:
            raise self.nothing_to_check()
        if self.failures:
            message = f"nothing is written to {output}: flows may be missing"
            raise click.ClickException(message)
        warning = None if self.settings.catalog else explain_optimization()
        if warning:
            click.echo(f"warning: {warning}", err=True)

    def catalog(self) -> Catalog:
        """Return the catalog of the flows."""
        return LoadedFlows(self.flows).catalog(self.settings.folder)

    def is_gone(self, modules: Sequence[str]) -> bool:
        """Return whether nobody could declare a flow in *modules* any more."""
        if self.settings.catalog:
            known = {name for flow in self.flows.flows for name in modules_of(flow)}
            return known.issuperset(modules)
        return all(name in sys.modules or not is_importable(name) for name in modules)


def _load(modules: tuple[str, ...], catalog: str | None, *, for_export: bool = False) -> _Project:
    """Load the flows that the user means, and report what cannot be imported."""
    settings = _settings(modules, catalog)
    if for_export and catalog is None:
        settings = replace(settings, catalog=None)
    is_loaded = click.get_current_context().obj == LOADED
    if not settings.modules and not settings.catalog and not is_loaded:
        raise click.UsageError(explain_nothing(settings))
    try:
        with printing_to_stderr(), chdir("."):  # files are written where the user called
            loaded = load_flows(settings)
    except PenstockError as error:
        raise click.ClickException(_relative(str(error))) from error
    for failure in loaded.failures:
        click.echo(f"error: {_relative(str(failure))}", err=True)
    return _Project(settings, loaded.flows, loaded.failures)


def _settings(modules: tuple[str, ...], catalog: str | None) -> Settings:
    if modules and catalog:
        message = "--catalog and --module exclude each other: a catalog imports nothing"
        raise click.UsageError(message)
    try:
        folder = Path.cwd()
    except OSError as error:
        message = "the current folder does not exist any more: change to one that does"
        raise click.UsageError(message) from error
    try:
        settings = read_settings(folder)
        settings = settings.override("--module", {"modules": list(modules)}, folder)
        settings = settings.override("--catalog", {"catalog": catalog}, folder)
    except PenstockError as error:
        raise click.ClickException(_relative(str(error))) from error
    root = settings.root or str(folder)
    # The current folder as with `python -m`, but after what the project itself names.
    folders = dict.fromkeys((*settings.pythonpath, root, str(folder)))
    return replace(settings, pythonpath=tuple(folders), folder=root, words=_WORDS)
