"""Modules that were edited are imported anew."""

import sys

from penstock._registry import default_registry
from penstock._settings import Settings
from penstock.graph import list_flows
from penstock_mkdocs import _loading

CODE = """
from penstock import entrypoint, flow, step

{name} = flow("{name}", title="T")
{name}(entrypoint(name="{step}")(lambda: None))
step(name="alone_{step}")(lambda: None)
"""


def test_edit(tmp_path, monkeypatch):
    """What a module declared before an edit is forgotten, in an edit of one size and second too."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / "reloaded.py"
    settings = Settings(modules=("reloaded",), pythonpath=(str(tmp_path),))
    file.write_text(CODE.format(name="a", step="x"), encoding="utf-8")
    assert _loading.load(settings) == ()

    file.write_text(CODE.format(name="b", step="y"), encoding="utf-8")
    assert _loading.load(settings) == ()

    assert [(flow.name, flow.steps[0].name) for flow in list_flows()] == [("b", "y")]
    assert [d.name for d in default_registry().unclaimed()] == ["alone_y"]
    file.write_text("raise ValueError\n", encoding="utf-8")
    assert [f.module for f in _loading.load(settings)] == ["reloaded"]
    assert _loading.failures_of(settings)
    assert list_flows() == ()
