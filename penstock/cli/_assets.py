"""The command ``assets``: the files that pages with diagrams load."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from penstock.cli._console import failure
from penstock.docs import write_whole
from penstock.docs.diagrams import page_script, page_stylesheet

__all__ = ["assets"]

_KEYS = {"css": "penstock.css", "script": "penstock.js"}

_FILES = ("zensical.toml", "mkdocs.yml", "properdocs.yml", "mkdocs.yaml", "properdocs.yaml")
_DOCS = re.compile(r"""^\s*docs_dir\s*[:=]\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$""", re.MULTILINE)

_TOML = """\
[project]
extra_css = ["{css}"]
extra_javascript = ["{script}"]

[project.markdown_extensions.penstock_flows]
css = false
"""
_YAML = """\
extra_css:
  - {css}
extra_javascript:
  - {script}
markdown_extensions:
  - penstock_flows:
      css: false
"""


@click.command()
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
            for name, content in _all_assets().items()
            if _read_whole(folder / name) != content
        }
        if changed and not check:
            folder.mkdir(parents=True, exist_ok=True)
        for path, content in changed.items():
            if not check:
                write_whole(path, content)
            click.echo(f"{path}: {'is out of date' if check else 'written'}", err=check)
        advice = _Site.around(folder).what_to_add(folder)
    except OSError as error:
        raise failure(error) from error
    if advice and not check:
        click.echo(f"\n{advice}", nl=False)
    sys.exit(check and bool(changed))


@dataclass(frozen=True, slots=True)
class _Site:
    """The configuration of the site that has a folder, if there is one."""

    file: Path | None
    text: str = ""

    @classmethod
    def around(cls, folder: Path) -> "_Site":
        """Return the site whose configuration is in *folder* or the nearest one above."""
        # As it is written, not as links resolve: the configuration names it in the same way.
        absolute = Path(os.path.abspath(folder))  # noqa: PTH100 - `absolute` keeps `..`
        for above in (absolute, *absolute.parents):
            for name in _FILES:
                if (above / name).is_file():
                    return cls(above / name, (above / name).read_text("utf-8", "replace"))
        return cls(None)

    def what_to_add(self, folder: Path) -> str | None:
        """Return what to write into the configuration, or None if it names both files."""
        names = {key: self._address(folder / name) for key, name in _KEYS.items()}
        if all(name in self.text for name in names.values()):
            return None
        title = self.file.name if self.file else "mkdocs.yml (zensical.toml has the same keys)"
        is_toml = self.file is not None and self.file.suffix == ".toml"
        return f"In {title}, add:\n\n{(_TOML if is_toml else _YAML).format(**names)}"

    def _address(self, path: Path) -> str:
        """Return *path* as the configuration names it: counted from the folder of the pages."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - see above
        docs = self._docs()
        if docs is None or not absolute.is_relative_to(docs):
            return f"{absolute.parent.name}/{absolute.name}"
        return absolute.relative_to(docs).as_posix()

    def _docs(self) -> Path | None:
        if self.file is None:
            return None
        found = _DOCS.search(self.text)
        return self.file.parent / (found[1] if found else "docs")


def _all_assets() -> dict[str, str]:
    """Return the content of each file, by its name."""
    return {_KEYS["css"]: page_stylesheet(), _KEYS["script"]: page_script()}


def _read_whole(path: Path) -> str | None:
    """Return the content of a file, or None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
