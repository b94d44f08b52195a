"""The page of a flow, as both docs packages show it."""

import re

import pytest

from penstock import entrypoint, flow, get_flow, step
from penstock._pages import FlowPage, Link, anchor_of


@pytest.fixture
def page():
    """Return the page of a flow with a branch and a step that nobody declared."""

    @flow("orders")
    @step(after={"validate": "approved", "nowhere": None})
    def charge(order: int, *, dry: bool = False) -> None: ...

    @flow("orders")
    @entrypoint(title="Validate the order")
    def validate(order): ...

    return FlowPage(flow=get_flow("orders"))


def test_sections_stand_in_order(page):
    """A step's section stands after those of the steps that lead to it."""
    actual = [section.step.name for section in page.sections]

    assert actual == ["validate", "charge"]


def test_links(page):
    """A section links to the steps before and after it, with the edge's condition."""
    validate, charge = page.sections

    assert validate.after == (Link("charge", "charge", "penstock--orders--charge", "approved"),)
    assert charge.before == (
        Link("validate", "Validate the order", "penstock--orders--validate", "approved"),
        Link("nowhere", "nowhere", None, None),
    )


def test_signature(page):
    """A section shows the signature as it was written, of an entrypoint too."""
    actual = [section.signature for section in page.sections]

    assert actual == ["(order)", "(order: int, *, dry: bool = False) -> None"]


def test_target(page):
    """A section names the function as autodoc and mkdocstrings do."""
    (actual,) = {section.target.rpartition(".")[0] for section in page.sections}

    assert actual == f"{__name__}.page.<locals>"


def test_nodes_lead_to_sections(page):
    """A node of the diagram leads to its section; one that nobody declared leads nowhere."""
    actual = {node.name: node.href for node in page.graph.nodes}

    assert actual == {
        "charge": "#penstock--orders--charge",
        "validate": "#penstock--orders--validate",
        "nowhere": None,
    }


def test_callable_without_signature():
    """A callable without a signature has none on the page."""
    flow("types")(step(name="make")(type))

    (actual,) = FlowPage(flow=get_flow("types")).sections

    assert (actual.signature, actual.target) == ("", "builtins.type")


def test_callable_without_module():
    """A callable that belongs to no module is called by its step's name."""

    class Send:
        __module__ = None

        def __call__(self): ...

    flow("mail")(step(name="send")(Send()))

    (actual,) = FlowPage(flow=get_flow("mail")).sections

    assert actual.target == "send"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("bom_sync",), "penstock--bom-sync", id="flow"),
        pytest.param(("bom_sync", "fetch"), "penstock--bom-sync--fetch", id="step"),
    ],
)
def test_anchor_reads_like_the_name(names, expected):
    """The anchor of a plain name is that name."""
    assert anchor_of(*names) == expected


NAMES = ["a_b", "a-b", "A_b", "a b", "a__b", "_a_b", "ä", "日本", "a/b", "a.b", "a_b ", "-"]


@pytest.mark.parametrize("name", NAMES)
def test_anchor_is_an_identifier(name):
    """Any name gives an anchor that HTML, LaTeX and docutils take as it is."""
    assert re.fullmatch(r"[a-z](-{0,2}[a-z0-9])*", anchor_of(name, name))


def test_anchors_differ():
    """Different names never come to the same anchor, however they are split."""
    pairs = [(flow_, step_) for flow_ in NAMES for step_ in [*NAMES, None]]

    anchors = {anchor_of(*pair) for pair in pairs}

    assert len(anchors) == len(pairs)
