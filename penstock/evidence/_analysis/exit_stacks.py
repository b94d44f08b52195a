"""Functions that an `ExitStack` calls when its block ends."""

import ast

from penstock.evidence._analysis.frame import Frame, StackBlock
from penstock.evidence._analysis.hand_offs import functions_in, hand_functions, run_later
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import Iterate, Loop, Term, choice, sequence
from penstock.evidence._analysis.values import UNKNOWN, External, Values
from penstock.evidence._source.functions import nodes_in

__all__ = [
    "begin_stack", "close_stack", "end_stack", "is_of_stack", "keep_for_end", "push_callback",
    "stack_of",
]  # fmt: skip

_STACKS = ("contextlib.ExitStack()", "contextlib.AsyncExitStack()")


def begin_stack(
    frame: Frame, values: Values, body: list[Term], node: ast.With | ast.AsyncWith
) -> None:
    """Note that the block of the stacks in *values* begins, and that *body* is what it does."""
    for value in values:
        if isinstance(value, External) and value.name in _STACKS:
            plain = (each for each in node.body if isinstance(each, (ast.Expr, ast.Assign)))
            nodes = (each for statement in plain for each in nodes_in(statement))
            own = {each for each in nodes if isinstance(each, ast.Call)}
            frame.stacks[value] = StackBlock(body, own)


def stack_of(frame: Frame, method: External) -> StackBlock | None:
    """Return the block of the stack that has *method*, or None if this is outside of it."""
    return frame.stacks.get(method.owner)


def is_of_stack(method: External) -> bool:
    """Return whether *method* is one of an `ExitStack`."""
    return method.name.rpartition(".")[0] in _STACKS


def keep_for_end(frame: Frame, method: External, functions: Values) -> None:
    """Note what the stack that has *method* calls when an object closes it."""
    owner = method.owner
    frame.engine.store(owner, "callbacks", functions)


def close_stack(frame: Frame, callee: External, _: Arguments, node: ast.AST) -> Values | None:
    """Call what was noted for a stack that an object has, in any order."""
    if not is_of_stack(callee):
        return None
    owner = callee.owner
    options = [run_later(frame, each, OPEN, node) for each in frame.engine.load(owner, "callbacks")]
    if options:
        frame.emit(Loop(choice(options)))
    return UNKNOWN


def end_stack(frame: Frame, values: Values) -> Term:
    """Return what happens at the end of the block: the last that was noted comes first.

    What follows where a context is entered is its block, and what was noted after that.
    """
    found: list[Term] = []
    for stack in [frame.stacks.pop(value) for value in values if value in frame.stacks]:
        for each in reversed(stack.noted):
            if isinstance(each, Iterate) and each in stack.body:
                start = stack.body.index(each)
                block = sequence([*stack.body[start + 1 :], *found])
                whole = Iterate(each.targets, block, each.location, is_loop=False)
                stack.body[start:], found = [whole], []
            else:
                found.append(each)
    return sequence(found)


def push_callback(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Note what is called at the end of the block, or later if the stack is not that of one."""
    if not is_of_stack(callee) or not arguments.positional:
        return None
    stack = stack_of(frame, callee)
    if stack is None:
        keep_for_end(frame, callee, tuple(functions_in(frame, arguments.first)))
        return hand_functions(frame, callee, arguments, node)
    given = Arguments(arguments.positional[1:], arguments.named, arguments.rest, arguments.other)
    functions = functions_in(frame, arguments.positional[0])
    stack.noted += [run_later(frame, each, given, node) for each in functions]
    return arguments.positional[0] if functions else UNKNOWN
