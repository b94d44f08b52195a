"""The values of conf.py."""

import pytest

from penstock.docs import page_formats


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            {"penstock_format": "sgv"},
            f"penstock_format: 'sgv' is none of {', '.join(page_formats())}; did you mean 'svg'? "
            "(using 'svg')",
            id="format",
        ),
        pytest.param(
            {"penstock_direction": 3},
            "penstock_direction: 3 is none of TD, TB, LR, BT, RL, auto (using 'auto')",
            id="direction",
        ),
        pytest.param(
            {"penstock_fold": True},
            "penstock_fold: True is neither a number of steps nor 'never' (using 60)",
            id="fold",
        ),
        pytest.param(
            {"penstock_mermaid_js": ""},
            "penstock_mermaid_js: '' is neither an address or file of a script nor None "
            "(using 'https://cdn.jsdelivr.net/npm/mermaid@11.12.0/dist/mermaid.min.js')",
            id="script",
        ),
        pytest.param(
            {"penstock_modules": [1]},
            "{conf}: penstock_modules takes a string, not 1",
            id="modules",
        ),
        pytest.param(
            {"penstock_modules": ["x", "shop"], "penstock_pythonpath": {}},
            "{conf}: penstock_pythonpath takes a list of strings, not {{}}",
            id="pythonpath",
        ),
        pytest.param(
            {"penstock_setup": 1}, "{conf}: penstock_setup takes a string, not 1", id="setup"
        ),
        pytest.param(
            {"penstock_timeout": "soon"},
            "{conf}: penstock_timeout takes a number of seconds above 0 and below 1000000, "
            "not 'soon'",
            id="timeout",
        ),
        pytest.param(
            {"penstock_catalog_reuse": "no"},
            "{conf}: penstock_catalog_reuse takes true or false, not 'no'",
            id="reuse",
        ),
    ],
)
def test_wrong_value(project, settings, expected):
    """A wrong value is one warning that says what is wrong."""
    made = project(index="Shop\n====\n")

    built = made.build(**settings)

    expected = expected.format(conf=made.folder / "conf.py")
    assert built.warnings == f"WARNING: {expected} [penstock.config]\n"


def test_text_for_a_list(project):
    """One module that is not a list is not taken for many of one letter."""
    made = project(index="Shop\n====\n")
    made.write("conf.py", "penstock_modules = 'shop'")
    del made.settings["penstock_modules"]

    assert (
        "penstock_modules takes a list of strings: write [\"shop\"], not 'shop' [penstock.config]"
        in made.build().warnings
    )


def test_command_line(project):
    """The command line's ``-D penstock_modules=a,b`` is a list, 5 a number and 0 false."""
    made = project()
    made.write("broken.py", "")

    built = made.build(
        penstock_modules="broken,shop", penstock_timeout="5", penstock_catalog_reuse="0"
    )

    assert (built.warnings, "<svg" in built.read("index.html")) == ("", True)


def test_default_instead(project):
    """The default is used for a value that cannot be."""
    built = project().build(penstock_format="sgv", penstock_direction="up")

    assert built.warnings.count("WARNING") == 2
    assert "<svg" in built.read("index.html")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"penstock_modules": [], "penstock_pythonpath": []}, id="empty"),
        pytest.param({"penstock_modules": (), "penstock_pythonpath": ()}, id="default"),
        pytest.param({"penstock_modules": ("shop",), "penstock_pythonpath": []}, id="tuple"),
    ],
)
def test_settings_of_the_project(project, settings):
    """Values that are not in conf.py are read from [tool.penstock]."""
    made = project()
    made.write("pyproject.toml", '[tool.penstock]\nmodules = ["shop"]\npythonpath = ["."]\n')

    built = made.build(**settings)

    assert (built.warnings, "<svg" in built.read("index.html")) == ("", True)


def test_override(project):
    """Values in conf.py override [tool.penstock]."""
    made = project()
    made.write("pyproject.toml", '[tool.penstock]\nmodules = ["nothing"]\n')

    assert made.build().warnings == ""
