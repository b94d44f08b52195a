"""The functions and methods that a library may call, where the project calls the library."""

import ast
import re
import sys

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.given import TEMPLATES, is_known
from penstock.evidence._analysis.library import (
    IN_TEMPLATES,
    OF_FILES,
    OF_LIBRARIES,
    PROPERTIES,
    STORING,
    VERBS,
    is_hook,
    last_of,
)
from penstock.evidence._analysis.passed import Passed, decorators_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._analysis.values import External, Function, Method
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import children_of, last_name_of, nodes_in, written
from penstock.evidence._unresolved.ancestors import Ancestors
from penstock.evidence._unresolved.decorators import Decorators
from penstock.evidence._unresolved.methods import (
    OF_MAKING,
    is_called,
    is_of_library,
    is_of_proxy,
    is_property,
    may_be_called_of,
)

__all__ = ["Callbacks"]

_EXECUTING = re.compile(r"builtins\.(?:exec|eval)$|runpy\.run_|.*\.exec_module$")
"""The names of functions that execute a file or a string, which may call anything."""

_OF_REQUEST_PARTS = (
    "Authentication", "FilterBackend", "Form", "FormSet", "Pagination", "Permission", "Serializer",
    "Throttle",
)  # fmt: skip
"""How the names of the classes end by which a view reads and checks a request."""

_REQUESTING = VERBS | {"request", "send", "stream"}
"""Methods of a client of HTTP, which may get objects that it calls."""

_SAVING = {"create", "get_or_create", "update_or_create"}
"""Methods of the class of a model that make an object and save it."""

_RUNNING = ("run", "start", "serve", "main", "loop", "listen", "poll", "execute", "invoke")
"""How the methods begin by which an application calls what is registered with it."""

_FINDING = re.compile(r"(?:get|select|find|load|make|list|has|is)_")
"""How the name of a function begins that finds a template, or names it, and does not render it."""

_RENDERING = re.compile(r"_*(?:a|async_?|pre|re)?render(?!ing)")
"""How the name of a function begins that renders a template, as one that paints ends."""

