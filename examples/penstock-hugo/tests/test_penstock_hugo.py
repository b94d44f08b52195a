"""Hugo builds the pages, and the right files are written."""

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import penstock_hugo
from penstock import entrypoint, flow, step
from penstock.docs import Selection
from penstock.testing import isolated_registry

HOSTILE = 'A "title" {{< x >}} {{% y %}} [a](b) <b>&amp; `c` *d* _e_ {#id} -- ... }} } www.é \\ $'
LAYOUT = "<!doctype html><html><body><h1>{{ .Title }}</h1>{{ .Content }}</body></html>"
MODULE = """
from penstock import entrypoint, flow

@flow("mail", title="Mail")
@entrypoint
def fetch(box="{{< in"):
    '''Fetches what came.'''
"""


def declare():
    """Declare two flows that a channel joins, with all that may be on a page."""
    orders = flow("orders", title=HOSTILE, description=HOSTILE, tags=["{{<"])

    @orders
    @entrypoint(receives="kafka:{{<")
    def receive(order, *, note="{{< raw"):
        """Receives {{< foo >}} an <order>, with `{{< code`.

        It is **checked**.

        Args:
            order: {{< bar >}} {{<
        """

    @orders
    @step(after={"receive": HOSTILE, "nowhere": None}, title=HOSTILE, sends="kafka:invoices")
    async def charge(): ...

    @orders
    @step(after="charge", receives="kafka:invoices")
    def wait(): ...

    @flow("index", title="Billing")
    @entrypoint(receives="kafka:invoices", group=HOSTILE)
    def bill():
        """Bills what was charged."""


