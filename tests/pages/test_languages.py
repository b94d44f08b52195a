"""penstock's own words in other languages: the catalogs, and how they are read."""

import pickle
from gettext import GNUTranslations

import pytest
import translations
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from penstock._common.kinds import WORD_KINDS
from penstock.cli import main
from penstock.docs import ENGLISH, is_known_language, known_languages, words_in

CATALOGS = sorted(translations.LOCALES.glob("*/LC_MESSAGES/penstock.po"))


def read(path):
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name)


@pytest.fixture
def compiled(tmp_path):
    """Return what writes a catalog of translations, and returns its folder."""

    def write(language, entries):
        catalog = Catalog(locale=language)
        for message, translation in entries.items():
            catalog.add(message, translation)
        folder = tmp_path / "own" / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "penstock.mo").open("wb") as file:
            write_mo(file, catalog)
        return tmp_path / "own"

    return write


def test_template():
    """The template has all words, with what each is for; `.ci/translations.py` writes it."""
    written = translations.TEMPLATE.read_text(encoding="utf-8")

    assert written == translations.as_text(translations.template())
    assert written.count('msgctxt "kind"') == len(WORD_KINDS)
    assert "#. A step at which runs begin.\n" in written


@pytest.mark.parametrize("path", CATALOGS, ids=[path.parents[1].name for path in CATALOGS])
def test_translation(path):
    """A translation has each word of the template, in each form, and nothing that is a guess."""
    found = read(path)
    strings = [(m.string,) if isinstance(m.string, str) else m.string for m in found if m.id]

    assert path.read_text(encoding="utf-8") == translations.as_text(
        translations.updated(path, path.parents[1].name)
    )
    assert all(map(all, strings))
    assert not any(message.fuzzy for message in found if message.id)


@pytest.mark.parametrize("path", CATALOGS, ids=[path.parents[1].name for path in CATALOGS])
def test_compiled(path):
    """The catalog that is read has the messages of the file that people edit."""
    with path.with_suffix(".mo").open("rb") as file:
        catalog = GNUTranslations(file)
    for message in read(path):
        match message.id:
            case (one, many):
                numbers = (*range(200), 10**6)  # in which each form of a language comes
                assert {catalog.ngettext(one, many, n) for n in numbers} == {*message.string}
            case str(text) if message.context:
                assert catalog.pgettext(message.context, text) == message.string
            case text if text:
                assert catalog.gettext(text) == message.string


@pytest.mark.parametrize("path", CATALOGS, ids=[path.parents[1].name for path in CATALOGS])
def test_values(path):
    """Each translation has as many values as its message."""
    for message in read(path):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id:
            assert {text.count("{}") for text in strings} == {forms[-1].count("{}")}


def test_nothing_is_left_to_translate(capsys):
    """The command that brings translations up to date has nothing to do."""
    files = [translations.TEMPLATE, *CATALOGS, *(path.with_suffix(".mo") for path in CATALOGS)]
    before = [file.read_bytes() for file in files]
    assert translations.main() == 0
    assert capsys.readouterr().out == ""

    assert [file.read_bytes() for file in files] == before


def test_new_language(tmp_path, monkeypatch, capsys):
    """A new language begins with all messages and the forms of plurals that it has."""
    monkeypatch.setattr(translations, "LOCALES", tmp_path)
    monkeypatch.setattr(translations, "TEMPLATE", tmp_path / "penstock.pot")
    assert translations.main("pl") == 0
    path = tmp_path / "pl/LC_MESSAGES/penstock.po"
    written = path.read_text(encoding="utf-8")

    messages = len(translations.template())
    assert capsys.readouterr().out == f"{path}: {messages} messages to translate\n"
    assert 'Language: pl\\n"\n"Plural-Forms: nplurals=' in written
    assert 'msgid_plural "{} steps"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""' in written
    assert translations.main() == 1
    assert "pl: not translated: 'Entrypoint'" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["de", "de-AT", "de_DE"])
def test_names_of_languages(language):
    """Tools write languages in several ways, and regions differ in few words."""
    assert words_in(language) == words_in("de") != ENGLISH
    assert is_known_language(language)


@pytest.mark.parametrize("language", ["en", None, "eo", "", "../de"])
def test_no_translation(language):
    """Without a catalog, words are in English."""
    assert words_in(language) == ENGLISH


def test_known_languages():
    """The languages of penstock can be listed."""
    assert set(known_languages()) == {"en", *(path.parents[1].name for path in CATALOGS)}
    assert "de" in known_languages()
    assert not is_known_language("eo")


def test_plural_forms(compiled):
    """A language may have more forms than English, or one."""
    forms = ("{} krok", "{} kroki", "{} kroków")
    folder = compiled("pl", {("{} step", "{} steps"): forms})
    compiled("ja", {("{} step", "{} steps"): ("{} ステップ",)})
    polish, japanese = (words_in(name, [folder]).frame.steps for name in ("pl", "ja"))

    assert [polish.format(n) for n in (1, 3, 5, 22)] == [
        "1 krok",
        "3 kroki",
        "5 kroków",
        "22 kroki",
    ]
    assert [japanese.format(n) for n in (1, 12)] == ["1 ステップ", "12 ステップ"]


def test_own_words_of_a_project(compiled):
    """A project may say some things in its own way. The rest are penstock's."""
    folder = compiled("de", {"Owner": "Team"})
    before = words_in("de", [folder])
    compiled("de", {"Owner": "Verantwortlich"})

    assert (before.table.owner, before.table.flow) == ("Team", "Ablauf")
    assert words_in("de", [folder]).table.owner == "Verantwortlich"


def test_words_are_values():
    """Words can be stored with a page, and compared."""
    german = words_in("de")

    assert pickle.loads(pickle.dumps(german)) == german
    assert len({german, words_in("de"), ENGLISH}) == 2


def test_kinds():
    """Kinds that are words are translated however they are written, and names are not."""
    german = words_in("de")

    assert [german.kind(kind) for kind in ("database", "Database", "http", "ledger")] == [
        *("Datenbank", "Datenbank", "HTTP", "ledger"),
    ]


def test_generated_pages(tmp_path, monkeypatch):
    """Pages of Markdown are written in a language too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(
        "from penstock import entrypoint, flow, step\n"
        "orders = flow('orders', owner='Lager')\n"
        "orders(entrypoint(kind='queue')(len))\n"
        "orders(step(name='send', after=['len', 'lost'])(len))\n"
    )
    run = CliRunner().invoke(main, ["pages", "out", "--language", "de", "-m", "shop"])
    assert run.exit_code == 0, run.output
    page = (tmp_path / "out/orders.md").read_text(encoding="utf-8")

    assert "Zuständig: Lager" in page
    assert "Einstieg · Warteschlange · <code>builtins</code> · führt zu" in page
    assert "(nicht deklariert)" in page
    assert "# Abläufe\n" in (tmp_path / "out/index.md").read_text(encoding="utf-8")


def test_unknown_language():
    """A language that penstock does not have is an error of the command line."""
    run = CliRunner().invoke(main, ["pages", "out", "--language", "eo"])

    known = ", ".join(known_languages())
    assert f"Invalid value for '--language': 'eo' is none of {known}" in run.output
