"""The callables that a wrapper can replace without loss."""

from functools import partial
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

from penstock.exceptions import InvalidArgumentError

__all__ = ["check_wrappable", "is_wrappable"]

_WRAPPABLE = (
    *(BuiltinFunctionType, MethodWrapperType),
    *(WrapperDescriptorType, MethodDescriptorType, ClassMethodDescriptorType, partial),
)
_OF_FUNCTIONS = ("__code__", "__globals__", "__closure__")


def is_wrappable(target: Any) -> bool:
    """Return whether nothing of *target* is lost if a function replaces it."""
    # By its type: a proxy claims to be of the class of its target.
    kind = type(target)
    if kind is FunctionType:
        return True
    if kind is MethodType:
        return is_wrappable(target.__func__)
    # What Cython or Nuitka compiled is a function of another type.
    return any(kind is one for one in _WRAPPABLE) or all(hasattr(kind, n) for n in _OF_FUNCTIONS)


def check_wrappable(where: str, target: Any) -> None:
    """Raise unless `is_wrappable`, and say where to put the decorator *where* instead."""
    if is_wrappable(target):
        return
    if isinstance(target, type):
        reason = "isinstance() checks would break; put it on a method"
    else:
        kind = type(target).__name__  # `__qualname__` of a proxy of Celery is that of its module
        reason = (
            f"its {kind} would be replaced by a plain function and lose what a {kind} offers; "
            f"put @{where} below the decorator that made it, or on its __call__ method"
        )
    message = f"@{where} cannot wrap {target!r}: {reason}"
    raise InvalidArgumentError(message)
