"""Types that were looked at once, so that a hot path need not look at them again."""

from weakref import ref

__all__ = ["KnownTypes"]


class KnownTypes:
    """A set of types, which it does not hold.

    They are found by their addresses: a user's type may have its own hash, or
    none.
    """

    __slots__ = ("by_address",)

    def __init__(self) -> None:
        self.by_address: dict[int, ref[type]] = {}
        """A weak reference to each, by its `id`: to look one up for less than ``in`` takes."""

    def __contains__(self, kind: type) -> bool:
        known = self.by_address.get(id(kind))
        return known is not None and known() is kind

    def add(self, kind: type) -> None:
        """Remember *kind* until it is collected."""
        address, known = id(kind), self.by_address
        known[address] = ref(kind, lambda _: known.pop(address, None))

    def clear(self) -> None:
        """Forget all types."""
        self.by_address.clear()

    def __len__(self) -> int:
        return len(self.by_address)
