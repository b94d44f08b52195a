"""Projects whose flows are read from a catalog, without their application."""

import json
import re

import pytest

from penstock.catalog import Catalog
from penstock.testing import isolated_registry

PAGE = """
Shop
====

.. penstock-flow:: orders
.. penstock-step:: pack
   :no-index:
.. penstock-flows::

:penstock:step:`orders.send`
"""


def export(folder) -> None:
    """Write the catalog of the project in *folder*, and remove its application."""
    with isolated_registry():
        source = (folder / "shop.py").read_text(encoding="utf-8")
        code = compile(source, str(folder / "shop.py"), "exec")
        exec(code, {"__name__": "shop", "__file__": str(folder / "shop.py")})
        (folder / "flows.json").write_text(Catalog.from_registry(folder).to_json(), "utf-8")
    (folder / "shop.py").unlink()


def body(built) -> str:
    page = built.read("index.html").partition('<div class="body" role="main">')[2]
    return page.partition('<div class="sphinxsidebar"')[0]


@pytest.mark.parametrize(
    "extensions", [(), ("sphinx.ext.autodoc", "sphinx.ext.napoleon")], ids=["plain", "autodoc"]
)
def test_same_page(project, extensions):
    """A page that is made from a catalog is the one that the application gives."""
    made = project(index=PAGE)
    live = made.build("html", *extensions)
    live_body = body(live)
    export(made.folder)
    made.write("pyproject.toml", '[tool.penstock]\ncatalog = "flows.json"\nmodules = ["shop"]\n')
    stored = made.build("html", *extensions, penstock_modules=[], penstock_pythonpath=[])

    assert (live.warnings, stored.warnings) == ("", "")
    assert body(stored) == live_body


def test_edited(project):
    """A page is read again when the catalog says something else of what it shows."""
    made = project()
    export(made.folder)
    settings = {"penstock_catalog": "flows.json", "penstock_modules": []}
    made.build(**settings)
    made.edit("flows.json", '"Receive the order"', '"Take the order"')
    built = made.build(**settings)

    assert "Take the order" in built.text()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "cannot be read: No such file or directory"),
        (
            '{"schema_version": "3.1"}',
            "a catalog of version 3.1, but this penstock reads versions 1.x: export it with this "
            "version of penstock, or install the one that wrote it",
        ),
    ],
    ids=["missing", "newer"],
)
def test_unreadable(project, text, problem):
    """A catalog that cannot be read is a warning with its reason, and pages say what they miss."""
    made = project()
    if text is not None:
        made.write("flows.json", text)
    built = made.build(penstock_catalog="flows.json", penstock_modules=[])

    assert built.warnings.splitlines()[0] == (
        f"WARNING: {made.folder / 'conf.py'}: the catalog {made.folder / 'flows.json'}: {problem} "
        "[penstock.config]"
    )
    assert "no flow is in the catalog" in built.warnings
    assert "This flow cannot be shown" in built.text()


def test_problems(project):
    """The problems that a catalog has are warnings, as those of the application are."""
    made = project()
    made.edit("shop.py", '@step(after="receive")', '@step(after="nowhere")')
    export(made.folder)
    built = made.build(penstock_catalog="flows.json", penstock_modules=[])

    assert re.findall(r"shop.py:21: flow 'orders': .* \[(penstock.*)\]\n", built.warnings) == [
        "penstock.unknown_predecessor"
    ]
    document = json.loads((made.folder / "flows.json").read_text("utf-8"))
    assert [p["code"] for p in document["problems"]] == ["unknown-predecessor"]
