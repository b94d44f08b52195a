"""Servers that fork or patch in their own way: IDs are their own, and no span is lost."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from servers import PATIENCE, free_port, json_lines, listens, wait_for

APPLICATION = """
    import os, threading
    from penstock import entrypoint, flow, step, tracing
    from penstock.tracing import BackgroundExporter, JsonLinesExporter

    class Yielding(JsonLinesExporter):
        def export(self, span):
            wait()
            super().export(span)

    def wait(): {wait}

    tracing.configure({exporter}("spans.jsonl")))

    @flow("orders")
    @entrypoint
    def receive(): charge()

    @flow("orders")
    @step(after="receive")
    def charge(): send()

    @flow("orders")
    @step(after="charge")
    def send(): ...

    def application(environ, start_response):
        receive()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]
"""


def write(folder: Path, exporter: str, wait: str = "...") -> None:
    """Write the application with an exporter."""
    code = textwrap.dedent(APPLICATION).format(exporter=exporter, wait=wait)
    (folder / "application.py").write_text(code, encoding="utf-8")


@contextmanager
def served(folder, *command):
    """Run a server in *folder* and yield what sends it a request."""
    port, log = free_port(), folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.format(port=port) for part in command],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: listens(port), log)

        def request(_=None):
            with urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as response:
                return int(response.read())

        yield request
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def program(name):
    """Return a program of the environment that runs the tests."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found is not None
    return found


@pytest.mark.needs("processes")
@pytest.mark.parametrize("exporter", ["(JsonLinesExporter", "BackgroundExporter(JsonLinesExporter"])
def test_uwsgi(tmp_path, exporter):
    """Workers that uWSGI forks from a loaded application give different IDs, and export all."""
    write(tmp_path, exporter)
    workers = set()
    command = ("--http-socket=127.0.0.1:{port}", "--wsgi-file=application.py", "--enable-threads")
    more = ("--master", "--processes=2", f"--pyhome={sys.prefix}", "--need-app", "--die-on-term")
    with served(tmp_path, program("uwsgi"), *command, *more) as request:
        count = 0
        while len(workers) < 2 or count < 6:
            workers.add(request())
            count += 1
        spans = wait_for(
            lambda: len(found := json_lines(tmp_path / "spans.jsonl")) == 3 * count and found,
            tmp_path / "server.log",
        )

    assert len({span["span_id"] for span in spans}) == 3 * count
    assert len({span["run_id"] for span in spans}) == len({s["flow_id"] for s in spans}) == count
    assert len({span["process_id"] for span in spans}) == 2


@pytest.mark.needs("processes")
@pytest.mark.parametrize("exporter", ["(Yielding", "BackgroundExporter(JsonLinesExporter"])
def test_gevent_after_the_import(tmp_path, exporter):
    """If gevent patches after `import penstock`, requests succeed and no span is lost."""
    write(tmp_path, exporter, wait="__import__('gevent').sleep(0.01)")
    (tmp_path / "gunicorn.conf.py").write_text(
        "import penstock.contrib.logging, penstock.tracing\n", encoding="utf-8"
    )
    command = ("-m", "gunicorn", "-k", "gevent", "-b", "127.0.0.1:{port}", "application")
    with served(tmp_path, sys.executable, *command) as request:
        request()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(request, range(6)))
        wait_for(
            lambda: len(json_lines(tmp_path / "spans.jsonl")) == 3 * 7, tmp_path / "server.log"
        )
