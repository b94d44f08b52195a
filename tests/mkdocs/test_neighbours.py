"""Sites with other plugins, before penstock and after it: each leaves what it leaves alone."""

import subprocess
import sys

import pytest
from neighbour_site import Site, dead_links

PENSTOCK = {"penstock": {"catalog": "flows.json", "pages": "flows"}}
PAGES = {
    "index.md": "# Home\n\nTOPSECRET code. [About](about.md)\n",
    "about.md": "# About\n\nWho <b>we</b>   are.\n",
    "shown.md": "# Shown\n\n::: penstock-flow orders\n    format: mermaid\n",
}
ENCRYPT = {"encryptcontent": {"global_password": "Xk29dj_sK-9djsk2Ds"}}
LANGUAGES = [
    {"locale": "en", "default": True, "name": "English", "build": True},
    {"locale": "fr", "name": "French", "build": True},
]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "site")


def in_order(plugins, order):
    return [PENSTOCK, *plugins] if order == "first" else [*plugins, PENSTOCK]


both_orders = pytest.mark.parametrize("order", ["first", "last"])
LOOKS = [
    ("mkdocs", "mkdocs"),
    ("mkdocs", "readthedocs"),
    ("mkdocs", "material"),
    ("properdocs", "mkdocs"),
]


@both_orders
@pytest.mark.parametrize(("program", "theme"), LOOKS)
def test_encrypted(tmp_path, order, program, theme):
    """Content that a plugin has encrypted stays encrypted, on pages and in the search index."""
    site = Site(tmp_path / "site", program, theme)

    drawn = {"drawn.md": "# Drawn\n\n::: penstock-flow orders\n"}
    done = site.build(in_order(["search", ENCRYPT], order), PAGES | drawn)

    assert done.returncode == 0, done.stderr
    assert [name for name, text in site.files().items() if b"TOPSECRET" in text] == []
    assert "Charges it." not in site.read("shown/index.html")
    assert [name for name, text in site.files().items() if b"Charges it." in text] == []
    assert [name for name in site.files() if name.endswith(".svg") and "penstock" in name] == []
    assert site.left() == []


MINIFY = {"minify": {"minify_html": True}}
# Without the theme's own script, which it would fetch.
PRIVACY = {"material/privacy": {"assets_exclude": ["unpkg.com/*"]}}
PLUGINS = [
    *(([], *look) for look in LOOKS),
    *(([MINIFY], *look) for look in LOOKS),
    ([PRIVACY], "mkdocs", "material"),
]


@pytest.mark.parametrize(("plugins", "program", "theme"), PLUGINS)
def test_pages_without_flows(tmp_path, plugins, program, theme):
    """Pages without flows are, to the byte, what they are without penstock."""
    pages = {name: PAGES[name] for name in ("index.md", "about.md")}
    options = {"catalog": "flows.json"}
    alone, beside = (Site(tmp_path / name, program, theme) for name in ("alone", "beside"))
    config = {"theme": {"name": theme, **({"font": False} if theme == "material" else {})}}

    # Each page loads the style sheet and the script: a theme may show any page in the place of
    # another.
    style = {
        "extra_css": ["assets/penstock.css"],
        "extra_javascript": ["assets/penstock.js"],
    }
    assert alone.build(["search", *plugins], pages, **style, **config).returncode == 0
    # Before the search, whose script follows those of the configuration.
    done = beside.build([{"penstock": options}, "search", *plugins], pages, **config)
    assert done.returncode == 0, done.stderr

    expected, actual = alone.files(), beside.files()
    assert actual.pop("assets/penstock.css")
    assert actual.pop("assets/penstock.js")
    assert actual == expected


@pytest.mark.parametrize(("program", "theme"), LOOKS)
def test_search_beside_page(tmp_path, program, theme):
    """The search finds steps and no source of a diagram, and the page keeps its diagram."""
    site = Site(tmp_path / "site", program, theme)

    done = site.build(["search", PENSTOCK], PAGES)

    index = site.read("search/search_index.json")
    assert done.returncode == 0, done.stderr
    assert "Charges it." in index
    assert "accTitle" not in index
    assert "accTitle" in site.read("shown/index.html")


@both_orders
def test_privacy(tmp_path, order):
    """Pages of Material's privacy plugin show their flows."""
    site = Site(tmp_path / "site", theme="material")

    theme = {"name": "material", "font": False}
    done = site.build(in_order(["search", PRIVACY], order), PAGES, theme=theme)

    assert done.returncode == 0, done.stderr
    assert 'class="mermaid"' in site.read("shown/index.html")
    assert "<svg" in site.read("flows/orders/index.html")


