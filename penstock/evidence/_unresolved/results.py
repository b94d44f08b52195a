"""The calls of what a library has returned, or has as an attribute."""

import re
from functools import cached_property

from penstock.evidence._analysis.doubts import is_of_own_class
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import (
    A_MODULE,
    DATA,
    GOT,
    IMPORTING,
    OF_LIBRARIES,
    PLUGINS,
    last_of,
)
from penstock.evidence._analysis.passed import PLAIN, decorators_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._source.files import Definition
from penstock.evidence._unresolved.ancestors import Ancestors
from penstock.evidence._unresolved.decorators import Decorators
from penstock.evidence._unresolved.methods import is_routed, makes_objects
from penstock.evidence._unresolved.unknown_values import UnknownValues, is_class

__all__ = ["Results"]

_IMPORTED = re.compile(
    # `json.load()`, too, returns an object, but not a function.
    rf"\b({'|'.join(sorted(IMPORTING - {'load'}))})\(\)|\bload\(\)$"
)
"""How the name of what a string imports begins."""

_LOADED = re.compile(r"\.load\(\)|(?<=[)\]])\.(?:driver|plugin|obj)\b|\bload_entry_point\(\)")
"""How the name of a plugin begins, after what finds it."""

_BAG = re.compile(
    r"(?:^flask\.(?:g|current_app)|^threading\.local\(\)"
    r"|\.(?:state|ctx|extensions|app(?=\[\])|(?:bot|chat|user)_data))((?:\[\])?(?:\.\w+)+)$"
)
"""The name of what an object has that is for whatever an application keeps there."""

_OF_BAGS = {"get", "pop", "setdefault"}
"""Methods of such an object itself, which return what is kept."""

_QUERIES = {"objects", "query", "session"}
"""Attributes of models that a library fills with what reads them."""


