"""Reading the functions of steps: names, signatures, docstrings."""

import inspect
from typing import Any

from penstock._common.callables import attempt
from penstock._declared.signatures import read_signature
from penstock._declared.step import FunctionDetails, Step
from penstock.graph._parsed_signature import parse_signature

__all__ = [
    "is_async",
    "names_of",
    "python_name",
    "read_details",
    "signature_of",
    "signature_string",
]


def read_details(step: Step) -> FunctionDetails:
    """Return what a catalog has of the function of *step*."""
    if step.details is not None:
        return step.details
    module, qualname = names_of(step)
    return FunctionDetails(
        module=module,
        qualname=qualname,
        is_async=is_async(step),
        signature=signature_string(step),
        doc=step.doc,
    )


def names_of(step: Step) -> tuple[str, str]:
    """Return the module and the qualified name of a step's function."""
    if step.details is not None:
        return step.details.module, step.details.qualname
    declared: Any = step.function
    function = attempt(lambda: inspect.unwrap(declared), declared)
    qualname = _string_in(function, "__qualname__") or step.name
    return _string_in(function, "__module__"), qualname


def python_name(step: Step) -> tuple[str, str]:
    """Return the module of a step's function, and the function in it, like ``Shop.receive``.

    Each is ``""`` if there is none that code could write.

    .. versionadded:: 0.2
    """
    module, qualname = names_of(step)
    path = qualname.rpartition("<locals>.")[2]
    return module, path if all(part.isidentifier() for part in path.split(".")) else ""


def signature_of(step: Step) -> inspect.Signature | None:
    """Return the signature of a step's function as `read_signature` does, as a caller sees it.

    .. versionadded:: 0.2
    """
    if step.details is not None:
        return parse_signature(step.details.signature or "")
    return read_signature(step.function, bound="." in python_name(step)[1])


def signature_string(step: Step) -> str | None:
    """Return the signature of a step's function on one line, or None if nobody can know it."""
    if step.details is not None:
        return step.details.signature
    found = signature_of(step)
    return None if found is None else str(found)


def is_async(step: Step) -> bool:
    """Return whether a call of the step's function is awaited or iterated over with ``async``.

    .. versionadded:: 0.2
    """
    if step.details is not None:
        return step.details.is_async
    return bool(attempt(lambda: _is_async(step.function), otherwise=False))


def _is_async(function: Any) -> bool:
    function = inspect.unwrap(function)
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _string_in(function: object, name: str) -> str:
    found = attempt(lambda: getattr(function, name, None))
    return found if isinstance(found, str) else ""
