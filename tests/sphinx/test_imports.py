"""A build imports the modules once if it reads a page that shows functions, and else never."""

import pytest

COUNTING = """
from pathlib import Path

with Path(__file__).with_name("imports.txt").open("a") as file:
    file.write("i")
"""

PAGES = {
    "orders": ".. penstock-flow:: orders",
    "drawn": ".. penstock-flow:: orders\n   :steps: none",
    "api": ".. automodule:: shop\n   :members:\n   :no-index:",
    "all": ".. penstock-flows::",
    "plain": "Nothing of them, automatically.",
    "more": "Nothing here either.",
}


@pytest.fixture
def shop(project):
    """Return a project with a module that counts its imports."""
    made = project()
    made.write_pages(PAGES)
    made.edit("shop.py", "from penstock", f"{COUNTING}\nfrom penstock")
    return made


def imports(made, builder="dummy", **options):
    """Build, and return how often the module was imported, beside what was built."""
    file = made.folder / "imports.txt"
    file.write_text("")
    built = made.build(builder, "sphinx.ext.autodoc", **options)
    return len(file.read_text()), built


@pytest.mark.parametrize("processes", [0, 2])
def test_imports(shop, processes):
    """Builds import what they need, also with parallel readers."""

    def count(**options):
        counted, built = imports(shop, processes=processes, **options)
        assert built.warnings == ""
        return counted

    assert count() == 1
    assert count() == 0

    shop.edit("plain.rst", "Nothing", "Still nothing")
    shop.edit("more.rst", "Nothing", "Still nothing")
    shop.edit("all.rst", "Page\n====", "List\n====")

    assert count() == 0

    shop.edit("orders.rst", "Page\n====", "Flow\n====")
    shop.edit("drawn.rst", "Page\n====", "Image\n=====")

    assert count() == 1

    shop.edit("api.rst", "Page\n====", "Code\n====")

    assert count() == 1

    shop.edit("shop.py", "Charges it.", "Takes the money.")

    assert count() == 1
    assert count() == 0
    assert count(from_scratch=True) == 1
    assert count(penstock_catalog_reuse=False) == 1


def test_shown_from_kept_flows(shop):
    """A page that is read with the flows of an earlier build is as with those of this process."""
    imports(shop, "html")
    first = (shop.folder / "_build/html/all.html").read_text()
    shop.edit("all.rst", "Page\n====", "Page\n====\n\n.. Nobody sees it.")

    counted, built = imports(shop, "html")

    assert counted == 0
    assert built.read("all.html") == first


def test_pages_that_include_another(shop):
    """A page whose directive is in another file has the functions, too."""
    included = ".. include:: part.txt\n"
    shop.write("part.txt", ".. penstock-step:: orders.charge\n   :no-index:\n")
    imports(shop, "html")
    shop.edit("plain.rst", "Nothing", f"{included}\nNothing")

    counted, built = imports(shop, "html")

    assert counted == 1
    assert "Charges it." in built.text("plain.html")
    assert imports(shop, "html")[0] == 0

    shop.edit("more.rst", "Nothing", f"{included}\nNothing")
    imports(shop, "html")
    for page in ("plain.rst", "more.rst"):
        shop.edit(page, "Nothing", "Still nothing")

    assert imports(shop, "html", processes=2)[0] == 1  # before readers are forked


def test_failure_of_an_import(shop):
    """A failed import is a warning in each build, and the flows of before are not shown."""
    shop.write("api.rst", "Page\n====\n")
    imports(shop)
    shop.edit("shop.py", "from penstock", "import extra\n\nfrom penstock")

    for _ in range(2):
        counted, built = imports(shop)
        assert counted == 1
        assert "No module named 'extra'" in built.warnings

    shop.write("extra.py", "")

    counted, built = imports(shop)
    assert (counted, built.warnings) == (1, "")
    assert imports(shop)[0] == 0


def test_failure_that_no_file_shows(shop):
    """If an import fails though nothing has changed, the next build tries again."""
    shop.write("api.rst", "Page\n====\n")
    state = shop.folder / "database"
    shop.write(
        "extra.py", f"import subprocess\nsubprocess.run(['test', '-e', {str(state)!r}], check=True)"
    )
    modules = ["shop", "extra"]
    state.touch()
    assert imports(shop, penstock_modules=modules)[1].warnings == ""
    state.unlink()
    shop.edit("orders.rst", "Page\n====", "Flow\n====")

    for _ in range(2):
        counted, built = imports(shop, penstock_modules=modules)
        assert counted == 1
        assert "CalledProcessError" in built.warnings

    state.touch()
    assert imports(shop, penstock_modules=modules)[1].warnings == ""
    assert imports(shop, penstock_modules=modules)[0] == 0


def test_from_scratch(project):
    """With ``-E``, nothing of an earlier build counts."""
    made = project(index=".. penstock-flows::\n")
    made.edit("shop.py", "from penstock", f"{COUNTING}\nfrom penstock")
    made.build("dummy")

    assert imports(made)[0] == 0
    assert imports(made, from_scratch=True)[0] == 1


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        pytest.param("import shop", ["shop"], id="all"),
        pytest.param("import extra", ["shop", "extra.*"], id="a part"),
        pytest.param("import penstock; penstock.flow('x')(penstock.step(id))", ["shop"], id="flow"),
    ],
)
def test_imported_by_conf(shop, code, modules):
    """If conf.py imports of the application what it likes, flows are not those of before."""
    shop.write("extra/__init__.py", "")
    assert imports(shop, penstock_modules=modules)[0] == 1
    shop.write("conf.py", f"import sys\nsys.path.insert(0, {str(shop.folder)!r})\n{code}\n")

    assert [imports(shop, penstock_modules=modules)[0] for _ in range(2)] == [1, 1]


def test_mocks(shop):
    """Flows that were made with other mocks are not used."""
    shop.edit("shop.py", "from penstock", "import gone\nfrom penstock")

    assert imports(shop, autodoc_mock_imports=["gone"])[0] == 1
    assert imports(shop, autodoc_mock_imports=["gone"])[0] == 0
    counted, built = imports(shop)
    assert counted >= 1
    assert "No module named 'gone'" in built.warnings
