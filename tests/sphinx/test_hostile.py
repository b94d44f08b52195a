"""Docstrings and signatures of users never end a build."""

import re
import sys

import pytest
from docutils.utils import SystemMessage

HEAD = """
import os, sys
from pathlib import Path
from penstock import entrypoint, flow, step
orders = flow("orders")
"""

ODD = """
class Odd:
    def __repr__(self): sys.exit(3)
    def __getattr__(self, name): raise RuntimeError(name)
    __str__ = __repr__

odd = Odd()
"""


def step_with(
    docstring: str, *, head: str = HEAD, signature: str = "(order)", after: str = ""
) -> str:
    """Return a module with a step that has *docstring*."""
    inside = docstring.replace("\n", "\n    ")
    function = f'@orders\n@entrypoint\ndef receive{signature}:\n    """{inside}\n    """'
    return f"{head}\n{function}\n{after}"


DESCRIPTIONS = [
    pytest.param(".. envvar:: DB_URL\n\n   Where.", id="envvar"),
    pytest.param(".. option:: --dry\n\n   No.", id="option"),
    pytest.param(".. confval:: dry\n\n   No.", id="confval"),
    pytest.param(".. describe:: what\n\n   This.", id="describe"),
    pytest.param(".. py:function:: one(a)\n              two(b)\n\n   Both.", id="two signatures"),
    pytest.param("Attributes:\n    size (int): How large.", id="Google attributes"),
    pytest.param("Attributes\n----------\nsize : int\n    Large.", id="NumPy attributes"),
    pytest.param("Methods\n-------\nsize(a)\n    Large.", id="NumPy methods"),
    pytest.param(".. penstock-step:: orders.send", id="another step"),
]

SEND = '\n@orders\n@step(after="receive")\ndef send(order): "Sends it."\n'


@pytest.mark.parametrize("docstring", DESCRIPTIONS)
@pytest.mark.parametrize("builder", ["html", "latex", "text"])
def test_descriptions(project, builder, docstring):
    """A docstring may describe anything; the step's own title is the first one."""
    made = project()
    made.write("shop.py", step_with(f"Takes an order.\n\n{docstring}", after=SEND))

    built = made.build(builder, "sphinx.ext.napoleon")

    assert built.warnings == ""
    if builder == "html":
        assert "receive ( order ) Entrypoint · shop · leads to send Takes an order." in built.text()
        assert built.read("index.html").count('id="penstock--orders--receive"') == 1


@pytest.mark.parametrize("autodoc", [(), ("sphinx.ext.autodoc",)], ids=["alone", "autodoc"])
@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        pytest.param('(a: "int |\\n str")', "receive ( a : int | str )", id="line break"),
        pytest.param(
            "(a: odd = odd, *, b=odd)", "receive ( a : odd = odd , * , b = odd )", id="repr"
        ),
        pytest.param(
            '(key=os.environ.get("KEY"), base=Path(__file__).parent, x={"a","b"}, '
            'y=f"{odd!r:2}" if 0 else [i for i in ()])',
            'receive ( key = os.environ.get("KEY") , base = Path(__file__).parent , '
            'x = {"a","b"} , '
            'y = f"{odd!r:2}" if 0 else [i for i in ()] )',
            id="as written",
        ),
        pytest.param("(a: f'{odd}' = 1)", """receive ( a : "f'{odd}'" = 1 )""", id="f-string"),
        pytest.param("(a: 'no type' = 1)", "receive ( a : 'no type' = 1 )", id="no type"),
        pytest.param("(a: [int][0].x, b=...) -> odd", None, id="raises"),
        pytest.param(
            "(a: Path, b: 'os.PathLike[str]', c: 'Order')",
            "receive ( a : Path , b : PathLike [ str ] , c : Order )",
            id="names",
        ),
    ],
)
def test_signatures(project, monkeypatch, autodoc, signature, expected):
    """A signature is what the source says, whatever its parts do."""
    monkeypatch.setenv("KEY", "hunter2")
    made = project()
    future = "from __future__ import annotations\n"
    made.write("shop.py", future + step_with("Takes it.", head=HEAD + ODD, signature=signature))

    built = made.build("html", *autodoc)

    # autodoc itself evaluates annotations, for its own lists of types.
    assert re.sub(".*raised .* .penstock.listener.\n", "", built.warnings) == ""
    assert "hunter2" not in (page := built.read("index.html")) + built.read("searchindex.js")
    assert str(made.folder) not in page
    if expected:
        assert expected.replace(" ", "") in built.text().replace(" ", "")


