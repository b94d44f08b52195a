"""Reading the objects of imported modules, without running any of their code.

No attribute of an object is asked for, since a property, a proxy or ``__getattr__`` may do
anything. The values of C types are read by the types themselves, and the attributes of other
objects from their dicts.
"""

import gc
import os
import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from enum import EnumMeta
from functools import cached_property, partial
from pathlib import Path
from types import (
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    NoneType,
)
from typing import Any
from weakref import ref

from penstock._project.importing import is_own
from penstock.catalog._objects import Described, Kind, Names, Objects

__all__ = ["ImportedObjects"]

_PENSTOCK = Path(__file__).parents[1]
"""Its wrappers are not functions of the project."""

_DEEPEST = 6
"""How deep objects are in each other that are described."""

_MOST_ITEMS = 500
"""How many objects are described for one name of a module."""

_LONGEST = 200
"""How long a string may be."""

_CALLED = ("__wrapped__", "func", "fn", "callback", "original_func", "data")
"""Attributes in which objects of libraries have a function or a dict."""

_members_of: Any = type.__dict__["__dict__"].__get__
_mro_of: Any = type.__dict__["__mro__"].__get__
_bases_of: Any = type.__dict__["__bases__"].__get__
_module_of: Any = type.__dict__["__module__"].__get__
_qualname_of: Any = type.__dict__["__qualname__"].__get__
_names_of: Any = vars(ModuleType)["__dict__"].__get__


class ImportedObjects(Objects):
    """The objects of the modules that this process has imported, each read when it is asked for.

    Args:
        root: The folder of the project, from which files are named.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        given, real = os.path.abspath(root), os.path.realpath(root)  # noqa: PTH100 - links stay
        self._roots = ((os.path.abspath, given), (os.path.realpath, real))
        self._known_files: dict[str, str | None] = {}
        self._known_folders: dict[str, tuple[Path, Path] | None] = {}
        self._modules: dict[str, list[dict[str, Any]]] = {}
        for module in list(sys.modules.values()):
            if issubclass(type(module), ModuleType) and (file := self.file_of(_names_of(module))):
                self._modules.setdefault(file, []).append(_names_of(module))
        super().__init__(self._modules)

    def _read(self, file: str) -> Names:
        found = [dict(self._described(file, each)) for each in self._modules.get(file, ())]
        first, *others = found or [{}]
        # Two modules of one file may differ, and nobody knows which is meant.
        return {
            name: each
            for name, each in sorted(first.items())
            if all(other.get(name) == each for other in others)
        }

    def _described(self, file: str, names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in list(names.items()):
            if type(name) is str and not name.startswith("__"):
                yield from self._global(file, name, value)

    def _global(self, file: str, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a name of a module or class is, and the names in it if it is a class."""
        reader = _Reader(self)
        found = reader.describe(value)
        if found is None or not _leads_on(found) or _is_written(found, file, name):
            return
        if (found.kind, found.file, found.name) == ("class", file, name):
            # As the classes of the source, unless the source does not have it.
            yield name, replace(found, items=reader.bases(value))
            members = {} if issubclass(type(value), EnumMeta) else _members_of(value)
            for each, member in list(members.items()):
                if type(each) is str and each not in {"__dict__", "__weakref__"}:
                    yield from self._global(file, f"{name}.{each}", member)
        else:
            yield name, found

    def is_found(self, cls: Any, file: str, qualname: str) -> bool:
        """Return whether *cls* is what the module of *file* has under its qualified name."""
        first, *others = qualname.split(".")
        for names in self._modules.get(file, ()):
            found = names.get(first)
            for each in others:
                found = _members_of(found).get(each) if issubclass(type(found), type) else None
            if found is cls:
                return True
        return False

    def file_of_module(self, name: object) -> str | None:
        """Return the file of a module that is imported, if it is in the project."""
        module = sys.modules.get(name) if type(name) is str else None
        if module is None or not issubclass(type(module), ModuleType):
            return None
        return self.file_of(_names_of(module))

    def file_of(self, names: dict[str, Any]) -> str | None:
        """Return the file of the module with these names, if it is in the project."""
        file = names.get("__file__")
        return self.file_called(file) if type(file) is str else None

    def file_called(self, file: str) -> str | None:
        """Return how *file* is called in the project, or None if it is not in it."""
        if file not in self._known_files:
            folder, name = os.path.split(file)
            if folder not in self._known_folders:
                self._known_folders[folder] = self._in_project(folder)
            found = self._known_folders[folder] if name.endswith(".py") else None
            is_ours = found is not None and is_own(found[0] / name)
            self._known_files[file] = (found[1] / name).as_posix() if found and is_ours else None
        return self._known_files[file]

    def _in_project(self, folder: str) -> tuple[Path, Path] | None:
        """Return a folder, and how it is called in the project, or None if it is not in it."""
        for absolute, root in self._roots:
            found = absolute(folder)
            path = Path(found)
            if f"{found}{os.sep}".startswith(root) and path.is_relative_to(root):
                return None if path.is_relative_to(_PENSTOCK) else (path, path.relative_to(root))
        return None


