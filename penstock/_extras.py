"""The packages of the extras of penstock: which are installed, and which are needed."""

import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version

__all__ = ["find_floor", "find_version", "is_missing", "is_older"]


def find_version(distribution: str) -> str | None:
    """Return the version of *distribution* that is installed, or None if none is."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def find_floor(distribution: str, extra: str) -> str | None:
    """Return the lowest version of *distribution* that *extra* takes, or None if any will do."""
    try:
        wanted = requires("penstock") or []
    except PackageNotFoundError:  # copied somewhere, without its metadata
        return None
    for requirement in wanted:
        found = _REQUIREMENT.match(requirement)
        if found and (_plain(found["name"]), found["extra"]) == (_plain(distribution), extra):
            return found["floor"]
    return None


_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)[^;]*?>=(?P<floor>[\w.]+).*extra == ['\"](?P<extra>[\w-]+)['\"]"
)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def is_older(one: str, other: str) -> bool:
    """Return whether the version *one* comes before *other*, by their numbers alone."""
    return _numbers(one) < _numbers(other)


def _numbers(text: str) -> list[int]:
    released = re.match(r"[\d.]*", text)
    numbers = [int(part) for part in re.findall(r"\d+", released[0] if released else "")]
    while numbers and numbers[-1] == 0:  # 3.0 is 3
        numbers.pop()
    return numbers


def is_missing(error: ImportError, distribution: str) -> bool:
    """Return whether *error* says that *distribution* is not there, not that it is broken."""
    if not isinstance(error, ModuleNotFoundError):
        return False
    is_blocked = error.name in sys.modules and sys.modules[error.name] is None
    return is_blocked or find_version(distribution) is None
