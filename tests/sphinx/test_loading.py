"""Importing the modules that declare flows."""

import pytest


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
        f"{made.folder / 'conf.py'}: WARNING: cannot import 'broken' ({made.folder / 'conf.py'}): {cause} [penstock.import]\n"
    )
    assert "<svg" in built.read("index.html")


def test_setup_function(project):
    """The setup function is called before modules are imported."""
    made = project()
    made.write("broken.py", "ready = []\ndef go(): ready.append(1)\n")
    made.edit("shop.py", "from penstock", "import broken; assert broken.ready\nfrom penstock")

    assert made.build(penstock_setup="broken:go").warnings == ""


def test_mocked_imports(project):
    """What autodoc mocks is mocked while flows are imported."""
    made = project()
    made.edit("shop.py", "from penstock", "import not_here_at_all\nfrom penstock")

    assert made.build("html", "sphinx.ext.autodoc", autodoc_mock_imports=["not_here_at_all"]).warnings == ""
