"""Which steps a call may lead to of which the source does not show where it leads."""

import ast
import re
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property

from penstock._declared.step import Location
from penstock.evidence._analysis.added import added_by, keeps_nothing
from penstock.evidence._analysis.engine import TOO_DEEP, Engine
from penstock.evidence._analysis.given import TEMPLATES, is_known
from penstock.evidence._analysis.guesses import COMMON, OF_TYPES
from penstock.evidence._analysis.library import (
    A_MODULE,
    CONSUMERS,
    DATA,
    GOT,
    IMPORTING,
    IN_TEMPLATES,
    KEEPING,
    LOOKING,
    OF_FILES,
    PLUGINS,
    PROPERTIES,
    REGISTERING,
    SENDING,
    STORING,
    UNREAD,
    VERBS,
    WAITING,
    is_hook,
    last_of,
    may_have,
)
from penstock.evidence._analysis.passed import PLAIN, UNKNOWN_TO_OTHERS, Passed, decorators_of, fits
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    External,
    Function,
    Method,
    Module,
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.functions import called_by, is_about, nodes_in, written
from penstock.evidence._source.project import Project
from penstock.evidence._strings import names_got
from penstock.evidence._tables import functions_of_global, functions_of_table

__all__ = ["WaysOut"]

_OF_LIBRARIES = CONSUMERS | LOOKING | REGISTERING | SENDING | STORING | WAITING
"""Names that so many libraries have that the same name says nothing about the project."""

_IMPORTED = re.compile(
    # `json.load()`, too, returns an object, but not a function.
    rf"\b({'|'.join(sorted(IMPORTING - {'load'}))})\(\)|\bload\(\)$"
)
"""How the name of what a string imports begins."""

_REQUEST = (
    r"\brequest\.(?:POST|GET|FILES|META|COOKIES|args|form|values|files|headers|cookies|session"
    r"|query_params|path_params)"
)
"""The parts of an HTTP request, which are data."""

_REQUESTED = re.compile(rf"{_REQUEST}\.\w+$")
"""A method of it."""

_OF_REQUEST = re.compile(rf"(?:\w+\.)*{_REQUEST}\b")
"""How what a part of it is begins."""

_BAG = re.compile(r"(?:^flask\.(?:g|current_app)|^threading\.local\(\)|\.state|\.ctx)((?:\.\w+)+)$")
"""The name of an attribute of an object for whatever an application keeps there."""

_OF_BAGS = {"get", "pop", "setdefault"}
"""Methods of such an object itself, which return what is kept."""

_MOST_CALLERS = 50
"""How many functions that may lead to a step are looked for before any may."""

_EXECUTING = re.compile(r"builtins\.(?:exec|eval)$|runpy\.run_|.*\.exec_module$")
"""The names of functions that execute a file or a string, which may call anything."""

_NOT_KNOWN = COMMON | {"__call__"}
"""Names by which nobody knows which function is called."""

_QUERIES = {"objects", "query", "session"}
"""Attributes of models that a library fills with what reads them."""

_OF_REQUEST_PARTS = (
    "Authentication", "FilterBackend", "Form", "FormSet", "Pagination", "Permission", "Serializer",
    "Throttle",
)  # fmt: skip
"""How the names of the classes end by which a view reads and checks a request."""

_HANDLING = VERBS | {
    "clean", "create", "delete_model", "destroy", "dispatch", "finish", "form_invalid",
    "form_valid", "full_clean", "handle", "is_valid", "list", "on_finish", "partial_update",
    "perform_create", "perform_destroy", "perform_update", "render_to_response", "retrieve", "run",
    "save", "save_form", "save_formset", "save_model", "save_related", "to_internal_value",
    "to_representation", "update", "validate",
}  # fmt: skip
"""Methods that a library knows, and that call others of the object themselves."""

_REQUESTING = VERBS | {"request", "send", "stream"}
"""Methods of a client of HTTP, which may get objects that it calls."""

_SAVING = {"create", "get_or_create", "update_or_create"}
"""Methods of the class of a model that make an object and save it."""

_MEMBERS = {"__dict__", "getmembers", "globals", "vars"}
"""How a function gets all that an object or a module has."""

_RUNNING = ("run", "start", "serve", "main", "loop", "listen", "poll", "execute", "invoke")
"""How the methods begin by which an application calls what is registered with it."""

_OF_MAKING = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"}
"""Methods that no other method of an object calls back."""

