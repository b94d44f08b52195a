"""An interpreter beside the main one has separate flows and runs."""

import importlib
import json
import pickle
import sys

import pytest
from platform_limits import INTERPRETERS

from penstock import bind, bound, current_flow_id, list_flows
from penstock.testing import isolated_registry

CODE = """
import json, logging, pickle, sys
sys.path[:] = {path!r}
from penstock import *
from penstock import tracing
from penstock.contrib.logging import FlowFilter

lines, logger = [], logging.getLogger("inside")
class Keep(logging.Handler):
    def emit(self, record):
        lines.append((record.flow_id, record.step, record.tenant))
keep = Keep()
keep.addFilter(FlowFilter())
logger.addHandler(keep)

spans = tracing.InMemoryExporter()
tracing.configure(tracing.BackgroundExporter(spans))

@flow("inside")
@step(after="begin")
def end():
    logger.warning("x")
    return current_step().name, current_flow_id()

@flow("inside")
@entrypoint
def begin():
    annotate(tenant="north")
    return end()

outside, carried = current_flow_id(), pickle.loads({sent!r})()
step_, flow_id = begin()
tracing.flush()
found = dict(
    outside=outside, carried=carried, step=step_, flow_id=flow_id, lines=lines,
    spans=[(span.step, span.flow_id) for span in spans.spans], flows=[f.name for f in list_flows()],
)
with open({file!r}, "w") as file:
    json.dump(found, file)
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """Return the findings of a sub-interpreter that the main one made within a run."""
    file = tmp_path_factory.mktemp("inside") / "found.json"
    interpreters = importlib.import_module(INTERPRETERS)
    made = interpreters.create()
    with isolated_registry(), bind("of-the-main-one"):
        run = getattr(interpreters, "exec", interpreters.run_string)
        sent = pickle.dumps(bound(current_flow_id))
        failed = run(made, CODE.format(path=sys.path, file=str(file), sent=sent))
        interpreters.destroy(made)

        assert failed is None
        assert (current_flow_id(), list_flows()) == ("of-the-main-one", ())
    return json.loads(file.read_text())


def test_nothing_of_the_other(inside):
    """It has neither the run nor the flows of the interpreter that made it."""
    assert (inside["outside"], inside["flows"]) == (None, ["inside"])


def test_bound(inside):
    """A bound function that is sent there, as a pool does it, carries the flow ID."""
    assert inside["carried"] == "of-the-main-one"


def test_whole(inside):
    """Steps, log lines and recorded spans are as in any other interpreter."""
    flow_id = inside["flow_id"]

    assert len(flow_id) == 32
    assert inside["step"] == "end"
    assert inside["lines"] == [[flow_id, "end", "north"]]
    assert inside["spans"] == [["end", flow_id], ["begin", flow_id]]
