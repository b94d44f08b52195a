"""The order in which frameworks call the functions that they know by a decorator or a call."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from penstock._declared.step import Location
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.library import VERBS, last_of
from penstock.evidence._analysis.values import Class, Container, Function
from penstock.evidence._model import Evidence
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import called_by, first_string_of, written
from penstock.evidence._verdicts.evidence import FlowEvidence

__all__ = ["in_framework_order", "may_ask"]

_START, _BEFORE, _MAIN, _AFTER, _LAST, _END = range(6)

_LOADERS = {
    "get_user_roles", "request_loader", "token_in_blocklist_loader", "user_loader",
    "user_lookup_loader", "verify_password", "verify_token",
}  # fmt: skip
"""Decorators of Flask-Login, Flask-HTTPAuth and Flask-JWT-Extended for the sender of a request."""

_URLS = {"path", "re_path", "url"}
"""Functions of Django that register a view, of which the names alone are imported."""

_REQUESTS = {
    **dict.fromkeys(_LOADERS, _BEFORE),
    "before_serving": _START,
    "lifespan": _START,
    "on_startup": _START,
    "startup": _START,
    "before_server_start": _START,
    "after_server_start": _START,
    "before_request": _BEFORE,
    "before_app_request": _BEFORE,
    "before_first_request": _BEFORE,
    "before_app_first_request": _BEFORE,
    "before_websocket": _BEFORE,
    "url_value_preprocessor": _BEFORE,
    "app_url_value_preprocessor": _BEFORE,
    "on_request": _BEFORE,
    "request": _BEFORE,
    **dict.fromkeys(VERBS | {"route", "api_route", "websocket"} | _URLS, _MAIN),
    "add_url_rule": _MAIN,
    "add_api_route": _MAIN,
    "add_route": _MAIN,
    "add_view": _MAIN,
    "dependencies": _BEFORE,
    **dict.fromkeys((f"add_{verb}" for verb in VERBS), _MAIN),
    "errorhandler": _AFTER,
    "app_errorhandler": _AFTER,
    "exception_handler": _AFTER,
    "after_request": _AFTER,
    "after_app_request": _AFTER,
    "after_websocket": _AFTER,
    "on_response": _AFTER,
    "response": _AFTER,
    "teardown_request": _LAST,
    "teardown_app_request": _LAST,
    "teardown_websocket": _LAST,
    "teardown_appcontext": _LAST,
    "after_serving": _END,
    "on_shutdown": _END,
    "on_cleanup": _END,
    "shutdown": _END,
    "before_server_stop": _END,
    "after_server_stop": _END,
}
"""When web frameworks call what is registered, by the name that registers it.

