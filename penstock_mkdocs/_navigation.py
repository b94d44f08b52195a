"""Generated pages in a navigation that the author wrote."""

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["with_pages"]


def with_pages(nav: Sequence[Any], folder: str, pages: Sequence[str]) -> list[Any]:
    """Return *nav* with *pages*, which are in *folder*.

    They are where an entry names the folder, like ``- Flows: flows/``; else in
    a section at the end, unless the author named one of the pages.
    """
    if any(path.startswith(folder) and path != folder for path in _paths(nav)):
        return list(nav)
    if folder in _paths(nav):
        return [_fill(entry, folder, pages) for entry in nav]
    return [*nav, {"Flows": list(pages)}]


def _paths(entry: Any) -> Iterator[str]:
    """Yield each path that a part of a navigation leads to."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for part in entry.values():
            yield from _paths(part)
    elif isinstance(entry, Sequence):
        for part in entry:
            yield from _paths(part)


def _fill(entry: Any, folder: str, pages: Sequence[str]) -> Any:
    if entry == folder:
        return {"Flows": list(pages)}
    if isinstance(entry, dict):
        return {
            title: list(pages) if part == folder else _fill(part, folder, pages)
            for title, part in entry.items()
        }
    if isinstance(entry, list):
        return [_fill(part, folder, pages) for part in entry]
    return entry
