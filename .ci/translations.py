"""Write the template of translations from the code, and bring all translations up to date.

``python .ci/translations.py`` does that, and ``python .ci/translations.py fr`` begins French.
Each word is a field of a dataclass in `penstock.docs.Words`, whose docstring is for translators.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from penstock import docs
from penstock._common.kinds import WORD_KINDS
from penstock.docs import ENGLISH, WORDS
from penstock.docs._languages import KIND
from penstock.graph import Plural

LOCALES = Path(docs.__file__).parent / "locales"
TEMPLATE = LOCALES / f"{WORDS}.pot"

_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # a build says nothing of when it was made
_HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


def template() -> Catalog:
    """Return the catalog of all words, with what each is for."""
    catalog = Catalog(charset="utf-8")
    for message, note in _messages(ENGLISH):
        catalog.add(message, auto_comments=[note])
    for kind in WORD_KINDS:
        catalog.add(kind, context=KIND, auto_comments=["A kind of step."])
    return catalog


def _messages(words: Any) -> Iterator[tuple[str | tuple[str, ...], str]]:
    notes = _docstrings(type(words))
    for each in fields(words):
        value = getattr(words, each.name)
        if isinstance(value, str):
            yield value, notes[each.name]
        elif isinstance(value, Plural):
            yield value.forms, notes[each.name]
        elif is_dataclass(value):
            yield from _messages(value)


def _docstrings(kind: type) -> dict[str, str]:
    """Return the strings below the fields of a dataclass, by their names."""
    (found,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(found, ast.ClassDef)
    pairs = zip(found.body, found.body[1:], strict=False)
    return {
        field.target.id: " ".join(ast.literal_eval(below.value).split())
        for field, below in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
    }


def as_text(catalog: Catalog) -> str:
    """Return *catalog* as a file, whose head has no time and no path."""
    head = _HEAD
    if catalog.locale is not None:
        head += f'"Language: {catalog.locale}\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n'
    file = BytesIO()
    write_po(file, catalog, omit_header=True, no_location=True, width=100)
    return f"{head}\n{file.getvalue().decode().strip()}\n"


def updated(path: Path, locale: str) -> Catalog:
    """Return the translation in *path* with all messages of the template and no others."""
    found = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as file:
            found = read_po(file, locale=locale)
    # A guess would look like a translation.
    found.update(template(), no_fuzzy_matching=True)
    found.obsolete.clear()
    return found


def _is_translated(message: Message) -> bool:
    """Return whether *message* has a translation in each form."""
    return all(message.string if isinstance(message.string, tuple) else (message.string,))


def main(*added: str) -> int:
    """Write all files, and list the messages that nobody has translated."""
    TEMPLATE.write_text(as_text(template()), encoding="utf-8")
    known = {path.parents[1].name for path in LOCALES.glob(f"*/LC_MESSAGES/{WORDS}.po")}
    open_messages = 0
    for locale in sorted({*known, *added}):
        path = LOCALES / locale / "LC_MESSAGES" / f"{WORDS}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = updated(path, locale)
        path.write_text(as_text(catalog), encoding="utf-8")
        catalog.creation_date = catalog.revision_date = _NO_TIME
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        missing = [message.id for message in catalog if message.id and not _is_translated(message)]
        if locale not in known:
            print(f"{path}: {len(missing)} messages to translate")
            continue
        open_messages += len(missing)
        for message in missing:
            print(f"{locale}: not translated: {message!r}")
    return int(open_messages > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
