"""Text without the inline markup of docstrings."""

import re

__all__ = ["plain_text"]

_MARKED = re.compile(
    r"""
    (?<![\w`*\\])  # at the start of a word
    (?:
        ``(.+?)``
        | (?: :[\w:.+-]+: )? `(?:~|!)? ([^`<>]+?) (?:\ <[^`]*>)?` _{0,2}
        | \*\*(\S|\S.*?\S)\*\*
        | \*(?!\*)([^\s*]|[^\s*][^*]*?[^\s*])\*
    )
    (?![\w`*])
    """,
    re.VERBOSE,
)
"""Inline markup of reST and Markdown, with what it surrounds."""


def plain_text(text: str) -> str:
    """Return *text* without the marks around code, references and emphasis in it.

    .. versionadded:: 0.2
    """
    if "`" not in text and "*" not in text:
        return text
    return _MARKED.sub(lambda found: next(filter(None, found.groups()), found[0]), text)
