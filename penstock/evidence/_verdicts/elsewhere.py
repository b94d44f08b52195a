"""Ways from a step to another by a message, a record or an address, which no call shows."""

import ast
import re
from collections.abc import Iterable, Iterator

from penstock._declared.step import Location
from penstock.evidence._analysis.library import (
    RECEIVING,
    SENDING,
    STORING,
    VALIDATORS,
    last_of,
)
from penstock.evidence._analysis.passed import decorators_of
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._analysis.values import External, Function
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import last_name_of, nodes_in, written
from penstock.evidence._verdicts.evidence import FlowEvidence
from penstock.evidence._verdicts.frameworks import may_ask
from penstock.evidence._verdicts.lines import MOST_USES

__all__ = ["Elsewhere"]

_MAIL = re.compile(r"mail|smtp|sendgrid|postmark", re.IGNORECASE)
"""The names of libraries that send mail."""

_BY_MAIL = re.compile(
    r"(?:e?mail|smtp)(?!\w*(?:queue|topic|channel|task|worker|bus))\w*\.send\w*$", re.IGNORECASE
)
"""How a call of something that sends mail is written, and not that of a queue for it."""

_OF_HTTP = {"post", "request"}
"""Methods that send to another program, which `get` of the same object receives from."""

_CLIENTS = re.compile(r"(?:aiohttp|httpx|niquests|pycurl|requests|treq|urllib3)\.")
"""How the names of libraries begin that are clients of HTTP."""

_ADDRESS = re.compile(r"web_?hook|(?:call_?back|notify|notification|return)_?ur[il]", re.IGNORECASE)
"""How a variable is called with an address at which another program calls this one."""

_OF_PIPES = {"recv", "recv_bytes", "recv_bytes_into", "get", "get_nowait"}
"""Methods that get what is sent by a pipe or a queue of another process."""

_CHANGING = {"clear", "remove", "flush"}
"""Further methods of a database, of whose names other objects have methods, too."""

_OF_STORING = re.compile(r"\b(?:pre|post|before|after)_|m2m_changed|committed|^sqlalchemy\.event$")
"""How a decorator, or a library, names a signal that what is stored announces."""


_BY_PYTHON = {
    "__del__", "__delattr__", "__delete__", "__eq__", "__ge__", "__getattr__", "__getstate__",
    "__gt__", "__hash__", "__index__", "__instancecheck__", "__le__", "__length_hint__",
    "__lt__", "__missing__", "__ne__", "__prepare__", "__reduce__", "__reduce_ex__", "__set__",
    "__setattr__", "__setstate__", "__subclasscheck__", "__subclasshook__",
    "_generate_next_value_", "_missing_",
}  # fmt: skip
"""Methods that Python calls in more cases than the check follows, as of what is in a set."""


_FOR_FIELDS = VALIDATORS | {
    "computed_field", "field_serializer", "model_post_init", "model_serializer", "post_dump",
    "post_load", "pre_dump", "pre_load", "process_bind_param", "process_result_value",
    "reconstructor", "validates", "validates_schema",
}  # fmt: skip
"""Methods, and decorators of methods, that a library calls for the fields of an object."""

_OF_SERIALIZERS = ("get_", "to_representation", "validate_")
"""How the names of the methods begin that a serializer calls for its fields."""

_FIELD = re.compile(r"(?:Field|[Cc]olumn|Validator|Serializer)$")
"""How a function is called that makes a field, or says how its values are checked.

Those of `dataclasses` and `attrs` are known where an object is made.
"""

_OF_ATTRS = {"attrib", "field", "ib"}
_ASSIGNING = {"converter", "on_setattr", "validator"}
"""Functions of `attrs` that make fields, and what these call where they are assigned as well."""


_FOR_EVENT = re.compile(r"on(?=_|[A-Z])")
"""How the names of methods begin that a library calls for events."""


