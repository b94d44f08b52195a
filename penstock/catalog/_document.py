"""A JSON document that somebody else may have written: what is in it, and where."""

from collections.abc import Sequence
from typing import Any, NoReturn

from penstock._common.declared_strings import find_control
from penstock._common.plain_values import encodable
from penstock.exceptions import CatalogError

__all__ = ["Member"]


class Member:
    """An object in a JSON document.

    Args:
        value: What is there, which need not be an object.
        location: The file, for messages.
        path: Where it is in the file, like ``flows[0].steps[2]``.

    Raises:
        CatalogError: If it is not an object.
    """

    def __init__(self, value: object, location: str, path: str = "") -> None:
        self._location, self._path = location, path
        if not isinstance(value, dict):
            self.refuse(f"must be an object, not {_kind_of(value)}")
        self._members: dict[str, Any] = value

    def refuse(self, problem: str) -> NoReturn:
        """Raise the error that says where *problem* is."""
        raise CatalogError(self._location, f"{self._path}: {problem}" if self._path else problem)

    def find(self, name: str) -> "Member | None":
        """Return the object called *name*, or None."""
        value = self._members.get(name)
        return None if value is None else Member(value, self._location, self._below(name))

    def items(self, name: str) -> list["Member"]:
        """Return the objects in the array called *name*, which must be there."""
        if name not in self._members:
            self.refuse(f"it has no {name}")
        return self.find_items(name)

    def find_items(self, name: str) -> list["Member"]:
        """Return the objects in the array called *name*, which is empty if it is not there."""
        path = self._below(name)
        return [
            Member(item, self._location, f"{path}[{number}]")
            for number, item in enumerate(self._array(name))
        ]

    def names(self, name: str) -> list[str]:
        """Return the strings on one line that the array called *name* has."""
        found = self._array(name)
        return [self._shown(f"{name}[{n}]", item, is_prose=False) for n, item in enumerate(found)]

    def name(self, name: str) -> str:
        """Return the string on one line called *name*, which must be there."""
        return self._shown(name, self._members.get(name), is_prose=False)

    def find_name(self, name: str) -> str | None:
        """Return the string on one line called *name*, or None."""
        return None if self._members.get(name) is None else self.name(name)

    def prose(self, name: str) -> str:
        """Return the string called *name*, which must be there and may have several lines."""
        return self._shown(name, self._members.get(name), is_prose=True)

    def find_prose(self, name: str) -> str | None:
        """Return the string called *name*, which may have several lines, or None."""
        return None if self._members.get(name) is None else self.prose(name)

    def find_string(self, name: str) -> str | None:
        """Return any string called *name*, or None."""
        value = self._members.get(name)
        return None if value is None else self._string(name, value)

    def flag(self, name: str) -> bool:
        """Return whether *name* is true. It is false if it is not there."""
        value = self._members.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"its {name} must be true or false, not {_kind_of(value)}")
        return bool(value)

    def line(self, name: str) -> int:
        """Return the line number called *name*."""
        value = self._members.get(name)
        if type(value) is not int or value < 1:  # True is an int, too
            self.refuse(f"its {name} must be an integer of at least 1, not {value!r}")
        return value

    def check_unique(self, what: str, names: Sequence[str]) -> None:
        """Raise if two of *names* are equal."""
        if len(set(names)) < len(names):
            double = next(name for name in names if names.count(name) > 1)
            self.refuse(f"two of its {what} are called {double!r}")

    def _below(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _array(self, name: str) -> list[Any]:
        found = self._members.get(name, [])
        if not isinstance(found, list):
            self.refuse(f"its {name} must be an array, not {_kind_of(found)}")
        return found

    def _string(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            self.refuse(f"its {name} must be a string, not {_kind_of(value)}")
        return encodable(value)

    def _shown(self, name: str, value: object, *, is_prose: bool) -> str:
        """Return a string that is shown where controls would act, and so must have none."""
        string = self._string(name, value)
        if not string.strip():
            self.refuse(f"its {name} is empty")
        if (control := find_control(string, is_prose=is_prose)) is not None:
            self.refuse(f"its {name} {string!a} has the control character {control!a}")
        return string


_KINDS = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}


def _kind_of(value: object) -> str:
    return "nothing" if value is None else _KINDS.get(type(value), "a number")
