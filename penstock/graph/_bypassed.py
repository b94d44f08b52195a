"""Entrypoints that were registered somewhere before they were entrypoints."""

from collections.abc import Iterable, Iterator

from penstock._declared.declaration import Declaration
from penstock._declared.functions import unwrap_method
from penstock._declared.registrations import find_registrations
from penstock._declared.registry import default_registry
from penstock._declared.step import Location, Step
from penstock.graph._model import Problem

__all__ = ["find_bypassed"]


def find_bypassed(flow: str, entrypoints: Iterable[Step]) -> Iterator[Problem]:
    """Yield a problem for each of *entrypoints* of which a framework has the function itself."""
    for step in entrypoints:
        declaration = _declaration_of(step)
        if declaration is None or step.location is None:  # it is not written in Python
            continue
        found = find_registrations(step.function, unwrap_method(declaration.target))
        if found is not None:
            message = f"runs of it do not begin at {step.name!r}: {found.cure}"
            location = Location(step.location.file, found.decorators[0].line)
            yield Problem(
                code="bypassed-entrypoint",
                flow=flow,
                step=step.name,
                message=message,
                location=location,
            )


def _declaration_of(step: Step) -> Declaration | None:
    """Return the latest declaration of the function of *step*, if that is written in Python."""
    if step.function is None:  # the step is from a catalog, which has the problem itself
        return None
    found = default_registry().codes().get(id(getattr(step.function, "__code__", None)), [])
    same = [one for one in found if one.is_entrypoint and one.function is step.function]
    return same[-1] if same else None
