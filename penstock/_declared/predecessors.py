"""The values of ``after=``, and how they are read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock._declared.declaration import Reference
from penstock._declared.functions import locate, unwrap_method
from penstock._declared.registry import default_registry
from penstock._declared.step import JoinKind
from penstock._declared.usage_errors import as_code, explains
from penstock.exceptions import InvalidArgumentError

__all__ = ["After", "Join", "Loop", "StepRef", "all_of", "any_of", "loop", "read_after"]

StepRef = str | Callable[..., Any]
"""A step that is named: by its name, or by the decorated function itself."""


class Loop:
    """A step from which the flow may lead back.

    Made by `loop`.

    .. versionadded:: 0.2
    """

    __slots__ = ("step",)

    def __init__(self, step: StepRef) -> None:
        self.step: StepRef = step

    def __repr__(self) -> str:
        return f"loop({as_code(self.step)})"


class Join:
    """Several predecessors of a step, and whether any or all of them lead to it.

    Made by `any_of` and `all_of`.

    .. versionadded:: 0.2
    """

    __slots__ = ("items", "join")

    def __init__(self, join: JoinKind, items: tuple[object, ...]) -> None:
        self.join: JoinKind = join
        self.items: tuple[object, ...] = items

    def __repr__(self) -> str:
        return f"{self.join}_of({', '.join(map(as_code, self.items))})"


After = StepRef | Loop | Sequence[StepRef | Loop] | Mapping[Any, str | None] | Join | None
"""The type of the option *after*, for decorators that pass it on.

.. versionadded:: 0.2
"""


@explains("any_of()", 'any_of("a", "b")')
def any_of(*steps: StepRef | Loop | Mapping[Any, str | None]) -> Join:
    """Declare that any one of *steps* leads to the step: ``after=any_of("a", "b")``.

    A plain list means the same.

    Args:
        steps: Names of steps, decorated functions, loops, or mappings from
            these to the label of their edge.

    .. versionadded:: 0.2
    """
    return Join("any", steps)


@explains("all_of()", 'all_of("a", "b")')
def all_of(*steps: StepRef | Mapping[Any, str | None]) -> Join:
    """Declare that the step waits for all of *steps*: ``after=all_of("a", "b")``.

    Args:
        steps: Names of steps, decorated functions, or mappings from these to
            the label of their edge.

    .. versionadded:: 0.2
    """
    return Join("all", steps)


@explains("loop()", 'loop("b")')
def loop(step: StepRef, /) -> Loop:
    """Declare that the flow may lead back from *step*.

    Write ``after=["a", loop("b")]``, or ``after={"a": None, loop("b"): "declined"}``
    with a label. It may be used wherever a step may, except in `all_of`: a run
    cannot wait for a later step. A step that names itself is repeated.

    Args:
        step: The name of a step (declared now or later), or a decorated function.

    Raises:
        InvalidArgumentError: If *step* is neither.

    .. versionadded:: 0.2
    """
    if isinstance(step, str):
        check_text("loop", step=step)
    elif not callable(unwrap_method(step)):
        raise wrong("loop", "one step, by its name or its decorated function", step, 'loop("b")')
    return Loop(step)


def read_after(after: object) -> tuple[tuple[Reference, ...], JoinKind]:
    """Return what ``after=`` refers to, and how its steps come together."""
    if after is None:
        return (), "any"
    if isinstance(after, str):
        return (_read_reference(after, None),), "any"
    join: JoinKind = "any"
    items: Iterable[object] = (after,)
    if isinstance(after, Join):
        join, items = after.join, after.items
    elif isinstance(after, Sequence):
        items = after
    references = tuple(reference for item in items for reference in _read_item(item))
    if not references:
        message = f"after={after!r} names no step: name one, or leave `after` out"
        raise InvalidArgumentError(message)
    _check_references(after, references, join)
    return references, join if len(references) > 1 else "any"


def _check_references(after: object, references: Sequence[Reference], join: JoinKind) -> None:
    """Raise if *references* cannot be what one step comes after."""
    names = [reference.name for reference in references]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"after={after!r} names {twice!r} twice"
        raise InvalidArgumentError(message)
    if join == "all" and (back := next((r.name for r in references if r.is_loop), None)):
        message = (
            f"after={after!r} waits for what comes later: a loop cannot be in all_of. Write "
            f"any_of(...), or declare loop({back!r}) on the first step that is done again"
        )
        raise InvalidArgumentError(message)


def _read_item(item: object) -> Iterable[Reference]:
    """Return what one item of ``after=`` refers to."""
    if isinstance(item, Join):
        message = f"{item!r} is inside another: any_of and all_of do not nest"
        raise InvalidArgumentError(message)
    if isinstance(item, Mapping):
        for label in item.values():
            if label is not None and not isinstance(label, str):
                raise wrong("step", "a string as an edge's label", label, 'after={"a": "approved"}')
            check_text("step", label=label or None)
        return [_read_reference(s, plain_string(label or None)) for s, label in item.items()]
    return [_read_reference(item, None)]


def _read_reference(step: object, label: str | None) -> Reference:
    if isinstance(step, str):
        if not step.isidentifier():
            if not step.strip():
                message = "after= names a step with an empty string"
                raise InvalidArgumentError(message)
            check_text("step", after=step)
        return Reference(plain_string(step), label)
    if type(step) is Loop:
        return _read_reference(step.step, label)._replace(is_loop=True)
    declaration = default_registry().find(step)
    if declaration is not None:
        return Reference(declaration.name, label, declaration.function)
    if callable(unwrap_method(step)):
        name = getattr(unwrap_method(step), "__name__", repr(step))
        message = (
            f"after={name} at {locate(step) or '<unknown>'} is not declared: "
            f"put @step or @entrypoint on it, or name it as a string, after={name!r}"
        )
        raise InvalidArgumentError(message)
    raise wrong("step", "after= as names of steps or decorated functions", step, 'after=["a", "b"]')
