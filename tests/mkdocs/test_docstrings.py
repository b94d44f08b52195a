"""Docstrings without sections take a shortcut around griffelib, which nobody can see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock._declared.step import Step
from penstock.docs import ENGLISH
from penstock_mkdocs.markdown import _docstrings
from penstock_mkdocs.markdown._converter import docstring_to_html
from penstock_mkdocs.markdown._docstrings import Item, Part, read_docstring

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

    expected = (
        _docstrings._parse(step.doc, _docstrings._described(step), ENGLISH.docstring)
        if step.doc
        else []
    )
    assert read_docstring(step) == expected


def test_text_needs_no_griffelib(monkeypatch):
    """A docstring that is only text is not parsed."""
    monkeypatch.setattr(_docstrings.griffe, "Docstring", None)
    doc = "Takes it.\n\nAt once."

    assert read_docstring(step_with(doc)) == [Part(text=doc)]


SESSION = '<pre><code class="language-pycon">&gt;&gt;&gt; f("<b>")\n1\n</code></pre>'
NOTE = '<div class="admonition note">\n<p class="admonition-title">Note</p>\n{}\n</div>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('>>> f("<b>")\n1', SESSION.replace('("<', '("&lt;').replace('b>"', 'b&gt;"')),
        (
            "See:\n>>> f(1)\n\nEnd",
            '<p>See:</p>\n<pre><code class="language-pycon">&gt;&gt;&gt; f(1)',
        ),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("# Title *x*", '<p class="penstock-field"><strong>Title <em>x</em></strong></p>'),
        ("Title\n-----", '<p class="penstock-field"><strong>Title</strong></p>'),
        (".. note:: Look *here*.", NOTE.format("<p>Look <em>here</em>.</p>")),
        (".. note::\n\n   Look.\n\n   - so", NOTE.format("<p>Look.</p>\n<ul>\n<li>so</li>\n</ul>")),
        (".. note:: A\n   b\nC", NOTE.format("<p>A\nb</p>") + "\n<p>C</p>"),
        ("Text\n.. note::", "<p>Text</p>\n" + NOTE.format("").replace("\n\n", "\n")),
        (".. versionadded:: 1.2", '<p class="admonition-title">Added in version 1.2</p>'),
        (
            ".. code-block:: python\n\n   a = 1\n\n   b",
            '<code class="language-python">a = 1\n\nb\n',
        ),
        (".. code::\n\n   a", "<pre><code>a\n</code></pre>"),
        (".. unknown:: x", "<p>.. unknown:: x</p>"),
        ("    .. note:: x", "<pre><code>.. note:: x\n</code></pre>"),
        ("```\n.. note:: x\n>>> 1\n```", "<pre><code>.. note:: x\n&gt;&gt;&gt; 1\n</code></pre>"),
        ("Like this::\n\n    x", "<p>Like this:</p>\n<pre><code>x\n</code></pre>"),
        (
            ":func:`a.b` :class:`~a.B` :py:meth:`c <d.e>`",
            "<code>a.b()</code> <code>B</code> <code>c</code>",
        ),
        ("A[^1].\n\n[^1]: Why.", "<p>A<sup>1</sup>.</p>\n<p><sup>1</sup> Why.</p>"),
        ("[a][b]\n\n[b]: https://c", '<p><a href="https://c">a</a></p>'),
        ('!!! note "T"\n    Look.', '<p class="admonition-title">T</p>\n<p>Look.</p>'),
        ("- [ ] a\n- [x] b\n- c", "<li>☐ a</li>\n<li>☑ b</li>\n<li>c</li>"),
        ("- [ ] a\n\n- [X] b", "<li>\n<p>☐ a</p>\n</li>\n<li>\n<p>☑ b</p>\n</li>"),
    ],
)
def test_syntax(text, expected):
    """Markup of other languages in docstrings is rendered, and does not affect the page."""
    assert expected in docstring_to_html(text)


FENCED = 'A dict like\n\n    ```python\n    {"a": 1}\n    ```\n'


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("A long text that\ngoes on.", [Item(None, None, "A long text that\ngoes on.")]),
        (
            "Like\n```python\na: 1\n```",
            [Item(None, None, "Like\n```python\na: 1\n```")],
        ),
        (FENCED + "\nAnd more.", [Item(None, None, FENCED.replace("    ", "") + "\nAnd more.")]),
        ("a: One.\nb: Two.", [Item("a", None, "One."), Item("b", None, "Two.")]),
    ],
)
def test_what_is_returned(returned, expected):
    """Lines of one text are one thing that is returned, and several things are several."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in returned.split("\n"))
    (_, part) = read_docstring(step_with(f"X.\n\nReturns:\n{lines}"))

    assert list(part.items) == expected
