"""Values and terms of which there is one object each, as long as checks are running."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar, TypeVar

__all__ = ["Kept", "kept_values"]

_V = TypeVar("_V")


class Kept(type):
    """Makes equal values one object, whose hash and comparison are those of its identity."""

    permanent: ClassVar[dict[Hashable, Any]] = {}
    """The values that modules have."""

    known: ClassVar[dict[Hashable, Any]] = permanent
    """These, and the values of the checks that are running."""

    running = 0
    lock = Lock()

    def __call__(cls: type[_V], *args: Any, **named: Any) -> _V:
        """Return the value of these fields, which is made if there is none."""
        key = (cls, args, *named.items()) if named else (cls, args)
        found: _V | None = Kept.known.get(key)
        if found is not None:
            return found
        made: _V = type.__call__(cls, *args, **named)
        # It may be known with other defaults left out.
        names: tuple[str, ...] = cls.__slots__  # type: ignore[attr-defined]
        whole = (cls, tuple([getattr(made, name) for name in names]))
        kept: _V = Kept.known.setdefault(whole, made)
        Kept.known[key] = kept
        return kept


@contextmanager
def kept_values() -> Iterator[None]:
    """Forget after the block the values that were made in it, for they hold trees of source."""
    with Kept.lock:
        Kept.running += 1
        if Kept.running == 1:
            Kept.known = dict(Kept.permanent)
    try:
        yield
    finally:
        with Kept.lock:
            Kept.running -= 1
            if not Kept.running:
                Kept.known = Kept.permanent
