"""The scope of a call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Scope"]


@dataclass(slots=True, eq=False)
class Scope:
    """The scope of a call: all that happens around the body of a function.

    It is all that a wrapper refers to, so that a wrapper can be pickled by
    value wherever its scope can be made again.
    """

    begin: Callable[[], Any]
    """Called once for each call; what it returns is entered."""

    enter: Callable[[Any], Any]
    """Called before each resumption of the body; what it returns is left."""

    leave: Callable[[Any], object]
    """Called after each resumption. A `ValueError` means: in another context."""

    end: Callable[[Any, BaseException | None], object] | None = None
    """Called with what was begun when the body is over, and with what it raised."""

    at_awaits: bool = False
    """Whether a coroutine is left while it waits. It need not be, for its context is its own."""

    fail: Callable[[Any, BaseException], object] = lambda _begun, _error: None
    """Called with what was begun and with what the body raised, before it is left."""

    lose: Callable[[Any, Any], object] = lambda _begun, _entered: None
    """Called with what was begun and what was entered where that could not be left: the context
    in which it was entered still has it."""

    look: Callable[[], Any] | None = None
    """Called before a generator's body is left: what is current then."""

    keep: Callable[[Any, Any], Any] = lambda begun, _current: begun
    """Called with what was begun and with another that is current; what it returns is entered
    when the body goes on."""

    take: Callable[[Any, Any, bool], Any] | None = None
    """Called with what was begun, what a function returned, and whether nothing was awaited yet.

    Returns the same with the body that waits in it in the scope; None if none does.
    """

    recipe: tuple[Callable[..., "Scope"], tuple[Any, ...]] | None = None
    """The function and the arguments that make the scope again in another process, if any do."""

    def __reduce__(self) -> tuple[Callable[..., "Scope"], tuple[Any, ...]]:
        if self.recipe is None:
            message = "what surrounds this function belongs to this process: it cannot be pickled"
            raise TypeError(message)
        return self.recipe