class Results:
    """The values that libraries return or have, and that may be of the project."""

    def __init__(
        self,
        engine: Engine,
        ancestors: Ancestors,
        decorators: Decorators,
        unknown: UnknownValues,
    ) -> None:
        self._engine, self._project = engine, engine.project
        self._ancestors, self._decorators, self._unknown = ancestors, decorators, unknown

    def may_lead(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether what is called may be of the project, and lead to *wanted*."""
        return (
            self._may_be_imported(outside, wanted)
            or self._is_kept(outside, wanted, is_own=is_own)
            or self._may_be_got(outside, wanted, is_own=is_own)
        )

    def _may_be_imported(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether what was imported by a string is called, or something that it has.

        Of the latter, only the name of the attribute is known.
        """
        library = outside.library or ""
        is_plugin = PLUGINS.search(library) is not None
        found = (_LOADED if is_plugin else _IMPORTED).search(library)
        if found is None:
            return False
        if "." in library[found.end() :]:
            return self._unknown.may_be_called(last_of(library), outside, wanted)
        if is_class(outside.text):
            return self._unknown.may_be_made_by(outside, wanted)
        if self._project.is_value(wanted):
            return True
        return is_plugin and any(
            each.kind == "function"
            and "." not in each.qualname
            and not is_routed(each)
            and not (outside.passed and outside.passed.count and self._decorators.is_command(each))
            and self._decorators.fits(outside.passed, each)
            and (each is wanted or not self._project.callers_of(each))
            for each in self._ancestors.of(wanted)
        )

    def _is_kept(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether what is called was got from an object of a library, by that name.

        It may also be a hook, which all functions of that name implement.
        """
        owner, _, name = (outside.library or "").rpartition(".")
        if last_of(owner) == "hook":
            if name == wanted.name and self._is_unmarked(wanted):
                return False
            return self._unknown.may_be_called(name, outside, wanted)
        if kept := _BAG.search(outside.library or ""):
            if re.fullmatch(r"\.\w+", kept[1]):
                is_own = is_own and name not in _OF_BAGS
                return is_own and self._unknown.may_be_value(outside, wanted)
            is_own_name = name == wanted.name and self._project.is_attribute(last_of(owner))
            is_known = is_own_name or name not in OF_LIBRARIES
            return is_known and self._unknown.may_be_called(name, outside, wanted)
        return not _is_data(owner) and self._may_be_had(owner, name, outside, wanted)

    def _may_be_had(self, owner: str, name: str, outside: Outside, wanted: Definition) -> bool:
        """Return whether an object of a library may have what the project has made.

        So has a request the user, and the application what the project keeps there.
        """
        if self._is_inherited(owner):
            return self._unknown.may_be_called(name, outside, wanted)
        is_named = name == wanted.name and self._decorators.fits(outside.passed, wanted)
        is_own = owner.endswith("()") and is_of_own_class(owner)
        return is_named and name not in OF_LIBRARIES and "()" in owner and not is_own

    def _is_unmarked(self, function: Definition) -> bool:
        """Return whether *function* has no decorator in a project that marks implementations."""
        is_marked = bool(decorators_of(function) - PLAIN)
        return not is_marked and bool(self._project.mentioning("HookimplMarker"))

    def _is_inherited(self, name: str) -> bool:
        """Return whether *name* is an attribute that a class of the project has of a library.

        The library may fill it with anything, as with settings, or with an object that has more
        such attributes, as an application. A query is its own.
        """
        words = name.split(".")
        ends = (end for end in range(1, len(words)) if ".".join(words[:end]) in self._extended)
        return any(_QUERIES.isdisjoint(words[end:]) for end in ends)

    @cached_property
    def _extended(self) -> frozenset[str]:
        """The names of the classes of libraries that classes of the project extend."""
        classes = list(self._engine.classes)
        return frozenset(one for cls in classes for one in self._engine.library_bases(cls))

    def _may_be_got(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether `getattr` may have returned it, by a string that nobody knows."""
        library = outside.library or ""
        if not is_own or not library.startswith(GOT):
            return False
        owner, _, ends = library.removeprefix(GOT).removesuffix(")").rpartition(", ")
        prefix, _, suffix = ends.partition("*")
        names = self._unknown.names_got(outside)
        named = [wanted] if owner == A_MODULE else self._ancestors.of(wanted)
        if names is not None and names.isdisjoint(each.name for each in named):
            return False
        if owner == A_MODULE:
            if "." in wanted.qualname and not makes_objects(self._engine, wanted):
                return False
            owner = ""
        if not owner and is_class(outside.text):
            return self._unknown.may_be_made_by(outside, wanted)
        if not (owner or prefix or suffix) and (name := self._name_passed_on(outside)):
            prefix = suffix = name
        return any(
            each.name.startswith(prefix)
            and each.name.endswith(suffix)
            and self._decorators.fits(outside.passed, each)
            and (names is None or each.name in names)
            and "<locals>" not in each.qualname
            and (not owner or self._may_be_of(each, owner))
            for each in (self._ancestors.of(wanted) if owner else [wanted])
        )

    def _name_passed_on(self, outside: Outside) -> str:
        """Return the name of an attribute that `__getattr__` gets of another object, or ``""``."""
        name = outside.text.rpartition(".")[2]
        is_assigned = self._project.is_attribute(name)
        return name if "." in outside.text and name.isidentifier() and not is_assigned else ""

    def _may_be_of(self, method: Definition, owner: str) -> bool:
        """Return whether an object of the class called *owner*, or of a subclass, has *method*."""
        engine, cls = self._engine, method.parent
        if cls is None or cls.kind != "class":
            return False
        known = [each for each in list(engine.classes) if each.label == owner]
        return any(cls in engine.mro(each) or each in engine.mro(cls) for each in known)


def _is_data(library: str) -> bool:
    """Return whether the standard library returns *library*, as the file that it opens."""
    return any(library.startswith((f"{each}.", f"{each}()")) for each in DATA)
