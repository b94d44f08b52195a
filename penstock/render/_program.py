"""The Graphviz program: where an installer put it, and how it is run."""

import os
import shutil
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import count
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from threading import Event, current_thread, local, main_thread
from threading import enumerate as list_threads
from time import sleep
from typing import Any

from penstock._common.processes import end_group

__all__ = ["NAME", "drawing_threads", "find_extra", "find_path", "run_program", "wait_for"]

NAME = "graphviz-pure"
"""The package that ``penstock[png]`` brings, and its program."""

_WAIT = 0.5
"""Seconds of a wait. Python hears a Ctrl-C that comes as one begins only when that ends."""

_APART: dict[str, Any] = (
    # A group, so that what a wrapper script started ends with it; no window that flashes up.
    {"process_group": 0}
    if hasattr(os, "killpg")
    else {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
)

_running: set[subprocess.Popen[bytes]] = set()

_of_thread = local()

_numbers = count()
"""The numbers of the blocks with threads, by which theirs have different names."""

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
    bundle = Path(__file__).parents[2]  # PyInstaller and the like: beside the packages
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
    if current_thread() is not main_thread():
        return _run(command, source, seconds)
    # Ctrl-C is raised in the main thread, even between the start of a program and its being known.
    with drawing_threads() as threads:
        try:
            running = threads.submit(_run, command, source, seconds)
        except RuntimeError:  # no thread can be started here
            return _run(command, source, seconds)
        wait_for([running])
        return running.result()


def wait_for(running: Iterable[Future[Any]]) -> None:
    """Wait for all of *running*, so that Ctrl-C ends it."""
    while wait(running, timeout=_WAIT).not_done:
        pass


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
            if _is_interrupted():  # after those that ran were ended
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


@contextmanager
def drawing_threads() -> Iterator[ThreadPoolExecutor]:
    """Make threads for programs, which are all ended where Ctrl-C ends the block."""
    interrupted = Event()
    belong = (_of_thread, "interrupted", interrupted)
    name = f"penstock-drawing-{next(_numbers)}-"
    with ThreadPoolExecutor(os.cpu_count(), name, setattr, belong) as threads:
        try:
            yield threads
        except KeyboardInterrupt:  # which only the main thread hears
            interrupted.set()
            threads.shutdown(wait=False, cancel_futures=True)
            # The executor does not know one that was being started: it would not wait for it.
            while any(thread.name.startswith(name) for thread in list_threads()):
                for process in list(_running):
                    end_group(process)
                sleep(0.01)
            raise


def _is_interrupted() -> bool:
    """Return whether the block that this thread is for was ended."""
    interrupted = getattr(_of_thread, "interrupted", None)
    return interrupted is not None and interrupted.is_set()
