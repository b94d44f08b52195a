"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(output: str | os.PathLike[str], content: str | bytes) -> None:
    """Write *content* to *output*, so that no reader ever sees a part of it.

    Text is UTF-8 with the line ends that it has, on every platform. A file
    that is there already keeps its permissions.

    Raises:
        OSError: If the file cannot be written. What stood there still does.
    """
    path = Path(output).resolve()
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        written.chmod(_mode_for(path))
        written.replace(path)
    except BaseException:
        written.unlink()
        raise


def _mode_for(path: Path) -> int:
    """Return the permissions of *path*, or those that a new file would get."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
