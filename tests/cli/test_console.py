"""The streams and signals of the program."""

import errno
import html
import io
import os
import signal
import subprocess
import sys
import threading

import pytest

from penstock.cli import LOADED, Host, _console, main

SHOP = """
from penstock import entrypoint, flow, step

shop = flow("shop", title="Lädchen 店")

@shop
@entrypoint(title="über 店")
def receive(order): ...

@shop
@step(after={receive: "ja"})
def store(order): ...
"""


def penstock(folder, *arguments, encoding="utf-8", prelude=""):
    """Return how the program ends in *folder*, with bytes."""
    (folder / "shop.py").write_text(prelude + SHOP, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "penstock", *arguments, "-m", "shop"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Return what the program in this process writes to a standard output with an encoding."""
    exec(compile(SHOP, str(tmp_path / "shop.py"), "exec"), {"__name__": "shop"})

    def draw(format_, encoding="utf-8"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
        with pytest.raises(SystemExit):
            main(["draw", "shop", "-f", format_], obj=LOADED)
        return written.getvalue()

    return draw


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
@pytest.mark.parametrize(
    "format_",
    [
        *("text", "json", "mermaid", "dot"),
        pytest.param("svg", marks=pytest.mark.needs("Graphviz program")),
    ],
)
def test_encodings(drawn, encoding, format_):
    """A diagram in a pipe is UTF-8, whatever the encoding of the standard output."""
    expected = drawn(format_)

    assert drawn(format_, encoding) == expected
    assert "über 店" in html.unescape(expected.decode())


@pytest.mark.parametrize(
    ("encoding", "format_"), [("cp1252", "text"), ("ascii", "json"), ("utf-16", "svg")]
)
def test_pipe(tmp_path, drawn, encoding, format_):
    """The same holds in a separate process, where Python sets up the streams."""
    actual = penstock(tmp_path, "draw", "shop", "-f", format_, encoding=encoding)

    assert (actual.returncode, actual.stdout) == (0, drawn(format_))


def test_list_in_another_encoding(tmp_path):
    """A character that the encoding does not have is escaped as in Python."""
    actual = penstock(tmp_path, "list", encoding="cp1252")

    assert actual.stdout.decode("cp1252").split("  ")[-1].strip() == "Lädchen \\u5e97"


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("text", "L\\xe4dchen \\u5e97\n\\xfcber \\u5e97 (entrypoint)\n`- ja -> store\n"),
        ("json", '"title": "L\\u00e4dchen \\u5e97"'),
    ],
)
def test_terminal(monkeypatch, format_, expected):
    """A terminal gets branches of ASCII, and JSON that is JSON, where it has no other letters."""
    drawn = {
        "text": "Lädchen 店\nüber 店 (entrypoint)\n└─ ja -> store",
        "json": '{"title": "Lädchen 店"}',
    }
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "ascii")
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", stream)

    _console.show_diagram(drawn[format_], format_)

    assert expected in written.getvalue().decode()


def test_terminal_that_has_all_letters(monkeypatch):
    """A terminal in UTF-8 gets the diagram as it is."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "utf-8")
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", stream)

    _console.show_diagram("└─ ü", "text")

    assert written.getvalue().decode() == "└─ ü\n"


PRELUDES = {
    "prints": "print('hello')\n",
    "sets it up": "import sys; sys.stdout.reconfigure(encoding='utf-8')\nprint('hello')\n",
    "wraps it": (
        "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')\n"
        "print('hello')\nsys.stdout.flush()\n"
    ),
    "takes it apart": (
        "import codecs, sys\nsys.stdout = codecs.getwriter('utf-8')(sys.stdout.detach())\n"
        "print('hello')\nsys.stdout.flush()\n"
    ),
    "lends it out": "import subprocess as s, sys\ns.run(['echo', 'hello'], stdout=sys.stdout)\n",
    "keeps it": (
        "import atexit, logging, sys\nlogger = logging.getLogger('shop')\n"
        "logger.addHandler(logging.StreamHandler(sys.stdout))\n"
        "atexit.register(logger.warning, 'hello')\n"
    ),
}


@pytest.mark.parametrize("prelude", PRELUDES.values(), ids=PRELUDES)
def test_modules_that_print(tmp_path, drawn, prelude):
    """All output of a module goes to standard error."""
    actual = penstock(tmp_path, "draw", "shop", "-f", "json", prelude=prelude)

    assert actual.stdout == drawn("json")
    assert actual.stderr.splitlines() == [b"hello"]


def test_standard_error_that_is_text(monkeypatch):
    """A standard error that takes text only, like a notebook's, is given text."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with _console.printing_to_stderr():
        print("hello")

    assert sys.stderr.getvalue() == "hello\n"


@pytest.fixture
def _heard():
    """Let the programs of a test hear SIGHUP, also where `nohup` runs the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_heard")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals(tmp_path, number):
    """A signal ends the program as ever, after it has cleaned up."""
    killed = (
        "import os, pathlib\n"
        f"pathlib.Path.replace = lambda *_: os.kill(os.getpid(), {int(number)})\n"
    )

    actual = penstock(tmp_path, "draw", "shop", "-o", "x.svg", prelude=killed)

    assert actual.returncode == -number
    assert {path.name for path in tmp_path.iterdir()} <= {"shop.py", "__pycache__"}


@pytest.fixture
def _no_handlers():
    """Let signals do what they do in a new process: a consumer of Huey has its own handlers."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_no_handlers")
def test_signals_of_others(monkeypatch):
    """Signal handlers of others are kept, and threads, which cannot set any, work too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seen = []
    try:
        with _console.ending_on_signals():
            seen.append(signal.getsignal(signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)

    def in_a_thread():
        with _console.ending_on_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_IGN, signal.SIG_DFL]


@pytest.mark.usefixtures("_no_handlers")
def test_signal_in_process(monkeypatch):
    """The signal is sent again when the block has ended, and the handlers are put back."""
    raised = []
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    with _console.ending_on_signals():
        os.kill(os.getpid(), signal.SIGTERM)

    assert raised == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class _Full(io.RawIOBase):
    """A standard output that takes nothing, for a reason."""

    def __init__(self, error):
        self.error = error

    def writable(self):
        return True

    def write(self, _):
        raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left"), "cannot write to standard output: No space left"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
    ],
    ids=["full disk", "closed pipe"],
)
@pytest.mark.parametrize("command", [["draw", "shop"], ["list"]], ids=["bytes", "text"])
@pytest.mark.usefixtures("drawn")
def test_output_that_takes_no_more(monkeypatch, capsys, command, error, message):
    """A full disk is an error with a message; a closed pipe ends the program silently."""
    stream = io.TextIOWrapper(_Full(error), "utf-8", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)

    with pytest.raises(SystemExit) as ended:
        main(command, obj=LOADED)

    assert ended.value.code == 1
    assert capsys.readouterr().err == (f"Error: {message}\n" if message else "")


@pytest.mark.parametrize("format_", ["text", "mermaid"])
@pytest.mark.usefixtures("drawn")
def test_output_that_is_closed(monkeypatch, format_):
    """Without a standard output the program prints nothing, as `print` does."""
    monkeypatch.setattr(sys, "stdout", None)

    with pytest.raises(SystemExit) as ended:
        main(["draw", "shop", "-f", format_], obj=LOADED)

    assert ended.value.code == 0
    assert not _console.is_terminal()


@pytest.mark.usefixtures("drawn")
def test_failures_of_penstock_itself(capsys):
    """They are not findings, and so end with another code. A caller in Python gets the error.

    An error about a file is not taken for one of the standard output.
    """

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error", "module.py")

    with pytest.raises(SystemExit) as ended:
        main(["list"], obj=Host(load=fail))

    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert "in fail\n" in shown
    assert "penstock itself failed (OSError: [Errno 5] Input/output error: 'module.py')" in shown
    with pytest.raises(OSError, match=r"module\.py"):
        main(["list"], obj=Host(load=fail), standalone_mode=False)
