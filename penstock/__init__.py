"""Declare, identify and draw the flows of an application.

One declaration in the code gives every operation a correlation ID and every
flow a diagram next to the docstrings of its steps.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from penstock._declared.predecessors import Join, Loop, all_of, any_of, loop
from penstock._declared.step import Location, Step
from penstock._declared.usage_errors import missing_name
from penstock._decorators.flows import FlowDecorator, flow
from penstock._decorators.steps import entrypoint, step
from penstock._runtime.annotations import annotate, unannotate
from penstock._runtime.bind import bind
from penstock._runtime.bound import bound
from penstock._runtime.configuration import configure
from penstock._runtime.current_step import current_step
from penstock._runtime.headers import Carried, extract, inject
from penstock._runtime.run import ParentRun, Run, current_flow_id, current_run

__all__ = [
    "Carried",
    "Edge",
    "Flow",
    "FlowDecorator",
    "Graph",
    "Join",
    "Location",
    "Loop",
    "Node",
    "ParentRun",
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
    "loop",
    "step",
    "unannotate",
]

if os.environ.get("PENSTOCK_TRACE"):
    from penstock.tracing import configure_from_environment

    configure_from_environment()
    del configure_from_environment

# A server declares and identifies. The code that shows flows is loaded when it is used.
_LATER = dict.fromkeys(
    ("Edge", "Flow", "Graph", "Node", "Problem", "find_problems", "get_flow", "list_flows"),
    "penstock.graph",
) | {"generate_dag": "penstock.render"}

if TYPE_CHECKING:
    from penstock.graph import Edge, Flow, Graph, Node, Problem, find_problems, get_flow, list_flows
    from penstock.render import generate_dag

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
