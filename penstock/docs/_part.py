"""The part of a flow that a docs page or a command asks for."""

from collections.abc import Mapping
from typing import Any

from penstock.graph._flow import Flow
from penstock.graph._model import Graph
from penstock.graph._part import subgraph

__all__ = ["PART_OPTIONS", "part_of"]

PART_OPTIONS = ("around", "depth", "from", "to", "only-kinds")
"""The options that choose a part of a flow, as they are written."""


def part_of(flow: Flow, options: Mapping[str, Any]) -> Graph | None:
    """Return the part of *flow* that *options* ask for, or None if they ask for none.

    Args:
        flow: The flow.
        options: The options of a directive, a block or a command; those that are None or
            empty, and others than ``around``, ``depth``, ``from``, ``to`` and
            ``only-kinds``, are left alone.

    Raises:
        UnknownStepError: If the flow has no such step.
        PartError: If an option is wrong, or no step is left.

    .. versionadded:: 0.2
    """
    every: dict[str, Any] = {name: options.get(name) for name in PART_OPTIONS}
    given = {name: value for name, value in every.items() if value not in (None, "", ())}
    if not given:
        return None
    fields = {"from": "from_", "only-kinds": "only_kinds"}
    return subgraph(flow.graph(), **{fields.get(n, n): value for n, value in given.items()})
