"""The decorators: they read arguments, register, and wrap nothing but entrypoints."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any, Protocol, TypedDict, TypeVar, Unpack, overload

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock._declared.channels import Channels, read_channels, scheme_of
from penstock._declared.declaration import NO_OPTIONS, Declaration, Declared, Starter, StepOptions
from penstock._declared.executions import Execution, current_execution
from penstock._declared.functions import located, unwrap_method
from penstock._declared.origin import Origin, declaring_frame
from penstock._declared.pickling import enable_pickling
from penstock._declared.predecessors import After, Join, Loop, all_of, any_of, loop, read_after
from penstock._declared.registry import default_registry
from penstock._declared.usage_errors import explains, only_function, string_error
from penstock._runtime.instrument import find_signature, instrument, instrument_alike, with_function
from penstock._runtime.recording import is_tracing, recording_scope
from penstock._runtime.run_scope import run_scope
from penstock._runtime.scope import Scope
from penstock._runtime.starting import run_starter
from penstock._runtime.wrappable import check_wrappable, is_wrappable
from penstock.exceptions import InvalidArgumentError, UnknownFlowError

__all__ = [
    "After",
    "FlowDecorator",
    "Join",
    "Loop",
    "TaskSettings",
    "all_of",
    "any_of",
    "declare_task",
    "entrypoint",
    "flow",
    "loop",
    "step",
]

enable_pickling()

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, Any, Any]")


class _HasCode(Protocol):
    """What a function has for a type checker, and a class has not."""

    @property
    def __code__(self) -> CodeType: ...


W = TypeVar(
    "W",
    bound="_HasCode | partial[Any] | classmethod[Any, Any, Any] | staticmethod[Any, Any]",
)
"""What an entrypoint can wrap."""


class StepDecorator(Protocol):
    """What `step` returns where it has arguments: it returns the function as it is."""

    def __call__(self, function: F, /) -> F: ...


class EntrypointDecorator(Protocol):
    """What `entrypoint` returns where it has arguments: it returns what begins a run."""

    def __call__(self, function: W, /) -> W: ...


class FlowDecorator:
    """What `flow` returns: a decorator that can be kept and used again.

    .. versionadded:: 0.2
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        """The name of the flow."""

    @explains('flow("...")', '@flow("...") above @entrypoint or @step')
    def __call__(self, function: F) -> F:
        """Make the declared *function* a step of the flow and return it unchanged.

        Raises:
            UndeclaredFunctionError: If it is neither an entrypoint nor a step.
            DuplicateStepError: If the flow has another function of that name.
        """
        default_registry().claim(self.name, function)
        return function

    def __repr__(self) -> str:
        return f"flow({self.name!r})"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the flow in a notebook, as it is declared by then."""
        # Only who draws a flow needs what draws it.
        from penstock.graph import get_flow  # noqa: PLC0415

        try:
            return get_flow(self.name)._repr_mimebundle_()
        except UnknownFlowError:  # it was declared in another registry
            return {"text/plain": repr(self)}


@explains("flow()", '@flow("bom_sync")')
def flow(
    name: str,
    *,
    title: str | None = None,
    description: str | None = None,
    owner: str | None = None,
    tags: Iterable[str] = (),
) -> FlowDecorator:
    """Return a decorator that makes steps part of the flow *name*.

    It goes above `entrypoint` or `step`, costs nothing when the function is
    called, and can be kept: ``bom_sync = flow("bom_sync", title="BOM sync")``,
    then ``@bom_sync``. One function may be part of several flows.

    Args:
        name: What the flow is called in code, logs and docs.
        title: What a reader sees instead of *name*.
        description: What the flow is for.
        owner: The team or person that is responsible for it.
        tags: Words to find it by.

    Raises:
        InvalidArgumentError: If an argument is not a string, or *name* is empty.

    .. versionadded:: 0.2
    """
    if not isinstance(name, str):
        raise wrong("flow", "a name", name, '@flow("bom_sync")')
    metadata: dict[str, Any] = {}
    if not (title is description is owner is None and name.isidentifier()):
        check_text("flow", name=name, title=title, description=description, owner=owner)
        metadata = {"title": title, "description": description, "owner": owner}
        metadata = {key: plain_string(text) for key, text in metadata.items() if text is not None}
    if not (type(tags) is tuple and not tags) and (read := _read_tags(tags)):
        metadata["tags"] = read
    name = plain_string(name)
    default_registry().describe(name, declaring_frame(), metadata)
    return FlowDecorator(name)


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
    """Declare a function as a step, and return that very function.

    Works bare and with arguments. Nothing is wrapped: calling the function
    costs what it cost before. Only while tracing is on (see `penstock.tracing.configure`)
    is it wrapped, to record its calls.

    Args:
        function: The function, if the decorator is used without arguments.
        after: What comes before: the name of a step (declared now or later), a
            decorated function, a list of these, or a mapping from these to the
            label of the edge. Several mean *any of them*, unless written
            ``after=all_of("a", "b")``. A label states the condition under which
            the flow goes that way: differently labelled edges from one step are
            the arms of a branch. ``loop("b")`` is an edge by which the flow
            comes back.
        name: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step touches: ``"http"``, ``"kafka"``, ``"queue"``,
            ``"database"``, ``"cache"``, ``"file"`` or ``"email"`` have their
            own shape in diagrams, any other string is shown as it is. If
            None, it is the scheme of the first channel.
        group: The steps of one group have a frame around them in diagrams.
        receives: The channel that it waits for a message from, such as a reply,
            or a list of channels: ``"kafka:orders"``, ``"celery:emails"`` or
            ``"http:POST /orders"``. A channel makes no edge.
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
        options = _read_options("step", group, receives, sends, **reasons)

    def declare(*args: Any, **kwargs: Any) -> Any:
        target = only_function("step(...)", args, kwargs)
        _check_callable("step", target)
        execution = current_execution(sys._getframe(1))  # noqa: SLF001 - documented for this use
        declaration = _declaration(target, name, title, kind, execution, options=options)
        declaration.after, declaration.join = references, join
        declaration.target = made = _recorded(instrument_alike, target, declaration)
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
    function's name, docstring, signature and sort (plain, coroutine,
    generator, async generator).

    Args:
        function: The function, if the decorator is used without arguments.
        after: What sends that with which the runs begin, as for `step`: the
            consumer of a queue, in the code base that fills it, comes after
            the step that does. Runs begin here all the same.
        name: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step reacts to, as for `step`.
        group: The group in diagrams, as for `step`.
        receives: The channel that a message comes from with which a run begins,
            or a list of channels, as for `step`.
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
    options = _read_options("entrypoint", group, receives, sends)

    def declare(*args: Any, **kwargs: Any) -> Any:
        target = only_function("entrypoint(...)", args, kwargs)
        _check_start("entrypoint", target)
        execution = current_execution(sys._getframe(1))  # noqa: SLF001 - documented for this use
        declaration = _declaration(target, name, title, kind, execution, options=options)
        declaration.is_entrypoint = declaration.begins_runs = True
        declaration.after, declaration.join = references, join
        declaration.target = _with_runs(instrument_alike, target, declaration, inherit=inherit)
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


