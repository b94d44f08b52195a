"""A declaration is removed when its module is executed again without it."""

import builtins
import gc
import importlib
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from penstock import current_step, entrypoint, find_problems, flow, get_flow, list_flows, step
from penstock._declared.codes import CodeIndex
from penstock._declared.registry import default_registry
from penstock.testing import isolated_registry

BEGIN = "from penstock import entrypoint, flow, step, current_step\n"


@pytest.fixture(autouse=True)
def _own_registry():
    """Let each test declare its own flows."""
    with isolated_registry():
        yield


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return what writes and imports a module, and imports it again when it is there."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    imported = []

    def execute(source, name="executed_again"):
        (tmp_path / f"{name}.py").write_text(BEGIN + source, encoding="utf-8")
        importlib.invalidate_caches()
        if name in imported:
            return importlib.reload(sys.modules[name])
        imported.append(name)
        return importlib.import_module(name)

    yield execute
    for name in imported:
        sys.modules.pop(name, None)


def names(flow_name):
    return [step.name for step in get_flow(flow_name).steps]


def test_step_that_is_gone(module):
    """A step that a reloaded module has no more is gone, and a new one is there."""
    before = module(
        "@flow('m')\n@entrypoint\ndef a(): ...\n"
        "@flow('m')\n@step(after='a')\ndef gone(): return current_step()\n"
    )
    old = before.gone
    assert names("m") == ["a", "gone"]

    after = module(
        "@flow('m')\n@entrypoint\ndef a(): return current_step().name\n"
        "@flow('m')\n@step(after='a')\ndef fresh(): return current_step().name\n"
    )

    assert names("m") == ["a", "fresh"]
    assert (after.a(), after.fresh(), old()) == ("a", "fresh", None)
    assert find_problems() == ()


def test_equal_code(module):
    """It is another execution if its code is equal to that of the one before, which is held."""
    source = (
        "import builtins, sys\nkept = vars(builtins).setdefault('executed_codes', [])\n"
        "kept.append(sys._getframe().f_code)\n"
        "@flow('m')\n@entrypoint(name='abc'[len(kept)])\ndef a(): ...\n"
    )
    try:
        module(source)
        module(source)
    finally:
        codes = vars(builtins).pop("executed_codes")

    assert codes[0] == codes[1]
    assert names("m") == ["c"]


@pytest.mark.parametrize(
    "declared",
    [
        "(lambda: flow('m')(step(named('b'))))()",
        "[flow('m')(step(named(n))) for n in 'b']",
        "list(flow('m')(step(named(n))) for n in 'b')",
        "{n: flow('m')(step(named(n))) for n in 'b'}",
    ],
    ids=["lambda", "list", "generator", "dictionary"],
)
def test_pieces_without_a_name(module, declared):
    """A lambda or a comprehension that declares steps does not execute the module again."""
    module(
        "@flow('m')\n@entrypoint\ndef a(): ...\n"
        f"def named(n):\n    f = lambda: 1\n    f.__name__ = n\n    return f\nkept = {declared}\n"
    )

    assert names("m") == ["a", "b"]


def test_flow_that_is_gone(module):
    """So is a flow that has another name now, and its metadata."""
    module("f = flow('old', title='Old')\n@f\n@entrypoint\ndef a(): ...\nflow('empty')\n")
    module("f = flow('new')\n@f\n@entrypoint\ndef a(): ...\n")

    assert [(found.name, found.title) for found in list_flows()] == [("new", None)]


def test_title_that_is_gone(module):
    """So is a title that is no longer given, while the flow remains."""
    module("f = flow('m', title='Old')\n@f\n@entrypoint\ndef a(): ...\n")
    assert get_flow("m").title == "Old"
    module("f = flow('m')\n@f\n@entrypoint\ndef a(): ...\n")

    assert get_flow("m").title is None


def test_unclaimed_step_that_is_gone(module):
    """So is a step that no flow ever claimed."""
    module("@step\ndef a(): ...\n@entrypoint\ndef b(): ...\n")
    assert len(find_problems()) == 2
    module("@step\ndef c(): ...\n")

    assert [problem.step for problem in find_problems()] == ["c"]


def test_steps_of_others(module):
    """Declarations of other modules remain, also those of the same flow."""
    module("@flow('m')\n@step(after='a')\ndef b(): ...\n", "one")
    module("import one\n@flow('m')\n@entrypoint\ndef a(): ...\n", "two")
    flow("m")(step(name="c", after="a")(lambda: None))
    module("import one\n@flow('m')\n@entrypoint\ndef a(): ...\n", "two")

    assert sorted(names("m")) == ["a", "b", "c"]


def test_what_a_factory_declared_for_a_module(module):
    """A declaration by a function of another module belongs to the module that called it."""
    made = "    @flow('m')\n    @step(name=name)\n    def made(): ...\n    return made\n"
    make = f"def make(name):\n{made}"
    module(make, "factory")
    module("from factory import make\nmake('a'), make('b')\n")
    module(make, "factory")
    assert names("m") == ["a", "b"]
    module("from factory import make\nmake('b')\n")

    assert names("m") == ["b"]


