"""Types that were looked at once, so that a hot path need not look at them again."""

from weakref import ref

__all__ = ["KnownTypes"]


class KnownTypes:
    """A set of types, which it does not hold.

    They are found by their addresses: a type of the user's may have a hash of
    its own, or none.
    """

    __slots__ = ("_by_address",)

    def __init__(self) -> None:
        self._by_address: dict[int, ref[type]] = {}

    def __contains__(self, kind: type) -> bool:
        known = self._by_address.get(id(kind))
        return known is not None and known() is kind

    def add(self, kind: type) -> None:
        """Remember *kind* until it is collected."""
        address, known = id(kind), self._by_address
        known[address] = ref(kind, lambda _: known.pop(address, None))

    def clear(self) -> None:
        """Forget all types."""
        self._by_address.clear()

    def __len__(self) -> int:
        return len(self._by_address)
