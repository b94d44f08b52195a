"""A German project whose pages have each word of penstock, and a search for English ones."""

import re
from collections.abc import Mapping

from page_strings import page_strings

from penstock.docs import ENGLISH, words_in
from penstock.graph import Plural

__all__ = ["SHOP", "english_words"]

SHOP = '''
from penstock import all_of, entrypoint, flow, loop, step

auftrag = flow(
    "auftrag", title="Auftrag", description="Vom *Auftrag* zum Paket.", owner="Lager", tags=["a"]
)

@auftrag
@entrypoint(kind="queue", receives="kafka:neu", title="Auftrag annehmen")
def annehmen(nummer: int) -> str:
    """Nimmt einen Auftrag an.

    Args:
        nummer: Die Nummer.

    Returns:
        Den Beleg.
    """

@auftrag
@step(after={"annehmen": "bezahlt"}, kind="database", unchecked="unklar", group="Haus")
async def buchen(nummer): "Bucht ab."

@auftrag
@step(after=["annehmen", loop("senden"), loop("packen")], uncovered="selten", kind="email")
def packen(nummer): "Packt ein."

@auftrag
@step(after=all_of("buchen", "packen"), sends="kafka:fertig")
def senden(nummer): "Schickt es."

kurz = flow("kurz", title="Kurz")

@kurz
@entrypoint
def beginnen(): "Beginnt."

halb = flow("halb", title="Halb")

@halb
@step(after="verloren")
def enden(): "Endet."
'''


def _read(attributes: Mapping[str, str]) -> list[str]:
    """Return what people see, hear or can copy of the attributes of an element."""
    names = {"title", "alt", "aria-label"}
    return [text for name, text in attributes.items() if name in names or "data-" in name]


def english_words(html: str) -> list[str]:
    """Return the words of penstock that are in a page of German docs in English."""
    text = "\n".join(page_strings(html, _read, frozenset({"script", "style"})))
    return [part for part in _ENGLISH if re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", text)]


def _parts(words: object) -> set[str]:
    """Return what is fixed in all messages of *words*."""
    fields = [getattr(words, name) for name in getattr(words, "__slots__", ())]
    found: set[str] = set()
    for value in fields:
        if isinstance(value, (str, Plural)):
            forms = (value,) if isinstance(value, str) else value.forms
            found |= {part.strip("() .,:·") for form in forms for part in form.split("{}")}
        elif not isinstance(value, tuple):
            found |= _parts(value)
    return {part for part in found if len(part) > 1}


_ENGLISH = sorted((_parts(ENGLISH) - _parts(words_in("de"))) | {"queue", "database", "email"})
