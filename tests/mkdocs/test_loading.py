"""Sites get their flows from a child process: once, and again after an edit."""

import builtins
import logging
import os
import py_compile
import shutil
import sys
from copy import deepcopy
from importlib.util import find_spec

import markdown
import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config

from penstock import entrypoint, flow
from penstock.docs import Settings
from penstock.docs.loading import FlowsLoader
from penstock_mkdocs import PenstockExtension
from penstock_mkdocs.markdown._build import Build
from penstock_mkdocs.markdown._errors import PageError

PAGE = "# Shop\n\n::: penstock-flow orders\n"
CODE = """
from pathlib import Path
from penstock import entrypoint, flow

with Path(__file__).with_name("imports").open("a") as file:
    file.write("x")
flow("{name}", title="T")(entrypoint(name="{step}")(lambda: None))
"""


def build_without_end():
    """Return a build that asks each time whether there was an edit."""
    return Build(FlowsLoader(), has_end=False)


@pytest.fixture
def project(tmp_path):
    """Return a function that writes the module `shop`, and one that returns what is declared."""
    pages = build_without_end()
    settings = Settings(modules=("shop",), pythonpath=(str(tmp_path),))

    def write(text):
        (tmp_path / "shop.py").write_text(text, encoding="utf-8")

    def declared():
        return [f"{flow.name}.{flow.steps[0].name}" for flow in pages.load(settings).flows.flows]

    return write, declared


def imports_of(folder):
    """Return how often the module `shop` of *folder* was imported."""
    return len((folder / "imports").read_text(encoding="utf-8"))


def test_edit(project, tmp_path):
    """Earlier declarations are gone after an edit, also one of equal size in the same second."""
    write, declared = project
    write(CODE.format(name="a", step="x"))
    assert declared() == declared() == ["a.x"]
    assert imports_of(tmp_path) == 1

    write(CODE.format(name="b", step="y"))
    assert declared() == declared() == ["b.y"]
    assert imports_of(tmp_path) == 2

    write("raise ValueError\n")
    assert declared() == []


def test_edit_with_compiled_code(project, tmp_path):
    """Code that somebody compiled is not taken for that of an edit of one size and second."""
    write, declared = project
    file, second = tmp_path / "shop.py", 1_700_000_000 * 10**9
    write(CODE.format(name="a", step="x"))
    os.utime(file, ns=(second, second))
    py_compile.compile(str(file), doraise=True)
    assert declared() == ["a.x"]

    write(CODE.format(name="b", step="y"))
    os.utime(file, ns=(second + 1_000_000, second + 1_000_000))

    assert declared() == ["b.y"]


@pytest.fixture
def settings(tmp_path):
    """Settings of a project with a package and, beside it, a module that comes along."""
    (tmp_path / "watched" / "below").mkdir(parents=True)
    (tmp_path / "watched" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "watched" / "below" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "watched" / "inner.py").write_text(
        "import beside_it, watched.below\n", encoding="utf-8"
    )
    (tmp_path / "beside_it.py").write_text("", encoding="utf-8")
    return Settings(modules=("watched.inner",), pythonpath=(str(tmp_path),))


def test_places_of_a_library(settings, tmp_path):
    """A package that an installer put beside the project is a library, and is not watched."""
    (tmp_path / "beside_it-1.0.dist-info").mkdir()
    (tmp_path / "beside_it-1.0.dist-info" / "RECORD").write_text("beside_it.py,,\n", "utf-8")

    assert build_without_end().load(settings).watched == (str(tmp_path / "watched"),)


def test_places(settings, tmp_path):
    """A server watches packages whole, and each module beside them that was imported."""
    assert build_without_end().load(settings).watched == (
        str(tmp_path / "beside_it.py"),
        str(tmp_path / "watched"),
    )


