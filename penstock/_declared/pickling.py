"""Pickling of steps and of what wrappers refer to: what becomes of them in another process."""

import copyreg
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from operator import attrgetter
from typing import Any

from penstock._declared.declaration import Declaration, Declared
from penstock._declared.functions import layers
from penstock._declared.registry import default_registry
from penstock._declared.step import Step

__all__ = [
    "enable_pickling",
]


def enable_pickling() -> None:
    """Register how to pickle objects that are not found by name, since a wrapper replaced them."""
    copyreg.pickle(Step, _reduce_step)
    copyreg.pickle(Declared, _reduce_declared)


def _reduce_step(step: Step) -> tuple[Callable[..., Step], tuple[Any, ...]]:
    """Return what makes *step* again where it is unpickled: its function by name, if it has one."""
    values = {field.name: getattr(step, field.name) for field in fields(step)}
    module = getattr(step.function, "__module__", None)
    path = getattr(step.function, "__qualname__", None)
    inside = len([*layers(step.function)])
    if module and path and _import(module, path, inside) is step.function:
        return _step_elsewhere, (values | {"function": None}, module, path, inside)
    return _step_elsewhere, (values,)


def _step_elsewhere(
    values: dict[str, Any], module: str = "", path: str = "", inside: int = 0
) -> Step:
    """Return the step that was pickled as *values* and the name of its function."""
    return Step(**values | ({"function": _import(module, path, inside)} if module else {}))


def _import(module: str, path: str, inside: int) -> Any:
    """Return the function of so many layers that a module has under *path*, or None.

    The layers around it are wrappers, which another process may have more or less of.
    """
    try:
        return [*layers(attrgetter(path)(import_module(module)))][-inside]
    except (ImportError, AttributeError, IndexError):
        return None


def _reduce_declared(declared: Declared) -> tuple[Callable[..., Declared], tuple[Any, ...]]:
    return _declared_elsewhere, (declared.function, declared.steps)


def _declared_elsewhere(function: Any, declarations: list[Declaration]) -> Declared:
    """Return what another process declared of *function*, whose frames are known from now on."""
    made = Declared(function, declarations)
    for declaration in declarations:
        declaration.held = declaration.written = function
        declaration.declared = made
        default_registry().welcome(declaration)
    return made