_CLASS = re.compile(
    r"(?:^|[._])(?:cls|klass|class_?)$|(?<=[a-z0-9])C(?:ls|lass)$|\.__class__$|^type\(.*\)$"
)
"""The names that people give to classes, whose call makes an object."""

_OF_DATA = re.compile(r"(?:abc|builtins|enum|typing|typing_extensions|collections)\.")
"""How the name of a class begins that does not call what a subclass has."""

_MODEL = re.compile(r"(?:Model|DeclarativeBase|declarative_base\(\))$")
"""How the name of a class of records ends."""

_LOADED = re.compile(r"\.load\(\)|(?<=[)\]])\.(?:driver|plugin|obj)\b|\bload_entry_point\(\)")
"""How the name of a plugin begins, after what finds it."""

_FINDING = re.compile(r"(?:get|select|find|load|make|list|has|is)_")
"""How the name of a function begins that finds a template, or names it, and does not render it."""

_RENDERING = re.compile(r"_*(?:a|async_?|pre|re)?render(?!ing)")
"""How the name of a function begins that renders a template, as one that paints ends."""

_OF_REQUESTS = VERBS | {"route", "api_route", "websocket", "errorhandler", "exception_handler"}
"""Decorators of functions that are called for requests, and not as plugins."""

_NEXT = re.compile(r"(?:^|[._])(?:app|call_next|get_response)$")
"""How what a middleware calls is named, which leads to the view of the request."""

_NO_ARGUMENTS = Passed(0, frozenset())


