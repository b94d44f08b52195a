"""Declare, identify and draw the flows of an application.

One declaration in the code gives every operation a correlation ID and every
flow a diagram next to the docstrings of its steps.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from penstock._context import (
    ParentRun,
    Run,
    annotate,
    configure,
    current_flow_id,
    current_run,
    unannotate,
)
from penstock._decorators import FlowDecorator, Predecessors, all_of, any_of, entrypoint, flow, step
from penstock._propagation import Carried, bind, bound, extract, inject
from penstock._running import current_step
from penstock._steps import Location, Predecessor, Step
from penstock._usage import missing_name

__all__ = [
    "Carried",
    "Edge",
    "Flow",
    "FlowDecorator",
    "Graph",
    "Location",
    "Node",
    "ParentRun",
    "Predecessor",
    "Predecessors",
    "Problem",
    "Run",
    "Step",
    "all_of",
    "annotate",
    "any_of",
    "bind",
    "bound",
    "configure",
    "current_flow_id",
    "current_run",
    "current_step",
    "entrypoint",
    "extract",
    "find_problems",
    "flow",
    "generate_dag",
    "get_flow",
    "inject",
    "list_flows",
    "step",
    "unannotate",
]

if os.environ.get("PENSTOCK_TRACE"):
    from penstock.tracing import configure_from_environment

    configure_from_environment()
    del configure_from_environment

# A server declares and identifies. What looks at flows is loaded for whoever looks.
_LATER = dict.fromkeys(("Edge", "Graph", "Node", "Problem"), "penstock._model") | dict.fromkeys(
    ("Flow", "find_problems", "generate_dag", "get_flow", "list_flows"), "penstock.graph"
)

if TYPE_CHECKING:
    from penstock._model import Edge, Graph, Node, Problem
    from penstock.graph import Flow, find_problems, generate_dag, get_flow, list_flows

    __version__: str
else:  # a type checker would take this to offer any name at all

    def __getattr__(name: str) -> object:
        if name in _LATER:
            found = globals()[name] = getattr(import_module(_LATER[name]), name)
            return found
        if name == "__version__":
            metadata = import_module("importlib.metadata")
            try:
                return metadata.version("penstock")
            except metadata.PackageNotFoundError as error:
                message = "penstock has no __version__: its package has no metadata"
                raise AttributeError(message) from error
        raise missing_name(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
