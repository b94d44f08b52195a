"""Calls that lead back to an earlier step."""

import ast
from collections.abc import Iterable, Iterator

from penstock._declared.step import Location
from penstock.evidence._model import Connection, EdgeEvidence
from penstock.evidence._source.functions import last_name_of, nodes_in, written
from penstock.evidence._verdicts.evidence import FlowEvidence, closure, of_order
from penstock.evidence._verdicts.lines import (
    called_as,
    is_everywhere,
    is_named,
    is_rare,
    without_decorators,
)

__all__ = ["back", "is_always_called", "repeated"]

_BLOCKS = (ast.If, ast.While, ast.For, ast.AsyncFor)
"""Statements whose blocks may not run, or several times."""

_SOMETIMES = (*_BLOCKS, ast.match_case, ast.ExceptHandler)
"""Nodes with parts that may not run, or several times."""


_RUNNING = {"run", "run_until_complete", "run_sync", "async_to_sync"}
"""Functions that run a coroutine to its end."""


def back(evidence: FlowEvidence, edges: tuple[EdgeEvidence, ...]) -> Iterator[Connection]:
    """Yield the calls in the lines of a step that lead back to an earlier one, undeclared.

    A helper may be on the way if it is beside the earlier step, in another module.
    """
    loops = {(source, target) for source, target, is_loop in evidence.flow.edges if is_loop}
    kept = {(e.source, e.target) for e in edges if e.verdict != "contradicted"}
    forth = closure(kept - loops)
    entered = {target for _, target in kept}
    declared = closure((e.source, e.target) for e in edges if (e.source, e.target) not in loops)
    for source, target, found in evidence.started(evidence.starts):
        is_recursion = (target, source) in evidence.calling
        if is_recursion or (source, target) in evidence.declared:
            continue
        way = declared if target in entered else forth
        is_back = (target, source) in way and evidence.steps[target].unchecked is None
        if not is_back or is_everywhere(evidence, target) or not is_named(evidence, target, found):
            continue
        path = without_decorators(evidence, found.path, target)
        if len(path) == 1 or _is_beside(evidence, path[-1], target, source):
            yield Connection(source, target, found, is_back=True)


def _is_beside(evidence: FlowEvidence, location: Location, target: str, source: str) -> bool:
    """Return whether a line is in the module of *target*, and *source* is in another."""
    files = [evidence.located[name].source.file for name in (target, source)]
    return location.file == files[0] != files[1]


def is_always_called(evidence: FlowEvidence, found: Connection) -> bool:
    """Return whether a step calls an earlier one each time that it ends without an error.

    That is a part of the flow as any other call, while one under a condition may be another try,
    what is handed off may begin another run, and what is called for its value, or by several,
    is a helper.
    """
    path = without_decorators(evidence, found.evidence.path, found.target)
    source, name = evidence.located[found.source], called_as(evidence, found.target).name
    is_call = len(path) == 1 and found.evidence.kind == "call"
    if not is_call or evidence.project.function_at(path[0]) is not source:
        return False
    line, nodes = path[0].line, [*nodes_in(source.node)]
    is_statement = any(_is_statement_of(each, name, line) for each in nodes)
    is_sometimes = any(_may_pass_over(each, line) for each in nodes)
    return is_statement and not is_sometimes and is_rare(evidence, found.target)


def repeated(evidence: FlowEvidence) -> Iterator[Connection]:
    """Yield where a function calls a step once more, each time after a later one.

    It is a part of the flow for the same reasons as what a step always calls. A helper gets other
    arguments each time, as one that prints.
    """
    for (source, target), orders in evidence.orders.items():
        is_back = (target, source) in evidence.declared
        if not is_back or (source, target) in evidence.declared or not is_rare(evidence, target):
            continue
        before, name = evidence.orders.get((target, source), {}), called_as(evidence, target).name
        for caller, order in orders.items():
            path = without_decorators(evidence, order.second, target)
            is_shown = order.is_direct and not order.is_carried and len(path) == 1
            # The later step may be what runs once more, after a step that is called once.
            if not is_shown or caller not in before or before[caller].first[0] == path[0]:
                continue
            line, after, nodes = path[0].line, order.first[0].line, [*nodes_in(caller.node)]
            is_sometimes = any(_may_pass_over(each, line, after) for each in nodes)
            is_statement = any(_is_statement_of(each, name, line) for each in nodes)
            is_statement = is_statement or _is_written_twice(nodes, name, line)
            if is_statement and not is_sometimes and len(_calls_of(name, nodes)) == 1:
                yield Connection(source, target, of_order(order))
                break


def _is_written_twice(nodes: Iterable[ast.AST], name: str, line: int) -> bool:
    """Return whether a line assigns the result of a call once more to the same variable."""
    found = [
        (written(each), each.lineno)
        for each in nodes
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Call)
        and last_name_of(each.value.func) == name
    ]
    here = {text for text, at in found if at == line}
    return any(text in here and at != line for text, at in found)


def _calls_of(name: str, nodes: Iterable[ast.AST]) -> set[str]:
    """Return the calls of something called *name*, as they are written."""
    return {
        written(each)
        for each in nodes
        if isinstance(each, ast.Call) and last_name_of(each.func) == name
    }


def _is_statement_of(node: ast.AST, name: str, line: int) -> bool:
    """Return whether *node* is a statement in a line that is the call of a function alone.

    The loop of an application may run a coroutine.
    """
    if not isinstance(node, ast.Expr) or node.lineno != line:
        return False
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    if isinstance(value, ast.Call) and last_name_of(value.func) in _RUNNING and value.args:
        value = value.args[0]
    return isinstance(value, ast.Call) and last_name_of(value.func) == name


def _may_pass_over(node: ast.AST, line: int, after: int = 0) -> bool:
    """Return whether the code in a line may not run, or several times, due to *node*.

    The code in the line *after* which it is has run.
    """
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    if isinstance(node, ast.Return):
        return bool(after <= last < line)
    if isinstance(node, _BLOCKS):
        first = node.body[0].lineno
    elif isinstance(node, ast.match_case):
        first, last = node.pattern.lineno, node.body[-1].end_lineno or 0
    return isinstance(node, _SOMETIMES) and first <= line <= last and not first <= after <= last
