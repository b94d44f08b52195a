"""The strings of a page that people read, hear or can copy."""

from collections.abc import Callable, Iterable, Mapping
from html.parser import HTMLParser

__all__ = ["page_strings"]

Attributes = Mapping[str, str]


def page_strings(
    html: str, read: Callable[[Attributes], Iterable[str]], hidden: frozenset[str]
) -> list[str]:
    """Return the strings of *html*, and those of attributes.

    Args:
        html: The page.
        read: Returns those attributes of an element that count.
        hidden: The names of the elements of which the content does not count.
    """
    reader = _Reader(read, hidden)
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, read: Callable[[Attributes], Iterable[str]], hidden: frozenset[str]) -> None:
        super().__init__()
        self.found: list[str] = []
        self._read, self._hidden = read, hidden
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._depth += tag in self._hidden
        self.found += self._read({name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag in self._hidden

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.found.append(data)
