"""Importing the modules that declare flows."""

import sys
from io import StringIO
from zipfile import ZipFile

import pytest
import sphinx
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace

import penstock_sphinx
from penstock.exceptions import ModuleImportError
from penstock.testing import isolated_registry
from penstock_sphinx import _loading


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param(
            "\nimport nothing_of_the_sort\n",
            "ModuleNotFoundError: No module named 'nothing_of_the_sort' ({file}:2)",
            id="import",
        ),
        pytest.param(
            "raise SystemExit(2)", "it ended the program with SystemExit(2) ({file}:1)", id="exit"
        ),
    ],
)
def test_bad_module(project, code, cause):
    """A module that cannot be imported is a warning with its cause; the rest is built."""
    made = project()
    made.write("broken.py", code)

    built = made.build(penstock_modules=["broken", "shop"])

    cause = cause.format(file=made.folder / "broken.py")
    assert built.warnings == (
        f"WARNING: cannot import 'broken' ({made.folder / 'conf.py'}): {cause} [penstock.import]\n"
    )
    assert "<svg" in built.read("index.html")


def test_module_that_configures_logging(project):
    """Warnings of a build are heard, whatever its application does with logging."""
    made = project()
    made.edit(
        "shop.py",
        "from penstock",
        "import logging.config\nlogging.config.dictConfig({'version': 1})\nfrom penstock",
    )
    made.write("index.rst", "Shop\n====\n\n.. penstock-flow:: order\n\n.. nothing-of-the-sort::\n")

    warnings = made.build().warnings

    assert "unknown flow 'order'" in warnings
    assert 'Unknown directive type "nothing-of-the-sort"' in warnings


def test_bad_module_in_another_file(tmp_path):
    """A module that another file than ``conf.py`` names has no line there."""
    failure = ModuleImportError("broken", "ValueError", "pyproject.toml")

    assert _loading._location(tmp_path, failure) is None


def test_setup_function(project):
    """The setup function is called before modules are imported."""
    made = project()
    made.write("broken.py", "ready = []\ndef go(): ready.append(1)\n")
    made.edit("shop.py", "from penstock", "import broken; assert broken.ready\nfrom penstock")

    assert made.build(penstock_setup="broken:go").warnings == ""


MOCKED = """
import celery_app
from penstock import flow, entrypoint, step

orders = flow("orders")

@celery_app.admin
@orders
@celery_app.task(bind=True)
@entrypoint
def receive(order, *, dry=False):
    "Takes it."

@orders
@step(after="receive")
@celery_app.task
@celery_app.retry(3)
async def charge(order):
    "Charges it."
"""


def test_mocked_decorators(project):
    """Steps below and above decorators of modules that autodoc mocks are shown as they are."""
    made = project()
    made.write("shop.py", MOCKED)

    built = made.build("html", "sphinx.ext.autodoc", autodoc_mock_imports=["celery_app"])

    assert built.warnings == ""
    assert (
        "receive ( order , * , dry = False ) Entrypoint · shop · leads to charge Takes it."
        in built.text()
    )
    assert "async charge ( order ) shop · after receive Charges it." in built.text()


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("step(celery_app.task)", "step(...) takes a function, and celery_app.task is mocked"),
        ("orders(celery_app.task)", "def task(...): ..."),
        ("orders(celery_app.task(print))", "def print(...): ..."),
    ],
)
def test_mock_as_a_step(project, declared, reason):
    """A mocked object is not a step: the warning says so, and the build ends."""
    made = project()
    made.write("shop.py", f"{MOCKED}\n{declared}\n")

    built = made.build("html", "sphinx.ext.autodoc", autodoc_mock_imports=["celery_app"])

    assert "cannot import 'shop'" in built.warnings
    assert reason in built.warnings


def test_mocked_imports(project):
    """Modules that autodoc mocks are mocked while flows are imported."""
    made = project()
    made.edit("shop.py", "from penstock", "import not_here_at_all\nfrom penstock")

    assert (
        made.build("html", "sphinx.ext.autodoc", autodoc_mock_imports=["not_here_at_all"]).warnings
        == ""
    )


CONF = """
penstock_pythonpath = ["."]
penstock_modules = [
    "shop",
    {line}
]
"""