@both_orders
@pytest.mark.parametrize("structure", ["suffix", "folder"])
def test_languages(site, order, structure):
    """A site of several languages shows flows in each of them."""
    pages = {"index.md": "# Hi\n", "shown.md": PAGES["shown.md"]}
    # The plugin does not accept pages from outside the folder of the site's pages.
    options = {"catalog": "flows.json"}
    if structure == "folder":
        pages = {f"{code}/{name}": text for code in ("en", "fr") for name, text in pages.items()}
    i18n = {"i18n": {"docs_structure": structure, "languages": LANGUAGES}}
    plugins = ["search", i18n]
    plugins.insert(0 if order == "first" else 2, {"penstock": options})

    done = site.build(plugins, pages)

    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert 'class="mermaid"' in site.read("shown/index.html")
    assert 'class="mermaid"' in site.read("fr/shown/index.html")
    assert (site.folder / "site/assets/penstock.css").is_file()


@both_orders
@pytest.mark.parametrize("program", ["mkdocs", "properdocs"])
def test_words_of_languages(tmp_path, order, program):
    """The words of penstock are in the language of each page, and ProperDocs has them too."""
    site = Site(tmp_path / "site", program)
    german = {"locale": "de", "name": "Deutsch", "build": True}
    i18n = {"i18n": {"docs_structure": "suffix", "languages": [LANGUAGES[0], german]}}
    plugins = [i18n]
    plugins.insert(0 if order == "first" else 1, {"penstock": {"catalog": "flows.json"}})

    done = site.build(plugins, {"index.md": "# Hi\n\n::: penstock-flow orders\n"})

    assert done.returncode == 0, done.stderr
    assert "4 steps · 1 entrypoint</span>" in site.read("index.html")
    assert "4 Schritte · 1 Einstieg</span>" in site.read("de/index.html")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the pages that the command writes for a site whose languages need files."""
    folder = Site(tmp_path_factory.mktemp("written") / "site").folder
    arguments = ("pages", "docs/flows", "--blocks", "--module", "shop")
    subprocess.run([sys.executable, "-m", "penstock", *arguments], cwd=folder, check=True)
    return {path.name: path.read_bytes() for path in (folder / "docs/flows").iterdir()}


@both_orders
@pytest.mark.parametrize(("structure", "folder"), [("suffix", "flows"), ("folder", "en/flows")])
def test_written_pages_of_languages(site, written, order, structure, folder):
    """Pages that the command wrote are in each language, with links inside that language."""
    homes = ["index.md", "index.fr.md"] if structure == "suffix" else ["en/index.md", "fr/index.md"]
    pages = dict.fromkeys(homes, "# Home\n\n::: penstock-flows\n")
    pages |= {f"{folder}/{name}": text for name, text in written.items()}
    i18n = {"i18n": {"docs_structure": structure, "languages": LANGUAGES}}
    plugins = ["search", i18n]
    plugins.insert(0 if order == "first" else 2, {"penstock": {"catalog": "flows.json"}})

    done = site.build(plugins, pages)

    assert done.returncode == 0, done.stderr
    for language in ("", "fr/"):
        assert "Charges it." in site.read(f"{language}flows/orders/index.html")
        home = site.read(f"{language}index.html")
        assert '<a href="flows/orders/#penstock--orders">Orders</a>' in home
    assert dead_links(site.folder / "site") == set()


@both_orders
@pytest.mark.parametrize(
    ("name", "link", "address"),
    [
        ("ezlinks", "[[orders]]", "flows/orders/"),
        ("ezlinks", "[[about]]", "deep/about/"),
        ("autolinks", "[It](about.md)", "deep/about/"),
    ],
)
def test_links_by_name(site, order, name, link, address):
    """A plugin that looks at the file of each page finds one for those that penstock makes."""
    pages = {"index.md": f"# Home\n\n{link}\n", "deep/about.md": PAGES["about.md"]}

    done = site.build(in_order(["search", name], order), pages)

    assert done.returncode == 0, done.stderr
    assert f'href="{address}"' in site.read("index.html")


@both_orders
def test_redirects(site, order):
    """A redirect may lead to a generated page."""
    redirects = {"redirects": {"redirect_maps": {"old.md": "flows/orders.md"}}}

    done = site.build(in_order([redirects], order), PAGES)

    assert done.returncode == 0, done.stderr
    assert "flows/orders/" in site.read("old/index.html")


@both_orders
def test_excluded(site, order):
    """A site may leave out generated pages."""
    done = site.build(in_order([{"exclude": {"glob": ["flows/orders.md"]}}], order), PAGES)

    assert "Traceback" not in done.stderr
    assert not (site.folder / "site/flows/orders").exists()
    assert (site.folder / "site/flows/index.html").is_file()


def test_nothing_is_left(site):
    """Temporary files are gone when a build ends, and when it fails."""
    done = site.build([PENSTOCK], PAGES)
    failed = site.build([PENSTOCK], PAGES | {"bad.md": "# Bad\n\n::: penstock-flow nothing\n"})

    assert (done.returncode, failed.returncode, site.left()) == (0, 1, [])
