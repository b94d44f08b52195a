"""Starting the processes of an example, sending them requests, and reading their logs."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from operator import itemgetter
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds after which something that should have happened has not."""


@contextmanager
def data_folder() -> Iterator[Path]:
    """Have the folder that the command line names, which is made, or one that goes afterwards."""
    if sys.argv[1:]:
        folder = Path(sys.argv[1]).resolve()
        folder.mkdir(parents=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)


@contextmanager
def running(
    name: str, *arguments: str, logs: Path, folder: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Let ``python -m`` with *arguments* run for a block, with its output in the file *name*."""
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(what: str, happened: Callable[[], Any], logs: Path) -> Any:
    """Return what *happened* returns as soon as that is true, or show the logs and give up."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        time.sleep(0.05)
    shown = "\n".join(f"== {log.name}\n{log.read_text()}" for log in sorted(logs.glob("*.log")))
    raise TimeoutError(f"{what} did not happen within {PATIENCE:.0f} s\n{shown}")


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether something listens at *port* of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(
    port: int, method: str, path: str, body: Mapping[str, object] | None = None
) -> tuple[int, str | None, Any]:
    """Return the status, the flow ID and the JSON of the response of a local service."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        sent = json.dumps(body) if body is not None else None
        connection.request(method, path, sent, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("X-Request-ID"), json.loads(answer.read())
    finally:
        connection.close()


_TIME = re.compile(r"\d\d:\d\d:\d\d\.\d{3} ")


def operation(flow_id: str, logs: Path) -> list[str]:
    """Return the lines of all logs that belong to one operation, in order of time."""
    # What a process has not written to its end has no line end yet.
    texts = (log.read_text() for log in sorted(logs.glob("*.log")))
    lines = (line for text in texts for line in text.split("\n")[:-1])
    timed = [(at[0], line) for line in lines if flow_id in line and (at := _TIME.match(line))]
    # By their times alone: those of one millisecond stay as they were written.
    return [line for _, line in sorted(timed, key=itemgetter(0))]
