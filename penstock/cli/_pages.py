"""The command ``pages``."""

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from penstock.cli._console import failure
from penstock.cli._project import Project, find_settings, load, with_flows
from penstock.docs import SourceUrl, is_known_language, known_languages, words_in
from penstock.docs.markdown import (
    Document,
    PageFiles,
    block_documents,
    file_name,
    modules_of,
    text_documents,
)
from penstock.exceptions import PenstockError

__all__ = ["pages"]


def _read_language(_context: click.Context, _option: click.Parameter, language: str) -> str:
    if not is_known_language(language):
        message = f"{language!r} is none of {', '.join(known_languages())}"
        raise click.BadParameter(message)
    return language


def _read_base(_context: click.Context, _option: click.Parameter, base: str) -> str:
    if base and not re.fullmatch(r"https?://[^\s()<>]+", base):
        message = f"{base!r} is not an address like https://shop.example/flows"
        raise click.BadParameter(message)
    return base


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--blocks", is_flag=True, help="Write blocks for the extension penstock_flows.")
@click.option("--wiki", is_flag=True, help="Write links without .md, for wikis.")
@click.option("--legend", is_flag=True, help="Explain the signs of each diagram below it.")
@click.option("--tree", is_flag=True, help="Draw trees of text instead of Mermaid, for assistants.")
@click.option(
    "--base",
    metavar="URL",
    default="",
    callback=_read_base,
    help="The address of FOLDER, for whole links.",
)
@click.option("--check", is_flag=True, help="Write nothing; end with 1 if a page is out of date.")
@click.option(
    "--language",
    metavar="NAME",
    default="en",
    callback=_read_language,
    help="The language of penstock's own words, like de.",
)
@with_flows
def pages(
    folder: Path,
    *,
    blocks: bool,
    wiki: bool,
    legend: bool,
    tree: bool,
    base: str,
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
    if blocks and (tree or base):
        message = f"{'--tree' if tree else '--base'}: with --blocks, the extension draws and links"
        raise click.UsageError(message)
    project = load(find_settings(modules, catalog))
    project.check_complete(str(folder))
    # Pages may be committed with the source, so that each commit would change them.
    flows = [replace(flow, revision=None) for flow in project.flows.flows]
    try:
        suffix = "" if wiki else ".md"
        words = words_in(language)
        if blocks:
            texts = block_documents(flows, words=words, legend=legend)
        else:
            texts = text_documents(
                flows,
                source_of=SourceUrl.of(project.settings),
                words=words,
                suffix=suffix,
                legend=legend,
                tree=tree,
                base=base,
            )
        found = PageFiles(folder, _documents(project, texts), project.is_gone)
        if not check:
            found.write()
    except (PenstockError, OSError) as error:
        raise failure(error) from error
    states = ("is out of date", "belongs to no flow") if check else ("written", "removed")
    for names, word in zip((found.changed, found.gone), states, strict=True):
        for name in names:
            click.echo(f"{folder / name}: {word}", err=not check)
    for name in found.kept if not check else ():
        click.echo(f"{folder / name}: {found.kept[name]}", err=True)
    sys.exit(check and bool(found.changed or found.gone))


def _documents(project: Project, texts: Mapping[str, str]) -> dict[str, Document]:
    modules = {file_name(flow): modules_of(flow) for flow in project.flows.flows}
    return {name: Document(text, modules.get(name, ())) for name, text in texts.items()}
