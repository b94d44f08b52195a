"""The files of a project: how they are found, read and imported by each other."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from checked_sources import checked, project_with

from penstock import Location
from penstock.evidence._analysis.analysis import Analysis
from penstock.evidence._check import check
from penstock.evidence._declared import project_of
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project

CHARGE = "@step\ndef charge(): ...\n"


def calls(imports, call="charge()", **files):
    """Return whether ``pay`` of the module ``shop.app`` is seen to call ``charge``."""
    text = f"{imports}\n@step\ndef pay():\n    {call}\n"
    sources = {name.replace("__", "/", 1) + ".py": source for name, source in files.items()}
    report = checked({"shop/app.py": text, **sources}, "pay -> charge")
    return report.edges[0].verdict == "supported"


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from shop.tasks import charge", "charge()"),
        ("from .tasks import charge as other", "other()"),
        ("from . import tasks", "tasks.charge()"),
        ("from shop import tasks", "tasks.charge()"),
        ("import shop.tasks as tasks", "tasks.charge()"),
        ("from .tasks import *", "charge()"),
        ("import importlib", "importlib.import_module('shop.tasks').charge()"),
        ("from shop import tasks", "getattr(tasks, f'char{unknown}')()"),
        ("from shop import tasks", "getattr(tasks, f'{unknown}rge')()"),
        ("import importlib", "importlib.import_module(f'shop.{unknown}sks').charge()"),
        (
            "import importlib\nPACKAGE = 'shop'",
            "importlib.import_module(f'{PACKAGE}.{unknown}').charge()",
        ),
    ],
)
def test_a_function_is_followed_through_an_import(imports, call):
    """A function of another module is found by each way to import it."""
    assert calls(imports, call, shop__tasks=CHARGE)


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from django.utils.module_loading import import_string", "import_string('{}.charge')()"),
        ("from importing import locate", "locate('shop.tasks:charge')()"),
        ("from shop.loading import get_class", "get_class('tasks', 'charge')()"),
        ("from shop.loading import get_class", "get_class('{}', 'charge')()"),
        ("from django.conf import settings\nfrom lib import load_class",
         "load_class(settings.CHARGE)()"),
    ],
)  # fmt: skip
def test_a_function_that_a_string_names_is_followed(imports, call):
    """A function that imports by strings of the project or of a library gives what they name."""
    files = {
        "shop__tasks": CHARGE,
        "shop__loading": "def get_class(module, name):\n    return found(module, name)\n",
        "shop__settings": "CHARGE = 'shop.tasks.charge'\n",
    }
    assert calls(imports, call.format("shop.tasks"), **files)


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from shop import tasks", "getattr(tasks, f'{unknown}ge_all')()"),
        ("from shop import tasks", "getattr(tasks, f'c{unknown}ge_all')()"),
        ("import importlib", "importlib.import_module(f'shop.{unknown}mail').charge()"),
        ("import importlib", "importlib.import_module(f'{unknown}.tasks').charge()"),
        ("from shop import tasks\nEND = 'ge'", "getattr(tasks, f'{unknown}x{END}')()"),
    ],
)
def test_a_string_whose_end_is_known_names_nothing_else(imports, call):
    """A function or a module has another name if that does not end as the string does."""
    assert not calls(imports, call, shop__tasks=CHARGE)


@pytest.mark.parametrize("call", ["get_class()()", "get_class('tasks')()", "get_class(x, 'y')()"])
def test_a_string_that_names_nothing_gives_nothing(call):
    """A function that imports by strings gives nothing that can be called without one."""
    assert not calls("from lib import get_class", call, shop__tasks=CHARGE)


@pytest.mark.parametrize(
    ("names", "is_found"),
    [
        ("__all__ = ['charge', 'gone']", True),
        ("__all__ = []\n__all__ += ['charge']", True),
        ("__all__ = ['other']", False),
        ("__all__ = other", True),
        ("_hidden = 1\nx.y = 2", True),
    ],
)
def test_a_star_imports_what_a_module_lists(names, is_found):
    """``import *`` gives the names in ``__all__``, or all without an underscore."""
    found = calls("from .tasks import *", shop__tasks=f"{names}\n{CHARGE}")

    assert found is is_found


def test_packages_give_their_modules_and_names():
    """A package has its modules, its own names, and those of its ``__getattr__``."""
    package = {"shop/__init__.py": "from .tasks import charge\nfrom .. import above\n"}
    text = "import shop\nfrom shop import charge, gone\n@step\ndef pay():\n    {}\n"
    for call in ("charge()", "shop.charge()", "shop.tasks.charge()"):
        files = {**package, "app.py": text.format(call), "shop/tasks.py": CHARGE}
        report = checked(files, "pay -> charge")

        assert report.edges[0].verdict == "supported"


def test_a_module_may_compute_its_names():
    """A name that ``__getattr__`` of a module computes is unknown, and no error is raised."""
    files = {
        "shop.py": "def __getattr__(name): ...",
        "app.py": "from shop import anything\n@step\ndef pay(): anything()\n" + CHARGE,
        "ns/inner/deep.py": "",
        "other.py": "from ns.gone import x\nfrom ns.inner import deep, gone\nimport ns.inner",
    }
    project = project_with(files)
    Analysis(project).run([file.root for file in project.files.values()])

    assert checked(files, "pay -> charge").edges[0].verdict in {"unverified", "contradicted"}


def test_modules_that_import_each_other():
    """A name that a module does not have yet is found by its definition."""
    files = {
        "app.py": "import tasks\nfrom tasks import charge\n@step\ndef pay():\n    tasks.run()\n",
        "tasks.py": "from late import Late, after, gone\ndef run():\n    after()\n    Late()\n",
        "late.py": "from again import x\ndef after():\n    charge()\n"
        "class Late:\n    def go(self): ...\n@step\ndef charge(): ...\n",
        "again.py": "from late import after, Late, gone\nx = after\n",
    }

    assert checked(files, "pay -> charge").edges[0].verdict == "supported"


def test_a_module_may_be_assigned_to():
    """An attribute that is assigned to a module is there for all modules."""
    files = {
        "hooks.py": "after = None\n",
        "app.py": "import hooks\nhooks.after = lambda: charge()\n"
        "@step\ndef pay(): hooks.after()\n" + CHARGE,
    }

    assert checked(files, "pay -> charge").edges[0].verdict == "supported"


def test_what_an_application_does_when_it_is_ready():
    """Signals that ``ready()`` of an application connects are known where they are sent."""
    files = {
        "signals.py": "from django.dispatch import Signal\npaid = Signal()\n",
        "app.py": "import signals\n@step\ndef pay(): signals.paid.send(None)\n",
        "apps.py": "import signals\nclass Config:\n    def ready(self):\n"
        "        signals.paid.connect(charge)\n" + CHARGE + "def make():\n    class Late:\n"
        "        def ready(self): ...\nclass Other:\n    class ready: ...\n",
    }

    assert checked(files, "pay -> charge").edges[0].verdict == "supported"


def test_classes_of_the_same_name():
    """A class whose base only has the same name is not a subclass; a protocol needs all methods."""
    files = {
        "one.py": "class Base:\n    def run(self): ...\n",
        "two.py": "class Base:\n    def run(self): ...\n"
        "class Shop(Base):\n    def run(self): charge()\n" + CHARGE,
        "proto.py": "from typing import Protocol\nclass Runs(Protocol):\n    def run(self): ...\n"
        "    def really(self): ...\n",
        "app.py": "from one import Base\nfrom proto import Runs\n@step\n"
        "def pay(base: Base, runs: Runs):\n    base.run()\n    runs.run()\n",
    }

    assert checked(files, "pay -> charge").edges[0].verdict == "contradicted"


def test_types_in_other_modules():
    """An annotation may name a class by its module, or by that of a library."""
    files = {
        "shop.py": "class Shop:\n    def run(self): charge()\n" + CHARGE,
        "app.py": "import shop, lib\n@step\n"
        "def pay(one: shop.Shop, two: lib.Thing, three: pay.x):\n"
        "    one.run()\n",
    }

    assert checked(files, "pay -> charge").edges[0].verdict == "supported"


def test_files_are_found_by_the_names_that_they_are_imported_by(tmp_path):
    """Modules are found in the folder of the project and its ``src``, without environments."""
    for name in (
        "src/shop/__init__.py",
        "src/shop/tasks.py",
        "src/__init__.py",
        "tool.py",
        "notes.txt",
        "venv/lib.py",
        "own/pyvenv.cfg",
        "own/lib.py",
        "not-a-package/lib.py",
        ".hidden/lib.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")

    with_source = Project.at(tmp_path)
    without = Project.at(tmp_path / "src")

    assert sorted(with_source.files) == [
        "shop", "shop.tasks", "src", "src.shop", "src.shop.tasks", "tool",
    ]  # fmt: skip
    assert sorted(without.files) == ["shop", "shop.tasks"]
    assert repr(without.files["shop.tasks"]) == "<shop/tasks.py>"
    assert without.files["shop.tasks"].text == "x = 1\n"


def test_files_outside_of_the_folder_have_their_whole_name(tmp_path):
    """A file that is not in the folder of the project is named by its path."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shop.py").write_text("")
    project = Project.at(tmp_path / "app", [tmp_path / "lib"])

    assert project.files["shop"].file == (tmp_path / "lib" / "shop.py").as_posix()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def f(:\n", "cannot be parsed: "),
        ("x = '\0'", "cannot be parsed: "),
        ("(" * 500 + ")" * 500, "cannot be parsed: "),
        ("-" * 100_000 + "1", "cannot be parsed: it is nested too deeply"),
        ("x = [  # type: int\n]\n", None),
    ],
    ids=["syntax", "null byte", "parentheses", "depth", "comment"],
)
def test_a_text_that_is_not_python_defines_nothing(tmp_path, text, error):
    """A file that cannot be parsed has an error, and no definitions."""
    file = SourceFile("app", tmp_path / "app.py", "app.py", text)

    assert file.definitions == {}
    assert (file.error or "").startswith(error or "")
    assert (file.error is None) is (error is None)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("def prüfe(): ...\n", "utf-8"),
        ("\ufeffdef prüfe(): ...\r\n", "utf-8"),
        ("# coding: latin-1\ndef prüfe(): ...\r", "latin-1"),
        ("#!/usr/bin/python\n# coding: cp1252\ndef prüfe(): ...\n", "cp1252"),
        ("# coding: no-such-encoding\ndef prüfe(): ...\n", "utf-8"),
    ],
    ids=["UTF-8", "byte order mark", "Latin-1", "second line", "unknown"],
)
def test_a_file_is_read_in_its_encoding(tmp_path, text, encoding):
    """A file is read in the encoding that it names, whatever its ends of lines are."""
    (tmp_path / "app.py").write_bytes(text.encode(encoding))
    file = SourceFile("app", tmp_path / "app.py", "app.py")

    assert file.find("prüfe") is not None
    assert file.error is None


