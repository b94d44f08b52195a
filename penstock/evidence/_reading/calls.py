"""Calls of penstock's decorators, as reading the source comes to them."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from penstock._declared.predecessors import Join, all_of, any_of, loop
from penstock._declared.registry import default_registry
from penstock._declared.step import Location
from penstock._decorators.flows import FlowDecorator, flow
from penstock._decorators.steps import entrypoint, step
from penstock._decorators.tasks import declare_task, split_task_settings
from penstock.evidence._reading.names import Names
from penstock.evidence._reading.stubs import caller_in
from penstock.evidence._reading.values import (
    CALLABLE,
    Declaring,
    External,
    Function,
    Lost,
    Member,
    Namespace,
    Unknown,
    is_plain,
    text_of,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import nodes_in
from penstock.exceptions import PenstockError

__all__ = ["Calls", "Failure", "Unread"]

_SHOWN_ONLY = {"title", "description", "owner", "tags", "group"}
"""The options that a check does not need: a value that is not known is left out."""

_METHODS = {"builtins.staticmethod": staticmethod, "builtins.classmethod": classmethod}


@dataclass(frozen=True, slots=True)
class Unread:
    """A declaration that the source does not show."""

    location: Location
    reason: str
    flow: str | None = None
    """The flow, if that is known."""

    step: str | None = None
    """The name of the function, if it has one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that each import of a module ends with."""

    module: str
    message: str


class _NotShownError(Exception):
    """An argument has no value that the source shows."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A call in the source."""

    node: ast.expr
    scope: Namespace
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    @property
    def text(self) -> str:
        return text_of(self.node)

    @property
    def location(self) -> Location:
        return Location(self.scope.source.file, self.node.lineno)


