"""Which format an output file is in."""

import os
from pathlib import Path

from penstock.exceptions import InvalidArgumentError, OutputFormatError, UnknownFormatError
from penstock.render._registry import Renderer, find_by_suffix, get_renderer, list_renderers

__all__ = ["choose_format"]

_OTHERS = {
    *(".avif", ".bmp", ".eps", ".gif", ".htm", ".html", ".jpeg", ".jpg"),
    *(".pdf", ".ps", ".svgz", ".tif", ".tiff", ".webp", ".xml"),
}
"""Suffixes of formats that penstock does not write."""

_PICTURE = "svg"
"""A text format that no file of plain text is for."""


def choose_format(given: str | None, output: str | os.PathLike[str] | None) -> str:
    """Return the format that is asked for with *given*, or with the suffix of *output*.

    Raises:
        OutputFormatError: If the two contradict each other, or neither names a format.
        RendererError: If the format is of another distribution, and cannot be loaded.
    """
    suffix = Path(output).suffix.lower() if output is not None else ""
    if given is None:
        return _by_suffix(suffix, output) if suffix else "mermaid"
    if not isinstance(given, str):
        message = f"format={given!r} is not the name of a format: write it as a string"
        raise InvalidArgumentError(message)
    if not suffix:
        return given
    try:
        renderer = get_renderer(given)
    except UnknownFormatError:  # drawing reports it
        return given
    if not _may_end(renderer, suffix):
        raise OutputFormatError(os.fspath(output or ""), given, renderer.suffixes)
    return given


def _by_suffix(suffix: str, output: str | os.PathLike[str] | None) -> str:
    found = find_by_suffix(suffix)
    if found is None:
        known = dict.fromkeys(s for renderer in list_renderers() for s in renderer.suffixes)
        raise OutputFormatError(os.fspath(output or ""), None, tuple(known))
    return found.name


def _may_end(renderer: Renderer, suffix: str) -> bool:
    """Return whether a file of *renderer* may end so: with no suffix of another format."""
    if suffix in renderer.suffixes:
        return True
    if suffix == ".txt":
        return not renderer.is_binary and renderer.name != _PICTURE
    return suffix not in _OTHERS and find_by_suffix(suffix) is None
