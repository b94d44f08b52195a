"""Images that are kept: each is drawn once, whole or not at all."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from penstock import Edge, Graph, Node
from penstock.render import _graphviz
from penstock.render._graphviz.cache import ImageCache, image_key
from penstock.render._graphviz.images import dot_source, draw_dot, render_svg
from penstock.render._graphviz.paint import paint_svg


def graph_of(name: str) -> Graph:
    nodes = (Node(name=f"{name}1", title="<?xml & all"), Node(name=f"{name}2", title=name))
    return Graph(name=name, nodes=nodes, edges=(Edge(f"{name}1", f"{name}2"),))


def pictures() -> dict[str, str]:
    """Return the sources of images of `SOURCES`, which have to be laid out for that."""
    graphs = map(graph_of, ("a", "b", "c"))
    return dict(zip(SOURCES, (dot_source(graph, "TD", "png") for graph in graphs), strict=True))


SOURCES = {image_key(name): dot_source(graph_of(name), "TD", "layout") for name in "abc"}
LAYOUTS = {
    image_key(name): dot_source(graph_of(name), direction, "layout")
    for name, direction in {"a": "TD", "b": "auto", "c": "LR"}.items()
}
DIRECTIONS = {"a": "TD", "b": "auto", "c": "LR"}


@pytest.fixture
def drawings(tmp_path):
    """An empty folder of images."""
    return ImageCache(tmp_path / "drawings")


@pytest.fixture
def calls(monkeypatch):
    """Count how often a program is started."""
    run, started = _graphviz.images._run, []

    def counted(*arguments):
        started.append(arguments)
        return run(*arguments)

    monkeypatch.setattr(_graphviz.images, "_run", counted)
    return started


@pytest.mark.parametrize("medium", ["png", "print"])
def test_each_has_its_own(drawings, medium):
    """Of several images that one program draws, each is found under its own digest."""
    sources = pictures()
    drawings.make(sources, medium)

    alone = {digest: draw_dot([text], medium) for digest, text in sources.items()}
    assert {digest: [drawings.find(digest, medium)] for digest in SOURCES} == alone
    assert len({images[0] for images in alone.values()}) == 3


@pytest.mark.parametrize("name", ["a", "b", "c"])
@pytest.mark.needs("Graphviz program")
def test_same_as_alone(drawings, name):
    """An image that was drawn together with others is the one that is drawn alone."""
    drawings.make(LAYOUTS, "layout")

    laid, options = drawings.find(image_key(name), "layout"), {"direction": DIRECTIONS[name]}
    together = paint_svg(laid, graph_of(name), prefix="x", **options).svg
    assert together == render_svg(graph_of(name), prefix="x", **options)


def test_paper_has_more_dots():
    """An image for paper has twice the dots of one for a screen."""
    source = dot_source(graph_of("a"), "TD", "png")
    (screen,), (paper,) = (draw_dot([source], medium) for medium in ("png", "print"))

    widths = [int.from_bytes(png[16:20], "big") for png in (screen, paper)]
    assert widths[1] == pytest.approx(2 * widths[0], abs=2)


@pytest.mark.needs("Graphviz program")
def test_drawn_once(drawings, calls):
    """All are drawn by one program, and none again."""
    drawings.make(SOURCES, "layout")
    drawings.make(SOURCES, "layout")

    assert len(calls) == 1


@pytest.mark.needs("Graphviz program")
def test_only_what_is_missing(drawings, calls):
    """A new image is drawn without those that are there."""
    (first, *_) = SOURCES
    drawings.make({first: SOURCES[first]}, "layout")
    drawings.make(SOURCES, "layout")

    assert [arguments[2].count("digraph") for arguments in calls] == [1, 2]


def test_nothing(drawings, calls, tmp_path):
    """With nothing to draw, nothing is started and no folder is made."""
    drawings.make({}, "layout")

    assert (calls, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.needs("Graphviz program")
def test_prune(drawings):
    """Images that are no longer used are removed, in every medium."""
    drawings.make(SOURCES, "layout")
    drawings.make(pictures(), "png")
    first, *others = SOURCES

    drawings.prune([first])

    assert [drawings.find(d, "layout") is not None for d in (first, *others)] == [
        True,
        False,
        False,
    ]
    assert drawings.find(others[0], "png") is None


def test_prune_what_a_killed_process_left(drawings, tmp_path):
    """An image that a killed process was writing is forgotten too."""
    killed = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from penstock.render._graphviz.cache import ImageCache\n"
        "os.replace = lambda *_: os.kill(os.getpid(), 9)\n"
        f"ImageCache(Path(sys.argv[1])).make({SOURCES!r}, 'layout')\n"
    )
    folder = tmp_path / "drawings"
    subprocess.run([sys.executable, "-c", killed, folder], check=False)
    before = list(folder.iterdir())

    drawings.prune(SOURCES)

    assert (len(before), list(folder.iterdir())) == (1, [])


def test_other_program(drawings, tmp_path, monkeypatch):
    """An image that another program drew is not reused."""
    drawings.make(SOURCES, "layout")
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PENSTOCK_DOT", str(other))

    assert ImageCache(tmp_path / "drawings").find(next(iter(SOURCES)), "layout") is None


BAD = {
    "it fails": "#!/bin/sh\nexit 1\n",
    "it draws fewer": "#!/bin/sh\necho '{\"bb\": 1}'\n",
    "it cannot be run": "nothing that runs",
}


@pytest.mark.parametrize("code", BAD.values(), ids=BAD)
def test_bad_program(drawings, tmp_path, monkeypatch, code):
    """If one program cannot draw them all, none is taken for another: each is drawn alone."""
    program = tmp_path / "program"
    program.write_text(code)
    program.chmod(0o755)
    monkeypatch.setenv("PENSTOCK_DOT", str(program))

    drawings.make(SOURCES, "layout")

    assert [drawings.find(digest, "layout") for digest in SOURCES] == [None] * 3


def test_no_program(drawings, monkeypatch):
    """Without a program nothing is drawn or raised: the caller reports a missing image."""
    for module in (_graphviz.images, _graphviz.cache):
        monkeypatch.setattr(module, "find_program", lambda: None)

    drawings.make(SOURCES, "layout")

    assert drawings.find(next(iter(SOURCES)), "layout") is None


def test_program_that_is_not_there(drawings, tmp_path, monkeypatch):
    """A setting that names a missing program raises nothing here: the caller reports it."""
    monkeypatch.setenv("PENSTOCK_DOT", str(tmp_path / "gone"))

    drawings.make(SOURCES, "layout")

    assert drawings.find(next(iter(SOURCES)), "layout") is None


def test_another_version_of_the_program(drawings, tmp_path, monkeypatch):
    """When the program file is replaced, nothing that the earlier one drew is shown."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    monkeypatch.setattr(_graphviz.cache, "find_program", lambda: str(program))
    drawings.make(SOURCES, "layout")

    program.write_text("#!/bin/sh\n# of another version\n", encoding="utf-8")

    later = ImageCache(tmp_path / "drawings")
    assert [later.find(digest, "layout") for digest in SOURCES] == [None] * len(SOURCES)


