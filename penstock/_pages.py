"""The page of a flow, as both docs packages show it."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from penstock._model import Graph
from penstock._steps import Step
from penstock.graph._flow import Flow

__all__ = ["FlowPage", "Link", "StepSection", "anchor_of", "build_page"]


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of a step next to another one."""

    label: str
    """What a reader sees."""

    anchor: str | None
    """The anchor of the step on the page, or None if nobody declared it."""

    condition: str | None = None
    """The label of the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSection:
    """What the page says of one step."""

    step: Step
    anchor: str
    """The anchor on the page: letters, digits and hyphens."""

    target: str
    """The function's dotted name, ``module.qualname``."""

    signature: str
    """The call signature, like ``(order, *, dry_run=False)``, or ``""``."""

    before: tuple[Link, ...]
    """The steps that lead here."""

    after: tuple[Link, ...]
    """The steps to which this one leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPage:
    """What a page says of one flow, in the order in which it says it."""

    flow: Flow
    graph: Graph
    """The diagram. Its nodes lead to the sections below it."""

    anchor: str
    """The anchor of the diagram."""

    sections: tuple[StepSection, ...]
    """The steps, each after what leads to it."""


def build_page(flow: Flow, *, suffix: str = "") -> FlowPage:
    """Return the page of *flow*.

    Args:
        flow: What to show.
        suffix: What anchors end with, where a page shows a flow a second time.
    """
    anchors = {step.name: anchor_of(flow.name, step.name) + suffix for step in flow.steps}
    labels = {step.name: step.label for step in flow.steps}
    graph = flow.graph()
    nodes = tuple(
        replace(node, href=f"#{anchors[node.name]}") if node.name in anchors else node
        for node in graph.nodes
    )
    return FlowPage(
        flow=flow,
        graph=replace(graph, nodes=nodes),
        anchor=anchor_of(flow.name) + suffix,
        sections=tuple(_section(flow, step, anchors, labels) for step in flow.order()),
    )


def anchor_of(flow: str, step: str | None = None) -> str:
    """Return the anchor of a flow, or of a step in it, for any names.

    Stable, so that links from outside live on: it depends on the names alone.
    """
    parts = [flow] if step is None else [flow, step]
    # Two hyphens: no slug holds them, so no two pairs of names come to one anchor.
    return "--".join(["penstock", *map(_slug, parts)])


def _slug(name: str) -> str:
    """Return *name* as an identifier of HTML and of docutils: ``[a-z0-9-]``."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if "-" not in name and slug == name.replace("_", "-"):
        return slug
    # Something was lost, so that another name could come to the same slug.
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}-{digest}" if slug else digest


def _section(
    flow: Flow, step: Step, anchors: Mapping[str, str], labels: Mapping[str, str]
) -> StepSection:
    def link(name: str, condition: str | None) -> Link:
        return Link(labels.get(name, name), anchors.get(name), condition)

    return StepSection(
        step=step,
        anchor=anchors[step.name],
        target=target_of(step),
        signature=_signature(step),
        before=tuple(link(p.name, p.label) for p in step.after),
        after=tuple(link(e.target, e.label) for e in flow.edges if e.source == step.name),
    )


def target_of(step: Step) -> str:
    """Return the dotted name under which the documentation of a step is found."""
    function = inspect.unwrap(step.function)
    module = getattr(function, "__module__", None)
    qualname = getattr(function, "__qualname__", None) or step.name
    return f"{module}.{qualname}" if module else qualname


def _signature(step: Step) -> str:
    try:
        signature = str(inspect.signature(step.function))
    except (TypeError, ValueError):  # a callable that C code made may have none
        return ""
    # Where an object lies in memory differs from build to build.
    return re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(signature.split()))
