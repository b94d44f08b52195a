"""An index by numbers that holds its values weakly."""

from penstock._declared.weak_index import WeakIndex


class Thing:
    """Something that can be collected."""


def test_what_is_gone():
    """A value without other references is not found, and neither is a removed one."""
    index, kept, removed = WeakIndex(), Thing(), Thing()
    index.put(1, kept)
    index.put(2, Thing())
    index.put(3, removed)
    index.remove(3)
    index.remove(4)

    assert [index.get(key) for key in range(5)] == [None, kept, None, None, None]
    assert index.values() == [kept]


def test_later_object():
    """A number leads to what was put last."""
    index, first, second = WeakIndex(), Thing(), Thing()
    index.put(1, first)
    index.put(1, second)

    assert index.get(1) is second


def test_room():
    """Entries of collected values never outnumber the others, which are all kept."""
    index, kept = WeakIndex(), [Thing() for _ in range(500)]
    for number, thing in enumerate(kept):
        index.put(number, thing)
    for number in range(500, 10_000):
        index.put(number, Thing())

    assert index.values() == kept
    assert len(index._entries) <= 2 * len(kept) + 1
