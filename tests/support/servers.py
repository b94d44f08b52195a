"""Real servers and workers for tests, as separate processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = [
    "PATIENCE",
    "RABBITMQ",
    "end",
    "free_port",
    "json_lines",
    "listens",
    "rabbitmq_server",
    "redis_server",
    "wait_for",
    "whole_lines",
]

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The program itself: Debian's on the PATH serves the machine's own folders only."""

PATIENCE = 60.0
"""Seconds after which something that should have happened has not."""


def wait_for(happened: Callable[[], Any], log: Path | None = None) -> Any:
    """Return what *happened* returns as soon as that is true, or fail with the *log*."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        time.sleep(0.02)
    output = log.read_text(errors="replace") if log is not None and log.exists() else ""
    raise AssertionError(f"it did not happen within {PATIENCE:.0f} s\n{output[-4000:]}")


def end(process: subprocess.Popen[Any], log: Path | None = None) -> None:
    """End a *process* that ends by itself when asked to; fail with its *log* if it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        output = log.read_text(errors="replace") if log is not None else ""
        raise AssertionError(f"it did not end within {PATIENCE:.0f} s\n{output[-4000:]}") from None
    finally:
        process.kill()
        process.wait()


def whole_lines(file: Path) -> list[str]:
    """Return the lines of a *file* that other processes write meanwhile.

    One that has no end yet is left for the next time: a reader may see a part of a single write.
    """
    return file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []


def json_lines(file: Path) -> list[dict[str, Any]]:
    """Return what the lines of a *file* say that other processes write meanwhile."""
    return [json.loads(line) for line in whole_lines(file)]


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether a server listens at *port* of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a Redis server that keeps nothing, and yield its URL."""
    program = shutil.which("redis-server")
    assert program is not None
    port = free_port()
    settings = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    process = subprocess.Popen(
        [program, *settings, "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: listens(port))
        yield f"redis://127.0.0.1:{port}"
    finally:
        end(process)


@contextmanager
def rabbitmq_server(folder: Path) -> Iterator[str]:
    """Run a RabbitMQ server whose files are all in *folder*, and yield its URL."""
    port = free_port()
    own = {
        "HOME": folder,
        "RABBITMQ_NODENAME": f"penstock-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": port,
        "RABBITMQ_DIST_PORT": free_port(),
        "RABBITMQ_MNESIA_BASE": folder / "data",
        "RABBITMQ_LOG_BASE": folder / "logs",
        "RABBITMQ_PID_FILE": folder / "pid",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder / "plugins",
        "RABBITMQ_CONFIG_FILE": folder / "settings",
        # The daemon by which Erlang's processes find each other stays when they are gone.
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": free_port(),
        "ERL_EPMD_RELAXED_COMMAND_CHECK": 1,
    }
    environment = os.environ | {name: str(value) for name, value in own.items()}
    log = folder / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [RABBITMQ],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: listens(port), log)
        yield f"amqp://guest:guest@127.0.0.1:{port}//"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        subprocess.run(["epmd", "-kill"], env=environment, check=True, capture_output=True)
