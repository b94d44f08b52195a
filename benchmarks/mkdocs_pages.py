"""The cost of flows in a build of MkDocs.

The same project of 200 pages without a diagram, with a fence of Mermaid's text,
and with penstock's ways of showing one flow per page; beside them what
mermaid2 does with fences, and what mkdocstrings takes for the same functions. A
page has a paragraph, a flow of six steps, and a section. CPU time, with that of
all programs that are started, since other work on the machine stretches the
clock. Every round builds every kind, in a new order; printed is the median of
the rounds.
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median

from sphinx_pages import PAGES, STEPS, _write_flows

PACKAGES = ("mkdocs", "markdown", "penstock", "mkdocstrings-python")

PAGE = """
# Flow {number}

What happens to an order of the sort {number}, from its arrival to its end.

{diagram}

## More

Some more words about it.
"""
OPTIONS: dict[str, object] = {"modules": ["shop.*"], "pythonpath": ["."]}


@dataclass(frozen=True)
class Kind:
    """A way of showing a flow."""

    name: str
    diagram: Callable[[int], str]
    plugins: list[object] = field(default_factory=list)
    needs: str = "mkdocs"

    def write(self, folder: Path, pages: int) -> None:
        """Write a project of *pages* pages."""
        (folder / "docs").mkdir(parents=True)
        config = {
            "site_name": "Pages",
            "theme": "mkdocs",
            "plugins": self.plugins,
            "markdown_extensions": ["fenced_code"],
        }
        (folder / "mkdocs.yml").write_text(json.dumps(config))
        (folder / "docs" / "index.md").write_text("# Pages\n")
        for number in range(pages):
            text = PAGE.format(number=number, diagram=self.diagram(number))
            (folder / "docs" / f"page{number:04}.md").write_text(text)
        _write_flows(folder / "shop", pages)


def _fence(number: int) -> str:
    edges = "\n".join(f"    {a}{number} --> {b}{number}" for a, b in pairwise(STEPS))
    return f"```mermaid\ngraph TD\n{edges}\n```"


def _penstock(name: str, *options: str) -> Kind:
    def diagram(number: int) -> str:
        return "\n    ".join([f"::: penstock-flow orders{number}", *options])

    options = {**OPTIONS, "format": name.partition(" ")[0]}
    return Kind(f"penstock, {name}", diagram, [{"penstock": options}])


def _mkdocstrings(number: int) -> str:
    module = f"shop.flows{number // 10 * 10:04}"
    return "\n\n".join(f"::: {module}.{name}{number}" for name in STEPS)


KINDS = (
    Kind("a fence", _fence),
    Kind("a fence, again (noise)", _fence),
    Kind("no diagram", lambda number: f"The orders of sort {number}."),
    Kind(
        "a fence, modules imported",
        _fence,
        [{"penstock": OPTIONS}],
    ),
    _penstock("svg", "steps: none"),
    _penstock("mermaid", "steps: none"),
    _penstock("svg with steps"),
    Kind("mermaid2", _fence, ["mermaid2"], "mermaid2"),
    Kind(
        "mkdocstrings, six functions",
        _mkdocstrings,
        [{"mkdocstrings": {"handlers": {"python": {"paths": ["."]}}}}],
        "mkdocstrings",
    ),
)


def build(folder: Path) -> float:
    """Build the project in *folder* and return the seconds of CPU time that it took."""
    return time_of([sys.executable, "-m", "mkdocs", "build", "-q"], folder)


def time_of(command: list[str], folder: Path) -> float:
    """Run *command* in *folder* and return the seconds of CPU time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603 - our own
        command,
        check=True,
        cwd=folder,
        # Compiled modules are kept, as they are unless somebody forbids it.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "", "NO_MKDOCS_2_WARNING": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def time_builds(kinds: list[Kind], rounds: int, pages: int) -> dict[str, list[float]]:
    """Return the seconds that builds of *kinds* took, by the names of the kinds."""
    took: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    for _ in range(rounds):
        for kind in random.sample(kinds, len(kinds)):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "project"
                kind.write(folder, pages)
                took[kind.name].append(build(folder))
    return took


def compare(rounds: int, pages: int) -> dict[str, list[float]]:
    """Print what each kind takes, and how much more than a fence; return the seconds."""
    kinds = [kind for kind in KINDS if find_spec(kind.needs)]
    took = time_builds(kinds, rounds, pages)
    base = took[kinds[0].name]
    print(f"\n{pages} pages, seconds of CPU{'':7}{'build':>7}{'ms over a fence':>18}")
    for name, times in took.items():
        over = [(own - fence) / pages * 1000 for own, fence in zip(times, base, strict=True)]
        print(f"{name:30}{median(times):7.2f}{median(over):18.2f}")
    return took


def compare_growth(few: dict[str, list[float]], rounds: int, pages: int) -> None:
    """Print what each page more takes than *few* took, without what is set up once."""
    kinds = [KINDS[0], *(kind for kind in KINDS if kind.name.startswith("penstock"))]
    many = time_builds(kinds, rounds, 3 * pages)
    each = {
        kind.name: (median(many[kind.name]) - median(few[kind.name])) / (2 * pages) * 1000
        for kind in kinds
    }
    print(f"\nfrom {pages} to {3 * pages} pages, ms of CPU{'a page more':>14}{'over a fence':>15}")
    for name, own in each.items():
        print(f"{name:30}{own:14.2f}{own - each[kinds[0].name]:15.2f}")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=PAGES)
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, {versions}; {options.rounds} rounds")
    few = compare(options.rounds, options.pages)
    compare_growth(few, options.rounds, options.pages)


if __name__ == "__main__":
    main()
