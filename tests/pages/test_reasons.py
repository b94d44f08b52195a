"""The reasons why the source does not decide on an edge, in another language."""

from dataclasses import replace

import pytest
from checked_sources import checked, checked_flow, project_with

from penstock.docs import ENGLISH, words_in
from penstock.evidence import _check
from penstock.evidence._analysis import engine
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project
from penstock.graph import EdgeCheck

PAY = "@step\ndef pay(item): item.charge()\n@step\ndef charge(): ...\n"
LOOP = """
@step
def start(items):
    table = {"a": pay, "b": charge}
    for item in items: table[item]()
@step
def pay(): 1
@step
def charge(): 1
"""
SENDING = """
import producer
@step
def pay(): producer.send(1)
@step
def charge(): ...
keep = [charge]
"""
OTHERS = {
    "empty": ("@step\ndef pay(): ...\n@step\ndef charge(): 1\n", "pay hat noch keinen Rumpf"),
    "called": (PAY, "item.charge lässt sich nicht auflösen"),
    "loop": (
        LOOP,
        "ein Aufruf in einer Schleife führt zu pay und zu charge, in unbekannter Reihenfolge",
    ),
    "sent": (SENDING, "pay sendet mit producer.send, und charge wird von anderswo aufgerufen"),
}
AWAY = {
    "outside": (
        {},
        "app, mit der Funktion von pay, ist keine Datei des Projekts",
    ),
    "broken": (
        {"app.py": "def f(:"},
        "app.py, mit der Funktion von pay, lässt sich nicht parsen: ",
    ),
    "made": (
        {"app.py": "x = 1"},
        "app.py zeigt die Funktion von pay nicht, die anders erzeugt wird",
    ),
}


def in_german(edge):
    """Return what a page in German says of *edge*."""
    assert edge.verdict == "unverified"
    check = EdgeCheck(verdict=edge.verdict, reason=edge.reason)
    assert ENGLISH.evidence.of(check) == f"unverified: {edge.reason}"
    return words_in("de").evidence.of(check).removeprefix("unbelegt: ")


@pytest.mark.parametrize(("source", "reason"), OTHERS.values(), ids=OTHERS)
def test_what_a_call_leaves_open(source, reason):
    """The reason is in the language of the page, with the names and the code as they are."""
    assert in_german(checked(source, "pay -> charge").edges[0]) == reason


@pytest.mark.parametrize(("files", "reason"), AWAY.values(), ids=AWAY)
def test_source_that_cannot_be_read(files, reason):
    """The reason names the file; a message of Python stays in English."""
    flow = checked_flow(project_with({"app.py": PAY}), "pay -> charge")
    steps = tuple(replace(step, is_loaded=True) for step in flow.steps)
    (report,) = _check.check(project_with(files), [replace(flow, steps=steps)])

    assert in_german(report.edges[0]).startswith(reason)


def test_file_that_is_gone(tmp_path):
    """The message of the operating system stays in English."""
    flow = checked_flow(project_with({"app.py": PAY}), "pay -> charge")
    gone = Project([SourceFile("app", tmp_path / "app.py", "app.py")])
    (report,) = _check.check(gone, [flow])

    assert in_german(report.edges[0]) == (
        "app.py, mit der Funktion von pay, kann nicht gelesen werden: No such file or directory"
    )


def test_limits():
    """The reasons of the limits of a check are translated too."""
    flow = checked_flow(project := project_with({"app.py": PAY}), "pay -> charge")
    (report,) = _check.check(project, [flow], work=2)
    words = words_in("de").evidence.reasons

    assert in_german(report.edges[0]) == (
        "die Prüfung dieses Ablaufs endete nach 2 Arbeitsschritten"
    )
    assert words.of(engine.TOO_DEEP) == "Aufrufe sind zu tief verschachtelt, um ihnen zu folgen"
    assert words.of(checked(PAY, "gone -> charge").edges[0].reason) == (
        "gone ist nicht im Quelltext"
    )


def test_another_reason():
    """A reason that penstock has no words for stays as it is."""
    assert words_in("de").evidence.reasons.of("penstock itself failed") == "penstock itself failed"
