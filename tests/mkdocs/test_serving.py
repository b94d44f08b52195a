"""The real servers of MkDocs, ProperDocs and Zensical, while somebody edits Python."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic, time
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

BEGIN = """
import builtins
assert not hasattr(builtins, "is_imported"), "this cannot be imported twice in one process"
builtins.is_imported = True

from penstock import entrypoint, flow, step
from pack.words import WORD

orders = flow("orders", description=WORD)

@orders
@entrypoint
def receive(): "Takes it in."
"""
MORE = """
@orders
@step(after="receive")
def deliver(): "Brings it."
"""
SECONDS = 60
_seconds = count(int(time()) - 1000, 2)
SERVERS = ["mkdocs", "properdocs", "zensical"]


class Server:
    """A server that shows the pages of a site."""

    def __init__(self, address: str, process: subprocess.Popen, log: Path) -> None:
        self._address = address
        self._process = process
        self._log = log

    def wait_for(self, present: str, absent: str = "\0") -> str:
        """Return the page when it shows *present* and no longer shows *absent*."""
        deadline, page = monotonic() + SECONDS, ""
        while monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            with suppress(URLError, OSError), urlopen(self._address, timeout=SECONDS) as response:
                page = response.read().decode()
            if present in page and absent not in page:
                return page
            Event().wait(0.1)
        pytest.fail(f"{present!r} is not shown:\n{page}\n{self._log.read_text()}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def serving(folder: Path, name: str):
    """Serve the site in *folder* with the program *name*."""
    port = free_port()
    command = [sys.executable, "-m", name, "serve", "-a", f"127.0.0.1:{port}", "-f", "mkdocs.yml"]
    log = folder / "log.txt"
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env=os.environ | quiet
        )
        try:
            yield Server(f"http://127.0.0.1:{port}/", process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(params=SERVERS)
def server(request, tmp_path, require):
    """Return what serves a site whose project is below ``src``."""
    require(request.param, find_spec(request.param) is not None)
    write(tmp_path, "docs/index.md", "# Shop\n\n::: penstock-flow orders\n")
    write(tmp_path, "src/pack/__init__.py", "")
    write(tmp_path, "src/pack/words.py", "WORD = 'Some words.'\n")
    options = {"modules": ["pack.shop"], "pythonpath": ["src"]}
    config = {"site_name": "Shop", "plugins": [{"penstock": options}]}
    if request.param == "zensical":
        config = {
            "site_name": "Shop",
            "markdown_extensions": [{"penstock_flows": options}],
            "watch": ["src"],
        }
    write(tmp_path, "mkdocs.yml", yaml.safe_dump(config))
    return request.param


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    # Zensical distinguishes edits by the second.
    edited = next(_seconds)
    os.utime(path, (edited, edited))


def test_edits(server, tmp_path):
    """Edits show at once, also of modules that others import; a broken one shows why."""
    shop = "src/pack/shop.py"
    write(tmp_path, shop, BEGIN)

    with serving(tmp_path, server) as reader:
        reader.wait_for("Takes it in.")
        write(tmp_path, shop, BEGIN + MORE)
        reader.wait_for("Brings it.")
        write(tmp_path, "src/pack/words.py", "WORD = 'Other words.'\n")
        reader.wait_for("Other words.", "Some words.")
        write(tmp_path, shop, BEGIN + "import nothing_of_the_sort\n")
        reader.wait_for("nothing_of_the_sort", "Brings it.")
        write(tmp_path, shop, BEGIN + MORE.replace("deliver", "bring"))
        reader.wait_for("orders--bring", "nothing_of_the_sort")
        write(tmp_path, "src/pack/words.py", "WORD = (\n")
        reader.wait_for("SyntaxError")
        write(tmp_path, "src/pack/words.py", "WORD = 'Last words.'\n")
        page = reader.wait_for("Last words.", "SyntaxError")

    assert "orders--deliver" not in page


def test_broken_at_first(server, tmp_path):
    """A server starts with a module that is broken, and shows the flow when it is fixed."""
    write(tmp_path, "src/pack/shop.py", "raise SystemExit(1)\n")

    with serving(tmp_path, server) as reader:
        reader.wait_for("it ended the program with SystemExit(1)")
        write(tmp_path, "src/pack/shop.py", BEGIN)
        page = reader.wait_for("Takes it in.", "SystemExit")

    assert "cannot be shown" not in page
