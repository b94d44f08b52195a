"""Loading the flows of a project in a child process."""

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from penstock import list_flows
from penstock._project.settings import Settings, SettingWords
from penstock.catalog import Catalog
from penstock.catalog._child import CATALOG, export, read_failures, write_request
from penstock.catalog._subprocess import load_in_child
from penstock.exceptions import CatalogError, ModuleImportError, SetupError

SHOP = """
import os, sys
from penstock import entrypoint, flow

print("importing", os.getcwd(), sys.stdin.read() == "", os.environ["CHILD_SHOP"], "é")

@flow("orders")
@entrypoint
def receive(message):
    '''Receive a message.'''
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return what writes a module ``child_shop``, and returns the settings that name it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHILD_SHOP", "set")
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(text: str = SHOP, **settings: object) -> Settings:
        (tmp_path / "child_shop.py").write_text(text, encoding="utf-8")
        return Settings(**{"modules": ("child_shop",), "root": str(tmp_path), **settings})

    yield write
    sys.modules.pop("child_shop", None)


def test_loads(project, tmp_path):
    """The flows are those that the modules declare, and this process has imported nothing."""
    printed = []
    loaded = load_in_child(project(), printed.append)
    (step,) = loaded.flows.flow("orders").steps

    assert (step.doc, step.location.file, loaded.failures) == (
        "Receive a message.",
        "child_shop.py",
        (),
    )
    assert ("child_shop" in sys.modules, list_flows()) == (False, ())
    assert printed == [f"importing {tmp_path} True set é"]


def test_edit(project):
    """A module that can be imported only once in a process is loaded again after an edit."""
    once = "import builtins\nassert not hasattr(builtins, 'shop')\nbuiltins.shop = 1\n" + SHOP
    first = load_in_child(project(once), str)
    second = load_in_child(project(once.replace("orders", "sales")), str)

    assert [first.flows.flows[0].name, second.flows.flows[0].name] == ["orders", "sales"]


def test_left_running(project):
    """Threads that a module has started are not waited for, nor is what it does at the exit."""
    code = "import atexit, threading\nthreading.Thread(target=threading.Event().wait).start()\n"
    loaded = load_in_child(project(code + "atexit.register(threading.Event().wait)\n" + SHOP), str)

    assert loaded.flows.flow("orders").label == "orders"


def test_streams(project):
    """A module may close the streams of the process, or have none."""
    loaded = load_in_child(project(SHOP + "sys.stdout.close()\nsys.stderr = None\n"), str)

    assert loaded.flows.flow("orders").label == "orders"


CRASHES = {
    "exit": ("os._exit(3)", "ended by itself with exit code 3: does a module call os._exit()?"),
    "quiet exit": ("os._exit(0)", "ended by itself with exit code 0"),
    "crash": ("import faulthandler; faulthandler._sigsegv()", "crashed with SIGSEGV: where is in"),
    "unknown signal": ("os.kill(os.getpid(), 40)", "crashed with signal 40"),
}


@pytest.mark.parametrize(("code", "problem"), CRASHES.values(), ids=CRASHES)
def test_ends(project, code, problem):
    """A process that ends while it imports is one message that says how it ended."""
    with pytest.raises(CatalogError) as caught:
        load_in_child(project(f"import os\n{code}\n"), str)

    assert str(caught.value).startswith("child_shop: the process that imports the modules ")
    assert problem in str(caught.value)


STARTS = """
import subprocess, sys, threading
with open("alive", "w") as alive:
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], stdout=alive)
"""
HANGS = f"{STARTS}threading.Event().wait()\n"


@pytest.mark.parametrize("end", ["", "import os; os._exit(1)"], ids=["normally", "itself"])
def test_ends_what_it_started(project, tmp_path, end):
    """Programs of a module end with its process: a server would collect one for each edit."""
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    with suppress(CatalogError):
        load_in_child(project(STARTS + end), str)

    assert select.select([reader], [], [], 60)[0] == [reader]
    assert os.read(reader, 1) == b""  # nobody has it open any more
    os.close(reader)


@pytest.mark.parametrize("timeouts", [(2, 8, 32)], ids=["soon"])
def test_hangs(project, tmp_path, timeouts):
    """At the time limit a process is ended with what it has started, and the log says where."""
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    for timeout in timeouts:  # in which the process has come to wait, on any machine
        printed = []
        with pytest.raises(CatalogError) as caught:
            load_in_child(project(HANGS), printed.append, timeout=timeout)
        if "child_shop.py" in "".join(printed):
            break

    assert str(caught.value) == (
        f"child_shop: the process that imports the modules was ended after {timeout} seconds: what "
        "it was doing is in the log. Does a module wait for a connection, or run a program? "
        "If it needs more time, change timeout"
    )
    assert 'child_shop.py", line 5 in <module>' in printed[0]
    assert select.select([reader], [], [], 60)[0] == [reader]
    assert os.read(reader, 1) == b""  # nobody has it open any more
    os.close(reader)


def test_no_process(project, monkeypatch):
    """If no process can be started, the error has the reason of the system."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(
        CatalogError, match="child_shop: no process can be started to import them: "
    ):
        load_in_child(project(), str)


