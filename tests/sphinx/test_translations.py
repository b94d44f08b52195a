"""Docs in another language: what goes to translators, and what comes back."""

import re
from io import BytesIO

import foreign_shop
import pytest
from babel.messages.pofile import read_po
from german_shop import SHOP, english_words

GERMAN = {
    "Orders": "Aufträge",
    "From *order* to parcel.": "Vom *Auftrag* zum Paket.",
    "Way of an order": "Weg eines Auftrags",
    "Drawn": "Gezeichnet",
    "Receive the order": "Auftrag annehmen",
    "paid": "bezahlt",
    "Takes an order <in>.": "Nimmt einen *Auftrag* <an>.",
    "Args:": "Argumente:",
    "order: The *number* of the order.": "order: Die *Nummer* des Auftrags.",
    "Charges it.": "Bucht ab.",
    "Sends it.": "Schickt es.",
    "All of them": "Alle",
    "Depot": "Lager",
    "a": "eins",
    "b": "zwei",
    "ledger": "Buchung",
}

OTHER = "Other\n=====\n\n:penstock:step:`receive`, :penstock:flow:`orders`\n"


@pytest.fixture
def shop(project):
    """A project of a page that shows a flow and all flows, and a page that names them."""
    index = "\n.. penstock-flows::\n   :caption: All of them\n\n.. toctree::\n\n   other\n"
    made = project(":caption: Way of an order", ":alt: Drawn", after=index)
    made.write("other.rst", OTHER)
    made.settings |= {"locale_dirs": ["locale"]}
    return made


