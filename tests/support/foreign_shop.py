"""A project and a language without Latin letters: those that a page has are untranslated."""

import re
from collections.abc import Mapping
from pathlib import Path

import translations
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from page_strings import page_strings

__all__ = ["SHOP", "SIGNS", "latin_words", "write_language"]

SHOP = '''
from penstock import all_of, entrypoint, flow, loop, step

注文 = flow("注文", title="注文票", description="注文から。", owner="倉庫", tags=["赤"])

@注文
@entrypoint(kind="queue", receives="kafka:新規", title="受付")
def 受ける(番号, 業者):
    """受ける。"""
    落とす(番号)
    甲() if 番号 else 乙()
    業者(番号)
    送る(番号)

@注文
@step(after={"受ける": "可"}, kind="database", group="家")
async def 落とす(番号):
    """落とす。"""

@注文
@step(after={"受ける": "否"}, kind="email", uncovered="稀")
def 量る(番号):
    取る(番号)

@注文
@step(after="落とす", sends="kafka:済")
def 取る(番号): ...

@注文
@step(after=["取る", loop("送る")], receives="kafka:済")
def 包む(番号):
    送る(番号)

@注文
@step(after=all_of("包む", "落とす"), kind="file")
def 送る(番号): ...

@注文
@step(after="包む", unchecked="人", kind="cache")
def 仕舞う(番号): ...

@注文
@step(after="受ける")
def 早い(): ...

@注文
@step(after="早い")
def 遅い(): ...

def 甲():
    早い()
    遅い()

def 乙():
    遅い()
    早い()

@注文
@step(after="無い")
def 誰も(番号): ...
'''
"""A flow with each verdict of a check, and with all that penstock has words for."""

SIGNS = ("?", "\N{MULTIPLICATION SIGN}", "\N{PLUS-MINUS SIGN}", "+", "~")
"""The signs of its verdicts, as text."""

_NAMES = {"async", "kafka", "Kafka", "py", "shop"}
"""The keyword of Python, and the names that are the same in each language."""
_ATTRIBUTES = {"title", "alt", "aria-label", "aria-description"}


def write_language(folder: Path) -> None:
    """Write a catalog of Japanese to *folder*, in which each letter of penstock is another one."""
    catalog = Catalog(locale="ja")
    for message in translations.template():
        match message.id:
            case (_, many):
                catalog.add(message.id, (_foreign(many),))
            case str(text) if text:
                catalog.add(text, _foreign(text), context=message.context)
    messages = folder / "ja" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    with (messages / "penstock.mo").open("wb") as file:
        write_mo(file, catalog)


def _foreign(message: str) -> str:
    return re.sub("[A-Za-z]", "語", message)


def _is_read(attribute: str) -> bool:
    """Return whether people read or hear an attribute, at once or when the script shows it."""
    is_of_box = attribute.startswith("data-") and attribute != "data-mermaid"
    return is_of_box or attribute in _ATTRIBUTES


def _read(attributes: Mapping[str, str]) -> list[str]:
    """Return what people read or hear of the attributes of an element."""
    if attributes.get("class") == "headerlink":  # which is Sphinx's
        return []
    return [text for name, text in attributes.items() if _is_read(name)]


def latin_words(html: str) -> set[str]:
    """Return the words in Latin letters on a page, apart from names."""
    found = page_strings(html, _read, frozenset({"script", "style", "template"}))
    return {word for text in found for word in re.findall("[A-Za-z]{2,}", text)} - _NAMES