def test_failures(project):
    """Import errors and a failing setup are reported as they are in this process."""
    settings = project(modules=("child_shop", "child_nothing"), location="here")
    loaded = load_in_child(settings, str)
    failed = load_in_child(project(setup="child_shop:nothing", setup_location="there"), str)

    assert [type(failure) for failure in loaded.failures] == [ModuleImportError]
    assert str(loaded.failures[0]).startswith("cannot import 'child_nothing' (here): ")
    assert [type(failure) for failure in failed.failures] == [SetupError]
    assert "child_shop has no function 'nothing'" in str(failed.failures[0])


def test_hidden_library(project, tmp_path):
    """A file of the project that is called like a module of Python hides none from penstock."""
    (tmp_path / "json.py").write_text("raise SystemExit('hidden')", encoding="utf-8")

    assert load_in_child(project(), str).failures == ()


def test_flags(project):
    """The child has the flags of this process."""
    code = (
        "from penstock._project.settings import Settings\n"
        "from penstock.catalog._subprocess import load_in_child\n"
        f"print(load_in_child(Settings(modules=('child_shop',), root={str(Path.cwd())!r}), str)"
        ".flows.flows[0].steps[0].doc)"
    )
    project()
    done = subprocess.run(
        [sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "None\n"


def test_in_this_process(project, tmp_path):
    """The child process makes the same catalog as this process."""
    plain = SHOP.partition("print")[0] + SHOP.partition('"é")')[2]
    settings = project(
        plain, words=SettingWords(name="penstock_{}"), modules=("child_shop", "child_nothing")
    )
    write_request(tmp_path, settings)
    export(tmp_path)
    text = (tmp_path / CATALOG).read_text(encoding="utf-8")

    assert text == Catalog.from_registry(tmp_path).to_json()
    assert "Is its folder in `penstock_pythonpath`" in read_failures(tmp_path)[0].cause


def test_light():
    """The program of the child leaves out what few applications need: they would wait for it."""
    heavy = {"ipaddress", "random", "secrets", "sysconfig", "tomllib", "urllib.parse"}
    code = (  # `pathlib` brings two of them before Python 3.13
        f"import pathlib, sys; sys.path[:] = {sys.path!r}; before = set(sys.modules); "
        "import penstock.catalog._child; "
        f"print(*sorted({heavy!r} & (sys.modules.keys() - before)))"
    )
    # Without `site`, which may import anything.
    command = [sys.executable, "-I", "-S", "-c", code]

    assert subprocess.run(command, check=True, capture_output=True).stdout.split() == []
