"""Formats of others, which are known wherever those of penstock are."""

import logging
import sys
from functools import partial
from html import unescape
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

import pytest
from command_line import invoke

from penstock import Edge, Graph, Node, entrypoint, flow, generate_dag, get_flow
from penstock.cli import LOADED
from penstock.exceptions import (
    InvalidArgumentError,
    OutputFormatError,
    RendererError,
    RenderError,
    UnknownFormatError,
)
from penstock.render import (
    Renderer,
    RenderOptions,
    TextFormat,
    _formats,
    _registry,
    draw,
    get_renderer,
    list_formats,
    list_renderers,
    register,
)

GRAPH = Graph(name="orders", nodes=(Node(name="a", title="A"),), edges=())


@pytest.fixture(autouse=True)
def _registry_of_formats(monkeypatch):
    """Each test begins and ends with the formats of penstock alone."""
    monkeypatch.setattr(_registry, "_registered", {})
    _forget()
    yield
    _forget()


def _forget() -> None:
    _registry._outside.cache_clear()
    _registry._load_outside.cache_clear()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return what installs a distribution that brings formats: *points*, and a module's *code*."""

    def install(name: str, points: str, code: str = "") -> None:
        folder = tmp_path / name
        info = folder / f"{name}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[penstock.renderers]\n{points}\n")
        (folder / f"{name}_formats.py").write_text(code)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, f"{name}_formats", raising=False)

    return install


def names(graph: Graph, options: RenderOptions) -> str:
    """Draw as the names of the nodes."""
    return f"{options.direction} {' '.join(node.name for node in graph.nodes)}"


CODE = """
from penstock.render import Renderer
NAMES = Renderer("names", (".names",), lambda graph, options: graph.name)
BYTES = Renderer("archive", (".archive",), lambda graph, options: graph.name.encode(), True)
"""
POINTS = "names = acme_formats:NAMES\narchive = acme_formats:BYTES"


@pytest.mark.parametrize("name", [module.name for module in iter_modules(_formats.__path__)])
def test_own_formats(name):
    """Each format of penstock is one module, which is called like it."""
    renderer = get_renderer(name)

    assert (renderer.name, name in list_formats()) == (name, True)
    assert isinstance(renderer.render(GRAPH, RenderOptions()), str) != renderer.is_binary


def test_types():
    """A type checker takes each format of penstock for what it is: text or bytes."""
    texts = get_args(TextFormat)

    assert {name for name in texts if get_renderer(name).is_binary} == set()
    assert {*texts, "png"} <= {module.name for module in iter_modules(_formats.__path__)}


def test_order():
    """The formats of the specification come first."""
    assert list_formats()[:6] == ("mermaid", "dot", "json", "text", "svg", "png")


def test_registered(tmp_path):
    """A format that is registered is drawn by name and by suffix, and is listed."""
    register(Renderer("names", (".names",), names))

    assert draw(GRAPH, "names", direction="LR") == "LR a"
    assert draw(GRAPH, output=tmp_path / "x.names") == "TD a"
    assert (tmp_path / "x.names").read_text() == "TD a\n"
    assert draw(GRAPH, "names", tmp_path / "x.txt") == "TD a"
    assert "names" in list_formats()


def test_registered_again():
    """Code that is executed again replaces its format: nobody else may."""
    register(Renderer("names", (".names",), names))
    register(Renderer("names", (".nodes",), names))

    assert get_renderer("names").suffixes == (".nodes",)
    with pytest.raises(InvalidArgumentError, match=r"'names' already \(.*names registered it"):
        register(Renderer("names", (".names",), lambda *_: ""))


def test_own_name_is_refused():
    """A format of penstock stays what it is."""
    with pytest.raises(InvalidArgumentError, match=r"'mermaid' already \(it is one of penstock's"):
        register(Renderer("mermaid", (".mmd",), names))


