"""The objects that imported modules have, as values that name functions and classes by file."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "NOT_IMPORTED",
    "Described",
    "KeptObjects",
    "Objects",
    "names_to_json",
    "objects_from_json",
    "objects_to_json",
]

Kind = Literal[
    "function", "class", "instance", "method", "partial", "list", "tuple", "set", "dict",
    "defaultdict", "constant", "library", "property", "cached_property", "staticmethod",
    "classmethod", "singledispatch", "object", "module",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An object, as far as reading it runs nothing."""

    kind: Kind
    file: str = ""
    """Of a function, class or module, its file in the project."""

    name: str = ""
    """The qualified name of a function or class; that of a library, or of the class of an object
    of a library, with its module."""

    line: int = 0
    """The first line of a function, with its decorators."""

    value: str | int | None = None
    """Of a constant."""

    inner: "Described | None" = None
    """The function in a method, a partial or a descriptor; the class of an instance."""

    owner: "Described | None" = None
    """The object or class that a method is bound to."""

    items: tuple[tuple["Described | None", "Described | None"], ...] = ()
    """The keys and items of a container; the positional arguments of a partial, the bases of a
    class and the implementations of a generic function, with the classes that they are for."""

    members: tuple[tuple[str, "Described | None"], ...] = ()
    """The attributes of an instance or a class, the named arguments of a partial, and the names
    of outer functions that a function uses."""


Names = Mapping[str, Described | None]
"""The names of a module, and those of its classes like ``Shop.charge``, with what they are.

None is an object of which nothing is known."""


class Objects(ABC):
    """The objects of the modules that were imported, by the files of the project.

    Args:
        files: The files of these modules.
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self.files = tuple(sorted(files))
        self._known: dict[str, Names] = {}

    @property
    def used(self) -> list[str]:
        """The files whose objects somebody has asked for."""
        return sorted(self._known)

    def of(self, file: str) -> Names:
        """Return the names that the module of *file* has, or none if it was not imported."""
        if file not in self._known:
            self._known[file] = self._read(file)
        return self._known[file]

    @abstractmethod
    def _read(self, file: str) -> Names: ...


class KeptObjects(Objects):
    """Objects that were described before, maybe by another process."""

    def __init__(self, found: Mapping[str, Names]) -> None:
        super().__init__(found)
        self._found = found

    def _read(self, file: str) -> Names:
        return self._found.get(file, {})


NOT_IMPORTED: Objects = KeptObjects({})
"""The objects of modules that nobody has imported."""


def objects_to_json(objects: Objects) -> dict[str, Any]:
    """Return *objects* as values that JSON has."""
    return {file: names_to_json(objects.of(file)) for file in objects.files}


def names_to_json(names: Names) -> dict[str, Any]:
    """Return the names of a module as values that JSON has."""
    return {name: _to_json(found) for name, found in names.items()}


def objects_from_json(found: Mapping[str, Mapping[str, Any]]) -> KeptObjects:
    """Return the objects that `objects_to_json` has written."""
    return KeptObjects(
        {
            file: {name: _from_json(each) for name, each in names.items()}
            for file, names in found.items()
        }
    )


def _to_json(found: Described | None) -> Any:
    if found is None:
        return None
    made: dict[str, Any] = {"kind": found.kind}
    if found.kind == "constant":
        made["value"] = found.value
    for name in ("file", "name", "line"):
        if one := getattr(found, name):
            made[name] = one
    for name in ("inner", "owner"):
        if (one := getattr(found, name)) is not None:
            made[name] = _to_json(one)
    if found.items:
        made["items"] = [[_to_json(key), _to_json(item)] for key, item in found.items]
    if found.members:
        made["members"] = [[name, _to_json(item)] for name, item in found.members]
    return made


def _from_json(found: Any) -> Described | None:
    if found is None:
        return None
    values = {name: found[name] for name in ("file", "name", "line", "value") if name in found}
    return Described(
        kind=found["kind"],
        inner=_from_json(found.get("inner")),
        owner=_from_json(found.get("owner")),
        items=tuple((_from_json(key), _from_json(item)) for key, item in found.get("items", ())),
        members=tuple((name, _from_json(item)) for name, item in found.get("members", ())),
        **values,
    )
