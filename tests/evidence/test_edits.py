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


def lines_of(old, new, opened=(0,)):
    """Return where the lines of *old* are in *new*, if somebody has read these definitions."""
    files = [SourceFile("app", Path("app.py"), "app.py", each) for each in (old, new)]
    return lines_after(*files, opened if files[0].definitions else ())


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


@pytest.mark.parametrize("name", sorted({*OTHERS} - {"an async function", "an error"}))
def test_a_body_that_nobody_has_read_may_be_another(name):
    """The lines around a body are mapped, whatever is in it."""
    below = "\ndef ship(): ...\n"
    lines = lines_of(OLD + below, OTHERS[name] + below, opened=())
    shift = OTHERS[name].count("\n") - OLD.count("\n")

    assert lines == {1: 1, 3: 3, 4: 4, 9: 9 + shift}


FACTS = {
    "a generator": "yield 1",
    "a global name": "global orders",
    "an attribute": "order.name = 1",
    "a function": "def inner(): ...",
    "a class": "class Inner: ...",
    "a lambda": "print(lambda: 1)",
    "a decorator": "@shop.step\n    def inner(): ...",
}


@pytest.mark.parametrize("name", FACTS)
def test_what_counts_of_a_body_without_reading_it(name):
    """Names that functions share, attributes, definitions and ``yield`` count wherever they are."""
    new = f"{OLD}    {FACTS[name]}\n"

    assert lines_of(OLD, new, opened=()) is None
    assert lines_of(new, OLD, opened=()) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("...", "return 1"),
        ("pass", "return 1"),
        ("raise NotImplementedError", "raise ValueError"),
        ("global a", "if 1: global a"),
        ("def a(): ...", "def a(b): ..."),
        ("a = lambda: 1", "a = lambda: 2"),
        ("a.b = 1", "a.c = 1"),
    ],
)
def test_kinds_of_bodies(one, other):
    """An empty body, and the header of a function in it, count as well."""
    assert lines_of(f"def f():\n    {one}\n", f"def f():\n    {other}\n", opened=()) is None


def test_a_function_in_a_body_may_be_read_alone():
    """A body that was read counts in one that was not."""
    text = "def f():\n    print(1)\n    def g(): print(2)\n"

    assert lines_of(text, text.replace("1", "3"), opened=(1,)) == {1: 1, 3: 3}
    assert lines_of(text, text.replace("2", "3"), opened=(1,)) is None
    assert lines_of(text, text.replace("2", "3"), opened=()) == {1: 1, 3: 3}