@pytest.mark.parametrize(
    ("name", "suffixes", "message"),
    [
        ("My format", (), "not 'My format'"),
        ("", (), "not ''"),
        (7, (), "not 7"),
        ("x", ("x",), r"'x' of the format 'x' is not a suffix: write \('.d2',\)"),
        ("x", ".x", r"'.' of the format 'x' is not a suffix"),
    ],
    ids=["words", "empty", "number", "suffix", "string"],
)
def test_unusable_names(name, suffixes, message):
    """A name or suffix that users could not write is refused where it is declared."""
    with pytest.raises(InvalidArgumentError, match=message):
        Renderer(name, suffixes, names)


def test_suffix_contradicts(tmp_path):
    """The suffix of one format is not that of another."""
    register(Renderer("names", (".names",), names))
    register(Renderer("pdf", (".pdf",), lambda *_: b"%PDF", is_binary=True))

    for format_, file in (("names", "x.pdf"), ("names", "x.dot"), ("mermaid", "x.names")):
        with pytest.raises(OutputFormatError):
            draw(GRAPH, format_, tmp_path / file)
    with pytest.raises(OutputFormatError):
        draw(GRAPH, "pdf", tmp_path / "x.txt")
    assert draw(GRAPH, "pdf", tmp_path / "x.pdf") == b"%PDF"


def test_failing_renderer():
    """An exception in a registered renderer is an error with its name and the flow's."""
    register(Renderer("broken", (), lambda _graph, _options: 1 / 0))
    register(Renderer("bytes", (), lambda _graph, _options: b""))

    with pytest.raises(RenderError, match=r"'orders'.*lambda.*ZeroDivisionError: division"):
        draw(GRAPH, "broken")
    with pytest.raises(RenderError, match="it returned bytes, not str"):
        draw(GRAPH, "bytes")


def test_own_errors_pass():
    """An error of penstock in a renderer of others stays that error."""

    def refuse(graph: Graph, _options: RenderOptions) -> str:
        raise RenderError(graph.name, "it", "no room")

    register(Renderer("names", (), refuse))

    with pytest.raises(RenderError, match="by it: no room"):
        draw(GRAPH, "names")


def test_installed(install, tmp_path):
    """A format of an installed distribution is drawn by name and by suffix, as text or bytes."""
    install("acme", POINTS, CODE)

    assert draw(GRAPH, "names") == "orders"
    assert draw(GRAPH, output=tmp_path / "x.archive") == b"orders"
    assert {"names", "archive"} <= {renderer.name for renderer in list_renderers()}


def test_command_line(install, tmp_path):
    """The command line draws a format of an installed distribution, and lists its name."""
    install("acme", POINTS, CODE)
    flow("orders")(entrypoint(name="receive")(lambda: None))
    run = partial(invoke, obj=LOADED)

    assert run("draw", "orders", "--format", "names").stdout == "orders\n"
    assert run("draw", "orders", "--output", str(tmp_path / "x.archive")).exit_code == 0
    assert (tmp_path / "x.archive").read_bytes() == b"orders"
    assert "|names|" in "".join(run("draw", "--help").stdout.split())
    assert "'nmes' is not one of" in run("draw", "orders", "--format", "nmes").stderr


def test_command_line_and_broken_distribution(install):
    """On the command line, a format that cannot be loaded is a usage error."""
    install("acme", POINTS, "raise SystemExit")
    run = partial(invoke, obj=LOADED)

    done = run("draw", "orders", "--format", "names", "--output", "x.names")

    assert (done.exit_code, "of acme 1.2 cannot be used" in done.stderr) == (2, True)


