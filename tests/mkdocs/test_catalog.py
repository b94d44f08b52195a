"""Sites whose flows are read from a catalog, without their application."""

import os

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from watching_server import Watching

from penstock.catalog import Catalog
from penstock.testing import isolated_registry

PAGE = "# Shop\n\n::: penstock-flow orders\n\n::: penstock-step pack\n\n::: penstock-flows\n"


@pytest.fixture
def export(site):
    """Return a function that writes the catalog of the site's project, and removes the project."""

    def write() -> None:
        file = site.folder / "shop.py"
        with isolated_registry():
            code = compile(file.read_text(encoding="utf-8"), str(file), "exec")
            exec(code, {"__name__": "shop", "__file__": str(file)})
            text = Catalog.from_registry(site.folder).to_json()
        site.write("flows.json", text)
        file.unlink()

    return write


def main_of(html: str) -> str:
    return html.partition('role="main">')[2].partition("<footer")[0]


def test_same_page(site, export, warnings):
    """A page that is made from a catalog is the one that the application gives."""
    site.import_modules()
    live = site.build(PAGE)
    export()
    site.options = {}
    site.write("pyproject.toml", '[tool.penstock]\ncatalog = "flows.json"\nmodules = ["shop"]\n')
    with isolated_registry():
        stored = site.build(PAGE)

    assert main_of(stored) == main_of(live)
    assert "Charges it." in main_of(stored)
    assert warnings() == []


def test_edited(site, export):
    """An edit of the catalog is shown by the next build."""
    export()
    site.options = {"catalog": "flows.json", "pages": "flows"}
    site.build(PAGE)
    text = (site.folder / "flows.json").read_text(encoding="utf-8")
    site.write("flows.json", text.replace("Receive the order", "Take the order!"))

    assert "Take the order!" in site.build(PAGE)
    assert (site.folder / "site" / "flows" / "orders.html").exists()


def test_unreadable(site, warnings):
    """A catalog that cannot be read is named with its reason, where a flow would be."""
    site.options = {"catalog": "flows.json", "pages": "flows"}
    (site.folder / "flows.json").unlink()
    with isolated_registry():
        page = site.build("# Shop\n\n::: penstock-flow orders\n")
    problem = f"the catalog {site.folder / 'flows.json'}: cannot be read: {os.strerror(2)}"

    assert problem in page
    assert any(problem in warning for warning in warnings())


def test_watched(site, export):
    """A server watches the file of the catalog, also while it cannot be read."""
    site.options = {"catalog": "flows.json"}
    server = Watching()
    site.write("flows.json", "{")
    site.build(PAGE)
    config = load_config(str(site.folder / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    config.plugins.on_serve(server, config=config, builder=build)
    export()
    build(config)
    config.plugins.on_shutdown()
    server.server_close()

    assert server.watched == [str(site.folder / "flows.json")]
    assert "Charges it." in (site.folder / "site/index.html").read_text(encoding="utf-8")
