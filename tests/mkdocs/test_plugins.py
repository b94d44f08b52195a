"""One site with each of the plugins that people use, before penstock and after it.

Each plugin does its work on the page ``using.md``, with penstock and without.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache

import pytest
from neighbour_site import Site, dead_links

from penstock.render._stylesheets import page_script, page_stylesheet

pytestmark = pytest.mark.wide

PENSTOCK = {"penstock": {"catalog": "flows.json"}}
PAGES = {
    "index.md": "# Home\n\n[Using](using.md), [shown](shown.md)\n",
    "shown.md": "# Shown\n\nText\n",
    "linked.md": "# Linked\n\nText\n",
}
FLOWS = {
    "shown.md": "# Shown\n\n::: penstock-flow orders\n    caption: How it goes\n",
    "linked.md": (
        "# Linked\n\n::: penstock-flow orders\n    steps: none\n    format: mermaid\n\n"
        "::: penstock-flow orders\n    steps: none\n\n::: penstock-flows\n"
    ),
}
OWN_FILES = rb"\s*<(?:link|script)[^>]*assets/penstock\.(?:css|js)[^>]*>(?:</script>)?"
STYLE = {"assets/penstock.css": page_stylesheet()}
SCRIPT = {"assets/penstock.js": page_script()}
LIBRARY = {"lib/__init__.py": '"""A library."""\n\ndef work():\n    """Works."""\n'}
LIBRARIES = {"handlers": {"python": {"paths": ["."]}}}
NOTEBOOK = {
    "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Notebook"]}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
DRAWING = '<mxfile><diagram name="Page-1"><mxGraphModel><root/></mxGraphModel></diagram></mxfile>'
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
GENERATE = (
    "import mkdocs_gen_files\nwith mkdocs_gen_files.open('made.md', 'w') as f: f.write('# Made')\n"
)
CLICK = """
import click
@click.command()
def hello():
    '''Says hello.'''
