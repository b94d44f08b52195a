"""The pages of Sphinx and of MkDocs show the same of a flow, in the same order."""

import re
import sys
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import markdown
import pytest
from shop_source import SHOP
from sphinx.testing.util import SphinxTestApp

from penstock.testing import isolated_registry
from penstock_mkdocs import PenstockExtension

OTHERS = '''
from penstock import entrypoint, flow, step

class Mail:
    @flow("mail", title="Mail & more")
    @entrypoint(kind="queue")
    def fetch(self, box: str = "in") -> list[str]:
        """Fetches what came.

        Parameters
        ----------
        box
            Where to look.
        """

@flow("mail")
@step(after={"fetch": "is new"}, title="Read 'it'")
async def read(*names: str, **how: int) -> None:
    """Reads.

    :param names: What to read.
    :raises ValueError: If there is none.
    """

@flow("bare")
@entrypoint
def begin(): ...
'''
MORE = '''
from functools import partial

from penstock import all_of, any_of, entrypoint, flow, step

stock = flow(
    "stock",
    title="Lager & Lieferung: größer als <alles>",
    description="Keeps *count* of what there is, and of `what` is not.",
    owner="stock-team@shop.example",
    tags=["stock", "übrig"],
)
night = flow("night")


@stock
@entrypoint(kind="http")
async def order(
    number: int, /, *lines: "tuple[str, int]", unit: str = "kg", **more: object
):
    """Orders.

    It takes a **while**:

    - first this,
    - then that.

    Args:
        number: Which order.
        lines: What of, and how many.

    Returns:
        Nothing that matters.

    Raises:
        LookupError: If there is no such thing.
        OSError: If the door is shut.
    """


@stock
@night
@entrypoint(title="Ein sehr langer Titel, der in keinem Bild auf eine Zeile passt", kind="timer")
def count():
    """Counts, with a `<tag>` in its words & an ampersand."""


@stock
@step(after=any_of("order", "count"), kind="database")
def look_up(number):
    """Looks up, e.g. by *number*, as in the `catalogue`."""


@stock
@step(after={"look_up": "there is > 0"}, kind="api")
def reserve(number):
    yield number


@stock
@step(after={"look_up": "there is none", "elsewhere": None}, title="Ask «others»", kind="email")
async def ask(number):
    """Asks, see `reserve`.

    Example:
        >>> ask(7)
    """
    yield number


@stock
@step(after=all_of("reserve", "ask"), kind="file")
def write(number):
    """Writes it down.

    Parameters
    ----------
    number
        Which.

    Yields
    ------
    str
        Each line.
    """


class Van:
    @stock
    @step(after="write", kind="queue")
    @classmethod
    def load(cls, number):
        """Loads the van."""

    @stock
    @step(after="load")
    @staticmethod
    def drive(number): ...


@night
@step(after="count", name="notify-all")
def notify(*, whom="all"):
    """Notifies."""


night(step(after="notify-all", name="again")(partial(notify, whom="me")))
'''
FLOWS = ["orders", "mail", "bare", "stock", "night"]
STEPS = ["full", "summary", "none"]
MODULES = ["conformance_shop", "conformance_others", "conformance_more"]


# How the signature of a function is written is for autodoc in the one and for penstock in the
# other. So are types, which penstock repeats beside the text of an argument.
_SPHINX_SIGNATURE = re.compile(r'(?P<start><dt class="sig[^>]*>).*?(?P<end></dt>)', re.DOTALL)
_MARKDOWN_SIGNATURE = re.compile(r'<p class="penstock-signature">.*?</p>', re.DOTALL)
_MARKDOWN_HEADING = re.compile(r"(?P<start><h2 [^>]*>)<code.*?</code>(?P<end></h2>)", re.DOTALL)
_MARKDOWN_TYPE = re.compile(r" \(<code>[^<]*</code>\)")