@pytest.mark.parametrize(
    "settings", [{}, {"autodoc_preserve_defaults": True}], ids=["", "preserve"]
)
@pytest.mark.parametrize("typehints", ["signature", "description", "both"])
def test_defaults_with_autodoc(project, monkeypatch, settings, typehints):
    """Listeners of autodoc's events can find the source; functions are not changed."""
    monkeypatch.setenv("KEY", "hunter2")
    made = project()
    body = 'import inspect\n    return str(inspect.signature(obj)), ""'
    made.write(
        "conf.py",
        f"def seen(app, what, name, obj, options, args, result):\n    {body}\n"
        "def setup(app): app.connect('autodoc-process-signature', seen)\n",
    )
    made.write("shop.py", step_with("Takes it.", signature='(a: str = os.environ.get("KEY"))'))

    built = made.build("html", "sphinx.ext.autodoc", autodoc_typehints=typehints, **settings)

    assert built.warnings == ""
    assert 'os.environ.get("KEY")' in built.text()
    assert "hunter2" not in built.read("index.html") + built.read("searchindex.js")
    assert "__signature__" not in vars(vars(sys.modules["shop"])["receive"].__wrapped__)


BROKEN = """
from docutils.parsers.rst import Directive

class Fail(Directive):
    def run(self): raise {error}

def setup(app):
    app.add_directive("fail", Fail)
"""


@pytest.mark.parametrize("error", ["ValueError('no s3cret')", "SystemExit(3)"])
@pytest.mark.parametrize("option", [":steps: full", ":steps: summary"])
def test_directive_that_raises(project, error, option):
    """A directive that fails in a docstring is a warning at the docstring, and a note."""
    made = project(option)
    made.write("conf.py", BROKEN.format(error=error))
    made.write("shop.py", step_with(".. fail::", after=SEND))

    built = made.build()

    assert built.warnings.count("[penstock.docstring]") == built.warnings.count("WARNING") == 1
    assert built.warnings.startswith(
        f"{made.folder / 'shop.py'}:docstring of shop.receive: WARNING"
    )
    assert "s3cret" not in built.text()
    assert "Sends it." in built.text()
    if option == ":steps: full":
        assert (
            "Entrypoint · shop · leads to send Warning The docstring of this step cannot be shown."
        ) in built.text()


@pytest.mark.parametrize("option", [":steps: full", ":steps: summary"])
def test_halt_level(project, monkeypatch, option):
    """A build that is set to end at a warning in reST does, in a docstring too."""
    made = project(option)
    made.write("docutils.conf", "[general]\nhalt_level: 2\n")
    made.write("shop.py", step_with("*Broken."))
    monkeypatch.setenv("DOCUTILSCONFIG", str(made.folder / "docutils.conf"))

    with pytest.raises(SystemMessage):
        made.build()


@pytest.mark.parametrize(
    ("hook", "event", "subtype"),
    [
        pytest.param("1 / 0", "docstring", "listener", id="docstring"),
        pytest.param("raise SystemExit(3)", "docstring", "listener", id="exit"),
        pytest.param("repr(obj.__defaults__)", "signature", "listener", id="signature"),
    ],
)
def test_listener_that_raises(project, hook, event, subtype):
    """A listener that fails is a warning; the page says what it can."""
    made = project()
    made.write(
        "conf.py",
        f"def hook(app, what, name, obj, *rest):\n    {hook}\n"
        f"def setup(app): app.connect('autodoc-process-{event}', hook)\n",
    )
    made.write("shop.py", step_with("Takes it.", head=HEAD + ODD, signature="(a=odd)"))

    built = made.build("html", "sphinx.ext.autodoc")

    assert f"[penstock.{subtype}]" in built.warnings
    assert "receive ( a = odd ) Entrypoint · shop Takes it." in built.text()


@pytest.mark.parametrize("result", ["(1, 2, 3)", "42", "('', None)", "['(x)', 3]"])
def test_listener_with_odd_result(project, result):
    """A listener may return something that is not a signature."""
    made = project()
    made.write(
        "conf.py",
        f"def hook(*arguments): return {result}\n"
        "def setup(app): app.connect('autodoc-process-signature', hook)\n",
    )

    built = made.build("html", "sphinx.ext.autodoc")

    assert built.warnings == ""
    assert ("( x ) → 3" if "x" in result else "send (") in built.text()


@pytest.mark.parametrize(
    ("code", "subtype", "expected"),
    [
        pytest.param(
            "receive.__doc__ = 42", "docstring", "its __doc__ must be a string, not int", id="doc"
        ),
        pytest.param(
            "class Lie:\n    def __get__(self, *arguments): raise OSError\n"
            "class Send:\n    __signature__ = Lie()\n    def __call__(self): ...\n"
            "    __name__ = 'send'\n"
            "orders(step(after='receive', name='send')(Send()))",
            "signature",
            "the signature cannot be read: OSError",
            id="signature",
        ),
    ],
)
def test_what_python_holds(project, code, subtype, expected):
    """An invalid `__doc__` or signature is a warning."""
    made = project()
    made.write("shop.py", f"{step_with('Takes it.')}\nreceive = receive.__wrapped__\n{code}\n")

    built = made.build()

    assert f"WARNING: {expected} [penstock.{subtype}]" in built.warnings
    assert built.warnings.count("WARNING") == 1
    assert "receive ( order )" in built.text()


AUTOMODULE = "Shop\n====\n\n.. automodule:: shop\n   :members:\n"
OTHER = '''
mail = flow("mail")

@mail
@entrypoint
def letter():
    """Writes.

    .. penstock-flow:: orders
    """
'''


