"""The flows of `shown_flows` on a page each, in every theme that is supported."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml
from builders import run_builder

__all__ = ["FLOWS", "THEMES", "build_site", "has_theme"]

FLOWS = ("three", "twelve", "forty", "hundred-fifty", "fan", "join", "chain", "words")

_PALETTE = [
    {"media": "(prefers-color-scheme: light)", "scheme": "default"},
    {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
]
_THEMES: dict[str, tuple[str, object]] = {
    "furo": ("sphinx", "furo"),
    "pydata": ("sphinx", "pydata_sphinx_theme"),
    "rtd": ("sphinx", "sphinx_rtd_theme"),
    "alabaster": ("sphinx", "alabaster"),
    "book": ("sphinx", "sphinx_book_theme"),
    "material": ("mkdocs", {"name": "material", "font": False, "palette": _PALETTE}),
    "mkdocs": ("mkdocs", {"name": "mkdocs", "color_mode": "auto", "highlightjs": False}),
    "readthedocs": ("mkdocs", {"name": "readthedocs", "highlightjs": False}),
    "zensical": ("zensical", {"font": False, "palette": _PALETTE}),
}
THEMES = tuple(_THEMES)
"""The names that a reader knows them by."""

_SUPPORT = Path(__file__).parent
_REST = "{line}\n{title}\n{line}\n\nWords before it.\n\n.. penstock-flow:: {name}\n"
_MARKDOWN = "# {title}\n\nWords before it.\n\n::: penstock-flow {name}\n"


def has_theme(theme: str) -> bool:
    """Return whether a theme and its builder are installed."""
    program, look = _THEMES[theme]
    packages = {program, "material"} if theme == "material" else {program}
    if program == "sphinx":
        packages.add(str(look))
    return all(find_spec(package) is not None for package in packages)


def build_site(theme: str, folder: Path, flows: tuple[str, ...] = FLOWS) -> Path:
    """Build the pages of *flows*, each a file of its name, and return where they are."""
    program, look = _THEMES[theme]
    if program == "sphinx":
        return _build_with_sphinx(str(look), folder, flows)
    docs = folder / "docs"
    docs.mkdir(parents=True)
    for name in ("index", *flows):
        text = "# Start\n" if name == "index" else _MARKDOWN.format(title=name, name=name)
        (docs / f"{name}.md").write_text(text, encoding="utf-8")
    options = {"modules": ["shown_flows"], "pythonpath": [str(_SUPPORT)]}
    config = {"site_name": "Flows", "theme": look, "use_directory_urls": False}
    if program == "zensical":
        config["markdown_extensions"] = [{"toc": {}}, {"tables": {}}, {"penstock_flows": options}]
    else:
        config["plugins"] = [{"penstock": options}]
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    built = run_builder(program, "build", "-q" if program == "mkdocs" else "-c", folder=folder)
    assert built.returncode == 0, built.stderr
    return folder / "site"


def _build_with_sphinx(theme: str, folder: Path, flows: tuple[str, ...]) -> Path:
    source, built = folder / "source", folder / "site"
    source.mkdir(parents=True)
    tree = "".join(f"   {name}\n" for name in flows)
    start = f"Start\n=====\n\n.. toctree::\n   :maxdepth: 2\n\n{tree}"
    (source / "index.rst").write_text(start, encoding="utf-8")
    for name in flows:
        text = _REST.format(line="=" * len(name), title=name, name=name)
        (source / f"{name}.rst").write_text(text, encoding="utf-8")
    (source / "conf.py").write_text(
        f"extensions = ['penstock_sphinx']\nhtml_theme = {theme!r}\n"
        f"penstock_modules, penstock_pythonpath = ['shown_flows'], [{str(_SUPPORT)!r}]\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-P", "-m", "sphinx", "-q", str(source), str(built)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return built