class TaskSettings(TypedDict, total=False):
    """The options of `declare_task` as keyword arguments.

    .. versionadded:: 0.2
    """

    after: After
    step: str | None
    title: str | None
    kind: str | None


@overload
def declare_task(
    function: Callable[..., Any],
    make: Callable[[Callable[..., Any]], T],
    **options: Unpack[TaskSettings],
) -> T: ...
@overload
def declare_task(
    function: None, make: Callable[[Callable[..., Any]], T], **options: Unpack[TaskSettings]
) -> Callable[[Callable[..., Any]], T]: ...
def declare_task(
    function: Callable[..., Any] | None,
    make: Callable[[Callable[..., Any]], T],
    *,
    after: After = None,
    step: str | None = None,
    title: str | None = None,
    kind: str | None = "queue",
) -> T | Callable[[Callable[..., Any]], T]:
    """Declare *function* as a step that a worker runs, and return the task that *make* returns.

    For the decorators of queue adapters, below `penstock.flow`. Each call of
    what *make* gets is a run, which adopts the flow ID that is current by then::

        def flow_task(function=None, /, *, after=None, step=None, **options):
            return declare_task(function, app.task(**options), after=after, step=step)

    Args:
        function: The function. None returns a decorator instead.
        make: Called with a wrapper of the function that has its name, docstring
            and signature; returns the task of the queue.
        after: The steps that send the task, as for `penstock.step`. Without any,
            runs of the flow begin with the task.
        step: What edges and logs call the step. The function's name if None.
        title: What a reader sees instead of the name.
        kind: What the step touches, as for `penstock.step`.

    Raises:
        InvalidArgumentError: If an argument cannot be used, or the function
            cannot be wrapped.

    .. versionadded:: 0.2
    """
    check_text("flow_task", step=step, title=title, kind=kind)
    references, join = read_after(after)

    def declare(target: Callable[..., Any]) -> T:
        _check_start("flow_task", target)
        execution = current_execution(sys._getframe(1))  # noqa: SLF001 - documented for this use
        declaration = _declaration(target, step, title, kind, execution)
        declaration.is_entrypoint, declaration.begins_runs = not references, True
        declaration.after, declaration.join = references, join
        # A function, whatever it was: some queues ask for its name.
        wrapper = _with_runs(instrument, unwrap_method(target), declaration, inherit=True)
        # Queues read the arguments from the function, and not all of them look behind a wrapper.
        arguments = find_signature(target)
        if arguments is not None:
            wrapper.__signature__ = arguments
        task = make(wrapper)
        declaration.target = task
        default_registry().declare(declaration, execution)
        return task

    return declare if function is None else declare(function)


