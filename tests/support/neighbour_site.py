"""A MkDocs site with other plugins, built as its authors build it."""

import json
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

from builders import run_builder
from shop_source import write_shop

__all__ = ["Site", "dead_links", "files_of"]


class Site:
    """A site that is built as its authors build it."""

    def __init__(self, folder, program="mkdocs", theme="mkdocs"):
        self.folder = folder
        self._program = program
        self._theme = theme
        (folder / "docs").mkdir(parents=True)
        write_shop(folder)

    def write(self, files):
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def build(self, plugins, pages, **config):
        self.write({f"docs/{name}": text for name, text in pages.items()})
        settings = {"site_name": "Shop", "site_url": "https://example.com/", "plugins": plugins}
        settings["theme"] = {"name": self._theme}
        (self.folder / "mkdocs.yml").write_text(json.dumps(settings | config), encoding="utf-8")
        return run_builder(
            *(self._program, "build", "--strict", "-f", "mkdocs.yml"),
            folder=self.folder,
            TMPDIR=str(self._temporary()),
        )

    def _temporary(self):
        folder = self.folder / "temporary"
        folder.mkdir(exist_ok=True)
        return folder

    def left(self):
        """Return what builds left in the folder for temporary files."""
        return [path.name for path in self._temporary().glob("penstock-*")]

    def read(self, name):
        return (self.folder / "site" / name).read_text(encoding="utf-8")

    def files(self):
        """Return the files of the site."""
        return files_of(self.folder)


def files_of(folder):
    """Return the files of the site that was built in *folder*."""
    top = folder / "site"
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and path.suffix != ".gz"  # with its time
    }


class _Page(HTMLParser):
    """The ids and links of a page."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        if tag == "a":
            self.links |= {attributes[k] for k in ("href", "xlink:href") if attributes.get(k)}

    handle_startendtag = handle_starttag


def dead_links(folder):
    """Return the links between the pages below *folder* that lead nowhere."""
    paths = [path.resolve() for path in folder.rglob("*.html")]
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in paths}
    return {
        f"{path.relative_to(folder.resolve()).as_posix()}: {link}"
        for path, page in pages.items()
        for link in page.links
        if not _is_alive(link, path, pages)
    }


def _is_alive(link, path, pages):
    address, anchor = urldefrag(link)
    if ":" in address or address.startswith("/"):  # to another site, or by the site's address
        return True
    there = (path.parent / unquote(address)).resolve() if address else path
    there = there / "index.html" if there.is_dir() else there
    found = pages.get(there)
    if found is None:
        return there.is_file()
    return not anchor or unquote(anchor) in found.ids or anchor.startswith("__")
