"""The connections between steps that the source of each idiom shows."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from checked_sources import steps_in

from penstock.evidence._analysis.analysis import Analysis
from penstock.evidence._check import _Steps
from penstock.evidence._order.reached import consumed_in
from penstock.evidence._order.runs import FlowRuns
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project

DATA = Path(__file__).parents[1] / "data" / "evidence"


class Idiom(NamedTuple):
    source: str
    expected: list[str]


def idioms(name: str) -> list:
    text = (DATA / f"{name}.txt").read_text(encoding="utf-8")
    found = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)[1:]
    pairs = zip(found[::2], found[1::2], strict=True)
    cases = []
    for title, rest in pairs:
        source, _, expected = rest.partition("---\n")
        lines = sorted(line for line in expected.splitlines() if line)
        cases.append(pytest.param(Idiom(source, lines), id=title))
    return cases


def connections(source: str) -> list[str]:
    file = SourceFile("app", Path("app.py"), "app.py", "from penstock import step\n" + source)
    project = Project([file])
    steps = steps_in(project)
    analysis = Analysis(project)
    analysis.run(list(steps.values()))
    names = _Steps(analysis, steps)
    engine = analysis.engine
    consumed = consumed_in(engine.evaluated)
    runs = FlowRuns(names.name_of, analysis.contexts, consumed, engine.spend)
    found = []
    for name, definition in steps.items():
        runs.body(name, definition)
        runs.provide(definition)
    for name in steps:
        for target, start in runs.step(name).starts.items():
            found.append(f"{name} {'hands off' if start.is_handed_off else 'calls'} {target}")
    for (first, second), orders in runs.orders.items():
        is_loop = all(order.is_carried for order in orders.values())
        found.append(f"{first} then {second}{' in a loop' if is_loop else ''}")
    return sorted(found)


NAMES = ("calls", "order", "hand-offs", "values", "libraries", "frameworks", "further")


@pytest.mark.parametrize("idiom", [idiom for name in NAMES for idiom in idioms(name)])
def test_connections(idiom):
    """The source of an idiom shows exactly these connections."""
    assert connections(idiom.source) == idiom.expected