@pytest.mark.parametrize("line", ['"broken"', '"pack.*"'])
def test_line_of_conf(project, line):
    """A module that cannot be imported is a warning at the line of conf.py that names it."""
    made = project()
    made.write("broken.py", "1 / 0")
    made.write("pack/__init__.py", "")
    made.write("pack/inner.py", "1 / 0")
    made.write("conf.py", CONF.format(line=line))
    del made.settings["penstock_modules"], made.settings["penstock_pythonpath"]

    built = made.build()

    conf = made.folder / "conf.py"
    name = "broken" if "broken" in line else "pack.inner"
    assert built.warnings.startswith(f"{conf}:5: WARNING: cannot import {name!r} ({conf}): ")
    assert "ZeroDivisionError: division by zero" in built.warnings


def test_no_line_of_conf(project):
    """If no line of conf.py names the module, the warning has no line."""
    made = project()
    made.write("broken.py", "1 / 0")
    made.write(
        "conf.py",
        'import os\n\npenstock_pythonpath = ["."]\n'
        'names = ["shop", "broken"]\npenstock_modules = names[0:2]\n',
    )
    del made.settings["penstock_modules"], made.settings["penstock_pythonpath"]

    built = made.build()

    conf = made.folder / "conf.py"
    assert built.warnings.startswith(f"WARNING: cannot import 'broken' ({conf}): ")


def test_module_that_prints(project):
    """The output of modules is not in the output of the build, unless it is requested."""
    made = project()
    made.edit("shop.py", "from penstock", "print('hello from the shop')\nfrom penstock")

    built = [made.build(), made.build(verbosity=1, from_scratch=True)]

    assert ["hello from the shop" in b.status for b in built] == [False, True]
    assert "<svg" in built[0].read("index.html")


def test_module_under_two_names(project):
    """A module that is imported under two names has its steps once."""
    made = project()
    made.write("pack/__init__.py", "")
    (made.folder / "shop.py").rename(made.folder / "pack" / "shop.py")

    built = made.build(penstock_modules=["pack.shop", "shop"], penstock_pythonpath=[".", "pack"])

    assert built.warnings == ""
    assert built.read("index.html").count('class="penstock-node') == 4


def test_broken_docstring(project):
    """Broken reST in a docstring is a warning that names the docstring; the page is built."""
    made = project()
    made.edit("shop.py", "Sends it.", "Sends *it.")

    built = made.build()

    place = f"{made.folder / 'shop.py'}:docstring of shop.send:1"
    assert built.warnings.startswith(f"{place}: WARNING: Inline emphasis start-string")
    assert "Sends * it." in built.text()


@pytest.mark.parametrize(
    "code",
    [
        "sys.stdout.reconfigure(encoding='utf-8'); print('hello')",
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8'); print('hello', flush=True)",
        "sys.stdout.detach().close()",
    ],
    ids=["set up", "wrapped", "taken apart"],
)
def test_module_that_sets_up_its_output(project, code):
    """A module may do with the standard output what it can do in a program."""
    made = project()
    made.edit("shop.py", "from penstock", f"import io, sys\n{code}\nfrom penstock")

    built = made.build(verbosity=1)

    assert (built.warnings, "hello" in built.status) == ("", "hello" in code)


def test_no_modules(project):
    """Without modules, a page that shows a flow is a warning with the value to write."""
    made = project()
    del made.settings["penstock_modules"]

    assert (
        "unknown flow 'orders': no modules are configured: "
        'write penstock_modules = ["shop.flows"] in conf.py'
    ) in made.build().warnings


def test_wrong_modules(project):
    """An invalid value is reported once; a page says that nothing is declared."""
    made = project()

    warnings = made.build(penstock_modules=[1]).warnings

    assert warnings.count("penstock_modules takes a string, not 1") == 1
    assert "unknown flow 'orders': no flow is declared, since a setting cannot be used" in warnings


def test_wrong_setting_beside_known_flows(project):
    """If `conf.py` imports flows itself, the warning for an unknown one lists them."""
    made = project(index="Shop\n====\n\n.. penstock-flow:: order\n")
    made.write("conf.py", f"import sys\nsys.path.insert(0, {str(made.folder)!r})\nimport shop\n")

    assert "did you mean 'orders'? (known: orders)" in made.build(penstock_modules=[1]).warnings


