"""Messages with a number in them."""

from dataclasses import dataclass
from functools import lru_cache
from gettext import c2py

__all__ = ["Plural", "count"]

# The standard library has it since Python 2, and does not document it.
_compiled = lru_cache(c2py)


def count(number: int, word: str) -> str:
    """Return *number* with *word*, which has an s for other numbers than one."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Plural:
    """A message that is another one for some numbers.

    .. versionadded:: 0.2
    """

    forms: tuple[str, ...]
    """The messages, in which ``{}`` is where the number goes. English has two."""

    rule: str = "n != 1"
    """The expression of C that returns which of them *n* takes, as gettext has it."""

    def form(self, number: int) -> str:
        """Return the message for *number*, without the number."""
        return self.forms[int(_compiled(self.rule)(number))]

    def format(self, number: int) -> str:
        """Return the message with *number* in it."""
        return self.form(number).replace("{}", str(number))
