"""Which format an output file is in."""

import os
from pathlib import Path

from penstock.exceptions import OutputFormatError
from penstock.graph._model import FORMATS, Format

__all__ = ["choose_format"]

_SUFFIXES: dict[Format, tuple[str, ...]] = {
    "mermaid": (".mmd", ".mermaid"),
    "dot": (".dot", ".gv"),
    "json": (".json",),
    "text": (".txt",),
    "svg": (".svg",),
    "png": (".png",),
}
_FORMAT_OF: dict[str, Format] = {
    suffix: name for name, suffixes in _SUFFIXES.items() for suffix in suffixes
}

_OTHERS = {
    *(".avif", ".bmp", ".eps", ".gif", ".htm", ".html", ".jpeg", ".jpg"),
    *(".pdf", ".ps", ".svgz", ".tif", ".tiff", ".webp", ".xml"),
}
"""Suffixes of formats that penstock does not write."""

_PLAIN = {"mermaid", "dot", "json"}
"""Formats that may be in a file of plain text too."""


def choose_format(given: Format | None, output: str | os.PathLike[str] | None) -> Format:
    """Return the format that is asked for with *given*, or with the suffix of *output*.

    Raises:
        OutputFormatError: If the two contradict each other, or neither names a format.
    """
    suffix = Path(output).suffix.lower() if output is not None else ""
    by_name = _FORMAT_OF.get(suffix)
    if given is None:
        if suffix and by_name is None:
            raise OutputFormatError(os.fspath(output or ""), None, tuple(_FORMAT_OF))
        return by_name or "mermaid"
    is_plain = suffix == ".txt" and given in _PLAIN
    is_other = suffix in _OTHERS or by_name not in {None, given}
    if is_other and not is_plain and given in FORMATS:
        raise OutputFormatError(os.fspath(output or ""), given, _SUFFIXES[given])
    return given
