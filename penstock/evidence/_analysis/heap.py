"""The heap of an analysis: attributes and items of objects."""

from collections.abc import Callable, Hashable, Mapping

from penstock.evidence._analysis.values import (
    NOTHING,
    Class,
    Constant,
    Container,
    Function,
    Instance,
    Unknown,
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition

__all__ = ["ANY_ITEM", "DEFAULT", "KEYS", "Heap"]

ANY_ITEM = "*"
"""The slot of items whose key or index nobody knows."""

KEYS = "*keys"
"""The slot of the keys of a dict."""

DEFAULT = "*default"
"""The slot of what a ``defaultdict`` makes."""


class Heap:
    """The values that each attribute and item of each object may be."""

    def __init__(self) -> None:
        self.changed = False
        """Whether something has changed after somebody has read it."""
        self._heap: dict[Value, dict[Hashable, Values]] = {}
        self._items: dict[Value, Values] = {}
        """All items of each container of which somebody has read them."""
        self._postponed: dict[Value, Callable[[], None]] = {}
        self._read: set[tuple[Value, Hashable]] = set()
        self.decorated: Values = NOTHING
        """The function or class that a decorator gets, while it runs."""
        self.kept: set[Value] = set()
        """Those that decorators have stored somewhere."""
        self.blurred: set[tuple[Value, str]] = set()
        """The attributes that may have been set where only the class of an object counted."""
        self.changeable: set[Value] = set()
        """The strings that attributes and items have, which something else may assign, too."""
        self.single: set[Value] = set()
        """The objects of which each call of the function that makes them makes one."""

    def postpone(self, owner: Value, fill: Callable[[], None]) -> None:
        """Let *fill* store what *owner* has, when somebody asks for that."""
        if owner not in self._heap:
            self._heap[owner] = {}
            self._items.pop(owner, None)
            self._postponed[owner] = fill

    def _slots_of(self, owner: Value) -> dict[Hashable, Values] | None:
        if self._postponed and owner in self._postponed:
            self._postponed.pop(owner)()
        return self._heap.get(owner)

    def load(self, owner: Value, slot: Hashable) -> Values:
        """Return what is in *slot* of *owner*."""
        slots = self._slots_of(owner) if self._postponed else self._heap.get(owner)
        self._read.add((owner, slot))
        return NOTHING if slots is None else slots.get(slot, NOTHING)

    def note_changeable(self, values: Values) -> None:
        """Note what strings an attribute or an item has."""
        for value in values:
            if isinstance(value, Constant) and value.kind is str and value not in self.changeable:
                self.changeable.add(value)
                self.changed = True

    def store(self, owner: Value, slot: Hashable, values: Values) -> None:
        """Let *values* be in *slot* of *owner*, too."""
        if self.decorated and not isinstance(owner, Function):
            self.kept.update(value for value in values if value in self.decorated)
        slots = self._slots_of(owner)
        if slots is None:
            slots = self._heap[owner] = {}
        known = slots.get(slot, NOTHING)
        if len(values) == 1 and values[0] in known:  # as mostly, and faster
            return
        both = join(known, values)
        if both == known:
            return
        slots[slot] = both
        self._items.pop(owner, None)
        if (owner, slot) in self._read or (owner, ANY_ITEM) in self._read:
            self.changed = True
        if isinstance(owner, Instance) and owner.site is not None:
            self.store(Instance(owner.cls), slot, values)

    def blur(self, receiver: Value | None, method: Definition) -> None:
        """Note that *method* was followed with any object of the class instead of *receiver*."""
        if receiver is not None:
            self.blurred.update((receiver, name) for name in method.assigned_attributes)

    def peek(self, owner: Value) -> Mapping[Hashable, Values]:
        """Return all slots of *owner*, for one who adds to them and does not use them."""
        return self._slots_of(owner) or {}

    def was_read(self, owner: Value, slot: Hashable) -> bool:
        """Return whether somebody has read an attribute of *owner*, or of any of its class."""
        any_owner = Instance(owner.cls) if isinstance(owner, Instance) else owner
        return (owner, slot) in self._read or (any_owner, slot) in self._read

    def slots(self, owner: Value) -> dict[Hashable, Values]:
        """Return all slots of *owner*."""
        slots = self._slots_of(owner)
        self._read.add((owner, ANY_ITEM))
        return {} if slots is None else slots

    def all_items(self, container: Value) -> Values:
        """Return the items of a container, whatever their keys are."""
        known = self._items.get(container)
        if known is None:
            slots = self.slots(container)
            known = join(*(values for slot, values in slots.items() if slot != KEYS))
            self._items[container] = known
        return known

    def put(self, container: Value, key: Value | None, values: Values) -> None:
        """Let *values* be items of a container: of *key*, or of any if that is not known."""
        self.store(container, self.slot_of(key), values)
        if key is not None and not isinstance(key, Unknown):
            self.store(container, KEYS, (key,))

    def slot_of(self, key: Value | None) -> Hashable:
        """Return the slot of the items of *key*, or that of any item if it is not known."""
        if isinstance(key, Constant):
            slot: Hashable = key.value  # or there would be no such value
            return slot
        if isinstance(key, (Class, Function, Instance)):
            return key
        if isinstance(key, Container) and key.kind == "tuple":
            slots = self._slots_of(key) or {}
            items = [values for slot, values in slots.items() if slot != KEYS]
            parts = [v.value for values in items for v in values if isinstance(v, Constant)]
            if parts and len(parts) == len(items) == sum(map(len, items)):
                return tuple(parts)
        return ANY_ITEM

    def keys(self, container: Value) -> Values:
        """Return the keys of a dict."""
        return self.load(container, KEYS)
