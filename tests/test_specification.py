"""The code of the specification runs as it is written."""

import logging
import re
from types import SimpleNamespace

import pytest
from specification import BRANCHES, ENTRYPOINTS, LOGGING, QUICK_START, VISUALIZE, blocks

import penstock
from penstock import find_problems, get_flow


class Database:
    """The ``db`` of the specification."""

    def __init__(self) -> None:
        self.parts: list[object] = []
        self.ids: list[str | None] = []

    def bulk_upsert(self, parts: list[object]) -> None:
        self.parts += parts
        self.ids.append(penstock.current_flow_id())


@pytest.fixture
def names():
    """Return a namespace with what the specification takes for granted."""
    bom = SimpleNamespace(parts=["screw", "nut"])
    api = SimpleNamespace(get_bom=lambda bom_id: bom if bom_id == 7 else None)
    given = {"flow": penstock.flow, "step": penstock.step, "entrypoint": penstock.entrypoint}
    return {"__name__": "spec", "__file__": "spec.py", "api": api, "db": Database(), **given}


def run(block: str, names: dict[str, object]) -> None:
    """Execute *block* as a notebook would: in a namespace that others share."""
    exec(compile(block, "specification.md", "exec"), names)


def test_quick_start(names):
    """A message runs through the flow under one ID, which is gone afterwards."""
    run(QUICK_START, names)

    names["handle_kafka_message"](SimpleNamespace(payload={"bom_id": 7}))

    db = names["db"]
    assert (db.parts, penstock.current_flow_id()) == (["screw", "nut"], None)
    assert re.fullmatch(r"[0-9a-f]{32}", db.ids[0])


def test_every_invocation_has_its_own_id(names):
    """Two messages have two IDs."""
    run(QUICK_START, names)

    for _ in range(2):
        names["handle_kafka_message"](SimpleNamespace(payload={"bom_id": 7}))

    assert len(set(names["db"].ids)) == 2


def test_visualize(names, capsys, tmp_path, monkeypatch):
    """The printed diagram is the specification's own, and the image is a PNG."""
    monkeypatch.chdir(tmp_path)
    run(QUICK_START, names)

    run(VISUALIZE, names)

    (diagram,) = blocks("mermaid")
    assert capsys.readouterr().out == diagram
    assert (tmp_path / "bom_sync_flow.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_correlation_ids_in_the_log(names, caplog):
    """A step logs the ID of the run, after its function was declared again."""
    caplog.set_level(logging.INFO)
    run(QUICK_START, names)
    run(LOGGING, names)

    names["handle_kafka_message"](SimpleNamespace(payload={"bom_id": 7}))

    assert re.fullmatch(r"\[[0-9a-f]{32}\] Syncing 2 parts", caplog.messages[0])


def test_multiple_entrypoints(names):
    """Both entrypoints lead to the common step."""
    run(ENTRYPOINTS, names)

    flow = get_flow("user_update")
    assert [step.name for step in flow.entrypoints] == ["handle_api_request", "handle_admin_action"]
    assert [(e.source, e.target) for e in flow.edges] == [
        ("handle_api_request", "process_user_update"),
        ("handle_admin_action", "process_user_update"),
    ]
    assert find_problems() == ()
    assert names["handle_api_request"](SimpleNamespace(data={})) is None


def test_branching_flows(names):
    """The branches part and come together; what the excerpt leaves out is reported."""
    run(BRANCHES, names)

    flow = get_flow("order_processing")
    assert [(e.source, e.target) for e in flow.edges] == [
        ("validate_order", "charge_payment"),
        ("validate_order", "reserve_inventory"),
        ("charge_payment", "send_confirmation"),
        ("reserve_inventory", "send_confirmation"),
    ]
    assert [problem.code for problem in flow.problems()] == [
        "unknown-predecessor",
        "unknown-predecessor",
        "no-entrypoint",
    ]
