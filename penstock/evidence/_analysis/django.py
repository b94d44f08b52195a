"""Commands and users of Django, which a string and the settings name."""

import ast

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.by_name import in_modules, strings
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import outside_of
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.values import (
    UNKNOWN,
    External,
    Instance,
    Value,
    Values,
    join,
)

__all__ = ["call_command", "user_model"]

_COMMANDS = ".management.commands."
"""A part of the names of the modules of commands."""

_USERS = ("AbstractUser", "AbstractBaseUser")
"""The classes that the model of a user extends."""


def call_command(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Call a command: that of the module of its name, or an object of its class.

    A command that is not in the project calls nothing of it, and one of an unknown name may be any.
    """
    names = strings(arguments.first)
    objects: list[Value] = [value for value in arguments.first if isinstance(value, Instance)]
    if len(names) + len(objects) < len(arguments.first):
        files = [f for module, f in frame.engine.project.files.items() if _COMMANDS in f".{module}"]
        given = tuple(filter(None, (file.find("Command") for file in files)))
        frame.emit(outside_of(frame, node, arguments, callee.name, given))
    for name in names:
        found = in_modules(frame.engine, f"{_COMMANDS[1:]}{name}", "Command")
        objects += frame.apply(found, Arguments(), node)
    for command in objects:
        frame.apply(attribute_of(frame, command, "handle", node), OPEN, node)
    return UNKNOWN


def user_model(frame: Frame, _: External, __: Arguments, ___: ast.AST) -> Values | None:
    """Return the class of users of the project, if there is one alone."""
    engine = frame.engine
    names = {
        (file, name) for base in _USERS for file, name in engine.project.subclasses_named(base)
    }
    found = join(*(engine.member(file, name) for file, name in names))
    return found if len(names) == 1 else None
