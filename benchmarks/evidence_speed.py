"""The CPU time and the memory of `penstock check`, for a case or for generated code.

    python benchmarks/evidence_speed.py --lines 100000
    python benchmarks/evidence_speed.py OUT/pelican/generate
    python benchmarks/evidence_speed.py CHECKOUT MODULE:FUNCTION MODULE:FUNCTION

A case of the ground truth is a folder with ``declaration.json`` and ``source/``, which
``evidence/cases.py --write`` made. Of a checkout, the functions that are named are a flow, each
leading to the next. Each run is a new process: its CPU time has the start of
Python in it, and its memory is the most that it had at once. A ratio is to a process that
reads and parses all files and does nothing else, in the same round; printed is the median
of the rounds. With ``--edits``, a statement is added to so many functions, one at a time, chosen at
random among those of the files that were parsed, and then among those of the files with a step:
printed is after how many the reports are used again, and the most that such a run takes.
"""

import argparse
import ast
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

FINDER = Path(__file__).parent / "evidence"

PARSE = """
import ast, sys
from pathlib import Path
for file in Path(sys.argv[1]).rglob("*.py"):
    ast.parse(file.read_bytes())
"""

CHECK = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from find import flows_of
from penstock.evidence._reuse import check_again
from penstock.evidence._source.project import Project
source = Path(sys.argv[1])
declaration = json.loads(Path(sys.argv[2]).read_bytes())
project = Project.at(source, [source / root for root in declaration["roots"]])
check_again(project, flows_of(declaration)[:1], Path(sys.argv[3]))
print(*(file.path for file in project.sources if file.is_parsed), sep="\\n")
"""

CHECK_OR_SAY_SO = f"""
from penstock.evidence import _reuse
def check(*_):
    print("again")
    raise SystemExit
_reuse.check = check
{CHECK}
"""

PACKAGES = 40
FLOWS = 10
"""The packages of generated code, and how many of them have a flow."""

HEAD = '''"""Module {number} of package {package}."""

import logging

from shop.core.m0 import audited, Store
{imports}

logger = logging.getLogger(__name__)

'''

PART = '''
class Order{part}(Store):
    """Order {part} of module {number}."""

    def __init__(self, name, lines=()):
        super().__init__(name)
        self.lines = list(lines)
        self.total = 0

    def add(self, line):
        self.lines.append(line)
        return self.count()

    def count(self):
        total = 0
        for line in self.lines:
            if line.price < 0:
                raise ValueError(line)
            total += line.price * line.quantity
        self.total = total
        return total


@audited
def handle{part}(name, rows):
    order = Order{part}(name)
    for row in rows:
        try:
            order.add(row)
        except ValueError as error:
            logger.warning("%s: %s", name, error)
    order.save()
    {call}
    return order

'''

CORE = """
def audited(function): return function

class Store:
    def __init__(self, name): self.name = name
    def save(self): return self.count()
    def count(self): return 0
"""


def generate(folder: Path, lines: int) -> None:
    """Write packages with so many lines of code, and flows through some of them, to *folder*."""
    per_module = 3
    size = (HEAD + PART * per_module).count("\n")
    modules = max(2, lines // size // PACKAGES)
    steps: list[list[tuple[str, str, str]]] = []
    for package in range(PACKAGES):
        for number in range(modules):
            before = f"from shop.p{package}.m{number - 1} import handle0 as before"
            text = HEAD.format(
                number=number, package=package, imports=before if number else "before = print"
            )
            for part in range(per_module):
                call = "before(name, rows)" if not part else f"handle{part - 1}(name, rows)"
                text += PART.format(part=part, number=number, call=call)
            _write(folder / f"source/shop/p{package}/m{number}.py", text)
    _write(folder / "source/shop/core/m0.py", CORE)
    for package in range(FLOWS):
        modules_with_step = sorted({modules * n // 6 for n in range(1, 6)}, reverse=True)
        steps.append(
            [(f"p{package}m{n}", f"shop.p{package}.m{n}", "handle0") for n in modules_with_step]
        )
    _write(folder / "declaration.json", json.dumps(_declaration(steps)))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _declaration(flows: list[list[tuple[str, str, str]]]) -> dict[str, object]:
    steps = [
        {"name": name, "module": module, "qualname": qualname, "sends": [], "receives": [],
         "entrypoint": not number}
        for flow in flows for number, (name, module, qualname) in enumerate(flow)
    ]  # fmt: skip
    edges = [
        {"from": first, "to": second, "loop": False}
        for flow in flows
        for (first, *_), (second, *_) in pairwise(flow)
    ]
    return {"roots": ["."], "steps": steps, "edges": edges, "probes": []}


def run(program: str, *arguments: object) -> tuple[float, float, str]:
    """Return the seconds of CPU, the most megabytes and the output of a new process."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    # Bytecode is kept, as it is for users.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return used.ru_utime + used.ru_stime, used.ru_maxrss / unit, output.strip()


