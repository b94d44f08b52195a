"""Links to what the page itself does not show: left to autorefs, or removed."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from html import escape
from typing import NamedTuple

__all__ = [
    "DIAGRAM",
    "RemoteTarget",
    "Site",
    "anchors_in",
    "file_address",
    "fix_files",
    "fix_joined_links",
    "fix_links",
    "link_later",
    "without_diagrams",
]

_LINK = re.compile(
    r'<a (?P<key>(?:xlink:)?href)="#(?P<anchor>penstock--[^"]+)">(?P<content>.*?)</a>', re.DOTALL
)
_TARGET = re.compile(r' id="(penstock--[^"]+)"')
_JOINED = re.compile(
    r'<a (?P<key>(?:xlink:)?href)="#(?P<id>[^"]*?(?P<anchor>penstock--[^"]+))">'
    "(?P<content>.*?)</a>",
    re.DOTALL,
)
_JOINED_TARGET = re.compile(r' id="(?P<id>[^"]*?(?P<anchor>penstock--[^"]+))"')
_AGAIN = re.compile(r"(penstock--.+--.+)--\d+")
"""The anchor of a step that a page shows again."""

_OUTLINE = re.compile(
    r'<rect class="penstock-card" (x="[^"]+" y="[^"]+" width="[^"]+" height="[^"]+")'
)
_WORDS = re.compile(r"<text\b[^>]*>([^<]*)</text>")
DIAGRAM = re.compile(
    r'<div class="penstock-(?:head|view)".*?</div>(?:</div>)?'
    r'|<pre class="penstock-source".*?</pre>',
    re.DOTALL,
)
"""Both parts of the box around a diagram, the second with one inside, or the code instead of it."""
_DRAWN = "<title>"
"""With this begins what a node of a diagram shows."""


_FILE = "penstock-file:"
_LATER = "data-penstock-file"
"""The attribute of a link that gets its address when all plugins have seen the page."""

_LINK_LATER = re.compile(rf'{_LATER}=(?:"([^"]*)"|([^\s>]+))')
"""As we write it, and as plugins do that make pages smaller."""


class RemoteTarget(NamedTuple):
    """A target on other pages to which a link may go."""

    anchor: str
    """The anchor where a page first shows it."""

    names: tuple[str, ...]
    """The names under which autorefs may know it, best first: one or two."""


class Site:
    """The targets on the pages of a site, and those that they look for."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin a build, of which no page is known yet."""
        self.wanted: dict[str, Mapping[str, RemoteTarget]] = {}
        """The targets that each page looks for on others."""

        self._shown: dict[str, Collection[str]] = {}
        self._pages: dict[str, list[str]] | None = None

    def add_page(
        self, page: str, shown: Collection[str], wanted: Mapping[str, RemoteTarget]
    ) -> None:
        """Add *page* with its anchors, and what it looks for on others."""
        self._shown[page] = shown
        self.wanted[page] = wanted
        self._pages = None

    @property
    def elsewhere(self) -> Mapping[str, RemoteTarget]:
        """The targets that any page looks for on others."""
        return {key: other for wanted in self.wanted.values() for key, other in wanted.items()}

    def find(self, anchor: str) -> str | None:
        """Return the page that has *anchor*; of several the one that says most of the flow."""
        if self._pages is None:
            self._pages = self._by_anchor()
        pages = self._pages.get(anchor, ())
        return max(pages, key=lambda page: self._count(page, anchor), default=None)

    def _by_anchor(self) -> dict[str, list[str]]:
        pages: dict[str, list[str]] = {}
        for page, anchors in self._shown.items():
            for anchor in anchors:
                pages.setdefault(anchor, []).append(page)
        return pages

    def _count(self, page: str, anchor: str) -> int:
        return sum(each.startswith(anchor) for each in self._shown[page])


def anchors_in(html: str) -> dict[str, None]:
    """Return the anchors of flows and steps in *html*, in order."""
    return dict.fromkeys(_TARGET.findall(html))


def file_address(name: str) -> str:
    """Return the address of a file of the site, for `link_later`."""
    return f"{_FILE}{name}"


