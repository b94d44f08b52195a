"""What a check does once, and what it leaves out."""

from penstock.evidence._analysis.heap import Heap
from penstock.evidence._analysis.values import CUT, Constant, Container, join


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
    """What fills a container when somebody asks for it counts, also if it was empty before."""
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
