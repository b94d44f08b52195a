"""The revision of a source, as Git knows it."""

import os
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from penstock.graph import Revision

__all__ = ["find_revision"]

_SECONDS = 20
"""How long Git may take."""


def find_revision(folder: Path) -> Revision:
    """Return the revision of the source in *folder*, without a look at the clock.

    Its date is that of the commit. Without a repository, it is that of ``SOURCE_DATE_EPOCH``.
    """
    head = _git(folder, "log", "-1", "--format=%h %ct", "--abbrev=10")
    if not head:
        return Revision(date=_date(os.environ.get("SOURCE_DATE_EPOCH", "")))
    name, seconds = head.split()
    changes = _git(folder, "status", "--porcelain", "--", "*.py")
    return Revision(name=name, date=_date(seconds), is_dirty=bool(changes))


def _git(folder: Path, *arguments: str) -> str:
    """Return what Git prints, or nothing if it cannot."""
    # A status would write what it has seen into the index of the repository.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(  # noqa: S603 - with fixed arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the one on the path
            check=True,
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
        )
        return done.stdout.strip()
    return ""


def _date(seconds: str) -> str | None:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    return None
