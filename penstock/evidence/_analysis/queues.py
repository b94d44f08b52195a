"""Queues of the standard library, from which one function takes what another has put there."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import outside_with
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import UNKNOWN, External, Values

__all__ = ["queued"]

_QUEUES = {
    f"{module}.{kind}"
    for module in ("queue", "asyncio", "multiprocessing")
    for kind in ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "JoinableQueue")
}


def queued(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Keep an item that is put into a queue, or return those that were.

    All queues of classes that extend one of the library are taken for one.
    """
    owner = callee.owner
    if owner.name.removesuffix("()") not in _QUEUES:
        return None
    last = last_of(callee.name)
    if last in {"put", "put_nowait"}:
        for values in arguments.positional[:1]:
            frame.engine.store(owner, "queued", values)
    if last not in {"get", "get_nowait"}:
        return None
    frame.emit(outside_with(frame, node, arguments, callee)[0])
    return frame.engine.load(owner, "queued") or UNKNOWN