def build(folder):
    """Return the pages that Hugo makes of the site in *folder*, by their paths."""
    program = shutil.which("hugo")
    assert program is not None, "install hugo"
    (folder / "hugo.toml").write_text('baseURL = "https://docs.example/shop/"\n')
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    for name in ("single", "list"):
        (layouts / f"{name}.html").write_text(LAYOUT)
    command = [program, "--quiet", "--panicOnWarning", "--config", "hugo.toml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    public = folder / "public"
    return {
        path.parent.relative_to(public).as_posix(): path.read_text("utf-8")
        for path in public.glob("flows/**/index.html")
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the pages of a site that shows two flows."""
    folder = tmp_path_factory.mktemp("site")
    with isolated_registry():
        declare()
        penstock_hugo.write_site(folder, Selection().flows())
    return build(folder)


def text_of(html):
    """Return what a reader sees of a page."""
    return " ".join(unescape(re.sub("<[^>]*>", "", html)).split())


def test_pages(pages):
    """There is a page for each flow, whatever its name means to Hugo, and an index."""
    assert sorted(pages) == ["flows", "flows/index-flow", "flows/orders"]


@pytest.mark.parametrize(
    "element",
    ["<h1>", '<h2 id="penstock--orders--charge">', '<a href="#penstock--orders--charge">', "<p>"],
)
def test_hostile_text(pages, element):
    """A title is shown letter for letter wherever it is."""
    found = re.findall(f"{re.escape(element)}(.*?)</", pages["flows/orders"], re.DOTALL)

    assert HOSTILE in map(unescape, found)


def test_hostile_metadata(pages):
    """The label of an edge, a group and the title of another flow are shown letter for letter."""
    assert f"after receive ({HOSTILE}), nowhere" in text_of(pages["flows/orders"])
    assert f"group {HOSTILE} " in text_of(pages["flows/index-flow"])
    assert f"Other flows: {HOSTILE}: {HOSTILE}" in text_of(pages["flows/index-flow"])


def test_docstring(pages):
    """A docstring is Markdown; its sections and the signature are code; no brace is a shortcode."""
    page = pages["flows/orders"]

    assert "<strong>checked</strong>" in page
    assert "Receives {{< foo >}} an <order>, with {{< code." in text_of(page)
    assert "order: {{< bar >}} {{<" in text_of(page)
    assert 'receive(order, *, note="{{< raw")' in text_of(page)


def test_links(pages):
    """Each link of a page and of a diagram leads to what is there."""
    ids = {path: re.findall(' id="([^"]+)"', page) for path, page in pages.items()}
    for path, page in pages.items():
        for address in re.findall('href="([^"]+)"', page):
            target, _, anchor = address.partition("#")
            target = target.removeprefix("/shop/").rstrip("/") or path
            assert target in pages, address
            assert not anchor or anchor in ids[target], address

    assert 'xlink:href="#penstock--orders--charge"' in pages["flows/orders"]


def test_flows_that_a_channel_joins(pages):
    """A step links to the steps of other flows that receive what it sends, not to its own."""
    others = re.findall("<p>Other flows: (.*?)</p>", pages["flows/orders"])

    assert [text_of(links) for links in others] == ["Billing: bill"]
    assert 'href="/shop/flows/index-flow/#penstock--index--bill"' in pages["flows/orders"]
    assert 'href="/shop/flows/orders/#penstock--orders--charge"' in pages["flows/index-flow"]


def test_unique_ids(pages):
    """No two elements of a page have one ID."""
    for page in pages.values():
        found = re.findall(' id="([^"]+)"', page)
        assert sorted(set(found)) == sorted(found)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return the folder of a site, beside that of a project in which the program is started."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text('[tool.penstock]\nmodules = ["hugo_mail"]\n')
    (project / "hugo_mail.py").write_text(MODULE)
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "argv", ["penstock-hugo", str(tmp_path / "site")])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "hugo_mail", raising=False)
    with isolated_registry():
        yield tmp_path / "site"


def files_in(site):
    """Return what is in each file of a site."""
    found = [path for path in site.rglob("*") if path.is_file()]
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def test_program(site):
    """The program writes pages, a shortcode and a style sheet, and the same bytes each time."""
    penstock_hugo.main()
    written = files_in(site)
    penstock_hugo.main()

    assert files_in(site) == written
    assert sorted(written) == [
        "content/flows/_index.md",
        "content/flows/mail.md",
        "layouts/shortcodes/penstock-html.html",
        "static/penstock.css",
    ]
    assert "hugo_mail</code>" in written["content/flows/mail.md"].decode()


def test_flows_that_are_gone(site):
    """The page of a flow that is gone is removed, and nothing that somebody else wrote."""
    gone, kept = (site / "content" / "flows" / name for name in ("gone.md", "kept.md"))
    gone.parent.mkdir(parents=True)
    gone.write_text(penstock_hugo.MARK)
    kept.write_text("---\ntitle: Kept\n---\n")
    penstock_hugo.main()

    assert (gone.exists(), kept.exists()) == (False, True)


def test_page_of_somebody_else(site):
    """A page that somebody else wrote is not overwritten, and nothing is written or removed."""
    page, gone = (site / "content" / "flows" / name for name in ("mail.md", "gone.md"))
    page.parent.mkdir(parents=True)
    page.write_text("Mine.\n")
    gone.write_text(penstock_hugo.MARK)
    before = files_in(site)

    with pytest.raises(SystemExit, match=r"not written by penstock-hugo, move: .*mail\.md"):
        penstock_hugo.main()
    assert files_in(site) == before


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('modules = ["hugo_nothing"]', "cannot import 'hugo_nothing'"),
        ("modules = []", "no modules are configured: write modules ="),
        ('catalog = "flows.json"', "flows.json"),
        ("module = []", "unknown setting 'module'"),
    ],
)
def test_failures(site, settings, expected):
    """The program names what is wrong with settings or modules, and writes nothing."""
    Path("pyproject.toml").write_text(f"[tool.penstock]\n{settings}\n")

    with pytest.raises(SystemExit, match=expected):
        penstock_hugo.main()
    assert not site.exists()


def test_without_graphviz(site, monkeypatch, capsys):
    """If a diagram cannot be drawn, it is shown as text, and the program says why."""
    monkeypatch.setenv("PENSTOCK_DOT", "no-such-program")
    penstock_hugo.main()

    assert "Shown as text instead" in capsys.readouterr().err
    assert (
        "```text\nMail\nfetch (entrypoint)\n```" in files_in(site)["content/flows/mail.md"].decode()
    )