@pytest.mark.parametrize("character", "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
def test_lines_are_those_of_python(tmp_path, character):
    """A character after which only `str.splitlines` begins a line does not move lines."""
    text = f"# a{character}b\nfrom penstock import step\n@step\ndef pay(): ...\n"
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    project = Project.at(tmp_path, [tmp_path])
    location = project.files["app"].find("pay").location

    assert project.files["app"].find("pay").line == 3
    assert project.line_at(location) == "def pay(): ..."
    assert project.is_named_at(location, "pay")


def test_a_file_that_cannot_be_read_is_empty(tmp_path):
    """A file that is gone has an error, and no text."""
    file = SourceFile("app", tmp_path / "gone.py", "gone.py")

    assert file.text == ""
    assert file.error == "cannot be read: No such file or directory"


def test_of_two_functions_the_nearest_is_meant():
    """A name that a module has twice is found by the line, and else is the last."""
    text = "def a(): ...\n" + "\n" * 9 + "def a(): ...\n"
    file = SourceFile("app", Path("app.py"), "x", text)

    assert [file.find("a", line).line for line in (2, 9, None)] == [1, 11, 11]


def test_searches_by_name_are_remembered():
    """Searches for the callers of a function, for functions and for their words are kept."""
    files = {
        "app.py": "def pay():\n    charge()\ndef other():\n    x = lambda: 1\nclass A: ...\n",
        "use.py": "import app\napp.charge()\ndef charge(): ...\ndef pay(): ...\n",
    }
    project = project_with(files)
    charge = project.files["use"].find("charge")
    pay = project.files["app"].find("pay")

    for _ in range(2):
        assert [each.label for each in project.callers_of(charge)] == ["app.pay", "use"]
        assert [*project.called_by("pay", "charge")] == [pay]
        assert project.words_in(pay) == {"charge"}
        assert project.words_in(project.files["use"].root) is None


@pytest.mark.parametrize(
    ("file", "verdict"),
    [
        ("tests/fakes.py", "contradicted"),
        ("shop/tests.py", "contradicted"),
        ("test_shop.py", "contradicted"),
        ("shop_test.py", "contradicted"),
        ("conftest.py", "contradicted"),
        ("shop/latest.py", "unverified"),
    ],
)
def test_what_only_tests_do_does_not_count(file, verdict):
    """A call that leads to a step in a test alone leaves no edge unverified."""
    files = {
        "app.py": f"{CHARGE}@step\ndef pay(given):\n    given().collect()\n",
        file: "class Fake:\n    def collect(self): charge()\n"
        "class Other:\n    def collect(self): ...\n",
    }
    assert checked(files, "pay -> charge").edges[0].verdict == verdict


def test_the_steps_of_a_test_are_checked_with_what_tests_do():
    """All tests count if a step is in one."""
    files = {
        "test_app.py": f"{CHARGE}@step\ndef pay(given):\n    given().collect()\n",
        "test_fakes.py": "class Fake:\n    def collect(self): charge()\n"
        "class Other:\n    def collect(self): ...\n",
    }
    assert checked(files, "pay -> charge").edges[0].verdict == "unverified"


@pytest.mark.filterwarnings("error")
def test_what_python_warns_about_in_a_source_is_not_reported():
    """A string with an escape that Python does not know is source as any other."""
    assert calls("import re\nfrom .tasks import charge\nPOINT = '\\.'", shop__tasks=CHARGE)


@pytest.mark.parametrize("number", [45, 70])
def test_a_long_chain_of_functions_ends(number):
    """A chain of calls that is too deep to follow raises nothing."""
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(number))
    source = f"@step\ndef pay():\n    f0()\n{chain}def f{number}(): charge()\n{CHARGE}"
    report = checked(source, "pay -> charge")

    assert report.edges[0].verdict in {"supported", "unverified", "contradicted"}


