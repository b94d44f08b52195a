"""penstock's own words in the language of a site."""

import re

import foreign_shop
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from builders import run_builder
from german_shop import SHOP, english_words
from markdown import markdown

from penstock.docs import known_languages
from penstock.testing import isolated_registry
from penstock_mkdocs import PenstockExtension

GERMAN = {"name": "mkdocs", "locale": "de"}

PAGE = """\
# Laden

::: penstock-flow auftrag

::: penstock-flow auftrag
    format: png
    steps: summary

::: penstock-flow auftrag
    around: buchen
    depth: 0
    steps: none
    format: mermaid

::: penstock-flow auftrag
    only-kinds: queue
    steps: none
    format: text

::: penstock-flow kurz

::: penstock-flows
"""


def content_of(html):
    """Return what is between the title of the page and the words of its theme below it."""
    return re.split(r'<footer|<div class="modal', html.partition("Laden</h1>")[2])[0]


@pytest.fixture
def german(site):
    """A site whose project is German."""
    site.write("shop.py", SHOP)
    return site


@pytest.mark.parametrize(
    ("theme", "options"),
    [
        ({"name": "material", "language": "de", "font": False}, {}),
        ({"name": "mkdocs", "locale": "fr"}, {"language": "de-AT"}),
    ],
    ids=["theme", "option"],
)
def test_page(german, theme, options, warnings):
    """All that a page says of a flow is in the language of the theme, or in the one asked for."""
    german.options |= options
    html = german.build("# Laden\n\n::: penstock-flow auftrag\n", theme=theme)

    assert "Zuständig: Lager" in html
    assert "4 Schritte · 1 Einstieg</span>" in html
    assert 'data-full="Vollbild"' in html
    assert "Beginn: Auftrag annehmen. Er hat 4 Schritte.</desc>" in html
    assert "Einstieg · Warteschlange" in html
    assert '<p class="penstock-field"><strong>Parameter</strong></p>' in html
    assert english_words(content_of(html)) == []
    assert warnings() == []


def test_everything(german, warnings):
    """Each way to show flows has its words in the language of the site."""
    html = german.build(PAGE, theme=GERMAN)

    assert 'alt="Diagramm des Ablaufs Auftrag"' in html
    assert "1 weiterer davor" in html
    assert "<th>Ablauf</th> <th>Worum es geht</th>" in html
    assert "1 Schritt · 1 Einstieg</span>" in html
    assert "führt zurück zu" in html
    assert english_words(content_of(html)) == []
    assert warnings() == []


def test_what_cannot_be_shown(german):
    """A note in place of a flow is in the language of the site. The reason is English."""
    page = "# Hm\n\n::: penstock-flow auftrg\n\n::: penstock-step x.y\n\n::: penstock-flow halb\n"
    html = german.build(page, theme=GERMAN)

    assert '<p class="admonition-title">Warnung</p>' in html
    assert "Dieser Ablauf kann nicht gezeigt werden: unknown flow" in html
    assert "Dieser Schritt kann nicht gezeigt werden: " in html
    assert ">nicht deklariert</text>" in html


def test_module_that_fails(german):
    """A module that cannot be imported is reported in the language of the site."""
    german.write("shop.py", SHOP + "\nraise OSError\n")
    html = german.build("# Hm\n\n::: penstock-flow auftrag\n", theme=GERMAN)

    assert "Ein Modul kann nicht importiert werden: " in html


def test_notes_in_docstrings(german):
    """Titles of notes are in the language of the site, in any style of docstrings."""
    notes = ["Note:\n        Eins.", ".. versionadded:: 2.0", ".. seealso:: b"]
    note = "\n\n    ".join(['"""Endet.', *notes, '"""'])
    german.write("shop.py", SHOP.replace('"Endet."', note).replace('"verloren"', '"beginnen"'))
    html = german.build("# Hm\n\n::: penstock-step halb.enden\n", theme=GERMAN)

    assert "<strong>Anmerkung</strong>" in html
    assert "Hinzugefügt in Version 2.0" in html
    assert ">Siehe auch</p>" in html


def test_generated_pages(german):
    """The page with all flows that the plugin adds has its title in the language of the site."""
    german.options["pages"] = "flows"
    german.build("# Hi\n", theme=GERMAN)
    index = (german.folder / "site/flows/index.html").read_text(encoding="utf-8")

    assert ">Abläufe</h1>" in index
    assert "<td>Lager</td>" in index


def test_own_words_of_a_site(german):
    """A site may say some things in its own way, in catalogs that gettext compiled."""
    catalog = Catalog(locale="de")
    catalog.add("Owner {}", "Team {}")
    folder = german.folder / "locale/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "penstock.mo").open("wb") as file:
        write_mo(file, catalog)
    german.options["locale_dirs"] = ["locale"]
    html = german.build("::: penstock-flow auftrag\n", theme=GERMAN)

    assert "Team Lager" in html
    assert "führt zu" in html


def test_unknown_language(german, warnings):
    """A language that penstock has no words in is reported once, if it was asked for."""
    german.options["language"] = "eo"
    html = german.build("::: penstock-flow auftrag\n\n::: penstock-flows\n")

    assert "Owner Lager" in html
    assert warnings() == [
        "option 'language': there are no words in the language 'eo' "
        f"(known: {', '.join(known_languages())})"
    ]


def test_theme_in_another_language(german, warnings):
    """In a language that penstock does not have, its words are English, and nobody is warned."""
    html = german.build("::: penstock-flow auftrag\n", theme={"name": "mkdocs", "locale": "fr"})

    assert "Owner Lager" in html
    assert warnings() == []


def test_zensical(tmp_path):
    """Zensical's language is that of the words."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Laden\n\n::: penstock-flow auftrag\n")
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "zensical.toml").write_text(
        '[project]\nsite_name = "Laden"\n[project.theme]\nlanguage = "de"\n'
        '[project.markdown_extensions.penstock_flows]\nmodules = ["shop"]\npythonpath = ["."]\n'
    )
    done = run_builder("zensical", "build", "-c", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "site/index.html").read_text(encoding="utf-8")

    assert "4 Schritte · 1 Einstieg</span>" in html
    assert english_words(html.partition("<article")[2].partition("</article>")[0]) == []


def test_extension_alone(monkeypatch, tmp_path):
    """Without a tool around it, the extension takes the language from its options."""
    monkeypatch.chdir(tmp_path)
    options = {"language": "de"}
    with isolated_registry():
        exec(SHOP, {"__name__": "shop"})
        html = markdown("::: penstock-flows\n", extensions=[PenstockExtension(**options)])

    assert "<th>Ablauf</th>" in html


FOREIGN = """\
# 店

::: penstock-flow 注文
    legend: true

::: penstock-flow 注文
    fold: 0
    legend: true
    steps: summary

::: penstock-flow 注文
    around: 落とす
    depth: 0
    steps: none

::: penstock-flow 注文
    steps: none
    format: text
    legend: true

::: penstock-flows
"""


def test_every_word(site):
    """No letter of penstock is outside of its catalogs: evidence, its reasons and legends too."""
    site.write("shop.py", foreign_shop.SHOP)
    foreign_shop.write_language(site.folder / "locale")
    site.options |= {"language": "ja", "locale_dirs": ["locale"], "evidence": True}
    html = site.build(FOREIGN)

    shown = html.partition("</h1>")[2].partition("<footer")[0]
    assert foreign_shop.latin_words(shown) == set()
    assert [sign for sign in foreign_shop.SIGNS if f">{sign}</b>" not in shown] == []