These are Flask, Quart, Sanic, aiohttp, Starlette and FastAPI.
"""

_BY_EVENT = {"on_event", "add_event_handler", "listener", "register_listener"}
"""The calls that register a function for the event that their first argument names."""

_TASKS = {
    "worker_init": _START,
    "worker_process_init": _START,
    "worker_ready": _START,
    "task_prerun": _BEFORE,
    "task": _MAIN,
    "shared_task": _MAIN,
    "periodic_task": _MAIN,
    "task_success": _AFTER,
    "task_failure": _AFTER,
    "task_retry": _AFTER,
    "task_postrun": _LAST,
    "worker_process_shutdown": _END,
    "worker_shutdown": _END,
}
"""When a worker of Celery calls what is registered, by the name of the signal or decorator."""

_METHODS = {
    # Views of Django, its REST framework and Tornado, and its admin.
    "initialize": _START,
    "setup": _BEFORE,
    "initial": _BEFORE,
    "prepare": _BEFORE,
    **dict.fromkeys(VERBS, _MAIN),
    "finalize_response": _AFTER,
    "on_finish": _LAST,
    "save_form": _START,
    "save_model": _BEFORE,
    "save_related": _MAIN,
    "response_add": _AFTER,
    "response_change": _AFTER,
    # Middleware of Django.
    "process_request": _START,
    "process_view": _BEFORE,
    "process_exception": _AFTER,
    "process_template_response": _AFTER,
    "process_response": _LAST,
    # Tasks of Celery.
    "before_start": _BEFORE,
    "run": _MAIN,
    "on_success": _AFTER,
    "on_failure": _AFTER,
    "on_retry": _AFTER,
    "after_return": _LAST,
    # Handlers of `socketserver`, protocols of asyncio and Twisted, and consumers of Channels.
    "handle": _MAIN,
    "finish": _AFTER,
    **dict.fromkeys(("connection_made", "connectionMade"), _BEFORE),
    **dict.fromkeys(("connect", "websocket_connect"), _BEFORE),
    **dict.fromkeys(("data_received", "dataReceived", "datagram_received", "lineReceived"), _MAIN),
    **dict.fromkeys(("receive", "receive_json", "websocket_receive"), _MAIN),
    "eof_received": _AFTER,
    **dict.fromkeys(("disconnect", "websocket_disconnect"), _LAST),
    **dict.fromkeys(("connection_lost", "connectionLost"), _LAST),
    # Spiders and pipelines of Scrapy.
    **dict.fromkeys(("open_spider", "start", "start_requests"), _BEFORE),
    **dict.fromkeys(("parse", "process_item"), _MAIN),
    **dict.fromkeys(("close_spider", "closed"), _LAST),
}
"""When frameworks call the methods of one object, by their names."""

_AROUND_VIEWS = {
    "process_exception", "process_request", "process_response", "process_template_response",
    "process_view",
}  # fmt: skip
"""Those of them that are called for each request, whichever view it is for."""

_OF_ANY_CLASS = {"close_spider", "open_spider", "process_item"}
"""Those that need no base of the library."""

_OF_VIEWS = {
    "authentication_classes": ("authenticate", _START, "get_authenticators"),
    "permission_classes": ("has_permission", _BEFORE, "get_permissions"),
    "throttle_classes": ("allow_request", _BEFORE, "get_throttles"),
}
"""The lists of a view of Django's REST framework: which method of these classes it calls, when,
and its own method that returns the list."""

_ACTIONS = VERBS | {"create", "destroy", "list", "partial_update", "retrieve", "update"}
"""The methods of such a view that it calls after these."""

_APPLICATIONS = {"", "app", "application"}
"""How an application is called, of which all that it registers counts for its parts, too."""


@dataclass(frozen=True, slots=True)
class _Registration:
    """One way in which a framework knows a function."""

    kind: str
    """The events it is for: ``"request"``, ``"task"``, or the name of a class."""

    when: int
    owner: str
    """The object that registers it, as it is written."""

    file: str
    is_for_all: bool
    at: Location

    def is_before(self, other: "_Registration") -> bool:
        if self.kind != other.kind or self.when >= other.when:
            return False
        is_same = self.owner == other.owner and self.file == other.file
        return is_same or self.is_for_all or other.is_for_all


def in_framework_order(evidence: FlowEvidence, source: str, target: str) -> Evidence | None:
    """Return where a framework calls two steps, one before the other, for the same event.

    What the first of them calls is over then, too.
    """
    callers = [first for first, called in evidence.calling if called == source]
    for name in (source, *sorted(each for each in callers if each != target)):
        found = _in_order(evidence, evidence.located[name], evidence.located[target])
        if found is not None:
            return found
    return None


def _in_order(evidence: FlowEvidence, first: Definition, second: Definition) -> Evidence | None:
    if _is_group_of(first, second):
        return Evidence("order", (second.location,), (first.location,), first.name)
    later = [*_registrations(evidence, second)]
    for one in _registrations(evidence, first) if later else ():
        for other in later:
            if one.is_before(other):
                caller = one.owner or other.owner or None
                return Evidence("order", (other.at,), (one.at,), caller)
    return None


def _registrations(evidence: FlowEvidence, function: Definition) -> Iterator[_Registration]:
    """Yield how *function* is known to a framework."""
    file = function.source.file
    for each in function.decorators:
        call = written(called_by(each))
        event = first_string_of(each)
        yield from _registered(call, event, file, function.source.location_at(each.lineno))
    if function.is_method:
        yield from _of_class(evidence, function)
    for source, calls in evidence.project.search("registration", function.name):
        if function.is_method and source is not function.source:
            continue  # others have methods of that name
        # A line that moves has to leave what a search finds as it is, so it has no lines.
        for call, event in calls:
            yield from _registered(call, event, source.file, function.location)


def _registered(call: str, event: str, file: str, at: Location) -> Iterator[_Registration]:
    """Yield what a call or decorator registers a function for."""
    owner, _, name = call.rpartition(".")
    if name in {"connect", "append"}:  # of a signal, or of a list of an application
        owner, _, name = owner.rpartition(".")
    elif name in _BY_EVENT or (name in {"middleware", "register_middleware"} and event):
        name = event
    when = _REQUESTS.get(name)
    if when is not None and (owner or when != _MAIN or name in _URLS):
        is_for_all = (
            "_app_" in name
            or when in {_START, _END}
            or last_of(owner) in _APPLICATIONS
            or name in _LOADERS
        )
        yield _Registration("request", when, owner, file, is_for_all, at)
    elif name in _TASKS:
        yield _Registration("task", _TASKS[name], "", file, is_for_all=True, at=at)


def _of_class(evidence: FlowEvidence, method: Definition) -> Iterator[_Registration]:
    """Yield how a framework knows a method of a class that extends one of a library."""
    cls, when = method.parent, _METHODS.get(method.name)
    is_known = method.name in _OF_ANY_CLASS or evidence.ways.is_of_library(method)
    if cls is None or not is_known:
        return
    yield from _of_view(evidence.engine, cls, method)
    if when is None:
        return
    if method.name in VERBS | _AROUND_VIEWS:
        is_for_all, file = method.name in _AROUND_VIEWS, method.source.file
        yield _Registration("request", when, "", file, is_for_all=is_for_all, at=method.location)
    for each in evidence.engine.mro(cls):
        if not isinstance(each, str):
            yield _Registration(each.label, when, "", "", is_for_all=True, at=method.location)


def _of_view(engine: Engine, cls: Definition, method: Definition) -> Iterator[_Registration]:
    """Yield how a view knows a method of a class that it lists, or its own for a request."""
    if method.name in _ACTIONS:
        for name, (_, _, getter) in _OF_VIEWS.items():
            if _is_own(engine, cls, getter):
                continue
            lists = (value for value in engine.find(cls, name) if isinstance(value, Container))
            for value in (one for each in lists for one in engine.items(each)):
                if isinstance(value, Class):
                    kind = f"{name} {value.definition.label}"
                    yield _Registration(kind, _MAIN, "", "", is_for_all=True, at=method.location)
    for name, (asked, when, _) in _OF_VIEWS.items():
        if method.name == asked:
            for each in (cls, *engine.subclasses(cls)):
                kind = f"{name} {each.label}"
                yield _Registration(kind, when, "", "", is_for_all=True, at=method.location)


def may_ask(evidence: FlowEvidence, asked: Definition, view: Definition) -> bool:
    """Return whether a view may list the class of *asked*, for the source does not show its list.

    A method of the view may return the list, and the settings may have it.
    """
    engine, cls = evidence.engine, view.parent
    if cls is None or view.name not in _ACTIONS or not evidence.ways.is_of_library(view):
        return False
    for name, (method, _, getter) in _OF_VIEWS.items():
        if asked.name == method and evidence.ways.is_of_library(asked):
            listed = engine.find(cls, name)
            is_known = bool(listed) and all(isinstance(value, Container) for value in listed)
            return not is_known or _is_own(engine, cls, getter)
    return False


def _is_own(engine: Engine, cls: Definition, getter: str) -> bool:
    """Return whether a view has a method of the project that returns a list of classes."""
    return any(isinstance(value, Function) for value in engine.find(cls, getter))


def _is_group_of(group: Definition, command: Definition) -> bool:
    """Return whether *group* is a group of commands of click or Typer, and has *command*."""
    names = {last_of(written(called_by(each))): each for each in group.decorators}
    if "callback" in names:  # of an application of Typer, which is the group
        name = _owner(names["callback"])
    elif "group" in names:
        name = group.name
    else:
        return False
    for each in command.decorators:
        owner = _owner(each)
        if not owner or last_of(written(called_by(each))) not in {"command", "group"}:
            continue
        is_known = command.source is group.source or owner in command.source.imported
        if is_known and owner == name:
            return True
        inner = command.source.find(owner, None)
        if inner is not None and inner is not command and _is_group_of(group, inner):
            return True
    return False


def _owner(decorator: ast.expr) -> str:
    return written(called_by(decorator)).rpartition(".")[0]
