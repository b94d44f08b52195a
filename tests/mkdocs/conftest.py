"""Real MkDocs sites, made in a temporary folder and built by the real MkDocs."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import yaml
from built_often import COMPILED, known_entry_points
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.theme import Theme
from shop_source import write_shop

from penstock_mkdocs.markdown import _build


class Site:
    """A MkDocs site in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.options = write_shop(folder)
        (folder / "docs").mkdir()

    def import_modules(self) -> None:
        """Let the site import its modules, and not read their catalog."""
        if self.options.pop("catalog", None):
            self.options |= {"modules": ["shop"], "pythonpath": ["."]}

    def write(self, name: str, text: str) -> None:
        """Write a file. A module that is written is one that has to be imported."""
        if name.endswith(".py"):
            self.import_modules()
        (self.folder / name).write_text(text, encoding="utf-8")

    def build(self, page: str, theme: object = "mkdocs", **config: object) -> str:
        """Build a site of one page and return the page."""
        self.write("docs/index.md", page)
        settings = {
            "site_name": "Shop",
            "theme": theme,
            "plugins": [{"penstock": self.options}],
            "use_directory_urls": False,
        } | config
        self.write("mkdocs.yml", yaml.safe_dump(settings))
        build(load_config(str(self.folder / "mkdocs.yml")))
        return (self.folder / "site" / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def _built_often() -> Iterator[None]:
    """Do once for all sites what takes most of the time of one."""
    get_env = Theme.get_env

    def get_and_keep(theme: Theme) -> jinja2.Environment:
        env = get_env(theme)
        env.bytecode_cache = COMPILED
        return env

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Theme, "get_env", get_and_keep)
        monkeypatch.setattr("mkdocs.utils.entry_points", known_entry_points)
        yield


@pytest.fixture(autouse=True)
def _builds(monkeypatch) -> None:
    """Each test is a process in which the extension has rendered nothing yet."""
    monkeypatch.setattr(_build, "_builds", {})


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[Site]:
    """Return an empty site whose project declares the flow ``orders``."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    yield Site(tmp_path)
    logging.getLogger("mkdocs").setLevel(logging.NOTSET)


@pytest.fixture
def warnings(caplog):
    """Return what was warned of so far."""
    caplog.set_level(logging.WARNING, logger="mkdocs")
    return lambda: [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
