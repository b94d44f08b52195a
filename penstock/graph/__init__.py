"""Flows as graphs: what was declared, and its problems."""

from penstock._common.plural import Plural
from penstock.graph._flow import Flow, find_problems, get_flow, list_flows
from penstock.graph._model import DrawnWords, Edge, Graph, Node, Problem
from penstock.graph._part import subgraph

__all__ = [
    "DrawnWords",
    "Edge",
    "Flow",
    "Graph",
    "Node",
    "Plural",
    "Problem",
    "find_problems",
    "get_flow",
    "list_flows",
    "subgraph",
]
