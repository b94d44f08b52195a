"""What is imported is set aside from the garbage collector, for as long as a build lasts."""

import gc
import sys
from contextlib import nullcontext

import pytest
from sphinx.errors import ExtensionError

CONF = """
import gc

def setup(app):
    app.connect("source-read", note)

def note(app, docname, source):
    (app.srcdir / "count").write_text(str(gc.get_freeze_count()))
    {then}
"""


@pytest.mark.parametrize(
    ("then", "end"),
    [
        pytest.param("", nullcontext(), id="well"),
        pytest.param("1 / 0", pytest.raises(ExtensionError, match="division by zero"), id="ill"),
    ],
)
def test_set_aside(project, then, end):
    """Modules are set aside while pages are read, and taken back however the build ends."""
    made = project()
    made.write("conf.py", CONF.format(then=then))

    with end:
        made.build()

    assert int((made.folder / "count").read_text()) > len(sys.modules)
    assert gc.get_freeze_count() == 0
