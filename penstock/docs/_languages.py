"""The words of penstock in other languages, from catalogs of gettext."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from gettext import GNUTranslations, c2py, find
from pathlib import Path
from typing import Any

from penstock._common.kinds import WORD_KINDS
from penstock.docs._words import ENGLISH, Words
from penstock.graph import Plural

__all__ = ["KIND", "WORDS", "is_known_language", "known_languages", "words_in"]

WORDS = "penstock"
"""The name of the catalogs of these words, in any folder of translations."""

KIND = "kind"
"""The context of the kinds of steps in catalogs: a search is a thing there."""

_LOCALES = Path(__file__).parent / "locales"
_PLURAL = "plural-forms"


def words_in(language: str | None, folders: Sequence[Path] = ()) -> Words:
    """Return the words of penstock in *language*, each in English if no catalog has it.

    Args:
        language: A language, like ``"de"``, ``"pt_BR"`` or ``"zh-Hant"``.
        folders: More folders of translations, which count more than penstock's own. Each has
            catalogs as gettext compiles them, in ``<language>/LC_MESSAGES/penstock.mo``.

    .. versionadded:: 0.2
    """
    names = _names(language or "")
    found = (find(WORDS, folder, names, all=True) for folder in (*folders, _LOCALES))
    paths = [Path(path) for each in found for path in each]
    # A server of docs shows what has been edited since.
    return _read(tuple((path, path.stat().st_mtime_ns) for path in paths))


def known_languages() -> tuple[str, ...]:
    """Return the languages that penstock has words in.

    .. versionadded:: 0.2
    """
    found = _LOCALES.glob(f"*/LC_MESSAGES/{WORDS}.mo")
    return tuple(sorted({"en", *(path.parents[1].name for path in found)}))


def is_known_language(language: str) -> bool:
    """Return whether penstock has words in *language*.

    .. versionadded:: 0.2
    """
    return not {*_names(language)}.isdisjoint(known_languages())


def _names(language: str) -> list[str]:
    """Return the folders that may have *language*, the most exact first."""
    parts = language.replace("-", "_").split("_")
    return ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]


@lru_cache(64)
def _read(files: tuple[tuple[Path, int], ...]) -> Words:
    catalogs = []
    for path, _ in files:
        with path.open("rb") as file:
            catalogs.append(GNUTranslations(file))
    return _Translations(catalogs).words() if catalogs else ENGLISH


class _Translations:
    """The messages of several catalogs, the first of which counts most."""

    def __init__(self, catalogs: Sequence[GNUTranslations]) -> None:
        self._catalogs = catalogs

    def words(self) -> Words:
        """Return all words of penstock."""
        words: Words = self._of(ENGLISH)
        kinds = tuple((kind, own) for kind in WORD_KINDS if (own := self._kind(kind)) != kind)
        return replace(words, drawn=replace(words.drawn, kinds=kinds))

    def _of(self, words: Any) -> Any:
        """Return the dataclass *words* with all messages in it translated."""
        return replace(words, **dict(self._changed(words)))

    def _changed(self, words: Any) -> Iterator[tuple[str, object]]:
        for each in fields(words):
            match getattr(words, each.name):
                case str(message):
                    yield each.name, self._message(message)
                case Plural() as plural:
                    yield each.name, self._plural(plural)
                case value if is_dataclass(value):
                    yield each.name, self._of(value)

    def _message(self, message: str) -> str:
        found = (catalog.gettext(message) for catalog in self._catalogs)
        return next((each for each in found if each != message), message)

    def _kind(self, kind: str) -> str:
        found = (catalog.pgettext(KIND, kind) for catalog in self._catalogs)
        return next((each for each in found if each != kind), kind)

    def _plural(self, message: Plural) -> Plural:
        found = (_plural_in(catalog, message) for catalog in self._catalogs)
        return next((each for each in found if each.forms != message.forms), message)


def _plural_in(catalog: GNUTranslations, message: Plural) -> Plural:
    """Return *message* as *catalog* has it, with all forms that its language has."""
    _, _, rule = catalog.info().get(_PLURAL, "plural=n != 1").partition("plural=")
    rule = rule.strip(" ;")
    chosen = c2py(rule)
    # The first number of each form is as good as any.
    numbers: dict[int, int] = {}
    for number in range(200):
        numbers.setdefault(int(chosen(number)), number)
    one, several = message.forms
    forms = tuple(catalog.ngettext(one, several, numbers[form]) for form in sorted(numbers))
    return Plural(forms, rule)
