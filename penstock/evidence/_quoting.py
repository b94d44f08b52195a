"""Lines of the source as reports quote them."""

from pathlib import Path

from penstock._common.declared_strings import escape_controls
from penstock.evidence._source.files import decoded

__all__ = ["line_of", "quoted"]

_MOST_CHARACTERS = 160


def quoted(line: str) -> str:
    """Return *line* without its indent, without controls of a terminal, and not too long."""
    text = escape_controls(line.strip())
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS].rstrip()} ..."


def line_of(path: Path, number: int) -> str | None:
    """Return a line of a file, as Python counts them, or None if there is none."""
    try:
        # Lines end where Python ends them, not at each character that `str.splitlines` ends one.
        lines = decoded(path.read_bytes()).split("\n")
    except OSError:
        return None
    return lines[number - 1] if number <= len(lines) else None
