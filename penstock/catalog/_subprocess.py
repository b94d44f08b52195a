"""The catalog of a project, from a child process that imports the modules."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from locale import getencoding
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from penstock._common.compat import interpreter_flags
from penstock._common.processes import end_group
from penstock._project.settings import Settings
from penstock.catalog._child import (
    CATALOG,
    read_failures,
    read_inputs,
    read_objects,
    write_request,
)
from penstock.catalog._inputs import describe_process
from penstock.catalog._loading import LoadedFlows
from penstock.catalog._reading import parse_catalog
from penstock.exceptions import CatalogError

__all__ = ["load_in_child", "run_module"]

# The path first: before it is the parent's, a file of the project may hide any module.
_CODE = "import sys; sys.path[:] = {path}; from {module} import run; run({folder}, {end})"


def load_in_child(
    settings: Settings, log: Callable[[str], None], *, timeout: float | None = None
) -> LoadedFlows:
    """Return the flows of the modules of *settings*, which a child process imports.

    It is a new Python with the path, the folder, the flags and the environment
    of this one, in which nothing is imported yet. Nothing can be typed into it.
    All processes that it has started end with it, at the time limit at the latest.

    Args:
        settings: The settings of the project. Its catalog is not read.
        log: Called with what the modules print, if they print anything.
        timeout: Seconds that the process may take, if not those of *settings*.

    Raises:
        CatalogError: If the process cannot be started, crashes, ends by itself or
            takes too long.

    .. versionadded:: 0.2
    """
    timeout = timeout or settings.timeout
    process = describe_process(settings)
    with TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_request(folder, settings)
        output = folder / "output.txt"
        location = ", ".join(settings.modules)
        try:
            code = run_module("penstock.catalog._child", folder, output, timeout)
        except OSError as error:  # there are no processes, or too many
            problem = f"no process can be started to import them: {error.strerror}"
            raise CatalogError(location, problem) from error
        finally:
            if text := output.read_bytes().decode(getencoding(), "replace").strip():
                log(text)
        if code != 0 or not (folder / CATALOG).exists():
            raise CatalogError(location, _why(code, timeout, settings.words.call("timeout")))
        flows = parse_catalog((folder / CATALOG).read_bytes(), location)
        inputs = read_inputs(folder)
        # As this process is, with which the next build is compared: not as its child saw it.
        return LoadedFlows(
            flows,
            read_failures(folder),
            inputs and replace(inputs, process=process),
            objects=read_objects(folder),
        )


def run_module(module: str, folder: Path, output: Path, timeout: float) -> int | None:
    """Run *module* in a child; return its exit code, or None if it took too long.

    Args:
        module: The module, whose function ``run`` takes the folder, and when it will be ended.
        folder: The folder with the request, and for the results.
        output: The file for what it prints.
        timeout: Seconds that it may take.
    """
    path = [*map(str, sys.path)]
    folder_ = ascii(str(folder))
    code = _CODE.format(path=ascii(path), module=module, folder=folder_, end=time() + timeout)
    # As a file, for a program that a module has started may keep a pipe open.
    with output.open("ab") as stream:
        process = subprocess.Popen(  # noqa: S603 - this Python
            [sys.executable or "python", *interpreter_flags(), "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # However the child has ended: each edit would leave behind one more of what it started.
        end_group(process)
        process.wait()


def _why(code: int | None, timeout: float, setting: str) -> str:
    """Return why there is no catalog, from the exit code of the process."""
    doing = "the process that imports the modules"
    if code is None:
        return (
            f"{doing} was ended after {timeout:g} seconds: what it was doing is in the log. "
            "Does a module wait for a connection, or run a program? If it needs more time, "
            f"change {setting}"
        )
    if code < 0:
        return f"{doing} crashed with {_signal_of(-code)}: where is in the log"
    return f"{doing} ended by itself with exit code {code}: does a module call os._exit()?"


def _signal_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
