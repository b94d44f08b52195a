"""A real Redis server, and flows that are declared for each test alone."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from arq.connections import RedisSettings

from penstock.testing import isolated_registry


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisSettings]:
    """Return the settings of a server that keeps nothing."""
    program = shutil.which("redis-server")
    assert program is not None, "install redis-server"
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "redis.sock"
    options = ("--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder))
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        _wait_for(path)
        yield RedisSettings(unix_socket_path=str(path))
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(path: Path) -> None:
    for _ in range(600):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                return client.connect(str(path))
            except OSError:
                time.sleep(0.05)
    raise AssertionError(f"nothing listens on {path}")


@pytest.fixture(autouse=True)
def _own_registry() -> Iterator[None]:
    with isolated_registry():
        yield