class Elsewhere:
    """The ways of one flow that the source does not show."""

    def __init__(self, evidence: FlowEvidence) -> None:
        self._evidence = evidence

    def ways(self, source: str, target: str, *, is_reached: bool) -> Iterator[tuple[str, Location]]:
        """Yield why *source* may lead to *target* by what the source does not show, and where."""
        location, is_used = self._evidence.located[source].location, self._evidence.is_used(target)
        if is_used and (queue := self._queue(source, target)):
            yield f"{source} sends by {queue.text}, and {target} gets what is there", queue.location
        gateway = self._gateway(source, target)
        if is_used and gateway is not None and not is_reached:
            reason = f"{source} sends by {gateway.text}, and {target} is called from elsewhere"
            yield reason, gateway.location
        address = self._address(source, target)
        if address is not None and not is_reached:
            yield f"{source} has {address}, by which others may call {target}", location
        if method := self._method_by_python(target):
            yield f"Python may call {method.label} where the source does not", method.location
        yield from self.of_libraries(source, target)
        if not is_reached and (name := self._replaced(source, target)):
            yield f"{target} is assigned to {name}, which {source} calls", location
        if self._has_no_body(source) and not self._is_passed_over(source, target):
            yield f"{source} has no body yet", location

    def of_libraries(self, source: str, target: str) -> Iterator[tuple[str, Location]]:
        """Yield why a library may call *target* in *source*, or after it, and where it is."""
        located = self._evidence.located
        for (_, library), given in self._evidence.given.items():
            if source in given and target in given:
                reason = (
                    f"{library} gets both {source} and {target}, and may call them in this order"
                )
                yield reason, given[target]
        if (before := self._evidence.given_before.get((source, target))) is not None:
            library, at = before
            yield f"{library} gets {source}, and may call it before {target} begins", at
        if self._are_for_events(located[source], located[target]):
            reason = f"a library may call {located[target].label} after {located[source].label}"
            yield reason, located[target].location
        if may_ask(self._evidence, located[source], located[target]):
            reason = f"the view of {target} may ask {located[source].label} before"
            yield reason, located[target].location
        function = self._function_of_field(target)
        is_known = self._evidence.is_reached(target) and self._is_of_field(located[source])
        if function is not None and not is_known:
            yield f"a library may call {function.label} for a field of an object", function.location
        if decorated := self._decorated_with(target):
            reason = f"a decorator of {decorated.label} has got {located[target].label}"
            yield reason, decorated.location
        if hook := self._evidence.ways.hook_beside(located[source], located[target]):
            yield f"a library may call {hook.label} of an object that has {source}", hook.location

    def _are_for_events(self, first: Definition, second: Definition) -> bool:
        """Return whether a library calls two methods of one object, by their names, for events.

        Nothing in the project calls the second, so nothing there is lost.
        """
        ways, classes = self._evidence.ways, (first.parent, second.parent)
        if not all(_FOR_EVENT.match(each.name) and each.is_method for each in (first, second)):
            return False
        is_one = any(
            cls is not None and other in self._evidence.engine.mro(cls)
            for cls, other in (classes, classes[::-1])
        )
        is_called = bool(self._evidence.project.callers_of(second))
        return is_one and not is_called and all(map(ways.is_of_library, (first, second)))

    def _method_by_python(self, target: str) -> Definition | None:
        """Return the method that Python calls, and that is *target* or alone leads there.

        It counts where the flow, or a module, makes an object of its class.
        """
        wanted, project = self._evidence.located[target], self._evidence.project
        found = [wanted] if wanted.name in _BY_PYTHON else [*project.callers_of(wanted)]
        if any(each.name not in _BY_PYTHON for each in found):
            return None
        classes = (each.parent for each in found if each.parent is not None)
        makers = (maker for cls in classes for maker in project.callers_of(cls))
        is_made = any(d.kind == "module" or d in self._evidence.definitions for d in makers)
        return found[0] if is_made else None

    def _function_of_field(self, target: str) -> Definition | None:
        """Return what a library calls for a field of an object, if it alone leads to *target*.

        It calls that where it makes, changes, stores or reads the object, or one that has it.
        """
        wanted, project = self._evidence.located[target], self._evidence.project
        found = [wanted] if self._is_of_field(wanted) else [*project.callers_of(wanted)]
        return found[0] if found and all(map(self._is_of_field, found)) else None

    def _decorated_with(self, target: str) -> Definition | None:
        """Return a function that the flow runs, and of which a decorator has got *target*."""
        wanted, project = self._evidence.located[target], self._evidence.project
        if wanted.is_method or not project.is_value(wanted):
            return None
        run = {*self._evidence.definitions, *self._evidence.located.values()}
        return next(
            (
                function
                for file in project.mentioning(wanted.name)
                for function in file.definitions.values()
                for decorator in (function.decorators if function in run else ())
                if isinstance(decorator, ast.Call) and wanted.name in _names_given(decorator)
            ),
            None,
        )

    def _is_of_field(self, function: Definition) -> bool:
        if function.is_method:
            if function.name.startswith(_OF_SERIALIZERS) and self._is_of_serializer(function):
                return True
            names = {function.name, *decorators_of(function)}
            return not names.isdisjoint(_FOR_FIELDS)
        project = self._evidence.project
        return project.is_value(function) and any(
            function.name in _given_to_field(node)
            for file in project.mentioning(function.name)
            for node in file.walk()
        )

    def _is_of_serializer(self, method: Definition) -> bool:
        """Return whether a serializer alone calls *method*, as where its data is read."""
        engine, cls = self._evidence.engine, method.parent
        bases = engine.library_bases(cls) if cls is not None else ()
        is_own = any(one.endswith("Serializer") for one in bases)
        return is_own and not self._evidence.project.callers_of(method)

    def _replaced(self, source: str, target: str) -> str | None:
        """Return the name of a call in *source* to which somebody assigns *target*."""
        wanted, project = self._evidence.located[target], self._evidence.project
        nodes = nodes_in(self._evidence.located[source].node)
        called = {last_name_of(node.func) for node in nodes if isinstance(node, ast.Call)}
        calls = called - {wanted.name, ""}
        if not calls or not project.is_value(wanted):
            return None
        return next(
            (
                name
                for file in project.mentioning(wanted.name)
                for node in file.walk()
                for name in _names_set(node, wanted.name)
                if name in calls
            ),
            None,
        )

    def _has_no_body(self, step: str) -> bool:
        """Return whether somebody has yet to write the function of *step*, or an override."""
        function, engine = self._evidence.located[step], self._evidence.engine
        cls = function.parent
        if not function.is_stub or cls is None or cls.kind != "class":
            return function.is_stub
        return not any(engine.own(each, function.name) for each in engine.subclasses(cls))

    def _is_passed_over(self, source: str, target: str) -> bool:
        """Return whether what calls *source* goes on with what *target* would call.

        Whatever a body of *source* calls, *target* would call that once more.
        """
        evidence = self._evidence
        return any(
            first == target
            and after in evidence.starts.get(target, ())
            and any(evidence.in_order(source, after, is_loop=False))
            for first, after, _ in evidence.flow.edges
        )

    def _gateway(self, source: str, target: str) -> Outside | None:
        is_receiver = self._receives_what_is_stored(target)
        for outside in self._evidence.outside.get(source, ()):
            is_stored = last_of(outside.library or outside.text) in STORING | _CHANGING
            if is_stored and is_receiver:
                return outside
            if not self._may_send(outside) or self._is_never_received(outside, target):
                continue
            if self._is_request(outside) and not self._may_be_requested(target):
                continue
            if self._evidence.is_known(target) or not self._is_helper_of_many(outside):
                return outside
        return None

    def _is_request(self, outside: Outside) -> bool:
        """Return whether a library sends a request, by HTTP, which views alone receive."""
        library = outside.library or ""
        return last_of(library) in _OF_HTTP and bool(_CLIENTS.match(library))

    def _may_be_requested(self, target: str) -> bool:
        """Return whether a request may lead to *target*."""
        is_first = self._evidence.steps[target].is_entrypoint
        return is_first or self._evidence.ways.may_be_requested(self._evidence.located[target])

    def _is_helper_of_many(self, outside: Outside) -> bool:
        """Return whether many lines call the function that sends, as one that counts or reports."""
        project = self._evidence.project
        function = project.function_at(outside.location)
        if function is None or function in self._evidence.located.values():
            return False
        return project.count_uses(function) > MOST_USES

    def _is_never_received(self, outside: Outside, target: str) -> bool:
        """Return whether nothing that gets messages from a pipe may lead to *target*.

        The other end of a pipe is a function of the same program, which calls `recv`.
        """
        if not (outside.library or "").startswith("multiprocessing."):
            return False
        wanted = self._evidence.located[target]
        return not self._evidence.ways.may_call(wanted, _OF_PIPES)

    def _receives_what_is_stored(self, target: str) -> bool:
        """Return whether *target* is a receiver of a signal of a database, by any way to say so."""
        function = self._evidence.located[target]
        if any(_OF_STORING.search(written(each)) for each in function.decorators):
            return True
        registered = self._evidence.engine.registered.items()
        return any(
            isinstance(value, Function) and value.definition is function
            for owner, values in registered
            if isinstance(owner, External) and _OF_STORING.search(owner.name)
            for value in values
        )

    def _may_send(self, outside: Outside) -> bool:
        """Return whether a call may send what a step gets, and not something to a person."""
        library = outside.library or ""
        last = last_of(library or outside.text)
        if outside.methods:  # it reads an attribute that is called so, for one
            return False
        if last not in SENDING or _MAIL.search(library) or _BY_MAIL.search(outside.text):
            return False
        if last == "submit":
            return not outside.hands_off  # to an executor
        # What gets messages from a queue ends with None.
        named_at = self._evidence.project.is_named_at
        return not (last.startswith("put") and named_at(outside.location, f"{last}(None)"))

    def _queue(self, source: str, target: str) -> Outside | None:
        """Return a call of *source* that sends by what *target* receives from, by its name.

        What is private in a class is often given to a function as a parameter that is not.
        """
        outside = self._evidence.outside
        received = (call.text.rpartition(".") for call in outside.get(target, ()))
        owners = {last_of(o).strip("_") for o, _, name in received if name in RECEIVING}
        for call in outside.get(source, ()):
            owner, _, name = call.text.rpartition(".")
            if name in SENDING - _OF_HTTP and last_of(owner).strip("_") in owners:
                return call
        return None

    def _address(self, source: str, target: str) -> str | None:
        """Return the name of an address in *source* at which others call something."""
        if not self._evidence.steps[target].is_entrypoint:
            return None
        node = self._evidence.located[source].node
        names = (each.id for each in nodes_in(node) if isinstance(each, ast.Name))
        return next((name for name in names if _ADDRESS.search(name)), None)


