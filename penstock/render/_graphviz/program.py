"""The Graphviz program: where an installer put it, and how it is run."""

import os
import shutil
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from threading import get_ident, main_thread
from typing import Any

from penstock._common.processes import end_group
from penstock.render._graphviz.threads import is_interrupted, run_in_threads

__all__ = ["NAME", "end_programs", "find_extra", "find_path", "run_program"]

NAME = "graphviz-pure"
"""The package that ``penstock[png]`` brings, and its program."""

_APART: dict[str, Any] = (
    # A group, so that what a wrapper script started ends with it; no window that flashes up.
    {"process_group": 0}
    if hasattr(os, "killpg")
    else {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
)

_running: set[subprocess.Popen[bytes]] = set()

_waited_in_vain = Counter[str]()
"""How often a program did not end in time since it last did."""


def find_extra() -> str | None:
    """Return the program of the extra, however it was installed, or None."""
    # An interpreter that was called by its path does not put its scripts on the PATH.
    found = shutil.which(NAME, path=sysconfig.get_path("scripts")) or shutil.which(NAME)
    return found or next(filter(None, (shutil.which(NAME, path=at) for at in _folders())), None)


def find_path() -> Path | None:
    """Return where the program should be according to its package, or None without one."""
    package = _package()
    return None if package is None else next(_recorded(package), Path(NAME))


def _folders() -> Iterator[str]:
    """Yield the folders in which installers and bundlers put a package's programs."""
    package = _package()
    if package is not None:
        yield from (str(path.parent) for path in _recorded(package))
        yield str(package.locate_file("bin"))  # `pip install --target`
    bundle = Path(__file__).parents[3]  # PyInstaller and the like: beside the packages
    yield from (str(bundle / "bin"), str(bundle))


def _package() -> Distribution | None:
    try:
        return distribution(NAME)
    except PackageNotFoundError:
        return None


def _recorded(package: Distribution) -> Iterator[Path]:
    """Yield where *package* says that its program is."""
    # The library leaves out files that are not there, which is what this is asked about.
    for line in (package.read_text("RECORD") or "").splitlines():
        file = line.partition(",")[0]
        if PurePosixPath(file).stem == NAME:
            yield Path(str(package.locate_file(file))).resolve()


def run_program(
    command: Sequence[str], source: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a program and return what it printed.

    Each time that it does not end, it has half as long the next time, so that
    a build waits no longer than twice *seconds* in all.

    Raises:
        OSError: If it cannot be started.
        subprocess.TimeoutExpired: If it did not end in time. It has been ended,
            with what it started.
    """
    if get_ident() != main_thread().ident:
        return _run(command, source, seconds)
    # Ctrl-C is raised in the main thread, even between the start of a program and its being known.
    [ended] = run_in_threads([partial(_run, command, source, seconds)], end_programs)
    return ended


def end_programs() -> None:
    """End all programs that run."""
    for process in list(_running):
        end_group(process)


def _run(
    command: Sequence[str], source: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    program, failures = command[0], _waited_in_vain[command[0]]
    # Through files: a pipe is fed in pieces of 512 bytes, which takes long for hundreds of graphs.
    with TemporaryFile() as given, TemporaryFile() as drawn:
        given.write(source)
        given.seek(0)
        process: Any = None
        try:
            process = subprocess.Popen(  # noqa: S603 - the user chose it; the graph is its input
                command, stdin=given, stdout=drawn, stderr=subprocess.PIPE, **_APART
            )
            _running.add(process)
            if is_interrupted():  # after those that ran were ended
                end_group(process)
            _, errors = process.communicate(timeout=seconds / 2**failures)
            ended = process.returncode
        except BaseException as error:
            _waited_in_vain[program] += isinstance(error, subprocess.TimeoutExpired)
            if process is not None:  # it was started
                end_group(process)
                process.wait()
                process.stderr.close()
            raise
        finally:
            _running.discard(process)
        _waited_in_vain.pop(program, None)
        drawn.seek(0)
        return subprocess.CompletedProcess(command, ended, drawn.read(), errors)
