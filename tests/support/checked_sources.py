"""Projects of a few lines, checked as if they were on disk."""

import ast
from pathlib import Path

from penstock.evidence import Finding, Report
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep, FlowReport
from penstock.evidence._report import report_of
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.project import Project

__all__ = [
    "EDGE",
    "PAY",
    "SHOP",
    "SHOP_EDGES",
    "SHOP_OPTIONS",
    "back",
    "checked",
    "checked_flow",
    "project_with",
    "report_on",
    "steps_in",
    "undeclared",
    "verdicts",
]

EDGE = "pay -> charge"
PAY = "@step\ndef pay():\n    charge()\n@step\ndef charge(): ...\n"
"""A module with that edge."""

SHOP = """
def back():
    ship()
    charge()
@step
def pay():
    charge()
    ship()
    if late: back()
    refund()
@step
def charge(): pass
@step
def ship(): given().collect()
class Shop:
    @step
    def collect(self): ...
class Other:
    def collect(self): ...
@step
def refund(): pass
@step
def close(): pass
def refund_all(): pass
"""
"""A module that gives each kind of verdict, and each kind of finding, to the flow below."""

SHOP_EDGES = (
    "pay -> charge, charge -> ship, ship -> collect, refund -> close, close -> pay, pay -> by_hand"
)
SHOP_OPTIONS = {
    "gone": {"module": "app", "qualname": "no_such_function"},
    "moved": {"module": "app", "qualname": "refund_al"},
    "by_hand": {"module": "app", "qualname": "close", "unchecked": "a person"},
    "refund": {"sends": ("kafka:a",)},
    "close": {"receives": ("kafka:a",)},
}


def project_with(files: dict[str, str]) -> Project:
    """Return a project of *files*, by their names in it."""
    found = []
    for name, text in files.items():
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found.append(SourceFile(module, Path(name), name, text))
    return Project(found)


def steps_in(project: Project) -> dict[str, Definition]:
    """Return the functions with the decorator ``@step``, or one like it, by their names."""
    return {
        each.name: file.find(each.qualname, each.location.line)
        for file in project.files.values()
        for each in SourceFile(file.module, file.path, file.file, file.raw).definitions.values()
        if any("step" in ast.unparse(d) for d in each.decorators)
    }


def checked_flow(project: Project, edges: str, **options: dict) -> CheckedFlow:
    """Return a flow of all steps in *project*, with edges like ``"a -> b, b ~> a"``."""
    found = []
    for edge in filter(None, (each.strip() for each in edges.split(","))):
        is_loop = "~>" in edge
        source, target = edge.split(" ~> " if is_loop else " -> ")
        found.append((source, target, is_loop))
    steps = [
        CheckedStep(
            name=name,
            **{
                "module": definition.source.module,
                "qualname": definition.qualname,
                "line": definition.line,
                "declared": definition.location,
                **options.get(name, {}),
            },
        )
        for name, definition in steps_in(project).items()
    ]
    gone = [
        CheckedStep(name=name, **given)
        for name, given in options.items()
        if name not in {step.name for step in steps}
    ]
    return CheckedFlow(name="orders", steps=(*steps, *gone), edges=tuple(found))


def checked(files: dict[str, str] | str, edges: str, **options: dict) -> FlowReport:
    """Return the report on a flow of all steps in *files*."""
    project = project_with({"app.py": files} if isinstance(files, str) else files)
    (report,) = check(project, [checked_flow(project, edges, **options)])
    return report


def report_on(source: str, edges: str, *problems: Finding, **options: dict) -> Report:
    """Return the whole report on a flow of all steps in *source*."""
    project = project_with({"app.py": source})
    flow = checked_flow(project, edges, **options)
    return report_of([flow], check(project, [flow]), problems, project.line_at)


def verdicts(report: FlowReport) -> dict[str, tuple[str, ...]]:
    """Return the verdict on each edge, with the kinds of its evidence."""
    return {
        f"{edge.source} -> {edge.target}": (edge.verdict, *(e.kind for e in edge.evidence))
        for edge in report.edges
    }


def back(report: FlowReport) -> list[str]:
    """Return the calls that lead back to an earlier step."""
    return [f"{one.source} -> {one.target}" for one in report.back]


def undeclared(report: FlowReport) -> list[str]:
    """Return the edges that only the source has."""
    return [f"{one.source} -> {one.target}" for one in report.undeclared]
