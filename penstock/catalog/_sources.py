"""Which files the modules of a project are, as far as that is known without importing them."""

import sys
from collections.abc import Iterator
from glob import escape
from importlib.machinery import PathFinder
from pathlib import Path

from penstock._project.settings import Settings
from penstock.catalog._inputs import Inputs, describe_process
from penstock.catalog._states import FileState, PatternState

__all__ = ["inputs_of_sources"]


def inputs_of_sources(settings: Settings) -> Inputs:
    """Return the files of the modules of *settings*, for flows that could not be loaded."""
    names = [*settings.modules, *filter(None, [settings.setup])]
    tops = sorted({name.partition(":")[0].partition(".")[0] for name in names})
    patterns = tuple(PatternState.read(p) for top in tops for p in _patterns_of(top, settings))
    files = {file for pattern in patterns for file in pattern.files}
    return Inputs(
        process=describe_process(settings),
        files=tuple(map(FileState.read, sorted(files))),
        patterns=patterns,
    )


def _patterns_of(top: str, settings: Settings) -> Iterator[str]:
    """Yield what matches the source of the package or module *top*."""
    path = [*settings.pythonpath, *filter(None, [settings.root]), *sys.path]
    spec = PathFinder.find_spec(top, path)
    for folder in (spec and spec.submodule_search_locations) or ():
        yield str(Path(escape(folder), "**", "*.py"))
    if spec is None:
        yield from (escape(str(Path(folder, f"{top}.py"))) for folder in path)
    elif spec.origin:
        yield escape(spec.origin)
