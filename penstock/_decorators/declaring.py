"""Reading the function and the options of a decorator."""

from types import FunctionType
from typing import Any

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock._declared.channels import Channels, read_channels, scheme_of
from penstock._declared.declaration import NO_OPTIONS, Declaration, StepOptions
from penstock._declared.executions import Execution
from penstock._declared.functions import located, unwrap_method
from penstock._declared.origin import Origin
from penstock._declared.registry import default_registry
from penstock._runtime.wrappable import check_wrappable
from penstock.exceptions import InvalidArgumentError

__all__ = ["check_callable", "check_start", "make_declaration", "read_options"]


def check_start(where: str, target: Any) -> None:
    """Raise unless runs can begin at *target*."""
    check_callable(where, target)
    check_wrappable(where, unwrap_method(target))


def make_declaration(
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


def read_options(
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


def check_callable(where: str, target: object) -> None:
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