@pytest.mark.needs("Graphviz program")
def test_with_threads(drawings, monkeypatch):
    """Many images are drawn by several programs."""
    monkeypatch.setattr(_graphviz.cache, "_AT_ONCE", 1)

    drawings.make(SOURCES, "layout")

    assert all(drawings.find(digest, "layout") for digest in SOURCES)


@pytest.mark.needs("Graphviz program")
def test_without_threads(drawings, monkeypatch):
    """If no thread can be started, images are drawn one set after the other."""

    def refuse(function, arguments):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_graphviz.cache, "_AT_ONCE", 1)
    monkeypatch.setattr(_graphviz.threads, "start_new_thread", refuse)

    drawings.make(SOURCES, "layout")

    assert all(drawings.find(digest, "layout") for digest in SOURCES)


@pytest.mark.needs("processes")
@pytest.mark.parametrize("at_once", [1, 200], ids=["in threads", "alone"])
def test_interrupted(drawings, tmp_path, monkeypatch, at_once):
    """Ctrl-C does not wait for programs that draw: they are ended."""
    slow = tmp_path / "slow"
    once = f"mkdir {tmp_path}/once 2> {os.devnull} && kill -INT $PPID"
    slow.write_text(f"#!/bin/sh\n{once}\nexec sleep 600\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PENSTOCK_DOT", str(slow))
    monkeypatch.setattr(_graphviz.cache, "_AT_ONCE", at_once)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs beside a shell

    with pytest.raises(KeyboardInterrupt):
        drawings.make(SOURCES, "layout")

    assert not _graphviz.program._running


@pytest.mark.needs("processes")
def test_begun_after_an_interrupt(monkeypatch):
    """A program that a thread starts when the others were ended already is ended, too."""
    monkeypatch.setattr(_graphviz.program, "is_interrupted", lambda: True)

    drawn = _graphviz.program._run([sys.executable, "-c", "import time; time.sleep(600)"], b"", 60)

    assert drawn.returncode != 0


@pytest.mark.needs("processes")
def test_program_that_does_not_end():
    """A program that does not end in time is ended, and has half as long the next time."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    _graphviz.program._waited_in_vain.clear()

    for seconds in (0.5, 0.25):
        with pytest.raises(subprocess.TimeoutExpired) as raised:
            _graphviz.program._run(command, b"", 0.5)
        assert raised.value.timeout == seconds

    assert not _graphviz.program._running
    assert _graphviz.program._run([sys.executable, "-c", ""], b"", 60 * 4).returncode == 0


@pytest.mark.needs("processes")
def test_in_another_thread():
    """A thread that is not the main one, and hears no Ctrl-C, starts a program itself."""
    ended = []

    def draw():
        ended.append(
            _graphviz.program.run_program([sys.executable, "-c", "print(1)"], b"", 60).stdout
        )
        with pytest.raises(OSError, match="nowhere"):
            _graphviz.program.run_program(["/nowhere"], b"", 60)
        ended.append("refused")

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()

    assert ended == [f"1{os.linesep}".encode(), "refused"]


@pytest.mark.needs("processes")
def test_never_started_by_the_main_thread(monkeypatch):
    """Ctrl-C, which only the main thread hears, comes never between a start and its being noted."""
    starting = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **options):
            starting.append(threading.get_ident())
            super().__init__(*args, **options)

    monkeypatch.setattr(subprocess, "Popen", Noted)

    _graphviz.program.run_program([sys.executable, "-c", ""], b"", 60)

    assert len(starting) == 1
    assert starting != [threading.main_thread().ident]
