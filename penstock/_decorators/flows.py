"""`flow`, which makes declared functions steps of a flow."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from penstock._common.declared_strings import check_text, wrong
from penstock._common.plain_values import plain_string
from penstock._declared.origin import declaring_frame
from penstock._declared.registry import default_registry
from penstock._declared.usage_errors import explains
from penstock.exceptions import UnknownFlowError

__all__ = ["FlowDecorator", "flow"]

F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, Any, Any]")


class FlowDecorator:
    """The decorator that `flow` returns, which can be kept and used again.

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
        name: The name of the flow in code, logs and docs.
        title: The title for readers, instead of *name*.
        description: The purpose of the flow.
        owner: The team or person that is responsible for it.
        tags: Words by which the flow can be found.

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