def test_a_file_has_one_source_under_all_its_names(tmp_path):
    """A module that two folders of the path lead to is read once, by its first name."""
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "pay.py").write_text("x = 1\n")
    project = Project.at(tmp_path)

    assert project.files["src.shop.pay"] is project.files["shop.pay"]
    assert [source.module for source in project.sources] == ["shop.pay"]


STEPS = "def pay():\n    charge()\n\n@step\ndef charge(): ...\n"


def flow_of(file, module, **options):
    names = (("pay", 1), ("charge", 5))
    steps = [
        CheckedStep(
            name=n, module=module, qualname=n, line=line, declared=Location(file, line), **options
        )
        for n, line in names
    ]
    return CheckedFlow(name="orders", steps=tuple(steps), edges=(("pay", "charge", False),))


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("src/shop/pay.py", "shop.pay"),
        ("backend/src/shop/pay/__init__.py", "shop.pay"),
        ("my-app/shop/pay.py", "shop.pay"),
        ("scripts/pay.py", "__main__"),
    ],
)
@pytest.mark.parametrize("path", [(), (".",)], ids=["no path", "the folder"])
def test_modules_are_found_from_where_their_steps_are(tmp_path, file, module, path):
    """The file of a step says from which folder its module is imported."""
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(STEPS)
    flow = flow_of(file, module)
    (report,) = check(project_of(tmp_path, path, [flow]), [flow])

    assert [edge.verdict for edge in report.edges] == ["supported"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_with_the_name_of_a_module_is_not_read(tmp_path):
    """Reading it would wait for a writer."""
    os.mkfifo(tmp_path / "shop.py")
    file = Project.at(tmp_path).files["shop"]

    assert (file.text, file.error) == ("", "cannot be read: it is not a file")


def test_modules_are_found_by_their_names_alone(tmp_path):
    """A catalog may not have the files: the end of a path then says which file is meant."""
    (tmp_path / "backend" / "shop").mkdir(parents=True)
    (tmp_path / "backend" / "shop" / "pay.py").write_text(STEPS)
    flow = flow_of("", "shop.pay")
    flow = replace(flow, steps=tuple(replace(step, declared=None) for step in flow.steps))
    (report,) = check(project_of(tmp_path, (), [flow]), [flow])

    assert [edge.verdict for edge in report.edges] == ["supported"]


def test_the_function_of_a_step_may_have_another_name_in_the_source():
    """A function that the process has is found by its line if its name is not in the source."""
    project = project_with({"shop.py": STEPS.replace("charge():", "_charge():", 1)})
    flow = flow_of("shop.py", "shop", is_loaded=True)
    renamed = replace(flow.steps[1], line=4)
    flow = replace(flow, steps=(flow.steps[0], renamed))
    source = STEPS.replace("def charge", "def _charge").replace("    charge", "    _charge")
    (report,) = check(project_with({"shop.py": source}), [flow])

    assert [edge.verdict for edge in report.edges] == ["supported"]
    assert project.files["shop"].at(99) is None


@pytest.mark.parametrize(
    ("files", "options", "reason"),
    [
        ({"other.py": ""}, {}, "shop, with the function of pay, is not a file of the project"),
        (
            {"other.py": ""},
            {"is_loaded": True},
            "shop, with the function of pay, is not a file of the project",
        ),
        ({"shop.py": "def f(:"}, {}, "shop.py, with the function of pay, cannot be parsed: "),
        (
            {"shop.py": "x = 1"},
            {"is_loaded": True},
            "shop.py does not show the function of pay, which is made otherwise",
        ),
    ],
    ids=["elsewhere", "loaded from elsewhere", "not parsed", "made otherwise"],
)
def test_a_function_that_may_be_somewhere_is_not_missing(files, options, reason):
    """A step whose source cannot be read has no error: its edges are unverified."""
    flow = flow_of("shop.py", "shop", **options)
    (report,) = check(project_with(files), [flow])

    assert report.missing == ()
    assert [edge.verdict for edge in report.edges] == ["unverified"]
    assert report.edges[0].reason.startswith(reason)


def test_a_function_of_a_module_that_is_gone_is_missing():
    """A module of the project that is gone took its functions with it."""
    flow = flow_of("shop/pay.py", "shop.pay")
    (report,) = check(project_with({"shop/__init__.py": ""}), [flow])

    assert [missing.step for missing in report.missing] == ["pay", "charge"]


def test_a_package_is_imported_before_a_module_of_its_name(tmp_path):
    """Of ``pay/__init__.py`` and ``pay.py``, Python imports the first."""
    (tmp_path / "pay").mkdir()
    (tmp_path / "sub").mkdir()
    for name in ("pay/__init__.py", "pay.py", "sub.py"):
        (tmp_path / name).write_text("")

    assert {n: f.file for n, f in Project.at(tmp_path).files.items()} == {
        "pay": "pay/__init__.py",
        "sub": "sub.py",
    }