def test_unknown_after_failure(project):
    """The warning for a flow whose module cannot be imported names the module."""
    made = project()
    made.write("shop.py", "1 / 0")

    assert (
        "unknown flow 'orders': no flow is declared, since these modules cannot be imported: shop"
    ) in made.build().warnings


def test_part_after_failure(project):
    """So does the warning for a step that a part begins with."""
    made = project(":around: receive")
    made.write("shop.py", "from penstock import flow\n\norders = flow('orders')\n1 / 0\n")

    assert (
        "unknown step 'receive': no flow is declared, since these modules cannot be imported: shop"
    ) in made.build().warnings


def test_conf_py_elsewhere(project):
    """With `sphinx-build -c`, settings and messages are those of the folder of `conf.py`."""
    made = project()
    made.write("docs/index.rst", "Shop\n====\n\n.. penstock-flow:: order\n")
    made.write("conf/conf.py", "extensions = ['penstock_sphinx']\n")
    made.write("conf/pyproject.toml", "[tool.penstock]\nmodules = ['empty']\n")
    made.write("conf/empty.py", "")
    warnings = StringIO()
    with docutils_namespace(), isolated_registry():
        Sphinx(
            *(made.folder / name for name in ("docs", "conf", "out", "trees")),
            *("dummy", {}, None, warnings),
        ).build()

    assert "unknown flow 'order': no flow is declared" in warnings.getvalue()
    assert f"empty is {made.folder / 'conf' / 'empty.py'}" in warnings.getvalue()


def test_application_in_an_archive(project):
    """Flows and docstrings of an application that is imported from a zip file are shown."""
    made = project()
    with ZipFile(made.folder / "app.zip", "w") as archive:
        archive.write(made.folder / "shop.py", "shop.py")
    (made.folder / "shop.py").unlink()

    built = made.build("text", penstock_pythonpath=["app.zip"])

    assert built.warnings == ""
    assert "receive(order: int, *, dry: bool = False) -> str" in built.read("index.txt")


def test_modules_from_elsewhere(project):
    """If nothing is declared, the warning has the files that were imported, the page has not."""
    made = project()
    made.write("extra.py", "")
    made.write("pack/__init__.py", "")

    built = made.build(penstock_modules=["extra", "pack.*", "math"])

    expected = f"(extra is {made.folder / 'extra.py'}, pack is {made.folder / 'pack/__init__.py'}"
    assert expected in built.warnings
    assert str(made.folder) not in built.text()


def test_old_sphinx(monkeypatch):
    """With a Sphinx that lacks what is imported, the error names the version that is there."""
    monkeypatch.delattr("sphinx.util.parsing.nested_parse_to_nodes")
    for loaded in [name for name in sys.modules if name.startswith("penstock_sphinx.")]:
        monkeypatch.delitem(sys.modules, loaded)

    with pytest.raises(ExtensionError) as caught:
        penstock_sphinx.setup(None)

    assert str(caught.value).startswith(
        f"penstock_sphinx needs sphinx, but {sphinx.__version__}, which is installed, cannot be "
        "imported (ImportError: cannot import name 'nested_parse_to_nodes'"
    )


def test_line_of_pyproject(project):
    """The message for a module of `pyproject.toml` has the line there, and none of conf.py."""
    made = project()
    made.write("pyproject.toml", '[tool.penstock]\nmodules = ["broken"]\n')
    made.write("broken.py", "1 / 0")
    del made.settings["penstock_modules"], made.settings["penstock_pythonpath"]

    built = made.build()

    place = made.folder / "pyproject.toml"
    assert f"WARNING: cannot import 'broken' ([tool.penstock] in {place})" in built.warnings
    assert "conf.py" not in built.warnings


@pytest.mark.usefixtures("optimized")
def test_without_docstrings(project):
    """`python -OO`, which drops docstrings, does not go unnoticed."""
    assert project().build().warnings == (
        "WARNING: docstrings are missing: Python runs with -OO [penstock.docstring]\n"
    )