def _given_to_field(node: ast.AST) -> set[str]:
    """Return the names of the functions that a field of a class gets, if *node* makes one."""
    if not isinstance(node, ast.Call):
        return set()
    if _FIELD.search(last_name_of(node.func)):
        return _names_given(node)
    if last_name_of(node.func) not in _OF_ATTRS:
        return set()
    return _names_in(each.value for each in node.keywords if each.arg in _ASSIGNING)


def _names_given(call: ast.Call) -> set[str]:
    """Return the names of the functions that may be arguments of a call, also in a list."""
    return _names_in((*call.args, *(each.value for each in call.keywords)))


def _names_in(given: Iterable[ast.expr]) -> set[str]:
    found: set[str] = set()
    for each in given:
        found.update(map(last_name_of, (each, *(each.elts if isinstance(each, ast.List) else ()))))
    return found


def _names_set(node: ast.AST, function: str) -> Iterator[str]:
    """Yield the attributes to which a statement assigns something called *function*."""
    match node:
        case ast.Assign(targets=targets, value=value) if last_name_of(value) == function:
            yield from (each.attr for each in targets if isinstance(each, ast.Attribute))
        case ast.Call(func=ast.Name("setattr"), args=[_, ast.Constant(str(name)), value]) if (
            last_name_of(value) == function
        ):
            yield name
