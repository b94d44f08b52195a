"""Which functions inside a declared callable may be called on their own, too."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

__all__ = ["find_shared"]


def find_shared(
    target: Any, functions: Sequence[FunctionType], declaring: Callable[[], FrameType]
) -> tuple[CodeType, ...]:
    """Return the code of those of *functions* whose calls need not be calls of *target*.

    What a decorator got is called by what it returned, for the name in the
    source means that. A partial is made of a function that exists beside it.

    Args:
        target: What is declared.
        functions: The functions in it.
        declaring: Returns the frame that declares it.
    """
    inside = [function for function in functions if not _is_itself(target, function)]
    is_partial = isinstance(target, partial)
    return tuple(f.__code__ for f in inside if is_partial or _has_a_name(f, declaring()))


def _is_itself(target: Any, function: FunctionType) -> bool:
    """Return whether each call of *function* is a call of *target*."""
    if target is function or (type(target) is MethodType and target.__func__ is function):
        return True
    return type(target).__dict__.get("__call__") is function


def _has_a_name(function: FunctionType, declaring: FrameType) -> bool:
    """Return whether *function* has a name where it is declared, or where it is written."""
    here = tuple(declaring.f_locals.values())
    return any(value is function for value in here) or _named(function, function.__globals__)


def _named(function: FunctionType, names: Mapping[str, Any]) -> bool:
    """Return whether *function* has its name among *names*, or in a class that is there."""
    *classes, name = function.__qualname__.rpartition("<locals>.")[2].split(".")
    for one in classes:
        # By its type: a proxy would look for what it is a proxy of.
        inside = names.get(one)
        names = inside.__dict__ if issubclass(type(inside), type) else {}
    found: Any = names.get(name)
    is_method = issubclass(type(found), (staticmethod, classmethod))
    return (found.__func__ if is_method else found) is function
