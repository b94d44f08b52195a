"""`step` and `entrypoint`, which declare a function."""

import sys
from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any, Protocol, TypeVar, overload

from penstock._common.declared_strings import check_text
from penstock._declared.channels import Channels
from penstock._declared.declaration import NO_OPTIONS
from penstock._declared.executions import current_execution
from penstock._declared.predecessors import After, read_after
from penstock._declared.registry import default_registry
from penstock._declared.usage_errors import explains, only_function, string_error
from penstock._decorators.declaring import (
    check_callable,
    check_start,
    make_declaration,
    read_options,
)
from penstock._decorators.wrapping import with_runs, with_spans
from penstock._runtime.instrument import instrument_alike

__all__ = ["entrypoint", "step"]

F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, Any, Any]")


class _HasCode(Protocol):
    """The attributes by which a type checker distinguishes a function from a class."""

    @property
    def __code__(self) -> CodeType: ...


W = TypeVar(
    "W",
    bound="_HasCode | partial[Any] | classmethod[Any, Any, Any] | staticmethod[Any, Any]",
)
"""The callables that an entrypoint can wrap."""


class StepDecorator(Protocol):
    """The result of `step` with arguments: a decorator that returns the function as it is."""

    def __call__(self, function: F, /) -> F: ...


class EntrypointDecorator(Protocol):
    """The result of `entrypoint` with arguments: a decorator whose result begins a run."""

    def __call__(self, function: W, /) -> W: ...


@overload
def step(function: F, /) -> F: ...
@overload
def step(
    *,
    after: After = None,
    name: str | None = None,
    title: str | None = None,
    kind: str | None = None,
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    unchecked: str | None = None,
    uncovered: str | None = None,
) -> StepDecorator: ...
@explains("step()", '@step or @step(after="...") above a def')
def step(
    function: Any = None,
    /,
    *,
    after: After = None,
    name: str | None = None,
    title: str | None = None,
    kind: str | None = None,
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    unchecked: str | None = None,
    uncovered: str | None = None,
) -> Any:
    """Declare a function as a step, and return the same function.

    Works bare and with arguments. Nothing is wrapped: calling the function
    costs what it cost before. While tracing is on (see `penstock.tracing.configure`),
    the function is wrapped, so that its calls are recorded.

    Args:
        function: The function, if the decorator is used without arguments.
        after: What comes before: the name of a step (declared now or later), a
            decorated function, a list of these, or a mapping from these to the
            label of the edge. Several mean *any of them*, unless written
            ``after=all_of("a", "b")``. A label states the condition under which
            the flow goes that way: differently labelled edges from one step are
            the arms of a branch. ``loop("b")`` is an edge that leads back.
        name: The name of the step in edges and logs. The function's name if None.
        title: The title for readers, instead of the name.
        kind: The type of system that the step uses: ``"http"``, ``"kafka"``, ``"queue"``,
            ``"database"``, ``"cache"``, ``"file"`` or ``"email"`` have their
            own shape in diagrams, any other string is shown as it is. If
            None, it is the scheme of the first channel.
        group: The steps of one group have a frame around them in diagrams.
        receives: The channel that it waits for a message from, such as a reply,
            or a list of channels: ``"kafka:orders"``, ``"celery:emails"`` or
            ``"http:POST /orders"``. A channel does not make an edge.
        sends: The channel that it sends messages to, or a list of channels.
        unchecked: Why the edges that lead here are not to be checked against
            the source.
        uncovered: Why the edges that lead here are not to count in the coverage.

    Raises:
        InvalidArgumentError: If an argument cannot be used.

    .. versionadded:: 0.2
    """
    if not (name is title is kind is None):
        check_text("step", name=name, title=title, kind=kind)
    references, join = read_after(after)
    reasons = {"unchecked": unchecked, "uncovered": uncovered}
    options = NO_OPTIONS
    if not (group is receives is sends is unchecked is uncovered is None):
        options = read_options("step", group, receives, sends, **reasons)

    def declare(*args: Any, **kwargs: Any) -> Any:
        target = only_function("step(...)", args, kwargs)
        check_callable("step", target)
        execution = current_execution(sys._getframe(1))
        declaration = make_declaration(target, name, title, kind, execution, options=options)
        declaration.after, declaration.join = references, join
        declaration.target = made = with_spans(instrument_alike, target, declaration)
        default_registry().declare(declaration, execution)
        return made

    if function is None:
        return declare
    if isinstance(function, str):
        option = "after" if after is None else None if name else "name"
        given: dict[str, object] = {"after": after, "name": name, "title": title, "kind": kind}
        given |= {"group": group, "receives": receives, "sends": sends, **reasons}
        raise string_error("step", function, option, given)
    return declare(function)


@overload
def entrypoint(function: W, /) -> W: ...
@overload
def entrypoint(
    *,
    after: After = None,
    name: str | None = None,
    title: str | None = None,
    kind: str | None = None,
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    inherit: bool = True,
) -> EntrypointDecorator: ...
@explains("entrypoint()", '@entrypoint or @entrypoint(name="...") above a def')
def entrypoint(
    function: Any = None,
    /,
    *,
    after: After = None,
    name: str | None = None,
    title: str | None = None,
    kind: str | None = None,
    group: str | None = None,
    receives: Channels | None = None,
    sends: Channels | None = None,
    inherit: bool = True,
) -> Any:
    """Declare a function as a step at which runs of its flow begin.

    Works bare and with arguments. Each call is a run: inside it
    `current_flow_id` returns the correlation ID. The wrapper keeps the
    function's name, docstring, signature and kind (plain, coroutine,
    generator, async generator).

    Args:
        function: The function, if the decorator is used without arguments.
        after: The steps that send the messages with which runs begin, as for
            `step`, if they are in the same code base. A new run begins here
            all the same.
        name: The name of the step in edges and logs. The function's name if None.
        title: The title for readers, instead of the name.
        kind: The type of system that the step reacts to, as for `step`.
        group: The group in diagrams, as for `step`.
        receives: The channel of the messages with which runs begin, or a list
            of channels, as for `step`.
        sends: The channel that it sends messages to, or a list of channels.
        inherit: Whether a run adopts the flow ID that is current when the
            function is called, because it is the same operation. If False,
            each call makes a new one.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the object
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    check_text("entrypoint", name=name, title=title, kind=kind)
    references, join = read_after(after)
    options = read_options("entrypoint", group, receives, sends)

    def declare(*args: Any, **kwargs: Any) -> Any:
        target = only_function("entrypoint(...)", args, kwargs)
        check_start("entrypoint", target)
        execution = current_execution(sys._getframe(1))
        declaration = make_declaration(target, name, title, kind, execution, options=options)
        declaration.is_entrypoint = declaration.begins_runs = True
        declaration.after, declaration.join = references, join
        declaration.target = with_runs(instrument_alike, target, declaration, inherit=inherit)
        default_registry().declare(declaration, execution)
        return declaration.target

    if function is None:
        return declare
    if isinstance(function, str):
        refused = None if inherit else False
        given: dict[str, object] = {"after": after, "name": name, "title": title, "kind": kind}
        given |= {"group": group, "receives": receives, "sends": sends, "inherit": refused}
        raise string_error("entrypoint", function, None if name else "name", given)
    return declare(function)
