"""The cost of a build of MkDocs after an edit, with the flows of the last build and without.

Each example is built in a new process, after a line was added to one of its pages, or to
one of its modules. CPU time, with that of all programs that are started. Every
round builds every case, in a new order; a ratio is taken within a round, to the build in
which nothing is imported, and printed is the median of the rounds.

Beside them a new process imports the modules after the same edit, and does nothing else. An edit
of code is to cost one such import more than an edit of a page: the last line has what it costs
beyond that, taken within a round too. No evidence is asked for: `evidence_speed.py` has what that
takes.
"""

import argparse
import json
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

from mkdocs_pages import build, time_of

EXAMPLES = Path(__file__).parents[1] / "examples"
MODULES = {
    "shop": "src/shop/flows/bom_sync.py",
    "parcels": "parcels/delivery/views.py",
    "payments": "payments/api.py",
}
"""The examples, and the module of each that is edited."""

PAGE = "docs/mkdocs/index.md"

IMPORT = """
import sys
from importlib import import_module
from pkgutil import resolve_name

paths, setup, *modules = sys.argv[1:]
sys.path[:0] = paths.split(":")
if setup:
    resolve_name(setup)()
for module in modules:
    import_module(module)
"""


def _without_reuse(project: Path) -> Path:
    """Return a copy of *project* that imports its modules in each build."""
    folder = project.with_name(f"{project.name}-without")
    shutil.copytree(project, folder)
    table = "[tool.penstock]\n"
    _replace_setting(folder, table, f"{table}catalog_reuse = false\n")
    return folder


def _replace_setting(project: Path, before: str, after: str) -> None:
    """Write *after* instead of *before* in the settings of a copy."""
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text("utf-8").replace(before, after), "utf-8")


def _importing(project: Path) -> Callable[[Path], float]:
    """Return what imports the modules of *project* in a new process, and returns the CPU time."""
    settings = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["penstock"]
    export = [sys.executable, "-m", "penstock", "export"]
    catalog = subprocess.run(export, cwd=project, check=True, capture_output=True)  # noqa: S603 - our own
    flows = json.loads(catalog.stdout)["flows"]
    modules = sorted({step["module"] for flow in flows for step in flow["steps"]})
    paths = ":".join(settings["pythonpath"])
    command = [sys.executable, "-c", IMPORT, paths, settings.get("setup", ""), *modules]
    return lambda folder: time_of(command, folder)


def _after_edit(
    folder: Path, edited: str, line: str, run: Callable[[Path], float] = build
) -> Callable[[], float]:
    """Return what edits a file of *folder*, and returns the CPU time of *run* after that."""

    def edit_and_run() -> float:
        with (folder / edited).open("a", encoding="utf-8") as file:
            file.write(line)
        return run(folder)

    return edit_and_run


def compare(name: str, rounds: int) -> None:
    """Print what builds of the example *name* take."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".cache", "site"))
        _replace_setting(folder, "evidence = true\n", "")
        without = _without_reuse(folder)
        again = shutil.copytree(folder, folder.with_name(f"{name}-again"))
        edited = shutil.copytree(folder, folder.with_name(f"{name}-edited"))
        imported = shutil.copytree(folder, folder.with_name(f"{name}-imported"))
        cases = {
            "an edit of a page": _after_edit(folder, PAGE, "\nMore.\n"),
            "the same again (noise)": _after_edit(again, PAGE, "\nMore.\n"),
            "an edit of a page, without reuse": _after_edit(without, PAGE, "\nMore.\n"),
            "an edit of a module": _after_edit(edited, MODULES[name], "\n# More.\n"),
            "a cold import alone": _after_edit(
                imported, MODULES[name], "\n# More.\n", _importing(imported)
            ),
        }
        for edit_and_run in cases.values():  # compiles the modules, and fills the cache
            edit_and_run()
        took: dict[str, list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case in random.sample(list(cases), len(cases)):
                took[case].append(cases[case]())
    print(f"\n{name:34}{'ratio':>7}{'seconds':>9}")
    base = next(iter(took.values()))
    for case, times in took.items():
        ratio = median(own / other for own, other in zip(times, base, strict=True))
        print(f"{case:34}{ratio:7.2f}{median(times):9.2f}")
    more = [
        module - page - alone
        for page, module, alone in zip(
            took["an edit of a page"],
            took["an edit of a module"],
            took["a cold import alone"],
            strict=True,
        )
    ]
    print(f"{'module - page - import':34}{'':7}{median(more):9.2f}")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    packages = ", ".join(f"{package} {version(package)}" for package in ("mkdocs", "penstock"))
    print(f"Python {platform.python_version()}, {packages}; {options.rounds} rounds")
    for name in MODULES:
        compare(name, options.rounds)


if __name__ == "__main__":
    main()
