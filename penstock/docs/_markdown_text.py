"""Text as Markdown that means the same in every dialect."""

import re
from collections.abc import Iterator

from penstock.docs._sentences import split_docstring

__all__ = ["docstring_blocks", "escape", "fence"]

_SPECIAL = re.compile(
    r"""
    [\\`*{}\[\]<>\#|~&$!^]     # markup in some dialect, wherever it is
    | (?<![^\W_])_ | _(?![^\W_]) # inside a word it is a letter to all of them
    | (?<=[=+])[=+] | [=+](?=[=+]) | :(?=\w+:)
    | ^[-+:=]                     # at the beginning of a line
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"^(\d+)([.)])(?= |$)")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Return *text* on one line, as Markdown that shows it letter for letter.

    As entities: no two dialects agree on what a backslash escapes.

    .. versionadded:: 0.2
    """
    line = re.sub(r"[ \t\n\r\f\v]+", " ", text).strip(" ")
    line = _SPECIAL.sub(lambda found: _NAMED.get(found[0], f"&#{ord(found[0])};"), line)
    return _NUMBER.sub(lambda found: f"{found[1]}&#{ord(found[2])};", line)


def docstring_blocks(doc: str) -> Iterator[str]:
    """Yield the text of a docstring as Markdown, and its sections, in any style, as they are.

    HTML in it is escaped, and Markdown is kept.

    Args:
        doc: The docstring, without indentation.

    .. versionadded:: 0.2
    """
    text, sections = split_docstring(doc)
    if text:
        yield _without_html(text)
    if sections:
        yield fence("text", sections)


_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def _without_html(text: str) -> str:
    """Return *text* with a `<` for each: docstrings speak of `<change>` more often than HTML."""
    shown, end = "", 0
    for code in _CODE_SPAN.finditer(text):
        shown += text[end : code.start()].replace("<", "&lt;") + code[0]
        end = code.end()
    return shown + text[end:].replace("<", "&lt;")


def fence(info: str, text: str) -> str:
    """Return *text* as a block of code, which no backtick in it can end.

    Args:
        info: The language, like ``"python"``.
        text: The code.

    .. versionadded:: 0.2
    """
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{info}\n{text.rstrip()}\n{ticks}"
