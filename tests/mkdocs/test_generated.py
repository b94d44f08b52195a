"""Pages that no author wrote, scripts and dirty builds, in sites that the real MkDocs builds."""

import html
import json
import os
import re

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from penstock_mkdocs._navigation import with_pages

PAGES = ["flows/index.md", "flows/a.md"]


@pytest.mark.parametrize(
    ("nav", "expected"),
    [
        (["index.md"], ["index.md", {"Flows": PAGES}]),
        ([{"Our flows": "flows/"}, "index.md"], [{"Our flows": PAGES}, "index.md"]),
        (["flows/", "index.md"], [{"Flows": PAGES}, "index.md"]),
        ([{"More": ["x.md", {"All": "flows/"}]}], [{"More": ["x.md", {"All": PAGES}]}]),
        ([{"A": "flows/a.md"}], [{"A": "flows/a.md"}]),
        ([{"Empty": None}], [{"Empty": None}, {"Flows": PAGES}]),
    ],
)
def test_navigation(nav, expected):
    """Pages are where the author named their folder, else at the end, else where he put one."""
    assert with_pages(nav, "flows/", PAGES) == expected


@pytest.mark.parametrize("nav", [None, ["index.md"], ["index.md", {"All flows": "flows/"}]])
def test_pages(site, warnings, nav):
    """A page per flow and an index are in the navigation, with or without one of the author's."""
    site.options["pages"] = "flows"

    html = site.build("# Shop\n", **({"nav": nav} if nav else {}))

    folder = site.folder / "site" / "flows"
    page = (folder / "orders.html").read_text(encoding="utf-8")
    assert warnings() == []
    assert 'href="flows/index.html"' in html
    assert 'href="flows/orders.html"' in html
    assert "<title>Orders - Shop</title>" in page
    assert "Takes an order &lt;in&gt;." in page
    assert "From &lt;order&gt; to parcel." in (folder / "index.html").read_text(encoding="utf-8")


def test_title_of_a_page(site, warnings):
    """Headings, titles and the navigation have the flow's title."""
    site.options["pages"] = "flows"
    site.import_modules()
    module = next(site.folder.rglob("*.py"))
    module.write_text(
        "from penstock import entrypoint, flow\n"
        "@flow('orders', title='Orders & *payments* | a_b ~~c~~ $d$')\n"
        "@entrypoint\ndef receive(): ...\n",
        encoding="utf-8",
    )

    site.build("# Shop\n", plugins=["search", {"penstock": site.options}])

    folder = site.folder / "site"
    page = (folder / "flows" / "orders.html").read_text(encoding="utf-8")
    shown = "Orders & *payments* | a_b ~~c~~ $d$"
    in_html = [
        *re.findall("<title>(.*?) - Shop</title>", page),
        *re.findall("<h1[^>]*>([^<]*)<", page),
        *re.findall('<a href="orders.html"[^>]*>([^<]*)<', page),
    ]
    index = json.loads((folder / "search" / "search_index.json").read_text(encoding="utf-8"))
    titles = [d["title"] for d in index["docs"] if d["location"] == "flows/orders.html"]
    assert [html.unescape(text.strip()) for text in in_html if "Orders" in text] == [shown] * 3
    assert [html.unescape(title) for title in titles] == [shown]


@pytest.mark.parametrize("theme", ["mkdocs", "readthedocs", "material"])
def test_title_with_markup(site, warnings, theme):
    """A title is shown as it was declared, also by a theme that writes titles as HTML."""
    site.options["pages"] = "flows"
    title = 'Orders </title><b>x</b> & &lt;b> "q"'
    declared = f"@flow('orders', title={title!r})\n@entrypoint\ndef receive(): ...\n"
    site.write("shop.py", f"from penstock import entrypoint, flow\n{declared}")

    html_of_home = site.build("# Shop\n", theme)

    page = (site.folder / "site/flows/orders.html").read_text(encoding="utf-8")
    (shown,) = re.findall("<title>(.*?) - Shop</title>", page, re.DOTALL)
    assert warnings() == []
    assert html.unescape(shown) == title
    assert "<b>x" not in page + html_of_home
    assert title in html.unescape(html_of_home)  # in the navigation


def test_page_of_the_author(site, warnings):
    """A page that the author wrote is kept."""
    site.options["pages"] = "flows"
    (site.folder / "docs" / "flows").mkdir()
    site.write("docs/flows/orders.md", "# My own\n")

    site.build("# Shop\n")

    page = (site.folder / "site" / "flows" / "orders.html").read_text(encoding="utf-8")
    assert warnings() == []
    assert "My own" in page
    assert "Takes an order" not in page


@pytest.mark.parametrize("nav", [None, ["index.md"]], ids=["no nav", "nav"])
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("flows.md", "flows/index.html"),
        ("flows/README.md", "flows/index.html"),
        ("flows/orders/index.md", "flows/orders/index.html"),
        ("flows/Orders.md", "flows/Orders/index.html"),
    ],
)
def test_page_of_the_author_by_its_address(site, warnings, name, shown, nav):
    """A page that the author wrote under another name for the same address is kept."""
    site.options["pages"] = "flows"
    (site.folder / "docs/flows/orders").mkdir(parents=True)
    site.write(f"docs/{name}", "# My own\n")
    nav = {"nav": [*nav, name] if "/" not in name else nav} if nav else {}

    site.build("# Shop\n", use_directory_urls=True, **nav)

    page = (site.folder / "site" / shown).read_text(encoding="utf-8")
    assert warnings() == []
    assert re.search("<h1[^>]*>My own", page)
    assert "penstock-flow" not in page
    others = {"flows/index.html", "flows/orders/index.html"} - {shown.lower()}
    assert all((site.folder / "site" / other).is_file() for other in others)


def test_mermaid_script(site):
    """A local script is copied to the site, and each page loads it."""
    site.write("mermaid.js", "var mine;\n")
    site.options |= {"mermaid_js": "mermaid.js", "format": "mermaid"}

    html = site.build("# Shop\n\n::: penstock-flow orders\n")

    script = site.folder / "site" / "assets" / "penstock-mermaid.js"
    assert script.read_text(encoding="utf-8") == "var mine;\n"
    assert 'src="assets/penstock-mermaid.js"' in html


def _dirty(site):
    """Build the site again as `mkdocs build --dirty` does; return the pages that were built."""
    pages = [site.folder / "site" / name for name in ("index.html", "about.html")]
    # Built a while ago, but after the sources were written.
    for age, paths in ((50, pages), (100, (site.folder / "docs").glob("*.md"))):
        for path in paths:
            past = path.stat().st_mtime - age
            os.utime(path, (past, past))
    before = [page.stat().st_mtime for page in pages]
    config = load_config(str(site.folder / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=True)
    build(config, dirty=True)
    return [p.name for p, t in zip(pages, before, strict=True) if p.stat().st_mtime != t]


@pytest.mark.parametrize(("edited", "expected"), [(True, ["index.html"]), (False, [])])
def test_dirty(site, edited, expected):
    """A dirty build builds again what shows flows, if a module is newer, and nothing else."""
    site.write("docs/about.md", "# About\n")
    site.import_modules()
    if not edited:
        past = (site.folder / "shop.py").stat().st_mtime - 100
        os.utime(site.folder / "shop.py", (past, past))
    site.build("# Shop\n\n::: penstock-flow orders\n")

    assert _dirty(site) == expected