_OF_RECORDS = {
    "__init__", "clean", "clean_fields", "delete", "from_db", "full_clean", "refresh_from_db",
    "save", "save_base", "validate_constraints", "validate_unique",
}  # fmt: skip
"""The methods of a model of Django that call others; fields add some that do not."""

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""Nodes whose bodies run when somebody calls them."""

_NO_ARGUMENTS = Passed(0, frozenset())


class Callbacks:
    """The functions and methods of a project that libraries may call when they are called."""

    def __init__(self, engine: Engine, ancestors: Ancestors, decorators: Decorators) -> None:
        self._engine, self._project = engine, engine.project
        self._ancestors, self._decorators = ancestors, decorators

    def may_lead(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library that is called may call what leads to *wanted*."""
        return (
            self._is_given_to(outside, wanted)
            or self._is_run_by(outside, wanted)
            or self._is_template_of(outside, wanted)
            or self._is_called_back(outside, wanted)
            or self._is_file(outside, wanted)
            or self._is_configured(outside, wanted)
            or self._is_in_template(outside, wanted)
            or self._may_be_made(outside, wanted)
            or self._may_be_executed(outside, wanted)
        )

    def _is_given_to(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether the library has got something that leads to *wanted*, in a module.

        That is a function, or an object with a method that nothing in the project calls.
        """
        library, given = outside.library or "", self._engine.given
        if is_known(library) or not given:
            return False
        package = library.partition(".")[0]
        found = (*self._ancestors.lambdas(wanted), *self._ancestors.with_callers(wanted))
        return any(package in given.get(each, ()) for each in found) or any(
            package in packages and any(may_be_called_of(self._engine, each, cls) for each in found)
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
            for ancestors in [self._ancestors.of(wanted)]
            for one, values in self._engine.registered.items()
            if isinstance(one, External) and one.name.partition(".")[0] == package
            for value in values
        )

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
        if owner == "django.db.models.Model" and name not in _OF_RECORDS:
            return False
        is_common = name in OF_LIBRARIES or name.startswith("__")
        if is_common and (
            self._is_saved(owner, name, wanted)
            or (name in _REQUESTING and self._is_called_of_given(outside, wanted))
        ):
            return True
        # It is known what models and views call, and models have queries with such names.
        is_left_out = is_common and (
            name.startswith("__") or owner.endswith(("Model", "View", "ViewSet"))
        )
        return self._is_of_request(owner, name, wanted) or any(
            is_of_library(self._engine, each)
            and each.name not in OF_MAKING
            and decorators_of(each).isdisjoint(PROPERTIES)
            and each.parent is not None
            and (
                owner in self._engine.mro(each.parent)
                or (not is_common and self._is_given(outside, each.parent))
            )
            and not is_called(self._engine, each)
            for each in ([] if is_left_out else self._ancestors.of(wanted))
        )

    def _is_saved(self, base: str, name: str, wanted: Definition) -> bool:
        """Return whether a model of a library calls ``save()`` of a subclass where it makes one."""
        return name in _SAVING and any(
            each.name == "save"
            and each.parent is not None
            and base in self._engine.mro(each.parent)
            for each in self._ancestors.of(wanted)
        )

    def _is_called_of_given(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library calls what an object has that a request gets."""
        return any(
            is_of_library(self._engine, each)
            and each.parent is not None
            and self._is_given(outside, each.parent)
            and not is_called(self._engine, each)
            for each in self._ancestors.of(wanted)
        )

    def _is_of_request(self, base: str, name: str, wanted: Definition) -> bool:
        """Return whether method *name* of a view with *base* may call what leads to *wanted*.

        So it does methods of the view, and those of what reads and checks the request.
        """
        if not base.endswith(("View", "ViewSet")) or not is_hook(base, name):
            return False
        return any(
            is_hook(one, each.name)
            and (one.endswith(_OF_REQUEST_PARTS) or (base in bases and name == "dispatch"))
            for each in self._ancestors.of(wanted)
            if each.is_method and each.parent is not None
            for bases in [self._engine.library_bases(each.parent)]
            for one in bases
        )

    def _is_file(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a library uses an object as if it were a file, or one that it knows."""
        return any(
            (each.name in OF_FILES or is_of_proxy(self._engine, each))
            and each.parent is not None
            and self._is_given(outside, each.parent)
            for each in self._ancestors.with_callers(wanted)
        )

    def _is_given(self, outside: Outside, cls: Definition) -> bool:
        """Return whether a library has got an object of *cls*, or of a subclass."""
        return any(cls in self._engine.mro(each) for each in outside.given)

    def _is_configured(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a function of a library may call a method that has its name.

        So `authenticate()` of Django calls that of the classes which the settings name.
        """
        owner, _, name = (outside.library or "").rpartition(".")
        if not last_of(owner).islower() or name in OF_LIBRARIES | VERBS:
            return False
        return (
            name == wanted.name
            and wanted.is_method
            and self._decorators.fits(outside.passed, wanted, more=sys.maxsize)
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
            for each in self._ancestors.with_callers(wanted)
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
        is_plain = not method.name.startswith("_") and self._decorators.fits(_NO_ARGUMENTS, method)
        return is_plain and (is_property(method) or _returns(method))

    def _may_be_made(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether the base of a metaclass makes an object, which leads to *wanted* then."""
        is_making = outside.text.endswith(".__call__")
        return is_making and any(each.name in OF_MAKING for each in self._ancestors.of(wanted))

    def _may_be_executed(self, outside: Outside, wanted: Definition) -> bool:
        """Return whether a file is executed, or a module is imported that calls *wanted* then."""
        name = outside.library or ""
        is_executed = _EXECUTING.match(name) is not None
        if not is_executed and last_of(name) not in {"import_module", "__import__"}:
            return False
        callers = self._ancestors.with_callers(wanted)
        if any(each.kind == "module" and self._calls_at_once(each, wanted) for each in callers):
            return True
        is_unused = callers == [wanted] and wanted.qualname == wanted.name.lstrip("_")
        found = self._project.search("code", wanted.name)
        return is_executed and (is_unused or any(is_there for _, is_there in found))

    def _calls_at_once(self, module: Definition, wanted: Definition) -> bool:
        """Return whether the import of a module calls *wanted*, and not a run of it as a program.

        A function is nothing that the module imports from a library, as ``sys.modules.update``.
        """
        waiting: list[ast.AST] = [module.node]
        for node in waiting:
            if isinstance(node, ast.Call) and last_name_of(node.func) == wanted.name:
                first = written(node.func).partition(".")[0]
                imported = module.source.imported.get(first, ".")
                if wanted.is_method or self._project.has_module(imported):
                    return True
            is_program = isinstance(node, ast.If) and "__name__" in written(node.test)
            if not is_program and not isinstance(node, _LATER):
                waiting += children_of(node)
        return False


def _definition_of(value: Function | Method) -> Definition:
    return value.definition if isinstance(value, Function) else value.function.definition


def _returns(function: Definition) -> bool:
    """Return whether a function returns something."""
    found = (node for node in nodes_in(function.node) if isinstance(node, ast.Return))
    return any(node.value is not None for node in found)