def test_imported_again(module):
    """A module that was removed and is imported again is the same module."""
    module("@flow('m')\n@entrypoint\ndef a(): ...\n@flow('m')\n@step(after='a')\ndef b(): ...\n")
    del sys.modules["executed_again"]
    source = BEGIN + "@flow('m')\n@entrypoint\ndef a(): ...\n"
    module_file = next(iter(default_registry().get("m").steps.values())).origin.file
    with open(module_file, "w", encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        file.write(source)
    importlib.import_module("executed_again")

    assert names("m") == ["a"]


def test_run_by_other_cells(tmp_path):
    """A file that ``%run`` of IPython executes again has the steps that it has now."""
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    file = tmp_path / "run_again.py"
    # What the method asks of a shell, without one: that would be of the whole process.
    beside = SimpleNamespace(builtin_trap=nullcontext(), showtraceback=print)

    for name in ("gone", "there"):
        file.write_text(BEGIN + f"@flow('r')\n@entrypoint\ndef {name}(): ...\n")
        shell.safe_execfile(
            beside, file, {"__name__": "__main__", "__file__": str(file)}, raise_exceptions=True
        )

    assert names("r") == ["there"]


def test_pieces_of_a_module(module):
    """A piece of code that is executed in a module's namespace, as doctest does, adds to it."""
    made = module("@flow('m')\n@entrypoint\ndef a(): ...\n")
    for piece in ("b", "c"):
        exec(f"@flow('m')\n@step(after='a', name={piece!r})\ndef _(): ...", vars(made))

    assert names("m") == ["a", "b", "c"]


CODE = """
@flow({flow!r}, title={title!r})
@entrypoint
def {step}(): ...

@step
def {step}_alone(): ...
"""


def test_all_of_a_module(module):
    """All that a module declared is gone with it; what other modules declared stays."""
    a = CODE.format(flow="only-a", step="a1", title=None)
    a += CODE.format(flow="both", step="a2", title="Set by a")
    b = CODE.format(flow="both", step="b", title=None)
    module(a, "module_a")
    module(b + CODE.format(flow="only-b", step="c", title="Set by b"), "module_b")
    assert get_flow("both").title == "Set by a"

    module("flow('only-b')\n", "module_a")

    assert {f.name: [s.name for s in f.steps] for f in list_flows()} == {
        "both": ["b"],
        "only-b": ["c"],
    }
    assert get_flow("both").title is None
    assert [d.name for d in default_registry().unclaimed()] == ["b_alone", "c_alone"]


def test_description_in_another_module(module):
    """A flow that one module describes outlives the steps that another one declared."""
    module("orders = flow('orders', title='Orders')\n", "described")
    steps = "from described import orders\n@orders\n@entrypoint\ndef receive(): ...\n"
    module(steps, "declared_elsewhere")
    assert names("orders") == ["receive"]

    module("flow('other')\n", "declared_elsewhere")

    assert (get_flow("orders").title, get_flow("orders").steps) == ("Orders", ())


def test_hints_of_other_flows():
    """A problem that names another flow is as that flow is now."""
    flow("a")(entrypoint(name="begin")(lambda: None))
    flow("a")(step(name="s", after="elsewhere")(lambda: None))
    flow("c")(step(name="t", after="elsewhere")(lambda: None))

    def messages():
        return [
            p.message for name in "ac" for p in get_flow(name).problems() if p.step in {"s", "t"}
        ]

    assert all("is imported" in m or "imported?" in m for m in messages())
    flow("b")(entrypoint(name="elsewhere")(lambda: None))
    assert all("it is a step of 'b'" in m for m in messages())


def test_views_of_untouched_flows():
    """A declaration leaves what was made of other flows as it is."""
    for name in "ab":
        flow(name)(entrypoint(name="begin")(lambda: None))
    of_a, of_b = list_flows()
    flow("b")(step(name="next", after="begin")(lambda: None))
    current_step()

    assert get_flow("a") is of_a
    assert get_flow("b") is not of_b
    assert [s.name for s in get_flow("b").steps] == ["begin", "next"]
    flow("a", title="A")
    assert get_flow("a").title == "A"


def test_readable_list():
    """A list of flows has one on each line, and is a tuple."""
    assert repr(list_flows()) == "()"
    flow("a")(entrypoint(name="begin")(lambda: None))
    assert repr(list_flows()) == "(<Flow a: 1 step>,)"
    flow("b")

    assert repr(list_flows()) == "(<Flow a: 1 step>,\n <Flow b: 0 steps>)"
    assert isinstance(list_flows(), tuple)


def test_collected_while_others_declare():
    """A function that is collected while another thread declares is not found by other code."""

    class Busy:
        """A lock that another thread has."""

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def acquire(self, *, blocking):
            assert not blocking
            return False

    class Declared:
        number, is_held = 1, False
        codes = (test_readable_list.__code__,)

    index = CodeIndex(Busy)
    one, other = Declared(), Declared()
    index.put(one)
    index.put(other)
    del one
    gc.collect()

    assert [*index.by_code[id(Declared.codes[0])]] == [other]


def test_replaced_in_one_of_two_flows():
    """A step that is replaced in one of its flows remains that of the other."""

    def make():
        @step(name="work", after="begin")
        def work():
            return current_step()

        return work

    old, new = make(), make()
    flow("a")(flow("b")(old))
    flow("a")(new)

    assert get_flow("a").step("work").function is new
    assert get_flow("b").step("work").function is old
    assert (old().name, new().name) == ("work", "work")
    flow("b")(new)
    assert (old(), new().name) == (None, "work")
