"""The page of figures in the documentation: `nox -s bench -- --record` measures and writes it.

The figures are kept in figures.json, of which the page is made. They are ratios within one run,
since times of different machines and runs cannot be compared.
"""

import json
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("figures.json")
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "figures.md"
TITLES = {
    "runtime": "Steps and entrypoints",
    "log_lines": "Log lines",
    "middleware": "Requests",
    "django_middleware": "Requests of Django",
    "imports": "Imports",
}
"""The scripts whose figures are on the page, and their titles there."""

_HEAD = """\
# Measured figures

`nox -s bench -- --record` measures these figures and writes this page.
Each is a ratio of CPU times: to that of the case with 1.00, in the same round.
So what slows the machine down for a while is in both.
A ratio is the median of all rounds, and beside it are the quartiles.
Times are not shown, since they depend on the machine.
`benchmarks/README.md` in the repository says what each case is.
"""

Record = dict[str, Any]


class Figures:
    """The figures of one script, which are kept once `record` was called."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._kept: Record | None = None

    def record(self, rounds: int, packages: tuple[str, ...]) -> None:
        """Keep what is added from now on, instead of what was kept of the script before."""
        minor = ".".join(platform.python_version_tuple()[:2])
        versions = {package: version(package) for package in packages}
        self._kept = {"python": minor, "rounds": rounds, "versions": versions, "tables": {}}

    def add(self, title: str, case: str, *figures: float) -> None:
        """Write a ratio, and its quartiles where they are known, if figures are kept."""
        if self._kept is None:
            return
        table = self._kept["tables"].setdefault(title, {})
        table[case] = [round(figure, 2) + 0.0 for figure in figures]  # no -0.0
        record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
        record[self._script] = self._kept
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
        PAGE.write_text(page(record), "utf-8")


def page(record: Record) -> str:
    """Return the page of what *record* has."""
    found = [(TITLES[script], record[script]) for script in TITLES if script in record]
    return _HEAD + "".join(_section(title, kept) for title, kept in found)


def _section(title: str, kept: Record) -> str:
    """Return what the page has of one script."""
    versions = "".join(f", {name} {number}" for name, number in kept["versions"].items())
    measured = f"{kept['rounds']} rounds with Python {kept['python']}{versions}."
    tables = "".join(_table(of, cases) for of, cases in kept["tables"].items())
    return f"\n## {title}\n\n{measured}\n{tables}"


def _table(title: str, cases: dict[str, list[float]]) -> str:
    """Return one table."""
    rows = [[_named(case.strip()), *_cells(figures)] for case, figures in cases.items()]
    head = ["ratio", "quartiles"][: len(rows[0]) - 1]
    lines = [[title, *head], ["---"] * len(rows[0]), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _named(case: str) -> str:
    """Return what a case is called, as code where it is a call or an argument."""
    return f"`{case}`" if re.fullmatch(r"\w+[(=].*[)}]", case) else case


def _cells(figures: list[float]) -> list[str]:
    """Return the cells of a ratio and, if they are known, of its quartiles."""
    ratio, *quartiles = (f"{figure:.2f}" for figure in figures)
    return [ratio, " to ".join(quartiles)] if quartiles else [ratio]