def _leads_on(found: Described | None) -> bool:
    """Return whether *found* has anything in it that may be called."""
    if found is None or found.kind in {"constant", "library"}:
        return False
    if found.kind in {"function", "class", "instance", "object", "module"}:
        return True
    inner = (found.inner, *(each for pair in found.items for each in pair))
    return any(map(_leads_on, inner))


def _is_written(found: Described, file: str, name: str) -> bool:
    """Return whether the source of a module has a function or class under its own name."""
    is_plain = found.kind == "function" and not found.members
    if found.kind in {"staticmethod", "classmethod", "property"} and found.inner is not None:
        found, is_plain = found.inner, True
    return is_plain and (found.file, found.name) == (file, name)


class _Reader:
    """Describes one object, with a limit for all that is in it."""

    def __init__(self, objects: ImportedObjects) -> None:
        self._objects = objects
        self._left = _MOST_ITEMS
        self._depth = 0
        self._around: list[object] = []
        self._is_in_library = False

    def describe(self, value: Any) -> Described | None:
        """Return what *value* is, or None if that cannot be known, or is too much."""
        self._left -= 1
        is_inside = any(value is each for each in self._around)
        if self._left < 0 or len(self._around) > _DEEPEST or is_inside:
            return None
        kind = type(value)
        # By identity: a metaclass may have an own way to compare classes.
        rule = _RULES.get(id(kind))
        self._around.append(value)
        try:
            if rule is not None:
                return rule(self, value)
            return self._class(value) if issubclass(kind, type) else self._instance(value, kind)
        except Exception:  # objects are what others have made of them
            return None
        finally:
            self._around.pop()

    def constant(self, value: Any) -> Described | None:
        if type(value) is str and len(value) > _LONGEST:
            return None
        return Described(kind="constant", value=value)

    def function(self, value: FunctionType) -> Described | None:
        code, attributes = value.__code__, value.__dict__
        if "registry" in attributes and "dispatch" in attributes and "__wrapped__" in attributes:
            items = self._pairs(gc.get_referents(attributes["registry"])[0])
            inner = self._callable(attributes["__wrapped__"])
            return inner and Described(kind="singledispatch", inner=inner, items=items)
        file = self._objects.file_called(code.co_filename)
        if file is None:
            return self.describe(attributes["__wrapped__"]) if "__wrapped__" in attributes else None
        cells = zip(code.co_freevars, value.__closure__ or (), strict=False)
        names = tuple((name, self._cell(cell)) for name, cell in cells)
        line = code.co_firstlineno
        return Described(
            kind="function", file=file, name=code.co_qualname, line=line, members=names
        )

    def _cell(self, cell: Any) -> Described | None:
        try:
            return self.describe(cell.cell_contents)
        except ValueError:  # it is empty
            return None

    def method(self, value: MethodType) -> Described | None:
        inner, owner = self._callable(value.__func__), self.describe(value.__self__)
        return inner and Described(kind="method", inner=inner, owner=owner)

    def partial(self, value: partial[Any]) -> Described | None:
        inner = self._callable(value.func)
        items = tuple((None, self.describe(each)) for each in value.args)
        return inner and Described(
            kind="partial", inner=inner, items=items, members=self._named(value.keywords)
        )

    def sequence(self, value: Any) -> Described:
        kind: Kind = "tuple" if issubclass(type(value), tuple) else "list"
        each: Any = tuple if kind == "tuple" else list if issubclass(type(value), list) else deque
        items = tuple((None, self.describe(item)) for item in list(each.__iter__(value)))
        return Described(kind=kind, items=items)

    def unordered(self, value: Any) -> Described:
        each: Any = frozenset if issubclass(type(value), frozenset) else set
        items = ((None, self.describe(item)) for item in list(each.__iter__(value)))
        return Described(kind="set", items=tuple(sorted(items, key=repr)))

    def mapping(self, value: Any) -> Described:
        kind: Kind = "defaultdict" if type(value) is defaultdict else "dict"
        return Described(kind=kind, items=self._pairs(value))

    def view(self, value: Any) -> Described | None:
        """Describe what a read-only view shows, which asks the dict itself for nothing."""
        return self.describe(gc.get_referents(value)[0])

    def weak(self, value: Any) -> Described | None:
        return self.describe(value())

    def descriptor(self, value: Any) -> Described | None:
        attribute = {property: "fget", cached_property: "func"}.get(type(value), "__func__")
        inner = self._callable(object.__getattribute__(value, attribute))
        kind: Any = type(value).__name__
        return inner and Described(kind=kind, inner=inner)

    def _class(self, cls: Any) -> Described | None:
        qualname, module = _qualname_of(cls), _module_of(cls)
        file = self._objects.file_of_module(module)
        if file is None:
            return Described(kind="library", name=f"{module}.{qualname}")
        if self._objects.is_found(cls, file, qualname):
            return Described(kind="class", file=file, name=qualname)
        members = self._named(dict(_members_of(cls)))
        bases = self.bases(cls)
        return Described(kind="class", file=file, name=qualname, items=bases, members=members)

    def bases(self, cls: Any) -> tuple[tuple[None, Described | None], ...]:
        """Describe the bases of a class."""
        return tuple((None, self.describe(base)) for base in _bases_of(cls))

    def _instance(self, value: Any, kind: type) -> Described | None:
        if issubclass(kind, ModuleType):
            file = self._objects.file_of(_names_of(value))
            return None if file is None else Described(kind="module", file=file)
        attributes = _attributes_of(value, kind)
        if issubclass(type(kind), EnumMeta):
            return self.describe(attributes.get("_value_"))
        cls = self.describe(kind)
        if cls is not None and cls.kind == "class":
            items = self._pairs(value) if issubclass(kind, dict) else ()
            members = self._named({**_slots_of(value, kind), **attributes})
            return Described(kind="instance", inner=cls, items=items, members=members)
        for base, read in _SUBCLASSED.items():
            if issubclass(kind, base):
                return read(self, value)
        known = (attributes[name] for name in _CALLED if name in attributes)
        found = next(filter(None, map(self._callable, known)), None)
        if found is not None or cls is None or self._is_in_library:
            return found
        self._is_in_library = True
        members = self._named(attributes)
        self._is_in_library = False
        return Described(kind="object", name=cls.name, members=members) if members else None

    def _callable(self, value: Any) -> Described | None:
        found = self.describe(value)
        return found if _leads_on(found) else None

    def _pairs(self, value: Any) -> tuple[tuple[Described | None, Described | None], ...]:
        pairs = list(dict.items(value))
        return tuple((self.describe(key), self.describe(item)) for key, item in pairs)

    def _named(self, attributes: dict[str, Any]) -> tuple[tuple[str, Described | None], ...]:
        pairs = [pair for pair in dict.items(attributes) if type(pair[0]) is str]
        found = ((name, self.describe(value)) for name, value in pairs)
        return tuple((name, each) for name, each in found if _leads_on(each))


