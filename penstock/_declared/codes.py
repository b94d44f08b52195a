"""Which declarations the code of a running frame belongs to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import RLock
from types import CodeType
from typing import Generic, Protocol, TypeVar
from weakref import ref

__all__ = ["CodeIndex"]


class HasCodes(Protocol):
    """A declaration, which is found by code."""

    number: int
    codes: tuple[CodeType, ...]
    is_held: bool


D = TypeVar("D", bound=HasCodes)


class CodeIndex(Generic[D]):
    """Declarations by the ID of each code object that they run, in order of declaration.

    By identity, since code objects of equal source compare equal. It holds what
    a flow holds, and nothing else: of the rest it forgets what is collected.

    Args:
        lock: Returns the lock under which it is changed: callers of its methods hold it.
    """

    def __init__(self, lock: Callable[[], RLock]) -> None:
        self._lock = lock
        self._found: dict[int, list[D] | _Loose[D]] = {}
        self.by_code: Mapping[int, Iterable[D]] = self._found
        """The declarations by code, which are false if there are none."""

    def put(self, declaration: D) -> None:
        """Find *declaration* by its code from now on, or hold it as it says now."""
        for code in declaration.codes:
            known, found = self._found.get(id(code)), [declaration]
            if known is not None and (others := [d for d in known if d is not declaration]):
                found = sorted([*others, declaration], key=_number)
            self._set(code, found)

    def remove(self, declaration: D) -> None:
        """Find *declaration* no more."""
        for code in declaration.codes:
            self._set(code, self._others(code, declaration))

    def _others(self, code: CodeType, declaration: D) -> list[D]:
        return [d for d in self._found.get(id(code), ()) if d is not declaration]

    def _set(self, code: CodeType, found: list[D]) -> None:
        if not found:
            self._found.pop(id(code), None)
        elif found[0].is_held and (len(found) == 1 or all(d.is_held for d in found)):
            self._found[id(code)] = found
        else:
            self._found[id(code)] = _Loose(code, found, self._prune)

    def _prune(self, code: CodeType) -> None:
        """Forget what was collected of what runs *code*."""
        # Collection happens anywhere: it waits for nobody, who may wait for this thread.
        lock = self._lock()
        if lock.acquire(blocking=False):
            try:
                self._set(code, list(self._found.get(id(code), ())))
            finally:
                lock.release()


def _number(declaration: HasCodes) -> int:
    return declaration.number


class _Loose(Generic[D]):
    """Declarations of one code object, of which some are not held.

    The code is held, so that no other has its ID meanwhile.
    """

    __slots__ = ("code", "items")

    def __init__(self, code: CodeType, found: list[D], prune: Callable[[CodeType], None]) -> None:
        self.code = code
        self.items = [d if d.is_held else ref(d, lambda _: prune(code)) for d in found]

    def __iter__(self) -> Iterator[D]:
        for item in self.items:
            found = item() if isinstance(item, ref) else item
            if found is not None:
                yield found
