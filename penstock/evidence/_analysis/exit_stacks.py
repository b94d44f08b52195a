"""Functions that an `ExitStack` calls when its block ends."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import functions_in, hand_functions, run_later
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.terms import Term, sequence
from penstock.evidence._analysis.values import UNKNOWN, External, Values

__all__ = ["begin_stack", "end_stack", "push_callback", "stack_of"]

_STACKS = ("contextlib.ExitStack()", "contextlib.AsyncExitStack()")


def begin_stack(frame: Frame, values: Values) -> None:
    """Note that the block of the stacks in *values* begins."""
    for value in values:
        if isinstance(value, External) and value.name in _STACKS:
            frame.stacks[value] = []


def stack_of(frame: Frame, method: External) -> list[Term] | None:
    """Return what was noted for the block of the stack that has *method*, or None if outside."""
    return frame.stacks.get(External(method.name.rpartition(".")[0], method.site))


def end_stack(frame: Frame, values: Values) -> Term:
    """Return what happens at the end of the block: the last that was noted comes first."""
    found: list[Term] = []
    for value in values:
        found += reversed(frame.stacks.pop(value, []))
    return sequence(found)


def push_callback(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Note what is called at the end of the block, or later if the stack is not that of one."""
    owner = callee.name.rpartition(".")[0]
    if owner not in _STACKS or not arguments.positional:
        return None
    stack = stack_of(frame, callee)
    if stack is None:
        return hand_functions(frame, callee, arguments, node)
    given = Arguments(arguments.positional[1:], arguments.named, arguments.rest, arguments.other)
    functions = functions_in(frame, arguments.positional[0])
    stack.extend(run_later(frame, each, given, node) for each in functions)
    return arguments.positional[0] if functions else UNKNOWN