@pytest.mark.parametrize(
    ("docstring", "index", "count"),
    [
        pytest.param(".. penstock-flow:: orders", None, 1, id="flow"),
        pytest.param(".. penstock-flow:: orders\n   :steps: summary", None, 1, id="summary"),
        pytest.param(".. penstock-flow:: orders\n   :steps: none", None, 0, id="diagram"),
        pytest.param(".. penstock-flow:: orders", AUTOMODULE, 1, id="automodule"),
        pytest.param(".. penstock-step:: orders.receive", None, 1, id="step"),
        pytest.param(".. penstock-step:: orders.receive", AUTOMODULE, 1, id="step in automodule"),
        pytest.param(".. penstock-flow:: mail", None, 1, id="two flows"),
        pytest.param(
            ".. penstock-flow:: orders",
            "Shop\n====\n\n.. penstock-step:: orders.receive\n",
            1,
            id="flow on the page of its step",
        ),
    ],
)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_recursion(project, builder, docstring, index, count):
    """A flow or step that is shown in its own docstring is a link there, and one warning."""
    made = project(index=index)
    made.write("shop.py", step_with(f"Takes it.\n\n{docstring}", after=SEND + OTHER))

    built = made.build(builder, "sphinx.ext.autodoc")

    recursions = built.warnings.count("[penstock.recursion]")
    if index == AUTOMODULE and "flow" in docstring:
        count += 1  # the flow `mail`, whose docstring shows the other, is on the page too
    assert recursions == built.warnings.count("WARNING")
    assert (recursions > 0) == (count > 0)
    assert recursions <= max(count, 0) + 1
    if count:
        assert "docstring of shop." in built.warnings
    if builder == "html":
        ids = re.findall(r'\bid="(penstock--[^"]+)"', built.read("index.html"))
        assert len(ids) == len(set(ids))


def test_recursion_in_a_summary(project):
    """A summary whose first paragraph is the directive is a string, and one warning."""
    made = project(":steps: summary")
    made.write("shop.py", step_with(".. penstock-flow:: orders", after=SEND))

    built = made.build()

    assert built.warnings.count("WARNING") == built.warnings.count("[penstock.recursion]") == 1


@pytest.mark.parametrize(
    "second",
    [
        pytest.param("```{eval-rst}\n.. penstock-flow:: orders\n```", id="eval-rst"),
        pytest.param("```{eval-rst}\n.. automodule:: shop\n```", id="automodule"),
        pytest.param("```{penstock-flow} orders\n```", id="MyST"),
        pytest.param("```{eval-rst}\n.. penstock-step:: orders.charge\n```", id="step"),
    ],
)
def test_ids_are_unique(project, second):
    """Each anchor is once on a page, whichever parsers made the page."""
    made = project(
        index=f"# Shop\n\n```{{penstock-flow}} orders\n```\n\n{second}\n", name="index.md"
    )
    shop = (made.folder / "shop.py").read_text(encoding="utf-8")
    made.write("shop.py", f'"""The shop.\n\n.. penstock-flow:: orders\n"""\n{shop}')

    built = made.build("html", "myst_parser", "sphinx.ext.autodoc")

    ids = re.findall(r'\bid="([^"]+)"', built.read("index.html"))
    assert built.warnings == ""
    assert len(ids) == len(set(ids))
    assert "penstock--orders--charge--2" in ids


def test_own_signature(project):
    """A signature that a decorator gave is given back after listeners have seen another."""
    made = project()
    code = "import inspect\nown = receive.__signature__ = inspect.Signature()\n"
    made.write("shop.py", step_with("Takes it.", after=f"receive = receive.__wrapped__\n{code}"))

    built = made.build("html", "sphinx.ext.autodoc")

    assert "receive ( ) Entrypoint" in built.text()
    assert vars(vars(sys.modules["shop"])["receive"])["__signature__"].parameters == {}


def test_type_without_source(project):
    """A type that nobody can name is `...`, with what can be known around it."""
    made = project()
    after = "exec(compile('def other(a: [1], b=2): ...', '<made>', 'exec'))\n"
    after += "orders(step(after='receive')(other))\n"
    made.write("shop.py", step_with("Takes it.", after=after))

    assert "other ( a : ... = ... , b" not in (text := made.build().text())
    assert "other ( a : ... , b = ... )" in text


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("os.PathLike", id="class in a module"),
        pytest.param("Path.cwd", id="method"),
        pytest.param("Optional[Path]", id="typing"),
        pytest.param("lost.Path", id="unknown module"),
        pytest.param("Path().x.y", id="call"),
    ],
)
def test_links_of_types(project, written):
    """A class leads to where it is documented, also under the name that the module gives it."""
    made = project(after="\n.. py:class:: pathlib.Path\n\n.. py:class:: os.PathLike\n")
    head = f"from __future__ import annotations\nfrom typing import Optional\n{HEAD}"
    made.write("shop.py", step_with("Takes it.", head=head, signature=f"(a: {written})"))

    html = made.build().read("index.html")

    names = {"os.PathLike": "os.PathLike", "Optional[Path]": "pathlib.Path"}
    assert ('href="#' + names.get(written, "none") in html) == (written in names)
