"""Edits of a file that leave what a check has read of it."""

from pathlib import Path

import pytest

from penstock.evidence._source.edits import lines_after
from penstock.evidence._source.files import SourceFile

OLD = """\
import shop

@shop.step
def pay(order):
    shop.charge(
        order)
    return [1, 2]
"""


def lines_of(old, new):
    """Return where the lines of *old* are in *new*."""
    return lines_after(*(SourceFile("app", Path("app.py"), "app.py", each) for each in (old, new)))


def test_lines_are_mapped():
    """Each line on which something begins is mapped to the line on which that is now."""
    new = OLD.replace("def", "# one\ndef").replace("    return", "\n\n    return")
    same = {number: number for number in (1, 3)}

    assert lines_of(OLD, new) == same | {4: 5, 5: 6, 6: 7, 7: 10}


def test_the_first_line_stays():
    """An import may move from the first line, which is also that of what has no line."""
    assert lines_of(OLD, f"# moved\n{OLD}")[1] == 1
    assert lines_of("pay()\n", "# moved\npay()\n") is None
    assert lines_of("# moved\npay()\n", "pay()\n") is None


OTHERS = {
    "a name": OLD.replace("charge", "ship"),
    "a number": OLD.replace("2", "3"),
    "a type": OLD.replace("[1, 2]", "(1, 2)"),
    "an item": OLD.replace("[1, 2]", "[1]"),
    "an async function": OLD.replace("def", "async def"),
    "a joined line": OLD.replace("(\n        ", "("),
    "a split line": OLD.replace("1, 2", "1,\n2"),
    "another order": OLD.replace("[1, 2]", "[2, 1]"),
    "an error": OLD.replace("[1, 2]", "[1, 2"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_code_is_seen(name):
    """Other code, and code on other lines than what was on the same line, is another file."""
    assert lines_of(OLD, OTHERS[name]) is None
    assert lines_of(OTHERS[name], OLD) is None


def test_a_file_that_cannot_be_parsed_is_never_the_same():
    """The error of a file has lines."""
    assert lines_of("def (", "\n\ndef (") is None
