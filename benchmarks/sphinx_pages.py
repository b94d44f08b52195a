"""The cost of a diagram in a Sphinx build, beside no diagram and beside other extensions.

Every kind builds the same project: a page each for 200 flows of six steps, with
a paragraph, the diagram with a caption, and a section, and no sidebar. CPU time,
with that of all programs that are started, since other work on the machine
stretches the clock. Every round builds every kind, in a new order; printed is
the median of the rounds, and of what each kind took more than "no diagram" in
the same round.
"""

import argparse
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from compileall import compile_dir
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

STEPS = ("receive", "validate", "reserve", "charge", "pack", "send")
PAGES = 200
PACKAGES = ("sphinx", "docutils", "penstock", "sphinxcontrib-mermaid")

PAGE = """
Flow {number}
==========

What happens to an order of the sort {number}, from its arrival to its end.

{diagram}

More
----

Some more words about it.
"""

# A sidebar with all pages on each of them takes most of a build, and its noise hides all else.
SHARED = """
exclude_patterns = ["_out"]
html_sidebars = {"**": []}
"""

FLOW = '''
orders = flow("orders{number}", title="Orders {number}")


@orders
@entrypoint(kind="http")
def receive{number}(order: int) -> str:
    """Takes an order of the sort {number}."""
'''
STEP = '''

@orders
@step(after="{before}{number}")
def {name}{number}(order: int, *, dry: bool = False) -> str:
    """Does what there is to do at {name} of the sort {number}.

    And says so.
    """
'''


@dataclass(frozen=True)
class Kind:
    """A way of showing a flow."""

    name: str
    diagram: Callable[[int], str]
    conf: dict[str, object] = field(default_factory=dict)
    code: str = ""
    """The other lines of ``conf.py``."""

    @property
    def has_flows(self) -> bool:
        """Whether it needs the modules that declare flows."""
        return "shop" in f"{self.conf}{self.code}"

    def write(self, folder: Path, pages: int, each: int = 1) -> None:
        """Write a project of *pages* pages with *each* diagrams on every page."""
        folder.mkdir(parents=True)
        settings = "".join(f"{key} = {value!r}\n" for key, value in self.conf.items())
        (folder / "conf.py").write_text(f"{settings}{SHARED}{self.code}")
        index = "Pages\n=====\n\n.. toctree::\n   :glob:\n\n   page*\n"
        (folder / "index.rst").write_text(index)
        for page in range(pages):
            numbers = range(page * each, page * each + each)
            diagrams = "\n".join(self.diagram(number) for number in numbers)
            text = PAGE.format(number=page, diagram=diagrams)
            (folder / f"page{page:04}.rst").write_text(text)
        if self.has_flows:
            _write_flows(folder / "shop", pages * each)


def _write_flows(package: Path, count: int) -> None:
    package.mkdir()
    (package / "__init__.py").touch()
    for module in range(0, count, 10):
        code = "from penstock import entrypoint, flow, step\n"
        for number in range(module, min(module + 10, count)):
            code += FLOW.format(number=number)
            for before, name in pairwise(STEPS):
                code += STEP.format(number=number, name=name, before=before)
        (package / f"flows{module:04}.py").write_text(code)
    compile_dir(package, quiet=1)  # as they are on every build but the first


def _indented(directive: str, caption: str, body: str = "") -> str:
    lines = "\n".join(f"   {line}" for line in body.splitlines())
    return f".. {directive}\n   :caption: {caption}\n\n{lines}\n"


CONF: dict[str, object] = {
    "extensions": ["penstock_sphinx"],
    "penstock_modules": ["shop.*"],
    "penstock_pythonpath": ["."],
}


def _penstock(format_: str) -> Kind:
    def diagram(number: int) -> str:
        options = f"   :caption: The orders of sort {number}\n   :steps: none\n"
        return f".. penstock-flow:: orders{number}\n{options}"

    return Kind(f"penstock, {format_}", diagram, {**CONF, "penstock_format": format_})


def _with_steps(number: int) -> str:
    return f".. penstock-flow:: orders{number}\n   :caption: The orders of sort {number}\n"


def _autodoc(number: int) -> str:
    module = f"shop.flows{number // 10 * 10:04}"
    return "\n".join(f".. autofunction:: {module}.{name}{number}" for name in STEPS)


def _dot(number: int) -> str:
    edges = "".join(f"  {a}{number} -> {b}{number};\n" for a, b in pairwise(STEPS))
    return _indented("digraph::", f"The orders of sort {number}", edges).replace(
        ".. digraph::", f".. digraph:: orders{number}"
    )


def _mermaid(number: int) -> str:
    edges = "\n".join(f"  {a}{number} --> {b}{number}" for a, b in pairwise(STEPS))
    return _indented("mermaid::", f"The orders of sort {number}", f"graph TD\n{edges}")


def _nothing(number: int) -> str:
    return f"The orders of sort {number}.\n"