class Seen(HTMLParser):
    """The words, links and anchors of penstock on a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._drawings: list[str] = []
        self._hidden = 0
        self._in_file = False
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        anchor = values.get("id") or ""
        if anchor.startswith("penstock--") and "--drawn" not in anchor and "--in-" not in anchor:
            self.anchors.append(anchor)
        href = values.get("href") or values.get("xlink:href") or ""
        if tag == "a" and "#penstock--" in href and "headerlink" not in (values.get("class") or ""):
            self.links.append(href.partition("#")[2])
        # Sphinx and the plugin of MkDocs write files beside a page; the Markdown extension, none.
        self._in_file = values.get("class") == "penstock-file"
        if tag in {"style", "title", "desc"}:
            self._hidden += 1

    def handle_endtag(self, tag):
        self._in_file = False
        if tag in {"style", "title", "desc"}:
            self._hidden -= 1

    def handle_data(self, data):
        if not self._hidden and not self._in_file:
            self._parts.append(data)

    @property
    def words(self) -> list[str]:
        """The words, without what only sets them apart: themes choose that."""
        text = " ".join(self._parts).replace("¶", " ")
        return re.findall(r"\w+|→", text.replace("->", "→"))


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """Return a folder with the modules that declare the flows."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "conformance_shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "conformance_others.py").write_text(OTHERS, encoding="utf-8")
    (folder / "conformance_more.py").write_text(MORE, encoding="utf-8")
    return folder


@pytest.fixture
def folder(modules, tmp_path, monkeypatch):
    """Return a folder for a site, from which the modules can be imported."""
    monkeypatch.setattr(sys, "path", [str(modules), *sys.path])
    monkeypatch.chdir(modules)
    yield tmp_path
    forget()


def forget() -> None:
    for name in MODULES:
        sys.modules.pop(name, None)


def in_sphinx(folder: Path, flow: str, steps: str) -> Seen:
    source = folder / "sphinx"
    source.mkdir()
    options = f"   :steps: {steps}\n   :caption: How\n   :legend:\n"
    page = f"Shop\n====\n\n.. penstock-flow:: {flow}\n{options}"
    (source / "index.rst").write_text(page, encoding="utf-8")
    (source / "conf.py").touch()
    settings = {
        "extensions": ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "penstock_sphinx"],
        "penstock_modules": MODULES,
    }
    forget()
    with isolated_registry():
        app = SphinxTestApp(
            srcdir=source, confoverrides=settings, status=StringIO(), warning=StringIO()
        )
        try:
            app.build()
        finally:
            app.cleanup()
    html = (Path(app.outdir) / "index.html").read_text(encoding="utf-8")
    body = html.partition('<div class="body" role="main">')[2]
    body = body.partition('<div class="clearer">')[0]
    return Seen(_SPHINX_SIGNATURE.sub(r"\g<start>\g<end>", body))


def in_markdown(flow: str, steps: str) -> Seen:
    options = f"    steps: {steps}\n    caption: How\n    legend: true\n"
    page = f"# Shop\n\n::: penstock-flow {flow}\n{options}"
    with isolated_registry():
        extension = PenstockExtension(modules=MODULES)
        html = markdown.markdown(page, extensions=[extension])
    html = _MARKDOWN_TYPE.sub("", _MARKDOWN_SIGNATURE.sub("", html))
    return Seen(_MARKDOWN_HEADING.sub(r"\g<start>\g<end>", html))


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("flow", FLOWS)
def test_same_page(folder, flow, steps):
    """Words, links and anchors of a flow are the same in Sphinx and in MkDocs, in one order."""
    ours, theirs = in_markdown(flow, steps), in_sphinx(folder, flow, steps)

    assert ours.words == theirs.words
    assert ours.links == theirs.links
    assert ours.anchors == theirs.anchors


def test_nothing_else_is_published(folder):
    """Of steps that no page lists, a site has no files, lines, signatures and whole docstrings."""
    in_sphinx(folder, "stock", "none")
    built = folder / "sphinx" / "_build" / "html"
    texts = [path.read_text("utf-8", "replace") for path in built.rglob("*") if path.is_file()]
    with isolated_registry():
        extension = PenstockExtension(modules=MODULES)
        block = "::: penstock-flow stock\n    steps: none\n"
        texts.append(markdown.markdown(block, extensions=[extension]))
    published = "\n".join(texts)

    assert published.count("Looks up") > 1  # a sentence, which its diagram has
    assert re.findall(r"conformance_\w+\.py|LookupError|tuple\[|the door is shut", published) == []
    assert str(folder) not in published
