"""Small programs as they are written with public libraries, and the verdicts on their edges."""

import re
from pathlib import Path

import pytest
from checked_sources import checked, undeclared, verdicts

FILE = Path(__file__).parents[1] / "data" / "evidence" / "programs.txt"


def programs() -> list:
    text = FILE.read_text(encoding="utf-8")
    found = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)[1:]
    cases = []
    for title, rest in zip(found[::2], found[1::2], strict=True):
        source, _, expected = rest.partition("---\n")
        edges = dict(line.split(": ") for line in expected.splitlines())
        cases.append(pytest.param(source, edges, id=title))
    return cases


@pytest.mark.parametrize(("source", "expected"), programs())
def test_verdicts(source, expected):
    """Each edge has this verdict, with this kind of evidence, and there is no other way."""
    report = checked(source, ", ".join(expected))

    assert {edge: " ".join(found) for edge, found in verdicts(report).items()} == expected
    assert undeclared(report) == []