@pytest.fixture
def german(shop, monkeypatch):
    """Return what builds the project in German; translations may be given."""

    def build(builder: str = "html", **more: str):
        monkeypatch.setattr("gettext._translations", {})  # as if in a new process
        (shop.folder / "locale/de/LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        entries = [f'\nmsgid "{k}"\nmsgstr "{v}"\n' for k, v in (GERMAN | more).items()]
        shop.write("locale/de/LC_MESSAGES/index.po", head + "".join(entries))
        return shop.build(builder, language="de")

    return build


def messages(built, name: str) -> dict[str, list[tuple[str, int]]]:
    """Return the messages of a page, each with its locations."""
    text = built.read(name)
    found = {str(m.id): m.locations for m in read_po(BytesIO(text.encode())) if m.id}
    assert text.count("\nmsgid") == len(found) + 1  # and the head
    return found


def test_messages(shop):
    """Translators are given each message of a page once, with where it comes from."""
    found = messages(shop.build("gettext"), "index.pot")

    lines = {str(line) for places in found.values() for _, line in places}
    assert set(found) == {*GERMAN, "Shop"}
    assert {file for file, _ in found["paid"]} == {"../../index.rst"}
    assert {"5", "9"} <= lines
    assert "-1" not in lines


@pytest.mark.parametrize("steps", ["full", "summary", "none"])
def test_no_other_messages(shop, steps):
    """Lines that are made of messages are not messages themselves."""
    shop.edit("index.rst", ":alt: Drawn", f":steps: {steps}")

    assert set(messages(shop.build("gettext"), "index.pot")) <= {*GERMAN, "Shop"}


def test_message_of_several_lines(shop):
    """A string of several lines is one message, in the image and below it."""
    shop.edit("shop.py", '"Sends it."', '"""Sends\n    *it*.\n    """')

    found = messages(shop.build("gettext"), "index.pot")

    assert [message for message in found if "ends" in message] == ["Sends *it*."]


def test_messages_of_what_is_shown(project):
    """A page gives no messages of steps that it does not show."""
    made = project(index=".. penstock-flows::\n")
    made.write("one.rst", ":orphan:\n\n.. penstock-step:: orders.send\n")
    made.edit("shop.py", '"receive")', '"receive", title="Pack it")')
    made.edit("shop.py", 'kind="ledger"', 'title="Charge it"')

    built = made.build("gettext")

    assert set(messages(built, "index.pot")) == {
        *("Orders", "From *order* to parcel.", "Receive the order", "Depot", "a", "b"),
    }
    assert "Receive the order" not in messages(built, "one.pot")


def test_messages_stay_unseen(shop):
    """Other builders show nothing of what is for translators."""
    assert shop.build().text().count("Takes an order <in>.") == 1


def test_image(german):
    """An image has the titles, the conditions and the sentences of its language."""
    html = german().read("index.html")

    svg = html.partition("<svg")[2].partition("</svg>")[0]
    labels = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
    tips = re.findall(r"<title>([^<]+)</title>", svg)
    assert [label.strip() for label in labels] == [
        *("Auftrag annehmen", "HTTP", "charge", "Buchung", "pack", "alle von", "send", "bezahlt"),
    ]
    assert tips == [
        *("Auftrag annehmen, HTTP: Nimmt einen Auftrag &lt;an&gt;.", "charge, Buchung: Bucht ab."),
        *("pack", "send: Schickt es."),
    ]
    assert ">Aufträge</title>" in svg
    assert 'aria-label="Gezeichnet"' in html


def test_description_of_several_lines(shop, german):
    """A string of several lines is translated as one message."""
    shop.edit("shop.py", "*order* to", "*order*\\nto")

    assert re.search(r"Vom \W*Auftrag\W* zum Paket. ", german().read("index.html"))


def test_page(german):
    """All that a page says of a flow is in its language."""
    built = german()

    text = built.text()
    assert built.warnings == ""
    assert text.removesuffix(" Other") == (
        "Shop Aufträge Vom Auftrag zum Paket. Zuständig: Lager · eins, zwei · orders"
        " Weg eines Auftrags"
        " Auftrag annehmen receive ( order : int , * , dry : bool = False ) → str"
        " Einstieg · HTTP · shop · führt zu charge (bezahlt), pack"
        " Nimmt einen Auftrag <an>. Argumente: order: Die Nummer des Auftrags."
        " async charge ( order ) Buchung · shop · nach Auftrag annehmen (bezahlt) · führt zu send"
        " Bucht ab."
        " pack ( order ) shop · nach Auftrag annehmen · führt zu send"
        " send ( order ) shop · nach allen: charge , pack Schickt es."
        " Alle Ablauf Worum es geht Einstiege Zuständig Schlagwörter"
        " Aufträge Vom Auftrag zum Paket. Auftrag annehmen Lager eins, zwei"
    )


def test_several_folders(shop, german):
    """A folder that has no translations of a page leaves them to the next one."""
    shop.write("empty/README", "Nothing yet.")
    shop.settings["locale_dirs"] = ["empty", "locale"]

    built = german()

    assert built.warnings == ""
    assert "Vom Auftrag zum Paket." in built.text()


def test_contents(german):
    """The table of contents and the general index name steps in the language of their page."""
    built = german()

    assert '#penstock--orders--receive">Auftrag annehmen</a>' in built.read("index.html")
    assert "Auftrag annehmen (Einstieg in Aufträge)" in built.read("genindex.html")


def test_links(german):
    """Links on other pages show titles, and their tips, as the page has them to which they lead."""
    html = german().read("other.html").partition('role="main"')[2]

    links = re.findall(r'href="index.html#[^>]*title="([^"]+)">(.*?)</a>', html)
    assert [(tip, re.sub("<[^>]+>", "", label)) for tip, label in links] == [
        ("Nimmt einen Auftrag &lt;an&gt;.", "Auftrag annehmen"),
        ("Vom Auftrag zum Paket.", "Aufträge"),
    ]


def test_summary(german, shop):
    """A list of steps has their sentences in its language, with their markup."""
    shop.edit("index.rst", ":alt: Drawn", ":steps: summary")

    assert "Auftrag annehmen — Nimmt einen Auftrag <an>. charge — Bucht ab." in german().text()


def test_tree(german):
    """A tree of text has the titles and the conditions of its language."""
    text = german("text").read("index.txt")

    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("Aufträge")
    assert lines[start : start + 3] == [
        *("Aufträge", "Auftrag annehmen (Einstieg, HTTP)", "├─ bezahlt ─> charge (Buchung)"),
    ]


def test_edited(german):
    """A page is read again when its translations are edited."""
    german()
    built = german(paid="beglichen")

    assert "1 changed" in built.status
    assert "(beglichen)" in built.text()


def test_kind(shop, german):
    """A kind is in the language of the docs, below the image and in it, and keeps its shape."""
    shop.edit("shop.py", 'kind="ledger"', 'kind="database"')
    html = (built := german()).read("index.html")

    assert "charge ( order ) Datenbank · shop" in built.text()
    assert ">Datenbank</text>" in html
    assert re.search('class="penstock-node [^"]*penstock-store"', html)


def test_kind_as_the_project_says_it(shop, german):
    """The catalog of a page overrides penstock's own word for a kind."""
    shop.edit("shop.py", 'kind="ledger"', 'kind="Database"')

    assert "charge ( order ) Datenbank" in german().text()
    assert "charge ( order ) Ablage" in german(Database="Ablage").text()


def test_own_words_of_images(shop, german):
    """penstock's own words in an image are in the language of the docs."""
    shop.edit("shop.py", '@step(after="receive")', '@step(after=["receive", "lost"])')
    shop.settings["suppress_warnings"] = ["penstock"]
    html = german().read("index.html")
    tree = german("text").read("index.txt")

    assert ">Vom Auftrag zum Paket. Beginn: Auftrag annehmen. Er hat 4 Schritte.</desc>" in html
    assert ">nicht deklariert</text>" in html
    assert "not declared" not in html
    assert "lost (nicht deklariert)" in tree
    assert "send (nach allen)" in tree


def test_own_words_of_mermaid(shop, german):
    """Mermaid's images are in the language of the docs, in room that is kept for its words."""
    shop.edit("index.rst", ":alt: Drawn", ":format: mermaid")
    shop.edit("shop.py", '@step(after="receive")', '@step(after=["receive", "lost"])')
    shop.settings["suppress_warnings"] = ["penstock"]
    html = german().read("index.html")

    assert "(nicht deklariert)" in html
    assert "(Buchung)" in html


def test_several_entrypoints(shop, german):
    """If a flow begins at several steps, all of them are named in the language of the docs."""
    shop.edit("shop.py", '@step(after="receive")', "@entrypoint")
    shop.edit("index.rst", ".. penstock-flows::", ".. penstock-flow:: lost\n\n.. penstock-flows::")
    built = german()

    assert "Beginn: pack oder Auftrag annehmen." in built.read("index.html")
    assert "Dieser Ablauf kann nicht gezeigt werden: " in built.text()


def test_search_and_indices(german):
    """The search and the index of flows call things by the words of the language."""
    built = german()

    searched = built.read("searchindex.js").replace(", ", ",")  # Sphinx 8.1 has spaces
    assert '"penstock","step","penstock-Schritt"' in searched
    index = built.read("penstock-flowindex.html")
    assert "<h1>Abläufe</h1>" in index
    assert "<em>(Einstieg)</em>" in index


EVERYTHING = """\
Laden
=====

.. penstock-flow:: auftrag

.. penstock-flow:: auftrag
   :format: png
   :steps: summary
   :no-index:

.. penstock-flow:: auftrag
   :around: buchen
   :depth: 0
   :steps: none
   :format: mermaid
   :no-index:

.. penstock-flow:: auftrag
   :only-kinds: queue
   :steps: none
   :format: text
   :no-index:

.. penstock-flow:: kurz

.. penstock-flows::

API
---

.. autofunction:: shop.annehmen
"""


@pytest.fixture
def everything(project):
    """A German project whose page shows flows in each way."""
    made = project(index=EVERYTHING)
    made.write("shop.py", SHOP.replace("Returns:", "Ergebnis:"))
    made.settings |= {"language": "de", "penstock_mermaid_js": None}
    return made


def test_everything(everything):
    """No word of penstock is left in English: in pages, indices and what a book is made of."""
    built = everything.build("html", "sphinx.ext.autodoc")
    html = built.read("index.html").partition('role="main"')[2].partition("sphinxsidebar")[0]
    indices = ("genindex.html", "penstock-flowindex.html")

    assert built.warnings == ""
    assert english_words(html) == []
    assert [english_words(built.read(name).partition("<h1")[2]) for name in indices] == [[], []]
    assert "4 Schritte · 1 Einstieg</span>" in html
    assert "1 weiterer davor" in html
    assert "Teil des Ablaufs " in html
    assert 'alt="Diagramm des Ablaufs Auftrag"' in html


def test_everything_on_paper(everything):
    """No word of penstock is left in English in a book."""
    built = everything.build("latex", "sphinx.ext.autodoc")
    (file,) = built.folder.glob("*.tex")
    body = file.read_text(encoding="utf-8").partition("\\sphinxtableofcontents")[2]

    assert english_words(re.sub(r"\\\w+|penstock\S*", " ", body)) == []


def test_own_words_of_a_project(shop):
    """A project may say some things in its own way; pages are read again when that is edited."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    (shop.folder / "locale/de/LC_MESSAGES").mkdir(parents=True)
    for word in ("Ströme", "Flüsse"):
        entries = f'\nmsgid "Owner {{}}"\nmsgstr "Team {{}}"\n\nmsgid "Flows"\nmsgstr "{word}"\n'
        shop.write("locale/de/LC_MESSAGES/penstock.po", head + entries)
        built = shop.build(language="de")

        assert "Team Depot" in built.text()
        assert f"<h1>{word}</h1>" in built.read("penstock-flowindex.html")


FOREIGN = """\
店
==

.. penstock-flow:: 注文
   :legend:

.. penstock-flow:: 注文
   :fold: 0
   :legend:
   :steps: summary
   :no-index:

.. penstock-flow:: 注文
   :around: 落とす
   :depth: 0
   :steps: none
   :no-index:

.. penstock-flow:: 注文
   :steps: none
   :format: text
   :legend:
   :no-index:

.. penstock-flows::
"""


def test_every_word(project, tmp_path):
    """No letter of penstock is outside of its catalogs: evidence, its reasons and legends too."""
    made = project(index=FOREIGN)
    made.write("shop.py", foreign_shop.SHOP)
    foreign_shop.write_language(tmp_path / "locale")
    made.settings |= {"language": "ja", "locale_dirs": ["locale"], "penstock_evidence": True}
    html = made.build().read("index.html")

    shown = html.partition('role="main"')[2].partition('class="sphinxsidebar"')[0]
    assert foreign_shop.latin_words(shown) == set()
    assert [sign for sign in foreign_shop.SIGNS if f">{sign}</b>" not in shown] == []
