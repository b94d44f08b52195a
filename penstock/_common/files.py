"""Writing a file whole or not at all, and the standard output."""

import os
import re
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import IO

__all__ = ["STANDARD_OUTPUT", "write_standard_output", "write_whole"]

_fcntl: ModuleType | None
try:
    import fcntl as _fcntl
except ImportError:  # Windows, which lets nobody remove an open file
    _fcntl = None

STANDARD_OUTPUT = "-"
"""The name of an output that is not a file, as with other programs."""

_PART = re.compile(r"\.penstock-[0-9a-f]{16}\.tmp")
"""The name of a file that is being written: short, for the file's own may have any length."""

_O_BINARY = getattr(os, "O_BINARY", 0)

_DESCRIPTOR = re.compile(r"(?:/dev|/proc/self)/fd/(\d+)")
_DESCRIPTORS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def write_whole(output: str | os.PathLike[str], content: str | bytes) -> None:
    """Write *content* to *output*, so that no reader ever sees a part of it.

    Text is UTF-8 with the line ends that it has, on every platform. A file that is there
    already keeps its permissions and, where the system allows that, its owner. A path that is
    not a file (a device, a FIFO) is never replaced: the content is written to it. ``-`` is the
    standard output.

    Raises:
        OSError: If it cannot be written. What was in the file still is.

    .. versionadded:: 0.2
    """
    name = os.fspath(output)
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    descriptor = _descriptor_of(name)
    if name == STANDARD_OUTPUT:
        write_standard_output(data)
    elif descriptor is not None:
        with open(os.dup(descriptor), "wb") as stream:  # noqa: PTH123 - a descriptor has no path
            stream.write(data)
    elif _is_replaceable(name):
        _replace(Path(os.path.realpath(name)), data)
    else:
        with open(name, "wb") as stream:  # noqa: PTH123 - as the user wrote it: /proc is not a tree
            stream.write(data)


def write_standard_output(data: bytes) -> None:
    """Write *data* to the standard output, whatever its encoding.

    Raises:
        OSError: If it cannot be written.
    """
    sys.stdout.flush()
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.buffer.write(data)
    else:  # a notebook's
        sys.stdout.write(data.decode("utf-8", "replace"))
    sys.stdout.flush()


def _descriptor_of(name: str) -> int | None:
    """Return the open file that *name* means, which a second opening would write over."""
    found = _DESCRIPTOR.fullmatch(name)
    return int(found[1]) if found else _DESCRIPTORS.get(name)


def _is_replaceable(name: str) -> bool:
    """Return whether *name* is a file, or is nothing yet.

    Raises:
        OSError: If it is a folder, or a file that may not be written.
    """
    try:
        mode = os.stat(name).st_mode  # noqa: PTH116 - as the user wrote it
    except FileNotFoundError:
        return True
    if stat.S_ISREG(mode) and not os.access(name, os.W_OK):
        with open(name, "ab"):  # noqa: PTH123 - to raise what the system says
            pass
    return stat.S_ISREG(mode)


def _replace(path: Path, data: bytes) -> None:
    _remove_stale(path.parent)
    before = _status(path)
    part, file = _open_part(path.parent, 0o666 if before is None else 0o600)
    try:
        with file:
            file.write(data)
            file.flush()
            if _fcntl is None:
                file.close()
            if before is not None:
                _keep(part, before)
            part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.chmod(0o600)  # Windows removes no file that is read-only, as this one may be now
            part.unlink()
        if isinstance(error, OSError):  # it would name the part, not the file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _open_part(folder: Path, mode: int) -> tuple[Path, IO[bytes]]:
    """Return a new file in *folder*, which is locked as long as it is open."""
    part = folder / f".penstock-{os.urandom(8).hex()}.tmp"
    try:
        # With this mode rather than a later one: to read the umask is to change it for all threads.
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _O_BINARY, mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    file = open(descriptor, "wb")  # noqa: PTH123, SIM115 - a descriptor; the caller closes it
    with suppress(OSError):  # not every file system has locks
        _lock(file)
    if os.fstat(descriptor).st_nlink:
        return part, file
    file.close()  # taken for a stale one before it was locked
    return _open_part(folder, mode)


def _keep(part: Path, before: os.stat_result) -> None:
    """Give *part* the owner and the permissions of what it replaces, as far as the system lets."""
    for owner, group in ((-1, before.st_gid), (before.st_uid, -1)):
        with suppress(OSError, AttributeError):  # Windows has no such function
            os.chown(part, owner, group)
    with suppress(OSError):  # some file systems have no permissions
        part.chmod(stat.S_IMODE(before.st_mode))


@cache
def _remove_stale(folder: Path) -> None:
    """Remove what a process left in *folder* that was killed while it wrote there."""
    with suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names are all that is needed
            if _PART.fullmatch(name):
                _remove_unless_open(folder / name)


def _remove_unless_open(part: Path) -> None:
    with suppress(OSError), part.open("rb") as file:
        _lock(file)  # refused while a process writes it
        part.unlink()


def _lock(file: IO[bytes]) -> None:
    if _fcntl is not None:
        _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