class Calls:
    """Calls what declares flows and steps, and notes what cannot be called.

    Args:
        names: The names of the project.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self.unread: list[Unread] = []
        """The declarations that cannot be read."""

        self.failures: list[Failure] = []
        """The errors that an import would end with."""

        self.doubt: str | None = None
        """Why the code that is being read may not run, if it may not."""

        self._is_decorating = False

    @contextmanager
    def doubting(self, reason: str | None) -> Iterator[None]:
        """Declare nothing in the block, for *reason* unless it is None."""
        before, self.doubt = self.doubt, reason
        try:
            yield
        finally:
            self.doubt = before

    @contextmanager
    def decorating(self, *, is_decorating: bool = True) -> Iterator[None]:
        """Let expressions in the block be decorators, or not: a decorator is called next."""
        before, self._is_decorating = self._is_decorating, is_decorating
        try:
            yield
        finally:
            self._is_decorating = before

    def call(
        self,
        called: Any,
        arguments: Sequence[Any],
        options: Mapping[str, Any],
        node: ast.expr,
        scope: Namespace,
    ) -> Any:
        """Return what a call returns, as far as the source shows that."""
        if isinstance(called, partial):
            arguments = (*called.args, *arguments)
            options = {**called.keywords, **options}
            called = called.func
        call = _Call(node, scope, tuple(arguments), options)
        function = self._names.function_of(arguments[0]) if arguments else None
        if any(called is each for each in CALLABLE.values()):
            return self._of_penstock(called, function, call)
        if isinstance(called, External):
            return self._of_library(called, function, call)
        if isinstance(called, FlowDecorator):
            return self._claim(called, function, call)
        return self._of_project(called, function, call)

    def _of_project(self, called: Any, function: Function | None, call: _Call) -> Any:
        """Return what anything else returns, such as the result of ``step(...)``."""
        if function is None:
            declares = self._names.may_declare(called)
            known = self._names.function_of(called)
            is_run = known is not None and known.definition.kind == "function"
            if declares and is_run and not self._is_decorating:
                self._note(f"{call.text} may declare steps", None, call)
            return Unknown(call.text, declares or not is_plain(called))
        if isinstance(called, Declaring):
            return self._declare(called, function, call)
        if isinstance(called, Lost) and called.is_flow:
            return self._note(called.reason, function, call)
        if isinstance(called, Lost):
            function.lost = called.reason
        elif self._names.may_declare(called) or not is_plain(called):
            function.lost = f"@{call.text} may declare it"
        else:
            self._wrap(called, function, call)
        return call.arguments[0]

    def _of_penstock(
        self, called: Callable[..., Any], function: Function | None, call: _Call
    ) -> Any:
        """Return what a function of penstock returns."""
        if function is not None and called in {step, entrypoint} and not call.options:
            return self._declare(Declaring(called), function, call)
        if called is flow and self.doubt is not None:
            return Lost(self.doubt, is_flow=True)
        try:
            arguments, options = self._given(call, call.options)
        except _NotShownError as error:
            is_value = called in {any_of, all_of, loop}
            reason = f"the source does not show the value of {error}"
            return Unknown(str(error)) if is_value else Lost(reason, called is flow)
        made = self._run(called, arguments, options, call)
        return Declaring(made) if called in {step, entrypoint} and callable(made) else made

    def _of_library(self, called: External, function: Function | None, call: _Call) -> Any:
        """Return what something of a library returns."""
        if called.is_adapter:
            is_ours = called.name.startswith("penstock.contrib.")
            made = self._task(call) if is_ours else Lost(f"{call.text} is not of penstock")
            if function is None:
                return made
            return self.call(made, call.arguments[:1], {}, call.node, call.scope)
        if called.name == "functools.partial" and not all(map(is_plain, call.arguments)):
            return partial(call.arguments[0], *call.arguments[1:], **call.options)
        if function is None:
            return Unknown(call.text)
        if called.name in _METHODS:
            target = self._names.declared_as(call.arguments[0])
            return self._same(_METHODS[called.name](target), function)
        self._wrap(called, function, call)
        return call.arguments[0]

    def _task(self, call: _Call) -> Any:
        """Return the decorator that ``flow_task`` of an adapter of penstock returns."""
        settings, _ = split_task_settings(call.options)
        try:
            _, options = self._given(None, settings)
        except _NotShownError as error:
            return Lost(f"the source does not show the value of {error}")
        made = self._run(declare_task, [None, _unchanged], options, call)
        return made if isinstance(made, Lost) else Declaring(made)

    def _declare(self, made: Declaring, function: Function, call: _Call) -> Any:
        """Return what a decorator of a step returns for a function."""
        target = self._names.declared_as(call.arguments[0])
        reason: str | None = self.doubt
        if function.renamed is not None:
            reason = f"@{function.renamed} may return something of another name"
        if reason is None:
            result = self._run(made.declare, [target], {}, call)
            if not isinstance(result, Lost):
                function.lost = None
                return self._same(result, function)
            reason = result.reason
        function.lost = reason
        return target

    def _same(self, made: Any, function: Function) -> Any:
        """Return *made*, which takes the place of a function."""
        self._names.know(made, function)
        return made

    def _claim(self, called: FlowDecorator, function: Function | None, call: _Call) -> Any:
        """Make a declared function a step of a flow, or note why that is not known."""
        if function is None:
            shown = f"the source does not show what {call.text} is given"
            return self._note(shown, None, call, called.name)
        target = self._names.declared_as(call.arguments[0])
        reason = function.lost or self.doubt
        if reason is None and function.wrapped is not None:
            is_declared = default_registry().find(target) is not None
            reason = None if is_declared else f"@{function.wrapped} may declare it"
        if reason is not None:
            return self._note(reason, function, call, called.name)
        self._run(called, [target], {}, call)
        return target

    def _wrap(self, called: Any, function: Function, call: _Call) -> None:
        """Note that a decorator may return another function than it is given."""
        function.wrapped = function.wrapped or call.text
        known = self._names.function_of(called)
        if known is not None and not _keeps_names(known.definition):
            function.renamed = call.text

    def _note(
        self, reason: str, function: Function | None, call: _Call, name: str | None = None
    ) -> Any:
        """Note that a declaration is not read, and return what the call returns."""
        step_name = None if function is None else function.definition.name
        self.unread.append(Unread(call.location, reason, name, step_name))
        return call.arguments[0] if call.arguments else Unknown(call.text)

    def _given(
        self, call: _Call | None, options: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of a call as penstock takes them.

        Raises:
            _NotShownError: If the source does not show one of them.
        """
        arguments = [] if call is None else [self._shown(each) for each in call.arguments]
        named: dict[str, Any] = {}
        for name, value in options.items():
            try:
                named[name] = self._shown(value)
            except _NotShownError:
                if name not in _SHOWN_ONLY:
                    raise
        return arguments, named

    def _shown(self, value: Any) -> Any:
        """Return a value as penstock takes it.

        Raises:
            _NotShownError: If the source does not show it.
        """
        value = self._names.declared_as(value)
        if isinstance(value, Unknown):
            raise _NotShownError(value.text)
        if isinstance(value, External):
            raise _NotShownError(value.name)
        if isinstance(value, Member):
            if value.is_string:
                return value.value
            raise _NotShownError(repr(value.value))
        if isinstance(value, (Namespace, Lost, Declaring, partial)):
            raise _NotShownError("what it is given")
        if isinstance(value, Join):
            return Join(value.join, tuple(map(self._shown, value.items)))
        if isinstance(value, (list, tuple, set)):
            return type(value)(map(self._shown, value))
        if isinstance(value, dict):
            return {self._shown(key): self._shown(each) for key, each in value.items()}
        return value

    def _run(
        self,
        called: Callable[..., Any],
        arguments: Sequence[Any],
        options: Mapping[str, Any],
        call: _Call,
    ) -> Any:
        """Return what something of penstock returns when the module calls it."""
        try:
            return caller_in(call.scope.module.globals)(called, arguments, options)
        except (PenstockError, TypeError) as error:
            message = f"{type(error).__name__}: {error} ({call.location})"
            self.failures.append(Failure(call.scope.source.module, message))
            return Lost("its import fails there")


def _unchanged(function: Any) -> Any:
    return function


def _keeps_names(definition: Definition) -> bool:
    """Return whether a decorator returns what it is given, or something of the same name."""
    names = {
        getattr(node, "attr", None) or getattr(node, "id", None)
        for node in nodes_in(definition.node)
        if isinstance(node, (ast.Name, ast.Attribute))
    }
    if names & {"wraps", "update_wrapper"}:
        return True
    given = {each.arg for each in nodes_in(definition.node) if isinstance(each, ast.arg)}
    returned = [each.value for each in nodes_in(definition.node) if isinstance(each, ast.Return)]
    return all(isinstance(each, ast.Name) and each.id in given for each in returned)
