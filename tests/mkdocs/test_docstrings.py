"""Docstrings without sections take a shortcut around griffelib, which nobody can see."""

import griffe
from hypothesis import given
from hypothesis import strategies as st

from penstock._steps import Step
from penstock_mkdocs import _docstrings
from penstock_mkdocs._docstrings import Part, read_docstring

PIECES = [
    *("Args", "Returns", "Raises", "Note", "Deprecated", "Parameters", "Example", "an order", "x"),
    *(":", "::", "---", "==", ".. note", ">>> 1", ":param x:", "Returns:", "Yields\n------"),
    *("\n", "\n\n", "\n    ", " ", "- item", "`a`"),
]


def step_with(docstring):
    def function(x: int): ...

    function.__doc__ = docstring
    return Step(name="function", function=function)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map(" ".join))
def test_shortcut(docstring):
    """The shortcut gives what griffelib would."""
    step = step_with(docstring)
    parsed = griffe.Docstring(step.doc or "", parent=_docstrings._described(step)).parse(
        "auto", per_style_options=_docstrings._QUIETLY
    )

    expected = [_docstrings._part(section) for section in parsed] if step.doc else []
    assert read_docstring(step) == expected


def test_text_needs_no_griffelib(monkeypatch):
    """A docstring that is only text is not parsed."""
    monkeypatch.setattr(_docstrings.griffe, "Docstring", None)
    doc = "Takes it.\n\nAt once."

    assert read_docstring(step_with(doc)) == [Part(text=doc)]