class WaysOut:
    """The ways out of the source, which the calls of one flow may take."""

    def __init__(self, project: Project, engine: Engine, steps: AbstractSet[Definition]) -> None:
        self._project, self._engine, self._steps = project, engine, steps
        self._added: dict[Definition, frozenset[str] | None] = {}
        self._kept_arguments: dict[Definition, bool] = {}
        self._known_ancestors: dict[Definition, list[Definition]] = {}
        self._known_names: dict[tuple[Location, str], frozenset[str] | None] = {}
        self._known_tables: dict[tuple[Location, str], set[Definition] | None] = {}
        self._known_lambdas: dict[Definition, list[Definition]] = {}

    def may_lead(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether *outside* may lead to *wanted*.

        Args:
            outside: The call.
            wanted: The function of a step.
            is_own: Whether a value that is called counts as well, not a name alone.
        """
        if outside.is_lost:
            return outside.text != TOO_DEEP or self._may_be_behind(outside, wanted)
        if outside.methods:
            return self._may_be_implicit(outside, wanted)
        if outside.library is None:
            return self._may_name(outside, wanted, is_own=is_own)
        return (
            outside.library.startswith(UNREAD)
            or self._is_by_name(outside, wanted)
            or self._is_given_to(outside, wanted)
            or self._is_run_by(outside, wanted)
            or self._is_template_of(outside, wanted)
            or self._is_called_back(outside, wanted)
            or self._is_file(outside, wanted)
            or self._is_configured(outside, wanted)
            or self._is_in_template(outside, wanted)
            or self._may_be_made(outside, wanted)
            or self._may_be_executed(outside, wanted)
            or self._may_be_imported(outside, wanted)
            or self._is_kept(outside, wanted, is_own=is_own)
            or self._may_be_got(outside, wanted, is_own=is_own)
        )

    def may_run_both(self, first: Definition, second: Definition) -> bool:
        """Return whether a function that is not a step may lead to *first*, and to *second*.

        It does so by their names, or by values that it is given or finds.
        """
        some, others = self._ancestors(first), self._ancestors(second)
        if any(each in others[1:] for each in some[1:]):
            return True
        callers, after = filter(_has_calls, some[1:]), filter(_has_calls, others[1:])
        is_value, is_value_after = (any(map(self._is_value, each)) for each in (some, others))
        return (
            (is_value and is_value_after)
            or (is_value and any(after))
            or (is_value_after and any(callers))
        )

    def may_call(self, wanted: Definition, names: AbstractSet[str]) -> bool:
        """Return whether *wanted*, or what may lead there, calls a method that has one of *names*.

        A function that is kept may be called where that is.
        """
        ancestors = self._ancestors(wanted)
        return any(map(self._is_value, ancestors)) or any(
            isinstance(node, ast.Attribute) and node.attr in names
            for each in ancestors
            for node in nodes_in(each.node)
        )

    def _may_be_implicit(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether an object may have a method that leads to *wanted*, and runs there."""
        if _OF_REQUEST.match(outside.text):
            return False
        return any(
            each.is_method
            and each.name in outside.methods
            and (each.name.startswith("__") or _is_property(each) or self._is_of_logging(each))
            for each in self._ancestors(wanted)
        )

    def _is_of_logging(self, method: Definition) -> bool:
        """Return whether the class of *method* extends one of `logging`."""
        line = self._engine.mro(method.parent) if method.parent is not None else ()
        return any(isinstance(one, str) and one.startswith("logging.") for one in line)

    def _may_be_behind(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a function that was not followed may lead to *wanted*.

        It does not if it is none of the functions from which calls lead there, by their names,
        and if nothing else may call one of these, by a value, in a lambda or as a framework.
        """
        lost = self._project.function_at(outside.location)
        found = [wanted]
        for each in found:
            callers = self._project.callers_of(each)
            is_passed = self._is_value(each) or any(map(self._has_lambda, callers))
            if lost in callers or is_passed or self._is_known(each, callers):
                return True
            found += [d for d in callers if d not in self._steps and d not in found]
            if len(found) > _MOST_CALLERS:
                return True
        return False

    def _has_lambda(self, caller: Definition) -> bool:
        """Return whether *caller*, if not a module, may call something later in a lambda."""
        words = self._project.words_in(caller)
        return words is None or "lambda" in words

    def _is_known(self, function: Definition, callers: Collection[Definition]) -> bool:
        """Return whether a library may call *function*: for a decorator, or as a method."""
        if function.is_method and not callers:
            return self.is_of_library(function)
        return bool(decorators_of(function) - PLAIN)

    def is_registered(self, function: Definition) -> bool:
        """Return whether others may know *function* by a decorator.

        One of the project does not if it only calls the function.
        """
        return any(
            last_of(written(called_by(each))) not in UNKNOWN_TO_OTHERS
            and not self._keeps_nothing(each, function.source)
            for each in function.decorators
        )

    def _keeps_nothing(self, decorator: ast.expr, source: SourceFile) -> bool:
        named = called_by(decorator)
        values = self._value_of(named, source)
        return bool(values) and all(
            isinstance(value, Function)
            and keeps_nothing(value.definition, is_made=named is not decorator)
            for value in values
        )

    def is_of_library(self, method: Definition) -> bool:
        """Return whether a library may call *method*, since its class extends one of the library.

        A type of data calls special methods alone, a model none that are private, and a class of
        which it is known what it has no others.
        """
        cls, name = method.parent, method.name
        if cls is None or not method.is_method or not self._engine.is_inherited(Class(cls)):
            return False
        bases = [one for one in self._engine.mro(cls) if isinstance(one, str)]
        is_private = name.startswith("_")
        if is_private and name.endswith("_"):
            return True
        return not all(
            _OF_DATA.match(one) or (is_private and _MODEL.search(one)) or not may_have(one, name)
            for one in bases
        )

    def hook_beside(self, method: Definition, wanted: Definition) -> Definition | None:
        """Return what a library may call of an object after *method*, and leads to *wanted*.

        It calls both itself. What handles a request calls all that follows.
        """
        if not method.is_method or method.parent is None or method.name in _HANDLING:
            return None
        for each in self._ancestors(wanted):
            if each is method or not each.is_method or each.parent is None:
                continue
            for line in self._lines_of_both(method.parent, each.parent):
                bases = [one for one in line if isinstance(one, str)]
                if all(any(is_hook(b, d.name) for b in bases) for d in (method, each)):
                    return each
        return None

    def _lines_of_both(
        self, cls: Definition, other: Definition
    ) -> Iterator[Collection[Definition | str]]:
        """Yield the classes that an object of both *cls* and *other* may have, in order."""
        for each in dict.fromkeys((cls, other, *self._engine.subclasses(cls))):
            line = self._engine.mro(each)
            if cls in line and other in line:
                yield line

    def _is_by_name(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a name is called that is one of a function which leads to *wanted*.

        A decorator made something else of it, which hides that.
        """
        return any(
            each.name == outside.text
            and not each.is_method
            and self._project.may_be_called_in(outside.location.file, each)
            for each in self._ancestors(wanted)
        )

    def _is_given_to(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether the library has got something that leads to *wanted*, in a module.

        That is a function, or an object with a method that nothing in the project calls.
        """
        library, given = outside.library or "", self._engine.given
        if is_known(library) or not given:
            return False
        package = library.partition(".")[0]
        found = (*self._lambdas(wanted), *self._with_callers(wanted))
        return any(package in given.get(each, ()) for each in found) or any(
            package in packages and any(self._may_be_method(each, cls) for each in found)
            for cls, packages in given.items()
            if cls.kind == "class"
        )

    def _is_run_by(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library runs an application, or the like, that *wanted* is for.

        A decorator has registered it, or what leads to it, with an object of the same library.
        """
        library = outside.library or ""
        owner, _, name = library.rpartition(".")
        is_run = owner.endswith("()") and name.startswith(_RUNNING)
        if not is_run and not (name.endswith("()") and name[:1].isupper()):
            return False
        package = library.partition(".")[0]
        return any(
            isinstance(value, (Function, Method)) and _definition_of(value) in ancestors
            for ancestors in [self._ancestors(wanted)]
            for one, values in self._engine.registered.items()
            if isinstance(one, External) and one.name.partition(".")[0] == package
            for value in values
        )

    def _may_be_method(self, method: Definition, cls: Definition) -> bool:
        """Return whether a library that has *cls*, or an object of it, may call *method*."""
        is_own = method.is_method and method.parent in self._engine.mro(cls)
        if method.name in _OF_MAKING:
            return is_own
        is_public = not method.name.startswith("_") or method.name == "__call__"
        return is_own and is_public and not self._is_called(method)

    def _is_template_of(self, outside: Outside, definition: Definition) -> bool:
        """Return whether a view of a library may call a method by its verb."""
        cls = definition.parent
        if definition.name not in VERBS or cls is None:
            return False
        owner, _, called = (outside.library or "").rpartition(".")
        is_dispatch = called in {"dispatch", "dispatch_request"}
        return is_dispatch and cls.kind == "class" and owner in self._engine.mro(cls)

    def _is_called_back(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library may call a method of a class that extends one of a library.

        It may if it has an object of the class, and if nothing in the project calls the method.
        """
        owner, _, name = (outside.library or "").rpartition(".")
        if name in _OF_LIBRARIES or name.startswith("__"):
            return (
                self._is_of_request(owner, name, wanted)
                or self._is_saved(owner, name, wanted)
                or (name in _REQUESTING and self._is_called_of_given(outside, wanted))
            )
        return self._is_of_request(owner, name, wanted) or any(
            self.is_of_library(each)
            and each.name not in _OF_MAKING
            and decorators_of(each).isdisjoint(PROPERTIES)
            and each.parent is not None
            and (owner in self._engine.mro(each.parent) or self._is_given(outside, each.parent))
            and not self._is_called(each)
            for each in self._ancestors(wanted)
        )

    def _is_saved(self, base: str, name: str, wanted: Definition) -> bool:
        """Return whether a model of a library calls ``save()`` of a subclass where it makes one."""
        return name in _SAVING and any(
            each.name == "save"
            and each.parent is not None
            and base in self._engine.mro(each.parent)
            for each in self._ancestors(wanted)
        )

    def _is_called_of_given(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library calls what an object has that a request gets."""
        return any(
            self.is_of_library(each)
            and each.parent is not None
            and self._is_given(outside, each.parent)
            and not self._is_called(each)
            for each in self._ancestors(wanted)
        )

    def _is_called(self, method: Definition) -> bool:
        """Return whether the project calls *method*.

        What extends it does not count, unless it is known what calls it of a library.
        """
        callers = self._project.callers_of(method)
        line = self._engine.mro(method.parent) if method.parent is not None else ()
        if any(isinstance(one, str) and is_hook(one, method.name) for one in line):
            return bool(callers)
        return any(each.name != method.name for each in callers)

    def _is_of_request(self, base: str, name: str, wanted: Definition) -> bool:
        """Return whether method *name* of a view with *base* may call what leads to *wanted*.

        So it does methods of the view, and those of what reads and checks the request.
        """
        if not base.endswith(("View", "ViewSet")) or not is_hook(base, name):
            return False
        return any(
            is_hook(one, each.name)
            and (one.endswith(_OF_REQUEST_PARTS) or (base in line and name == "dispatch"))
            for each in self._ancestors(wanted)
            if each.is_method and each.parent is not None
            for line in [self._engine.mro(each.parent)]
            for one in line
            if isinstance(one, str)
        )

    def _is_file(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library uses an object as if it were a file, or one that it knows."""
        return any(
            (each.name in OF_FILES or self._is_of_proxy(each))
            and each.parent is not None
            and self._is_given(outside, each.parent)
            for each in self._with_callers(wanted)
        )

    def _is_of_proxy(self, method: Definition) -> bool:
        """Return whether only a library may call *method*, of a class that looks like another."""
        cls = method.parent
        is_plain = method.is_method and not method.name.startswith("_")
        if cls is None or not is_plain or self._is_called(method):
            return False
        found = self._engine.find(cls, "__getattr__")
        return any(isinstance(each, Function) for each in found)

    def _is_given(self, outside: Outside, cls: Definition) -> bool:
        """Return whether a library has got an object of *cls*, or of a subclass."""
        return any(cls in self._engine.mro(each) for each in outside.given)

    def _is_configured(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a function of a library may call a method that has its name.

        So `authenticate()` of Django calls that of the classes which the settings name.
        """
        owner, _, name = (outside.library or "").rpartition(".")
        if not last_of(owner).islower() or name in _OF_LIBRARIES | VERBS:
            return False
        return (
            name == wanted.name
            and wanted.is_method
            and self._fits(outside.passed, wanted, may_have_more=True)
            and not self._project.callers_of(wanted)
        )

    def _is_in_template(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library may render a template, and a template may call *wanted*."""
        name = last_of(outside.library or "").lower()
        if not _RENDERING.match(name) and ("template" not in name or _FINDING.match(name)):
            return False
        return any(
            not decorators_of(each).isdisjoint(IN_TEMPLATES)
            or "context_processors" in each.label
            or TEMPLATES in self._engine.given.get(each, ())
            or (each.is_method and self._is_shown(each))
            for each in self._with_callers(wanted)
        )

    def _is_shown(self, method: Definition) -> bool:
        """Return whether a template may show what *method* returns, of an object that it gets.

        It passes no arguments, and has no use for a method that returns nothing, nor for one that
        changes what is stored or is a view.
        """
        if method.name in {"render", "__str__"}:
            return True
        if method.name in STORING | VERBS:
            return False
        is_plain = not method.name.startswith("_") and self._fits(_NO_ARGUMENTS, method)
        return is_plain and (_is_property(method) or _returns(method))

    def _may_be_made(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether the base of a metaclass makes an object, which leads to *wanted* then."""
        is_making = last_of(outside.library or "") == "__call__"
        return is_making and any(each.name in _OF_MAKING for each in self._ancestors(wanted))

    def _may_be_executed(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a file is executed, or a module is imported that calls *wanted* then."""
        name = outside.library or ""
        if last_of(name) in {"import_module", "__import__"}:
            return any(each.kind == "module" for each in self._with_callers(wanted))
        return _EXECUTING.match(name) is not None

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
            return self._may_be_called(last_of(library), outside, wanted)
        if _CLASS.search(outside.text):
            return self._may_be_made_by(outside, wanted)
        if self._project.is_value(wanted):
            return True
        return is_plugin and any(
            each.kind == "function"
            and "." not in each.qualname
            and decorators_of(each).isdisjoint(_OF_REQUESTS)
            and self._fits(outside.passed, each)
            and (each is wanted or not self._project.callers_of(each))
            for each in self._ancestors(wanted)
        )

    def _is_kept(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether what is called was got from an object of a library, by that name.

        It may also be a hook, which all functions of that name implement.
        """
        owner, _, name = (outside.library or "").rpartition(".")
        if last_of(owner) == "hook":
            if name == wanted.name and self._is_unmarked(wanted):
                return False
            return self._may_be_called(name, outside, wanted)
        if kept := _BAG.search(outside.library or ""):
            if kept[1].count(".") == 1:
                return is_own and name not in _OF_BAGS and self._may_be_value(outside, wanted)
            is_own_name = name == wanted.name and self._project.is_attribute(last_of(owner))
            is_known = is_own_name or name not in _OF_LIBRARIES
            return is_known and self._may_be_called(name, outside, wanted)
        return not _is_data(owner) and self._may_be_had(owner, name, outside, wanted)

    def _may_be_had(self, owner: str, name: str, outside: Outside, wanted: Definition) -> bool:
        """Return whether an object of a library may have what the project has made.

        So has a request the user, and the application what the project keeps there.
        """
        if self._is_inherited(owner):
            return self._may_be_called(name, outside, wanted)
        is_named = name == wanted.name and self._fits(outside.passed, wanted)
        return is_named and name not in _OF_LIBRARIES and "()" in owner

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
    def _extended(self) -> frozenset[object]:
        """The names of the classes of libraries that classes of the project extend."""
        return frozenset(c for cls in list(self._engine.classes) for c in self._engine.mro(cls))

    def _may_be_got(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether `getattr` may have returned it, by a string that nobody knows."""
        library = outside.library or ""
        if not is_own or not library.startswith(GOT):
            return False
        owner, _, ends = library.removeprefix(GOT).removesuffix(")").rpartition(", ")
        prefix, _, suffix = ends.partition("*")
        if owner == A_MODULE:
            names = self._names_got(outside)
            if names is not None and wanted.name not in names:
                return False
            if "." in wanted.qualname and not self._makes_objects(wanted):
                return False
            owner = ""
        return any(
            each.name.startswith(prefix)
            and each.name.endswith(suffix)
            and self._fits(outside.passed, each)
            and "<locals>" not in each.qualname
            and (not owner or self._may_be_of(each, owner))
            for each in (self._ancestors(wanted) if owner else [wanted])
        )

    def _is_got_by_other_names(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether `getattr` is asked for names, of which none may lead to *wanted*."""
        names = self._names_got(outside) if outside.text.startswith("getattr(") else None
        if names is None:
            return False
        return names.isdisjoint(each.name for each in self._ancestors(wanted))

    def _names_got(self, outside: Outside) -> frozenset[str] | None:
        """Return the names that `getattr` is asked for, or None if these are not known."""
        key = outside.location, outside.text
        if key not in self._known_names:
            function = self._project.function_at(outside.location)
            self._known_names[key] = names_got(self._project, function, outside.text)
        return self._known_names[key]

    def _may_be_of(self, method: Definition, owner: str) -> bool:
        """Return whether an object of the class called *owner*, or of a subclass, has *method*."""
        engine, cls = self._engine, method.parent
        if cls is None or cls.kind != "class":
            return False
        known = [each for each in list(engine.classes) if each.label == owner]
        return any(cls in engine.mro(each) or each in engine.mro(cls) for each in known)

    def _may_name(self, outside: Outside, wanted: Definition, *, is_own: bool) -> bool:
        """Return whether a call leads to *wanted* by its name, or by a value that is kept."""
        text, project = outside.text, self._project
        if _REQUESTED.search(text) or self._is_got_by_other_names(outside, wanted):
            return False
        name = re.split(r"[.(\[]", text)[-1] if text[-1:] not in ")]" else ""
        if name.isidentifier() and "." in text:
            if self._may_be_called(name, outside, wanted):
                return True
            if name in OF_TYPES | WAITING or not project.is_attribute(name):
                return False
        return is_own and self._may_be_value(outside, wanted)

    def _may_be_value(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a value that is called may lead to *wanted*."""
        has_more, passed = self._project.has_partial_of, outside.passed
        if _NEXT.search(outside.text) and any(map(self._is_view, self._ancestors(wanted))):
            return True
        if _CLASS.search(outside.text):
            return self._may_be_made_by(outside, wanted)
        is_member = any("<locals>" not in each.qualname for each in self._ancestors(wanted))
        if is_member and outside.text.isidentifier() and self._looks_at_members(outside):
            return True
        if (known := self._written(outside)) is not None:
            found = self._ancestors(wanted)
            return any(each in known or each.parent in known for each in found)
        return any(
            (
                each.kind == "lambda"
                or self._is_value(each)
                or self._is_kept_by_decorator(each)
                or (outside.is_cut and self._may_be_kept(each, outside.text))
            )
            and self._fits(passed, each, may_have_more=has_more(each))
            for each in (*self._lambdas(wanted), *self._ancestors(wanted))
        )

    def _looks_at_members(self, outside: Outside) -> bool:
        """Return whether the function with a call looks at all that an object or a module has."""
        function = self._project.function_at(outside.location)
        words = self._project.words_in(function) if function is not None else None
        return words is not None and not _MEMBERS.isdisjoint(words)

    def _written(self, outside: Outside) -> set[Definition] | None:
        """Return the functions that a table or variable may have, or None if others may be."""
        key = outside.location, outside.text
        if key not in self._known_tables:
            function = self._project.function_at(outside.location)
            find = functions_of_table if outside.is_cut else functions_of_global
            self._known_tables[key] = find(self._project, function, outside.text)
        return self._known_tables[key]

    def _may_be_made_by(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a class that is called may lead to *wanted* when it makes an object."""
        makers = (each for each in self._ancestors(wanted) if self._makes_objects(each))
        return any(self._fits(outside.passed, each) for each in makers)

    def _is_view(self, function: Definition) -> bool:
        """Return whether a framework may call *function* for a request."""
        is_called = bool(self._project.callers_of(function))
        if function.is_method:
            is_known = function.name in VERBS or not is_called
            return is_known and self.is_of_library(function)
        if not is_called and self._project.is_value(function):
            return True
        parameters = [each.arg for each in function.parameters]
        is_routed = not decorators_of(function).isdisjoint(_OF_REQUESTS)
        return is_routed or (parameters[:1] == ["request"] and "." not in function.qualname)

    def _makes_objects(self, function: Definition) -> bool:
        """Return whether a call of a class runs *function*."""
        cls = function.parent
        if function.kind == "class" or cls is None or not function.is_method:
            return function.kind == "class"
        is_of_metaclass = function.name == "__call__" and "builtins.type" in self._engine.mro(cls)
        return is_of_metaclass or function.name in _OF_MAKING

    def _may_be_kept(self, function: Definition, text: str) -> bool:
        """Return whether the project may keep *function* by a decorator, or get it by its name."""
        return "getattr(" in text or any(
            isinstance(value, Function)
            for each in function.decorators
            for value in self._value_of(called_by(each), function.source)
        )

    def _is_kept_by_decorator(self, function: Definition) -> bool:
        """Return whether a decorator of the project has stored *function* somewhere."""
        kept = (v for v in self._engine.kept if isinstance(v, (Function, Class)))
        return any(function is v.definition for v in kept)

    def _lambdas(self, wanted: Definition) -> list[Definition]:
        """Return the lambdas that call something that may lead to *wanted*, by its name."""
        found = self._known_lambdas.get(wanted)
        if found is None:
            found = self._known_lambdas[wanted] = [
                inner
                for each in self._ancestors(wanted)
                for caller in filter(self._has_lambda, self._project.callers_of(each))
                for node in nodes_in(caller.node)
                if isinstance(node, ast.Lambda) and any(_is_called(n, each) for n in nodes_in(node))
                for inner in [caller.source.definitions[node]]
            ]
        return found

    def _is_value(self, function: Definition) -> bool:
        """Return whether *function* runs where some value is called that the project keeps."""
        if not decorators_of(function).isdisjoint(PROPERTIES):
            return False  # what it returns may be called
        cls = function.parent
        if function.is_method and cls is not None:
            if function.name == "__call__":
                return True
            if function.name in {"__init__", "__new__"}:
                return self._project.is_value(cls)
        return self._project.is_value(function)

    def _may_be_called(self, name: str, outside: Outside, wanted: Definition) -> bool:
        """Return whether *wanted*, or a helper that mentions it, is called *name*."""
        named = self._project.called_by(name, wanted.name)
        helpers = (d for d in named if d not in self._steps and _mentions(d, wanted))
        is_common = name in OF_TYPES or name in _OF_LIBRARIES
        others = [wanted] if is_common else self._ancestors(wanted)
        found = (*(each for each in others if each.name == name), *helpers)
        return any(self._fits(outside.passed, each) for each in found)

    def _fits(
        self, passed: Passed | None, function: Definition, *, may_have_more: bool = False
    ) -> bool:
        """Return whether *function*, with its decorators, may be called with *passed*.

        A module that leads to a step when it is imported may not.
        """
        if function.kind == "module":
            return False
        if function not in self._added:
            self._added[function] = self._added_to(function)
        added = self._added[function]
        if added == frozenset() and function not in self._kept_arguments:
            self._kept_arguments[function] = self._keeps_arguments(function)
        is_kept = self._kept_arguments.get(function, False)
        return fits(passed, function, may_have_more=may_have_more, added=added, is_kept=is_kept)

    def _added_to(self, function: Definition) -> frozenset[str] | None:
        """Return the names of the arguments that decorators add, or None if others may be."""
        names: frozenset[str] = frozenset()
        for decorator in map(called_by, function.decorators):
            if last_of(written(decorator)) in PLAIN:
                continue
            for value in self._value_of(decorator, function.source) or UNKNOWN:
                added = _added_by(value)
                if added is None:
                    return None
                names |= added
        return names

    def _keeps_arguments(self, function: Definition) -> bool:
        """Return whether the decorators of *function* are of libraries, and pass all on."""
        decorators = (called_by(each) for each in function.decorators)
        return all(
            isinstance(value, External)
            for each in decorators
            if last_of(written(each)) not in PLAIN
            for value in self._value_of(each, function.source)
        )

    def _value_of(self, node: ast.expr, source: SourceFile) -> Values:
        """Return what a name, or one of a module, is in a file."""
        match node:
            case ast.Name():
                return self._engine.member(source, node.id)
            case ast.Attribute():
                owners = self._value_of(node.value, source)
                modules = [each.source for each in owners if isinstance(each, Module)]
                libraries = [each.name for each in owners if isinstance(each, External)]
                return join(
                    *(self._engine.member(each, node.attr) for each in modules),
                    (External(f"{each}.{node.attr}") for each in libraries),
                )
        return NOTHING

    def _with_callers(self, wanted: Definition) -> list[Definition]:
        """Return *wanted*, and the functions that call it and are not steps themselves."""
        callers = self._project.callers_of(wanted)
        return [wanted, *(each for each in callers if each not in self._steps)]

    def _ancestors(self, wanted: Definition) -> list[Definition]:
        """Return *wanted*, and the functions that may lead to it, of which none is a step.

        Those that lead to a function whose name many classes have are not known by that name.
        """
        found = self._known_ancestors.get(wanted)
        if found is None:
            found = self._known_ancestors[wanted] = [wanted]
            for each in found:
                if each is wanted or each.name not in _NOT_KNOWN:
                    callers = self._project.callers_of(each) or self._users_of(each)
                    found += [d for d in callers if d not in self._steps and d not in found]
        return found

    def _users_of(self, method: Definition) -> tuple[Definition, ...]:
        """Return what makes objects whose *method* a library calls, as that of a parser."""
        cls = method.parent
        if cls is None or not method.is_method or not self._engine.is_inherited(Class(cls)):
            return ()
        return self._project.callers_of(cls)


def _definition_of(value: Function | Method) -> Definition:
    return value.definition if isinstance(value, Function) else value.function.definition


def _is_property(function: Definition) -> bool:
    """Return whether reading, assigning or deleting an attribute calls *function*."""
    return any(name.endswith(("property", "setter", "deleter")) for name in decorators_of(function))


def _returns(function: Definition) -> bool:
    """Return whether a function returns something."""
    found = (node for node in nodes_in(function.node) if isinstance(node, ast.Return))
    return any(node.value is not None for node in found)


def _has_calls(function: Definition) -> bool:
    """Return whether a function calls more than one thing, or a decorator may for it."""
    calls = sum(isinstance(node, ast.Call) for node in nodes_in(function.node))
    return calls > 1 or bool(decorators_of(function) - PLAIN)


def _is_called(name: object, function: Definition) -> bool:
    """Return whether a name, or an attribute, may be *function*."""
    return function.name in {getattr(name, "id", None), getattr(name, "attr", None)}


def _mentions(function: Definition, wanted: Definition) -> bool:
    """Return whether the code of *function* has a name, and not a comment or a docstring alone.

    Neither counts its own name, nor a string that is only compared with something.
    """
    nodes = [*nodes_in(function.node)]
    compared = {
        each
        for node in nodes
        if isinstance(node, ast.Compare)
        for each in (node.left, *node.comparators)
        if isinstance(each, ast.Constant)
    }
    return any(
        is_about(node, wanted.name)
        for node in nodes
        if node is not function.node and node not in compared
    )


def _added_by(decorator: Value) -> frozenset[str] | None:
    """Return the names of the arguments that *decorator* adds, or None if it may add others."""
    if isinstance(decorator, External) and last_of(decorator.name) in KEEPING:
        return frozenset()
    return added_by(decorator.definition) if isinstance(decorator, Function) else None


def _is_data(library: str) -> bool:
    """Return whether the standard library returns *library*, as the file that it opens."""
    return any(library.startswith((f"{each}.", f"{each}()")) for each in DATA)
