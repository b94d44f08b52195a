"""Work that a check does once, and values that it leaves out."""

from pathlib import Path
from unittest.mock import patch

from checked_sources import checked

from penstock.evidence._analysis.binding import defaults_of
from penstock.evidence._analysis.heap import Heap
from penstock.evidence._analysis.values import CUT, Constant, Container, join
from penstock.evidence._source.files import SourceFile


def test_the_items_of_a_container_are_joined_once():
    """All items of a container are one object until another one is stored."""
    heap, container = Heap(), Container("list", "site")
    one, other = Constant(1, int), Constant(2, int)

    heap.put(container, one, (one,))
    found = [heap.all_items(container) for _ in range(2)]
    heap.put(container, other, (other,))

    assert found == [(one,), (one,)]
    assert found[0] is found[1]
    assert heap.all_items(container) == (one, other)


def test_items_that_are_stored_late_are_items():
    """Items that are stored on demand count, also in a container that was empty before."""
    heap, container = Heap(), Container("list", "site")
    one = Constant(1, int)
    before = heap.all_items(container)

    heap.postpone(container, lambda: heap.put(container, None, (one,)))

    assert (before, heap.all_items(container)) == ((), (one,))


def test_no_more_values_are_read_than_are_kept():
    """Values that are left out anyway are not looked at."""
    several = [(Constant(number, int),) for number in range(100)]
    read = []

    class Noted(tuple):
        __slots__ = ()

        def __iter__(self):
            read.append(self)
            return super().__iter__()

    found = join(*map(Noted, several))

    assert found == (*(value for (value,) in several[:40]), *CUT)
    assert len(read) == 44


def test_a_line_of_a_file_is_one_object():
    """Each line of a file has one location, for all who ask."""
    file = SourceFile("app", Path("app.py"), "app.py", "def a(): ...\n")

    assert file.location_at(1) is file.location_at(1) is file.find("a").location


def test_the_defaults_of_a_function_are_looked_for_once():
    """The parameters with a default are known after the first of many calls."""
    files = {
        "app.py": "@step\ndef pay(): charge(1); charge(2)\n@step\ndef charge(a, b=None): ...\n"
    }

    with patch("penstock.evidence._analysis.binding.defaults_of", wraps=defaults_of) as looking:
        checked(files, "pay -> charge")

    functions = [call.args[0] for call in looking.call_args_list]
    assert len(functions) == len(set(functions)) == 2