def test_places_of_what_crashes(settings, tmp_path):
    """A server watches the sources of what ends the process: an edit may fix it."""
    (tmp_path / "watched" / "inner.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    pages = build_without_end()
    crashed = pages.load(settings)

    assert "ended by itself with exit code 3" in crashed.messages[0]
    assert pages.load(settings) is crashed
    assert crashed.watched == (str(tmp_path / "watched"),)
    (tmp_path / "watched" / "inner.py").write_text("", encoding="utf-8")
    assert pages.load(settings).messages == ()


@pytest.mark.usefixtures("optimized")
def test_without_docstrings(project, caplog):
    """`python -OO`, which drops docstrings, causes one warning."""
    write, declared = project
    write(CODE.format(name="a", step="x"))

    assert declared() == declared()

    assert caplog.messages == ["docstrings are missing: Python runs with -OO"]


@pytest.mark.usefixtures("optimized")
def test_without_docstrings_in_this_process(caplog):
    """So it is where nothing has to be imported."""
    pages = build_without_end()

    assert pages.load(Settings()) is pages.load(Settings())

    assert caplog.messages == ["docstrings are missing: Python runs with -OO"]


NOT_TWICE = """
import dramatiq
from dramatiq.brokers.stub import StubBroker
from penstock import entrypoint, flow
from prometheus_client import Gauge
from sqlmodel import Field, SQLModel

dramatiq.set_broker(StubBroker())

@dramatiq.actor
def work(): ...

class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)

Gauge("heroes", "How many there are.")

@flow("orders")
@entrypoint
def receive(): "VERSION"
"""


def test_what_cannot_be_imported_twice(site, warnings, require):
    """An application with gauges, tables and actors is shown after an edit."""
    for name in ("dramatiq", "prometheus_client", "sqlmodel"):
        require(name, find_spec(name) is not None)
    config = load_config(write_site(site.folder / "one", "", plugin=True))
    config.plugins.on_startup(command="serve", dirty=False)
    shown = []
    for number in range(2):
        site.write("one/shop.py", NOT_TWICE.replace("VERSION", f"Number {number}."))
        build(config)
        shown.append((site.folder / "one/site/index.html").read_text(encoding="utf-8"))
    config.plugins.on_shutdown()

    assert [f"Number {number}." in html for number, html in enumerate(shown)] == [True] * 2
    assert warnings() == []


def write_site(folder, docstring, plugin):
    """Write a site whose module is called `shop`, like that of other sites."""
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/index.md").write_text(f"{PAGE}\n::: penstock-flows\n", encoding="utf-8")
    (folder / "shop.py").write_text(
        "from penstock import entrypoint, flow\n"
        f"@flow('orders')\n@entrypoint\ndef receive(): '{docstring}'\n"
        f"flow('only_{folder.name}')(entrypoint(name='x')(lambda: None))\n",
        encoding="utf-8",
    )
    options = {"modules": ["shop"], "pythonpath": ["."]}
    config = {"site_name": "S", "theme": "mkdocs"}
    config |= {"plugins": [{"penstock": options | {"pages": "flows"}}] if plugin else []}
    config |= {} if plugin else {"markdown_extensions": [{"penstock_flows": options}]}
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(folder / "mkdocs.yml")


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("plugin", [True, False])
def test_two_sites(tmp_path, warnings, plugin):
    """Sites that are built in one process show their own flows, whatever their modules are called.

    They are built in turns, from a folder that is neither's.
    """
    files = {name: write_site(tmp_path / name, f"Of {name}.", plugin) for name in ("one", "two")}
    for file in (*files.values(), *files.values()):
        build(load_config(file))

    for name, other in (("one", "two"), ("two", "one")):
        html = (tmp_path / name / "site/index.html").read_text(encoding="utf-8")
        assert (f"Of {name}." in html, f"only_{name}" in html) == (True, True)
        assert (f"Of {other}." in html, f"only_{other}" in html) == (False, False)
        pages = {path.name for path in tmp_path.glob(f"{name}/site/flows/*") if path.is_dir()}
        assert pages == ({f"only-{name}", "orders"} if plugin else set())
    assert warnings() == []
    assert "shop" not in sys.modules


@pytest.mark.parametrize("plugin", [True, False])
def test_edit_of_a_page(site, plugin):
    """An edit of a page alone imports nothing, neither in a server nor in a new build."""
    file = write_site(site.folder / "one", "Takes it.", plugin)
    shop = site.folder / "one/shop.py"
    shop.write_text(CODE.format(name="orders", step="x") + "\n", encoding="utf-8")
    config = load_config(file)
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    shutil.copy(site.folder / "one/docs/index.md", site.folder / "one/docs/more.md")
    build(config)
    config.plugins.on_shutdown()
    build(load_config(file))

    assert imports_of(site.folder / "one") == 1
    shop.write_text(CODE.format(name="orders", step="other") + "\n", encoding="utf-8")
    build(load_config(file))
    assert imports_of(site.folder / "one") == 2
    html = (site.folder / "one/site/more/index.html").read_text(encoding="utf-8")
    assert "penstock--orders--other" in html


def test_copied_configuration(site):
    """A plugin may copy the configuration: the copy belongs to the same build."""
    site.build(PAGE)
    config = load_config(str(site.folder / "mkdocs.yml"))
    config.plugins.on_config(config)
    (copy,) = deepcopy(config.mdx_configs).values()

    assert copy == config.mdx_configs["penstock_flows"]
    assert " at 0x" not in repr(copy)


def test_reuse_switched_off(site):
    """With `catalog_reuse: false`, each build imports the modules once."""
    site.write("shop.py", CODE.format(name="orders", step="x"))
    site.options["catalog_reuse"] = False
    for _ in range(2):
        site.build(f"{PAGE}\n::: penstock-flows\n")

    assert imports_of(site.folder) == 2
    assert not (site.folder / ".cache").exists()


ENDS = {
    "crash": ("import os\nos.kill(os.getpid(), 11)\n", "crashed with SIGSEGV"),
    "exit": ("import os\nprint('S3cr3t')\nos._exit(3)\n", "ended by itself with exit code 3"),
    "hang": ("import time\ntime.sleep(100)\n", "was ended after 1 seconds"),
}


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("plugin", [True, False])
def test_process_that_ends(site, warnings, kind, plugin):
    """A crash, an exit or a hang is one message in the log and at each flow; the rest is built."""
    code, message = ENDS[kind]
    site.write("shop.py", code)
    options = site.options | ({"timeout": 1} if kind == "hang" else {})
    site.write("docs/other.md", f"# Other\n\nOther text\n\n{PAGE}")
    settings = {"plugins": [{"penstock": options}]}
    if not plugin:
        settings = {"plugins": [], "markdown_extensions": [{"penstock_flows": options}]}

    html = site.build(f"{PAGE}\nMore text\n", **settings)

    (warning,) = warnings()
    assert message in warning
    assert ("S3cr3t" in warning) == (kind == "exit")
    other = (site.folder / "site/other.html").read_text(encoding="utf-8")
    for page, text in ((html, "More text"), (other, "Other text")):
        assert page.count("This flow cannot be shown") == 1
        assert (message in page, text in page, "S3cr3t" in page) == (True, True, False)


def test_process_that_ends_a_build(tmp_path):
    """With `errors: raise`, it ends the build."""
    (tmp_path / "shop.py").write_text("import os\nos._exit(3)\n", encoding="utf-8")
    settings = {"modules": ["shop"], "pythonpath": [str(tmp_path)], "errors": "raise"}

    with pytest.raises(PageError, match="exit code 3"):
        markdown.markdown(PAGE, extensions=[PenstockExtension(**settings)])


def test_failure_of_each_build(site, warnings):
    """A failure is tried and reported again in each build: its cause may be elsewhere."""
    site.write("shop.py", "raise ValueError('No database')\n")
    site.build(PAGE)
    config = load_config(str(site.folder / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    for _ in range(2):
        build(config)
    config.plugins.on_shutdown()

    assert sum("No database" in message for message in warnings()) == 3


def test_what_modules_print(site, caplog, capfd):
    """The output of modules is in the log, and does not fail a strict build."""
    caplog.set_level(logging.INFO, logger="mkdocs")
    site.write("shop.py", "print('Hello from the shop')\n" + CODE.format(name="orders", step="x"))

    site.build(PAGE, strict=True)

    printed = [record for record in caplog.records if "Hello from the shop" in record.getMessage()]
    assert [record.levelname for record in printed] == ["INFO"]
    assert "Hello from the shop" not in capfd.readouterr().out


def test_in_this_process(monkeypatch, tmp_path):
    """If no module is named, or the program itself, and in a notebook, flows are its own."""
    flow("mine")(entrypoint(name="x")(lambda: None))
    pages = build_without_end()

    assert [f.name for f in pages.load(Settings()).flows.flows] == ["mine"]
    program = pages.load(Settings(modules=("__main__",)))
    assert [f.name for f in program.flows.flows] == ["mine"]
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    settings = Settings(modules=("of_a_notebook",), pythonpath=(str(tmp_path),))
    assert [f.module for f in pages.load(settings).failures] == ["of_a_notebook"]
    (tmp_path / "of_a_notebook.py").write_text(CODE.format(name="a", step="x"), encoding="utf-8")
    assert pages.load(settings).failures == ()
    assert {f.name for f in pages.load(settings).flows.flows} == {"mine", "a"}
    del sys.modules["of_a_notebook"]