def runs_in(folder: Path) -> Iterator[tuple[str, Callable[[], tuple[float, float, str]]]]:
    """Yield the runs of a round, which need each other in this order."""
    source, declaration, cache = folder / "source", folder / "declaration.json", folder / "cache"
    steps = json.loads(declaration.read_bytes())["steps"]

    def check() -> tuple[float, float, str]:
        cpu, memory, parsed = run(CHECK, source, declaration, cache, FINDER)
        return cpu, memory, str(len(parsed.splitlines()))

    def after_edit(
        file: Path, line: str = "edited_{} = 1\n"
    ) -> Callable[[], tuple[float, float, str]]:
        def edit_and_check() -> tuple[float, float, str]:
            with file.open("a", encoding="utf-8") as stream:
                stream.write(line.format(os.urandom(4).hex()))
            return check()

        return edit_and_check

    edited = next(_files_of(source, steps[0]["module"]))
    _write(source / "not_imported.py", "x = 1\n")
    yield "parse all files", lambda: run(PARSE, source)
    yield "first run", check
    yield "second run", check
    yield "after an edit that no flow reaches", after_edit(source / "not_imported.py")
    yield "after a comment in a module of a step", after_edit(edited, "# edited {}\n")
    yield "after an edit in a module of a step", after_edit(edited)


def _files_of(source: Path, module: str) -> Iterator[Path]:
    """Yield the file of a module."""
    name = module.replace(".", "/")
    ends = (f"/{name}.py", f"/{name}/__init__.py")
    return (file for file in source.rglob("*.py") if file.as_posix().endswith(ends))


def compare_edits(folder: Path, number: int) -> None:
    """Print after how many edits of a function the reports are used again."""
    source, declaration, cache = folder / "source", folder / "declaration.json", folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    parsed = run(CHECK, source, declaration, cache, FINDER)[2].splitlines()
    modules = {step["module"] for step in json.loads(declaration.read_bytes())["steps"]}
    with_steps = [str(file) for module in modules for file in _files_of(source, module)]
    for name, files in (("that were parsed", parsed), ("with a step", with_steps)):
        ends = [end for file in sorted(files) for end in _ends_of_functions(Path(file))]
        chosen = random.Random(0).sample(ends, min(number, len(ends)))
        found = [_after_statement(*end, declaration) for end in chosen]
        used = [cpu for cpu, text in found if text != "again"]
        print(
            f"functions in files {name}: {len(used)} of {len(found)} edits use the reports again, "
            f"in {max(used, default=0):.2f} s at most"
        )


def _ends_of_functions(file: Path) -> Iterator[tuple[Path, int, int]]:
    """Yield the last line and the indentation of each function whose body has its own lines."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.body[0].lineno > node.lineno:
            yield file, node.end_lineno or 0, node.body[0].col_offset


def _after_statement(file: Path, line: int, indent: int, declaration: Path) -> tuple[float, str]:
    """Return the CPU time after a statement was added, and ``"again"`` if all was checked again."""
    before, folder = file.read_bytes(), declaration.parent
    lines = before.splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:line], b" " * indent + b"edited = 1\n", *lines[line:]]))
    source, cache = folder / "source", folder / "cache"
    cpu, _, output = run(CHECK_OR_SAY_SO, source, declaration, cache, FINDER)
    file.write_bytes(before)
    return cpu, output


def _ignored(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "node_modules" or name.startswith(".")]


def main() -> None:
    """Print what each run takes."""
    parser = argparse.ArgumentParser(description="Measure penstock check.")
    parser.add_argument("case", nargs="?", type=Path, help="a case; else code is generated")
    parser.add_argument("steps", nargs="*", help="the steps, if it is a checkout and not a case")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--edits", type=int, default=0, help="edits of single functions")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "case")
        if options.case is None:
            generate(folder, options.lines)
        elif options.steps:
            shutil.copytree(options.case, folder / "source", ignore=_ignored)
            steps = [(step, *step.split(":")) for step in options.steps]
            _write(folder / "declaration.json", json.dumps(_declaration([steps])))
        else:
            folder.mkdir()
            shutil.copy(options.case / "declaration.json", folder)
            shutil.copytree(options.case / "source", folder / "source")
        compare(folder, options.rounds)
        if options.edits:
            compare_edits(folder, options.edits)


def compare(folder: Path, rounds: int) -> None:
    """Print the figures of the code in *folder*."""
    texts = [file.read_text("utf-8", "replace") for file in folder.rglob("*.py")]
    lines = sum(text.count("\n") for text in texts)
    print(f"{platform.python_implementation()} {platform.python_version()}")
    print(f"{len(texts):,} files, {lines:,} lines; {rounds} rounds")
    run("import penstock.evidence")
    found: dict[str, list[tuple[float, float, float]]] = {}
    read: dict[str, str] = {}
    for _ in range(rounds):
        shutil.rmtree(folder / "cache", ignore_errors=True)
        base = 0.0
        for name, case in runs_in(folder):
            cpu, memory, read[name] = case()
            base = base or cpu
            found.setdefault(name, []).append((cpu, cpu / base, memory))
    print(f"{'':36} {'CPU s':>7} {'ratio':>6} {'MB':>5}  files parsed")
    for name, each in found.items():
        cpu, ratio, memory = map(median, zip(*each, strict=True))
        print(f"{name:36} {cpu:7.2f} {ratio:6.2f} {memory:5.0f}  {read[name]}")


if __name__ == "__main__":
    main()
