"""Flows as graphs: what was declared, and its problems."""

from penstock._common.plural import Plural
from penstock.graph._flow import Flow, find_problems, get_flow, list_flows
from penstock.graph._fold import MOST_STEPS, FoldedGraph, fold
from penstock.graph._members import describe_graph
from penstock.graph._model import (
    DrawnWords,
    Edge,
    EdgeCheck,
    Graph,
    LegendWords,
    Node,
    Problem,
    Revision,
    SpokenWords,
)
from penstock.graph._part import subgraph

__all__ = [
    "MOST_STEPS",
    "DrawnWords",
    "Edge",
    "EdgeCheck",
    "Flow",
    "FoldedGraph",
    "Graph",
    "LegendWords",
    "Node",
    "Plural",
    "Problem",
    "Revision",
    "SpokenWords",
    "describe_graph",
    "find_problems",
    "fold",
    "get_flow",
    "list_flows",
    "subgraph",
]