"""
POST = "---\ndate: 2024-01-0{}\n---\n# Post {}\n\nFirst.\n\n{}\n\n<!-- more -->\n\nRest.\n"
LANGUAGES = [
    {"locale": "en", "default": True, "name": "English", "build": True},
    {"locale": "fr", "name": "French", "build": True},
]
MATERIAL = {"name": "material", "font": False}


@dataclass(frozen=True)
class Case:
    """The page that a plugin works on, and what shows that it did."""

    plugins: list
    page: str = "Text\n"
    """The content of the page ``using.md``, below its title."""

    shows: str = ""
    """A string that only the plugin writes into `where`."""

    where: str = "using/index.html"
    docs: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    config: dict = field(default_factory=dict)
    flows: dict = field(default_factory=dict)
    """Pages that show flows, beside `FLOWS`."""


def with_options(name, **options):
    return [{name: options}]


CASES = {
    "add-number": Case(["add-number"], "## One\n\n### Two\n", "1. "),
    "api-autonav": Case(
        [{"mkdocstrings": LIBRARIES}, {"api-autonav": {"modules": ["lib"]}}],
        shows="Works.",
        where="reference/lib/index.html",
        files=LIBRARY,
    ),
    "autoapi": Case(
        [
            {"mkdocstrings": LIBRARIES},
            {"mkdocs-autoapi": {"autoapi_dir": ".", "autoapi_file_patterns": ["lib/*.py"]}},
        ],
        shows="Works.",
        where="autoapi/lib/index.html",
        files=LIBRARY,
    ),
    "autolinks": Case(
        ["autolinks"],
        "[It](about.md)\n",
        'href="../deep/about/"',
        docs={"deep/about.md": "# About\n"},
    ),
    "autorefs": Case(["autorefs"], "## Part\n\n[It][shown]\n", 'href="../shown/#shown"'),
    "awesome-nav": Case(
        ["awesome-nav"],
        shows="Our own word",
        docs={".nav.yml": "nav:\n- Our own word: using.md\n- '*.md'\n"},
    ),
    "awesome-pages": Case(
        ["awesome-pages"],
        shows="Our own word",
        docs={".pages": "nav:\n- Our own word: using.md\n- ...\n"},
    ),
    "blog": Case(
        with_options("material/blog"),
        shows="Post 1",
        where="blog/index.html",
        docs={
            "blog/index.md": "# Blog\n",
            "blog/posts/one.md": POST.format(1, 1, "One."),
            "blog/posts/two.md": POST.format(2, 2, "Two."),
        },
        flows={"blog/posts/two.md": POST.format(2, 2, "::: penstock-flow orders\n")},
        config={"theme": MATERIAL},
    ),
    "callouts": Case(
        ["callouts"],
        "> [!NOTE] Look\n> Here.\n",
        'class="admonition note"',
        config={"markdown_extensions": ["admonition"]},
    ),
    "click": Case(
        [],
        "::: mkdocs-click\n    :module: tool\n    :command: hello\n",
        "Says hello.",
        files={"tool.py": CLICK},
        config={"markdown_extensions": ["mkdocs-click"]},
    ),
    "codeinclude": Case(
        ["codeinclude"],
        "<!--codeinclude-->\n[It](../lib/__init__.py)\n<!--/codeinclude-->\n",
        "def work",
        files=LIBRARY,
    ),
    "drawio": Case(["drawio"], "![](a.drawio)\n", "mxgraph", docs={"a.drawio": DRAWING}),
    "encryptcontent": Case(
        ["search", *with_options("encryptcontent", global_password="Xk29dj_sK-9djsk2Ds")],
        "TOPSECRET\n",
        "mkdocs-encrypted-content",
    ),
    "exclude": Case(with_options("exclude", glob=["out.md"]), docs={"out.md": "# Out\n"}),
    "ezlinks": Case(
        ["ezlinks"], "[[about]]\n", 'href="../deep/about/"', docs={"deep/about.md": "# About\n"}
    ),
    "gen-files": Case(
        with_options("gen-files", scripts=["generate.py"]),
        shows="Made",
        where="made/index.html",
        files={"generate.py": GENERATE},
    ),
    "git-revision-date-localized": Case(
        with_options("git-revision-date-localized", fallback_to_build_date=True, strict=False),
        "{{ git_revision_date_localized }}\n",
        "git-revision-date-localized-plugin",
    ),
    "glightbox": Case(["glightbox"], "![](a.png)\n", 'class="glightbox"', docs={"a.png": PIXEL}),
    "htmlproofer": Case(
        with_options("htmlproofer", validate_external_urls=False, raise_error_after_finish=True)
    ),
    "i18n": Case(
        with_options("i18n", docs_structure="suffix", languages=LANGUAGES),
        shows="Le texte",
        where="fr/using/index.html",
        docs={"using.fr.md": "# Using\n\nLe texte\n"},
    ),
    "include-markdown": Case(
        ["include-markdown"],
        '{% include "../part.md" %}\n',
        "Of the part",
        files={"part.md": "Of the part.\n"},
        flows={"shown.md": '# Shown\n\n- item\n\n    {% include "../flow.md" %}\n'},
    ),
    "jupyter": Case(
        with_options("mkdocs-jupyter", execute=False),
        shows="Notebook",
        where="notebook/index.html",
        docs={"notebook.ipynb": json.dumps(NOTEBOOK)},
    ),
    "kroki": Case(["kroki"]),
    "literate-nav": Case(
        ["literate-nav"],
        shows="Our own word",
        docs={"SUMMARY.md": "* [Our own word](using.md)\n* [Home](index.md)\n* *.md\n"},
    ),
    "llmstxt": Case(
        with_options("llmstxt", sections={"All": ["*.md"]}, full_output="llms-full.txt"),
        shows="# Shop",
        where="llms.txt",
    ),
    "macros": Case(
        ["macros"],
        "{% for word in ['a', 'b'] %}{{ word * 3 }} {% endfor %}\n",
        "aaa bbb",
        flows={
            "shown.md": (
                "# Shown\n\n{% for name in ['orders'] %}\n::: penstock-flow {{ name }}\n"
                "    caption: The {{ name }}\n{% endfor %}\n"
            )
        },
    ),
    "markdownextradata": Case(
        ["markdownextradata"], "{{ word }}\n", "Our own", config={"extra": {"word": "Our own"}}
    ),
    "mermaid2": Case(
        with_options("mermaid2", javascript="mermaid.js"),
        "```mermaid\ngraph TD\n  a --> b\n```\n",
        'class="mermaid"',
        docs={"mermaid.js": "var mermaid;\n"},
    ),
    "minify": Case(
        with_options("minify", minify_html=True, minify_js=True, minify_css=True),
        "<!-- removed -->\n\nText   here\n",
        "<p>Text here",
    ),
    "mkdocstrings": Case(
        with_options("mkdocstrings", **LIBRARIES), "::: lib\n", "Works.", files=LIBRARY
    ),
    "monorepo": Case(
        ["monorepo"],
        shows="Of the part",
        where="part/index.html",
        files={
            "part/mkdocs.yml": "site_name: part\nnav: [{Part: index.md}]\n",
            "part/docs/index.md": "# Part\n\nOf the part.\n",
        },
        config={
            "nav": [
                *("index.md", "using.md", "shown.md", "linked.md"),
                {"Part": "!include ./part/mkdocs.yml"},
            ]
        },
    ),
    "multirepo": Case(["multirepo"]),
    "offline": Case(
        ["material/offline"], where="using.html", shows="iframe-worker", config={"theme": MATERIAL}
    ),
    "panzoom": Case(
        ["panzoom"],
        "```mermaid\ngraph TD\n  a --> b\n```\n",
        "panzoom",
        config={
            "theme": MATERIAL,
            "markdown_extensions": [
                {
                    "pymdownx.superfences": {
                        "custom_fences": [{"name": "mermaid", "class": "mermaid"}]
                    }
                }
            ],
        },
    ),
    "plantuml": Case(with_options("plantuml", puml_url="https://localhost/plantuml")),
    "print-site": Case(["print-site"], shows="Home", where="print_page/index.html"),
    "privacy": Case(
        with_options("material/privacy", assets_exclude=["unpkg.com/*"]),
        config={"theme": MATERIAL},
    ),
    "redirects": Case(
        with_options("redirects", redirect_maps={"old.md": "using.md"}),
        shows="using/",
        where="old/index.html",
    ),
    "rss": Case(
        with_options("rss", use_git=False),
        shows="<rss",
        where="feed_rss_created.xml",
    ),
    "same-dir": Case(["same-dir"], config={"docs_dir": "docs"}),
    "search": Case(["search"], shows="Using", where="search/search_index.json"),
    "section-index": Case(
        ["section-index"],
        shows="Deep",
        docs={"deep/index.md": "# Deep\n", "deep/down.md": "# Down\n"},
        config={"theme": MATERIAL},
    ),
    "site-urls": Case(["site-urls"], '<a href="site:shown/">It</a>\n', 'href="/shown/"'),
    "swagger-ui-tag": Case(
        ["swagger-ui-tag"],
        '<swagger-ui src="api.json"/>\n',
        "swagger-ui",
        docs={"api.json": '{"openapi": "3.0.0", "info": {"title": "a", "version": "1"}}'},
    ),
    "table-reader": Case(
        ["table-reader"],
        "{{ read_csv('docs/a.csv') }}\n",
        "<table>",
        docs={"a.csv": "One,Two\n1,2\n"},
        config={"markdown_extensions": ["tables"]},
    ),
    "tags": Case(
        ["material/tags"],
        shows="Our own word",
        docs={"using.md": "---\ntags: [Our own word]\n---\n# Using\n\nText\n"},
        config={"theme": MATERIAL},
    ),
    "techdocs-core": Case(["techdocs-core"], "!!! note\n    Look\n", 'class="admonition note"'),
    "with-pdf": Case(["with-pdf"], config={"theme": MATERIAL}),
}
SECRET = {"encryptcontent"}
"""The plugins that hide the content of pages without a password."""

LAST = {"print-site"}
"""The plugins that warn if they are not the last."""

ORDERS = ("first", "last")
BOTH = [(name, order) for name in CASES for order in ORDERS[: 1 if name in LAST else 2]]
each_plugin = pytest.mark.parametrize("name", CASES)
both_orders = pytest.mark.parametrize(("name", "order"), BOTH)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a function that builds the site of a plugin, and what it built before."""

    @cache
    def build(name, order=None, flows=False, again=0):
        case = CASES[name]
        site = Site(tmp_path_factory.mktemp(name) / "site")
        site.write(case.files)
        pages = PAGES | {"using.md": f"# Using\n\n{case.page}"} | case.docs
        pages |= FLOWS | case.flows if flows else {}
        config = {} if order else {"extra_css": [*STYLE], "extra_javascript": [*SCRIPT]}
        plugins = {None: [], "first": [PENSTOCK], "last": []}[order] + case.plugins
        plugins += [PENSTOCK] if order == "last" else []
        site.write({"flow.md": FLOWS["shown.md"].partition("\n\n")[2]})
        done = site.build(
            plugins, (pages if order else pages | STYLE | SCRIPT), **config, **case.config
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return site

    return build


def different(first, second):
    """Return the names of files that two sites do not have in common.

    Where style sheet and script of diagrams are among others depends on the order of the plugins.
    """
    files, others = (
        {name: re.sub(OWN_FILES, b"", held) for name, held in site.files().items()}
        for site in (first, second)
    )
    return {name for name in files | others if files.get(name) != others.get(name)}


@each_plugin
def test_works(built, name):
    """The plugin does in this site what it is for, so that there is something to lose."""
    case = CASES[name]

    assert case.shows in built(name).read(case.where)


@both_orders
def test_without_flows(built, name, order):
    """A site without flows is, to the byte, what it is without penstock."""
    changed = different(built(name), built(name, order))

    # What the plugin itself writes differently each time.
    changed -= different(built(name), built(name, again=1)) if changed else set()
    assert changed == set()


@both_orders
def test_with_flows(built, name, order):
    """Flows are shown with links that lead there, and pages without flows are as before."""
    before, site = built(name), built(name, order, flows=True)
    changed = different(before, site)
    changed -= different(before, built(name, again=1)) if changed else set()

    assert [path for path in changed if path.startswith(("index.", "using"))] == []
    assert set(before.files()) <= set(site.files())
    if name not in SECRET:
        assert dead_links(site.folder / "site") <= dead_links(before.folder / "site")


@pytest.mark.parametrize(("name", "order"), [each for each in BOTH if each[0] not in SECRET])
def test_shown(built, name, order):
    """Diagrams, steps and the table are on the pages."""
    site = built(name, order, flows=True)
    shown, linked = (
        next(site.folder.glob(f"site/{page}*/**/index.html"), site.folder / f"site/{page}.html")
        for page in ("shown", "linked")
    )

    html, others = (path.read_text(encoding="utf-8") for path in (shown, linked))
    # Without quotes where a plugin has made the page smaller.
    assert re.search('<svg[^>]* class="?penstock-flow[ ">]', html)
    assert re.search('class="?penstock-file"? href="[^"]*assets/penstock/orders-', html)
    assert "Charges it." in html
    assert re.search('id="?penstock--orders--charge', html)
    assert "penstock-flows" in others
    assert "accTitle" in others
    # Where there is autorefs without `attr_list`, links lead to the first entrypoint.
    assert re.search(r"shown(/|\.html)#(penstock--orders|shop\.receive)", others)