def link_later(html: str) -> str:
    """Return *html* with links to files that lead nowhere before `fix_files`.

    It is not known which page shows them: pages may be put together. Nor do plugins that check
    links know these files, for they list them before any page is rendered.
    """
    return html.replace(f'href="{_FILE}', f'{_LATER}="')


def fix_files(html: str, folder: str) -> tuple[str, set[str]]:
    """Return *html* with the addresses of files, and the names of these files.

    Args:
        html: A page.
        folder: The address of the folder of the files, as the page writes it.
    """
    start = escape(folder)
    fixed = _LINK_LATER.sub(lambda link: f'href="{start}/{link[1] or link[2]}"', html)
    return fixed, {link[1] or link[2] for link in _LINK_LATER.finditer(html)}


def without_diagrams(html: str) -> str:
    """Return *html* as a search should see it."""
    return DIAGRAM.sub("", html)


def fix_links(
    html: str,
    elsewhere: Mapping[str, RemoteTarget],
    *,
    autorefs: bool = False,
    find: Callable[[str], str | None] = lambda _: None,
) -> str:
    """Return the page *html* with no link that leads nowhere.

    Args:
        html: A page.
        elsewhere: What may be found on other pages, by its anchor in links.
        autorefs: Whether autorefs looks for names on all pages when they are done.
        find: Returns the address of an anchor on another page, if it is known.
    """
    here = anchors_in(html)
    shown_as = _first_shown(here)

    def fix(link: re.Match[str]) -> str:
        key, anchor, content = link["key"], link["anchor"], link["content"]
        if anchor in here or anchor not in elsewhere:
            return link[0]
        other = elsewhere[anchor]
        if shown := shown_as.get(other.anchor):
            return f'<a {key}="#{shown}">{content}</a>'
        if address := find(other.anchor):
            return f'<a {key}="{escape(address)}">{content}</a>'
        if not autorefs:
            return content
        if content.startswith(_DRAWN):
            return content + _cover(content, other)
        return _autoref(other, content)

    return _LINK.sub(fix, html)


def fix_joined_links(html: str, elsewhere: Mapping[str, RemoteTarget]) -> str:
    """Return *html*, in which a plugin has joined the pages of a site, with links that lead on.

    It may have put the names of pages before ids, before links, or before some of them alone.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for target in _JOINED_TARGET.finditer(html):
        found.setdefault(target["anchor"], []).append((target.start(), target["id"]))
    known = {each for targets in found.values() for _, each in targets}

    def fix(link: re.Match[str]) -> str:
        if link["id"] in known:
            return link[0]
        other = elsewhere.get(link["anchor"])
        targets = found.get(link["anchor"]) or (found.get(other.anchor) if other else None)
        if not targets:
            return link["content"]
        # Of pages that show the same, the one on which the link is.
        _, nearest = min(targets, key=lambda target: abs(target[0] - link.start()))
        return f'<a {link["key"]}="#{nearest}">{link["content"]}</a>'

    return _JOINED.sub(fix, html)


def _first_shown(here: Iterable[str]) -> dict[str, str]:
    """Return where a page first shows what an anchor means: a step may be shown a second time."""
    found: dict[str, str] = {}
    for anchor in here:
        found.setdefault(anchor, anchor)
        if again := _AGAIN.fullmatch(anchor):
            found.setdefault(again[1], anchor)
    return found


def _autoref(other: RemoteTarget, content: str) -> str:
    names = zip(("identifier", "slug"), other.names, strict=False)
    attributes = " ".join(f'{key}="{escape(name)}"' for key, name in names)
    return f"<autoref {attributes} optional>{content}</autoref>"


def _cover(content: str, other: RemoteTarget) -> str:
    """Return a link that lies over a node.

    What autorefs does not find becomes a ``<span>``, at which browsers end an
    SVG. Inside of ``<foreignObject>`` they do not.
    """
    outline = _OUTLINE.search(content)
    assert outline is not None  # each node has one
    words = " ".join(_WORDS.findall(content))
    look = "display: block; height: 100%; overflow: hidden; color: transparent; font-size: 1px"
    link = _autoref(other, f'<span style="{look}">{words}</span>')
    return f"<foreignObject {outline[1]}>{link}</foreignObject>"