def _empty(number: int) -> str:
    return f".. empty:: orders{number}\n   :caption: The orders of sort {number}\n"


IMPORTS = """
import sys
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
for file in sorted(Path(__file__).parent.glob("shop/flows*.py")):
    import_module(f"shop.{file.stem}")
"""
EMPTY = """
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class Empty(SphinxDirective):
    required_arguments = 1
    option_spec = {"caption": directives.unchanged_required}

    def run(self):
        words, messages = self.parse_inline(self.options["caption"])
        return [nodes.figure("", nodes.caption("", "", *words), *messages)]


def setup(app):
    app.add_directive("empty", Empty)
"""

KINDS = (
    Kind("no diagram", _nothing),
    Kind("no diagram, again (noise)", _nothing),
    # Less than these, nothing that has a directive and looks at the code can take.
    Kind("no diagram, flows imported", _nothing, code=IMPORTS),
    Kind("an empty directive", _empty, code=EMPTY),
    # Penstock sets aside for the collector what is imported, which Sphinx by itself does not.
    Kind("penstock, no flow shown", _nothing, {**CONF, "extensions": ["penstock_sphinx"]}),
    _penstock("svg"),
    _penstock("mermaid"),
    _penstock("png"),
    Kind(
        "sphinx.ext.graphviz, svg",
        _dot,
        {"extensions": ["sphinx.ext.graphviz"], "graphviz_output_format": "svg"},
    ),
    Kind("sphinxcontrib-mermaid", _mermaid, {"extensions": ["sphinxcontrib.mermaid"]}),
    Kind(
        "penstock, svg and steps",
        _with_steps,
        {**CONF, "extensions": ["penstock_sphinx", "sphinx.ext.autodoc"]},
    ),
    Kind(
        "autodoc of the six steps",
        _autodoc,
        {**CONF, "extensions": ["penstock_sphinx", "sphinx.ext.autodoc"]},
    ),
)


NAMES = [kind.name for kind in KINDS]


def build(folder: Path) -> float:
    """Build the project in *folder* and return the seconds of CPU time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "sphinx", "-q", "-j", "1", str(folder), str(folder / "_out")],
        check=True,
        # Compiled modules are kept, as they are unless somebody forbids it.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _touch(page: Path) -> None:
    page.write_text(page.read_text() + "\nAnd one line more.\n")


def compare(kinds: list[Kind], rounds: int, pages: int) -> None:
    """Print what each kind takes to build, to build again, and to build after an edit."""
    took: dict[str, list[tuple[float, float, float]]] = {kind.name: [] for kind in kinds}
    for _ in range(rounds):
        for kind in random.sample(kinds, len(kinds)):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "project"
                kind.write(folder, pages)
                full, again = build(folder), build(folder)
                _touch(folder / f"page{min(7, pages - 1):04}.rst")
                took[kind.name].append((full, again, build(folder)))
    none = took[kinds[0].name]
    print(
        f"\n{'':28}{'full':>8}{'ms a':>9}  {'middle half':<14}{'nothing':>9}{'':>7}{'one page':>9}"
    )
    print(f"{pages} pages, seconds of CPU{'':5}{'build':>8}{'diagram':>9}{'half':>6}{'to do':>19}")
    for name, rows in took.items():
        full, again, one = (median(column) for column in zip(*rows, strict=True))
        # Of the same round: from one round to the next, a machine may be a third slower.
        pairs = list(zip(rows, none, strict=True))
        extra = [(row[0] - base[0]) / pages * 1000 for row, base in pairs]
        low, middle, high = quantiles(extra) if rounds > 1 else extra * 3
        more = [median(row[i] / base[i] for row, base in pairs) for i in (1, 2)]
        print(
            f"{name:28}{full:8.2f}{middle:9.2f}  {f'{low:.2f} to {high:.2f}':<14}"
            f"{again:9.3f}{more[0]:7.2f}{one:9.3f}{more[1]:7.2f}"
        )


def scale(counts: tuple[int, ...], each: int = 20) -> None:
    """Print what a flow costs in projects of different sizes."""
    print(f"\n{'flows':>8}{'no diagram':>12}{'svg':>8}{'ms a flow':>11}   ({each} on a page)")
    none, svg = KINDS[0], _penstock("svg")
    for count in counts:
        took = []
        for kind in (none, svg):
            with tempfile.TemporaryDirectory() as name:
                kind.write(Path(name) / "project", count // each, each)
                took.append(build(Path(name) / "project"))
        print(f"{count:8}{took[0]:12.2f}{took[1]:8.2f}{(took[1] - took[0]) / count * 1000:11.2f}")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, metavar="KIND", help="beside 'no diagram'"
    )
    options = parser.parse_args()
    kinds = [kind for kind in KINDS if kind is KINDS[0] or kind.name in (options.only or NAMES)]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, {versions}; {options.rounds} rounds")
    compare(kinds, options.rounds, options.pages)
    scale((250, 500, 1000, 2000))


if __name__ == "__main__":
    main()