def test_pages(install):
    """A page shows a format of text as code; it cannot show one of bytes."""
    markdown = pytest.importorskip("markdown")
    pytest.importorskip("yaml")  # not among what Pyodide gets
    from penstock_mkdocs import PenstockExtension

    install("acme", POINTS, CODE)
    flow("orders")(entrypoint(name="receive")(lambda: None))
    page = "::: penstock-flow orders\n    format: {}\n    steps: none\n"
    to_html = partial(markdown.markdown, extensions=[PenstockExtension(errors="show")])

    assert '<pre class="penstock-source"><code>orders</code></pre>' in to_html(page.format("names"))
    problem = unescape(to_html(page.format("archive")))
    assert "option 'format': 'archive' is none of svg, mermaid, png, " in problem


def test_loaded_late(install):
    """Drawing another format, or listing names, does not import other distributions."""
    install("acme", POINTS, "raise SystemExit")

    assert draw(GRAPH).startswith("graph TD")
    assert "names" in list_formats()


@pytest.mark.parametrize(
    ("points", "code", "message"),
    [
        (POINTS, "import nonsense_that_is_missing", "raises ModuleNotFoundError: No module named"),
        (POINTS, "raise SystemExit", "acme_formats:NAMES raises SystemExit$"),
        ("names = acme_formats:NAMES", "NAMES = print", "NAMES is not a penstock.render.Renderer"),
        ("names = acme_formats:BYTES", CODE, "acme_formats:BYTES calls it 'archive'"),
    ],
    ids=["import", "exit", "type", "name"],
)
def test_broken_distribution(install, caplog, points, code, message):
    """A format that cannot be loaded names its distribution, and all others are drawn."""
    install("acme", points, code)

    with pytest.raises(RendererError, match=f"'names' of acme 1.2 cannot be used: .*{message}"):
        draw(GRAPH, "names")
    assert draw(GRAPH, "text") == "orders\nA"
    assert "names" not in {renderer.name for renderer in list_renderers()}
    assert "of acme 1.2 cannot be used" in caplog.text
    with pytest.raises(OutputFormatError):
        draw(GRAPH, output="x.nothing")


def test_two_distributions(install):
    """A name that two distributions bring is refused, with both."""
    install("acme", POINTS, CODE)
    install("other", "names = other_formats:NAMES", CODE)

    with pytest.raises(RendererError, match=r"acme 1.2 and other 1.2 .*uninstall one of them"):
        draw(GRAPH, "names")


def test_distribution_with_own_name(install, caplog):
    """A distribution does not replace a format of penstock: a warning names it."""
    install("acme", "mermaid = acme_formats:NAMES", CODE)

    with pytest.raises(UnknownFormatError), caplog.at_level(logging.WARNING):
        draw(GRAPH, "nonsense")
    assert draw(GRAPH).startswith("graph TD")
    assert "acme 1.2 brings a format 'mermaid', which is penstock's" in caplog.text


class TestWhatIsDrawn:
    """A name, a flow and a graph are drawn alike."""

    def test_graph(self, tmp_path):
        """`generate_dag` draws a graph, and writes it to a file."""
        graph = Graph(
            name="x",
            nodes=(Node(name="a", title="a"), Node(name="b", title="b")),
            edges=(Edge("a", "b"),),
        )

        assert generate_dag(graph, output=tmp_path / "x.mmd") == "graph TD\n    a --> b"
        assert (tmp_path / "x.mmd").read_text() == "graph TD\n    a --> b\n"

    def test_alike(self):
        """The name of a flow, the flow and its graph give the same."""
        flow("orders")(entrypoint(name="receive")(lambda: None))
        found = get_flow("orders")

        assert draw("orders") == draw(found) == draw(found.graph()) == generate_dag("orders")

    @pytest.mark.parametrize("given", [7, None, Graph, Path], ids=repr)
    def test_nothing_to_draw(self, given):
        """The error for an object that cannot be drawn names it, and what can be drawn."""
        with pytest.raises(InvalidArgumentError, match=r"cannot draw \w+: give the name of a flow"):
            draw(given)

    def test_no_name(self):
        """A format is named by a string."""
        with pytest.raises(InvalidArgumentError, match=r"format=\['svg'\] is not the name"):
            draw(GRAPH, ["svg"])