def _attributes_of(value: Any, kind: type) -> dict[str, Any]:
    """Return the attributes that an object has itself, as `inspect.getattr_static` finds them."""
    for cls in _mro_of(kind):
        getter = _members_of(cls).get("__dict__")
        if getter is not None:
            found = getter.__get__(value) if type(getter) in _OF_C else None
            return found if type(found) is dict else {}
    return {}


def _slots_of(value: Any, kind: type) -> dict[str, Any]:
    """Return the attributes of an object without a dict: slots, and fields of a named tuple."""
    found: dict[str, Any] = {}
    for cls in _mro_of(kind):
        for name, each in list(_members_of(cls).items()):
            if type(each) is MemberDescriptorType and not name.startswith("__"):
                with suppress(AttributeError):  # it has no value yet
                    found[name] = each.__get__(value)
            elif name == "_fields" and type(each) is tuple and issubclass(kind, tuple):
                found.update(zip(each, tuple.__iter__(value), strict=False))
    return found


_OF_C = (GetSetDescriptorType, MemberDescriptorType)

_Rule = Callable[[_Reader, Any], Described | None]

_SUBCLASSED: dict[type, _Rule] = {
    dict: _Reader.mapping,
    list: _Reader.sequence,
    tuple: _Reader.sequence,
    set: _Reader.unordered,
    frozenset: _Reader.unordered,
    deque: _Reader.sequence,
}
"""Containers, as which those that are derived from them are read."""

_RULES: dict[int, _Rule] = {
    id(kind): rule
    for kinds, rule in (
        ((str, int, bool, NoneType), _Reader.constant),
        ((FunctionType,), _Reader.function),
        ((MethodType,), _Reader.method),
        ((partial,), _Reader.partial),
        ((list, tuple, deque), _Reader.sequence),
        ((set, frozenset), _Reader.unordered),
        ((dict, OrderedDict, defaultdict), _Reader.mapping),
        ((MappingProxyType,), _Reader.view),
        ((ref,), _Reader.weak),
        ((property, cached_property, staticmethod, classmethod), _Reader.descriptor),
    )
    for kind in kinds
}
