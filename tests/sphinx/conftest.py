"""Real Sphinx projects, made in a temporary folder and built by the real Sphinx."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from built_often import COMPILED, known_entry_points
from forked import unmeasured_forks
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.testing.util import SphinxTestApp

from penstock.testing import isolated_registry

SHOP = '''
from penstock import all_of, entrypoint, flow, step

orders = flow(
    "orders", title="Orders", description="From *order* to parcel.", owner="Depot", tags=["a", "b"]
)

@orders
@entrypoint(kind="http", title="Receive the order")
def receive(order: int, *, dry: bool = False) -> str:
    """Takes an order <in>.

    Args:
        order: The *number* of the order.
    """

@orders
@step(after={"receive": "paid"}, kind="ledger")
async def charge(order): "Charges it."

@orders
@step(after="receive")
def pack(order): ...

@orders
@step(after=all_of("charge", "pack"))
def send(order): "Sends it."
'''


MODULES = ("shop", "broken", "pack", "extra", "mailing")
"""The names of the modules of projects."""

REUSING = {"test_catalog", "test_config", "test_imports", "test_loading", "test_outdated"}
"""The modules of tests whose builds keep flows, as builds do by default.

What an import depends on is found out in milliseconds in a process that has imported what a docs
build needs. These processes have imported everything, and are measured.
"""

PAGE = """
Shop
====

.. penstock-flow:: orders
"""


class Project:
    """A Sphinx project in a temporary folder."""

    def __init__(self, folder: Path, *, reuses: bool = True) -> None:
        self.folder = folder
        self.write("conf.py", "")
        self.write("shop.py", SHOP)
        self.settings: dict[str, object] = {
            "extensions": ["penstock_sphinx"],
            "penstock_modules": ["shop"],
            "penstock_pythonpath": ["."],
            "show_warning_types": True,
        }
        if not reuses:
            self.settings["penstock_catalog_reuse"] = False

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write_pages(self, pages: dict[str, str]) -> None:
        """Write a page for each of *pages*, by its name, and an index of them."""
        tree = "".join(f"   {name}\n" for name in pages)
        self.write("index.rst", f"Start\n=====\n\n.. toctree::\n\n{tree}")
        for name, text in pages.items():
            self.write(f"{name}.rst", f"Page\n====\n\n{text}\n")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace *old*, which must be there, in a file of the project."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def build(
        self,
        builder: str = "html",
        *extensions: str,
        verbosity: int = 0,
        processes: int = 0,
        from_scratch: bool = False,
        **settings: object,
    ) -> "Built":
        """Build the project as `sphinx-build` would, in this process but as if in a new one.

        Args:
            builder: The name of the builder.
            extensions: More extensions.
            verbosity: How many ``-v``.
            processes: How many readers, with ``-j``.
            from_scratch: Whether with ``-E``.
            settings: Values of ``conf.py``.
        """
        values = self.settings | settings
        values["extensions"] = ["penstock_sphinx", *extensions]
        status, warnings = StringIO(), StringIO()
        _forget(*MODULES)
        with isolated_registry(), unmeasured_forks() if processes else nullcontext():
            app = SphinxTestApp(
                builder,
                srcdir=self.folder,
                confoverrides=values,
                status=status,
                warning=warnings,
                builddir=self.folder / "_build",
                verbosity=verbosity,
                parallel=processes,
                freshenv=from_scratch,
            )
            try:
                app.build()
            finally:
                app.cleanup()
        return Built(Path(app.outdir), _plain(warnings.getvalue()), _plain(status.getvalue()))


class Built:
    """The output and the messages of a build."""

    def __init__(self, folder: Path, warnings: str, status: str) -> None:
        self.folder = folder
        self.warnings = warnings
        self.status = status

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def text(self, name: str = "index.html") -> str:
        """Return what a reader reads in a page of the theme alabaster, on one line.

        Diagrams are left out, with the row above each.
        """
        body = self.read(name).partition('<div class="body" role="main">')[2]
        body = body.partition('<div class="sphinxside')[0]
        body = re.sub(r'<div class="penstock-head".*?</div>', " ", body, flags=re.DOTALL)
        body = re.sub(r"<(svg|style)\b.*?</\1>", " ", body, flags=re.DOTALL)
        body = re.sub(r'<a class="headerlink".*?</a>', "", body)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _plain(text: str) -> str:
    """Return *text* without terminal colours."""
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def _forget(*names: str) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in names:
            del sys.modules[name]


@pytest.fixture(scope="session", autouse=True)
def _built_often() -> Iterator[None]:
    """Do once for all projects what takes most of the time of one."""
    init = BuiltinTemplateLoader.init

    def init_and_keep(loader: BuiltinTemplateLoader, *arguments: object) -> None:
        init(loader, *arguments)
        loader.environment.bytecode_cache = COMPILED

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(BuiltinTemplateLoader, "init", init_and_keep)
        monkeypatch.setattr("sphinx.theming.entry_points", known_entry_points)
        yield


@pytest.fixture(scope="module")
def new_project(request, tmp_path_factory) -> Iterator[Callable[[], Project]]:
    """Return what makes projects whose pages several tests of a module look at."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        reuses = request.path.stem in REUSING
        yield lambda: Project(tmp_path_factory.mktemp("project"), reuses=reuses)
    _forget(*MODULES)


@pytest.fixture
def project(request, tmp_path, monkeypatch) -> Callable[..., Project]:
    """Return what makes a project.

    Its index page shows a flow with the options that are given, and *after* it;
    or it is *index*.
    """
    monkeypatch.setattr(sys, "path", list(sys.path))
    # Compiled code of an edit that keeps the size within a second would be that of before.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(
        *options: str, after: str = "", index: str | None = None, name: str = "index.rst"
    ) -> Project:
        made = Project(tmp_path, reuses=request.path.stem in REUSING)
        page = PAGE + "".join(f"   {option}\n" for option in options) + after
        made.write(name, page if index is None else index)
        return made

    yield make
    _forget(*MODULES)