def _check_start(where: str, target: Any) -> None:
    """Raise unless runs can begin at *target*."""
    _check_callable(where, target)
    check_wrappable(where, unwrap_method(target))


def _with_runs(
    wrap: Callable[[Any, Scope], Any], target: Any, declaration: Declaration, *, inherit: bool
) -> Any:
    """Return the declared *target* with each call as a run."""
    body = _recorded(wrap, target, declaration)
    runs = declaration.runs
    if runs is not None:  # each call is a run already: it is one of this flow, too
        if not inherit:
            runs.scope.begin = run_starter(runs, inherit=False)
            runs.scope.recipe = (_entrypoint_scope, (runs, False))
        return body
    declared = declaration.declared or Declared.of(declaration)
    declaration.runs = runs = Starter(declaration.name, declared=declared)
    runs.scope = _entrypoint_scope(runs, inherit)
    return wrap(body, runs.scope)


def _entrypoint_scope(runs: Starter, inherit: bool) -> Scope:
    return run_scope(run_starter(runs, inherit=inherit), (_entrypoint_scope, (runs, inherit)))


def _recorded(wrap: Callable[[Any, Scope], Any], target: Any, declaration: Declaration) -> Any:
    """Return the declared *target* with each call recorded, if calls are to be."""
    earlier = default_registry().find_same(target)
    declared = None if earlier is None else earlier.declared
    if earlier and declared and unwrap_method(target) is not declared.function:
        # The wrapper is what one call goes through, whatever else it is declared to be.
        declared.join(declaration)
        declaration.runs = earlier.runs
        return target
    if not is_tracing() or not is_wrappable(unwrap_method(target)):
        return target
    declared = Declared.of(declaration)
    body, declared.inner = _body_of(target)
    return wrap(body, recording_scope(declared))


def _body_of(target: Any) -> tuple[Any, Declared | None]:
    """Return *target* without what records its calls, and what that records them as.

    A method of one object or a partial may be declared beside the function in it.
    """
    kind = type(target)
    inside = target.__func__ if kind is MethodType else getattr(target, "func", None)
    earlier = default_registry().find_same(inside) if kind in {MethodType, partial} else None
    if earlier is None or earlier.declared is None or earlier.runs is not None:
        return target, None
    return with_function(target, earlier.declared.function), earlier.declared


def _declaration(
    target: Any,
    name: str | None,
    title: str | None,
    kind: str | None,
    execution: Execution | None,
    *,
    options: StepOptions = NO_OPTIONS,
) -> Declaration:
    """Return the declaration of *target*, under *name* or its own name."""
    earlier = default_registry().find_same(target)
    function = unwrap_method(target) if earlier is None else earlier.function
    own = name or getattr(function, "__name__", None)
    if not isinstance(own, str):
        message = f'{function!r} has no name: give it one with name="..."'
        raise InvalidArgumentError(message)
    if not own.isidentifier():
        check_text("step", name=own)
    if kind is None and (channels := options.receives + options.sends):
        kind = scheme_of(channels[0])
    return Declaration(
        held=function,
        written=function,
        name=plain_string(own),
        title=title and plain_string(title),
        kind=kind and plain_string(kind),
        located=located(function),
        origin=Origin.of(function, execution),
        options=options,
    )


def _read_options(
    where: str,
    group: str | None,
    receives: Channels | None,
    sends: Channels | None,
    **reasons: str | None,
) -> StepOptions:
    """Return what is declared of a step beside its name, its edges and its kind."""
    strings = {name: s for name, s in (("group", group), *reasons.items()) if s is not None}
    if not strings and receives is None and sends is None:  # as for most steps
        return NO_OPTIONS
    check_text(where, **strings)
    return StepOptions(
        receives=read_channels(where, "receives", receives),
        sends=read_channels(where, "sends", sends),
        **{name: plain_string(string) for name, string in strings.items()},
    )


def _read_tags(tags: object) -> tuple[str, ...]:
    if isinstance(tags, str):
        raise wrong("flow", "tags as a list of strings", tags, f"tags=[{tags!r}]")
    read: list[str] = []
    for tag in tags if type(tags) is tuple or isinstance(tags, Iterable) else (tags,):
        if not isinstance(tag, str):
            raise wrong("flow", "tags as a list of strings", tag, 'tags=["nightly"]')
        check_text("flow", tag=tag)
        read.append(plain_string(tag))
    return tuple(read)


def _check_callable(where: str, target: object) -> None:
    kind = type(target)
    if kind is FunctionType:
        return
    if hasattr(kind, "__get__") and not callable(unwrap_method(target)):
        name = kind.__name__
        message = (
            f"@{where} is on a {name}, which is not called: "
            f"put it below @{name}, on the function itself"
        )
        raise InvalidArgumentError(message)
    if not callable(unwrap_method(target)):
        raise wrong(where, "a function", target, f"@{where} above a def")
