"""Objects under numbers, as long as somebody else holds them."""

from typing import Generic, TypeVar
from weakref import ref

__all__ = ["WeakIndex"]

V = TypeVar("V")

_FEW = 64
"""How many entries are not worth a look for those whose objects are gone."""


class WeakIndex(Generic[V]):
    """Objects that it does not hold.

    What `weakref.WeakValueDictionary` is, for less: an entry whose object is
    gone stays until there are twice as many. Callers that change it hold a lock.
    """

    __slots__ = ("_entries", "_most")

    def __init__(self) -> None:
        self._entries: dict[int, ref[V]] = {}
        self._most = _FEW

    def put(self, key: int, value: V) -> None:
        """Find *value* under *key* from now on."""
        self._entries[key] = ref(value)
        if len(self._entries) > self._most:
            self._entries = {k: one for k, one in self._entries.items() if one() is not None}
            self._most = max(_FEW, 2 * len(self._entries))

    def get(self, key: int) -> V | None:
        """Return what is found under *key*, or None."""
        found = self._entries.get(key)
        return None if found is None else found()

    def remove(self, key: int) -> None:
        """Find nothing under *key* any more."""
        self._entries.pop(key, None)

    def values(self) -> list[V]:
        """Return all that is found."""
        found = [one() for one in list(self._entries.values())]
        return [value for value in found if value is not None]
