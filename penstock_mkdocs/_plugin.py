"""The MkDocs plugin: it configures the extension and brings what only events can."""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from penstock.docs import Settings, Words, write_whole
from penstock.docs.diagrams import page_script, page_stylesheet
from penstock.docs.loading import FlowsLoader
from penstock.docs.markdown import INDEX, block_documents, file_name
from penstock.exceptions import ConfigurationError
from penstock.graph import Flow
from penstock_mkdocs._config import PenstockConfig
from penstock_mkdocs._generated import GeneratedFiles
from penstock_mkdocs._navigation import with_pages
from penstock_mkdocs._search import index_without_diagrams
from penstock_mkdocs._twins import complete_twin
from penstock_mkdocs.markdown._build import Build
from penstock_mkdocs.markdown._compat import mark_as_modified
from penstock_mkdocs.markdown._host import PLUGIN_CACHE, theme_language
from penstock_mkdocs.markdown._links import RemoteTarget, fix_files, fix_joined_links, fix_links
from penstock_mkdocs.markdown._loading import Loaded
from penstock_mkdocs.markdown._options import ExtensionOptions

if TYPE_CHECKING:  # a build needs no server
    from mkdocs.livereload import LiveReloadServer

__all__ = ["PenstockPlugin"]

_EXTENSION = "penstock_flows"
_CSS = "assets/penstock.css"
_TOOLS = "assets/penstock.js"
_MERMAID = "assets/penstock-mermaid.js"
_DRAWINGS = "assets/penstock"
_UNFOUND = re.compile(r'<span title="penstock--[^"]*">(.*?)</span>')
_BLOCK = re.compile(r"penstock-(?:flow|step)")

_logger = logging.getLogger("mkdocs.plugins.penstock")


class PenstockPlugin(BasePlugin[PenstockConfig]):  # type: ignore[no-untyped-call]  # MkDocs leaves it untyped
    """Shows flows in MkDocs pages.

    .. versionadded:: 0.2
    """

    def __init__(self) -> None:
        self._is_dirty = False
        self._server: LiveReloadServer | None = None
        self._watched: set[str] = set()
        self._generated = GeneratedFiles()
        self._loader: FlowsLoader | None = None
        self._build = Build(FlowsLoader(), has_end=True)
        self._files: Files | None = None
        self._linked: set[str] = set()
        self._elsewhere: Mapping[str, RemoteTarget] = {}

    def on_startup(
        self,
        *,
        command: Literal["build", "gh-deploy", "serve"],
        dirty: bool,
    ) -> None:
        """Note how MkDocs builds. With this event, the plugin lives on while it serves."""
        self._is_dirty = dirty

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Configure the extension, which does the work."""
        options = self._extension_options(config)
        # Plugins for several languages build one configuration again and again.
        is_ours = "build" in config.mdx_configs.get(_EXTENSION, {})
        if _EXTENSION in config.markdown_extensions and not is_ours:
            message = (
                f"penstock is configured twice: as a plugin and as the Markdown extension "
                f"{_EXTENSION}. Keep the plugin"
            )
            raise PluginError(message)
        _add_once(config.markdown_extensions, _EXTENSION)
        self._begin_build(config)
        config.mdx_configs[_EXTENSION] = {**options, "build": self._build}
        if _CSS not in config.extra_css:
            config.extra_css.insert(0, _CSS)  # the site's own style sheets have the last word
        _add_once(config.extra_javascript, _TOOLS)
        if self.config.mermaid_js:
            _add_once(config.extra_javascript, _MERMAID)
        return config

    @event_priority(100)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add what no author wrote: style sheet, script, and a page per flow.

        Before other plugins, so that they find these files wherever penstock is listed.
        """
        self._generated.remove()
        if files.get_file_from_path(_CSS) is None:
            files.append(self._generated.write(config, _CSS, page_stylesheet()))
        if files.get_file_from_path(_TOOLS) is None:
            files.append(self._generated.write(config, _TOOLS, page_script()))
        if script := self.config.mermaid_js:
            files.append(File.generated(config, _MERMAID, abs_src_path=script))
        loaded = self._load(config)
        if self.config.pages is not None:
            flows = loaded.flows.flows if loaded else ()
            self._add_pages(files, config, self.config.pages, flows)
        if self._is_dirty and loaded:
            _note_edits(files, loaded.edited)
        return files

    def on_env(
        self,
        env: Environment,
        /,
        *,
        config: MkDocsConfig,
        files: Files,
    ) -> Environment:
        """Let links find what other pages show, now that all pages are rendered."""
        site = self._build.site
        self._files, self._elsewhere = files, site.elsewhere  # once for all pages
        index_without_diagrams(config.plugins.values())
        for source, wanted in site.wanted.items():
            file = files.get_file_from_path(source)
            page = file.page if file else None
            if page is not None and page.content:
                address = partial(self._address, files, page)
                page.content = fix_links(page.content, wanted, find=address)
        return env

    def _fix_page(self, output: str, /, *, page: Page, config: MkDocsConfig) -> str:
        """Fix what came to the page from elsewhere, like the beginning of a blog's post."""
        # What autorefs does not find has its name as a tip.
        output = _UNFOUND.sub(r"\1", output)
        if self._files is None or "penstock--" not in output:
            return output
        complete_twin(page, config, self._files, self._build.graphs.get(page.file.src_uri, {}))
        if '="#penstock--' not in output:
            return output
        return fix_links(output, self._elsewhere, find=partial(self._address, self._files, page))

    @event_priority(-100)
    def _link_to_files(
        self,
        output: str,
        /,
        *,
        page: Page,
        config: MkDocsConfig,
    ) -> str:
        """Link to the diagrams as files, after other plugins.

        Those that check links, or make one document of all pages, know only the files that there
        were before any page was rendered, or only pages.
        """
        fixed, names = fix_files(output, get_relative_url(_DRAWINGS, page.url))
        self._linked |= names
        return fixed

    on_post_page = CombinedEvent(_fix_page, _link_to_files)

    def on_serve(
        self,
        server: "LiveReloadServer",
        /,
        *,
        config: MkDocsConfig,
        builder: Any,
    ) -> "LiveReloadServer":
        """Watch the modules that were imported, so that nobody has to list their folders."""
        self._server = server
        self._watch(config)
        return server

    @event_priority(-100)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Fix the page of print-site, which is written here; watch what was newly imported.

        Write the diagrams to which pages link: a page that is encrypted has no such link, and
        its diagram must not be beside it.
        """
        names = self._linked | _fix_print_page(config, self._elsewhere)
        folder = Path(config.site_dir, _DRAWINGS)
        for name in sorted(names & set(self._build.drawings)):
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, self._build.drawings[name])
        self._generated.remove()
        self._watch(config)

    def on_build_error(self, *, error: Exception) -> None:
        """Leave nothing behind."""
        self._generated.remove()

    def on_shutdown(self) -> None:
        """Let the server go."""
        self._generated.remove()
        self._server = None

    def _begin_build(self, config: MkDocsConfig) -> None:
        if self._loader is None:
            cache = Path(config.config_file_path or "mkdocs.yml").absolute().parent / PLUGIN_CACHE
            self._loader = FlowsLoader(cache)
        self._build = Build(self._loader, has_end=True)
        self._linked = set()

    def _extension_options(self, config: MkDocsConfig) -> dict[str, Any]:
        apart = {"pages", "mermaid_js"}
        options = {name: value for name, value in self.config.items() if name not in apart}
        return {**options, "css": False, "config_file": config.config_file_path}

    def _words(self, config: MkDocsConfig) -> Words:
        options = ExtensionOptions.read(self._extension_options(config))
        return options.words(theme_language(config.theme), Path.cwd())

    def _settings(self, config: MkDocsConfig) -> Settings | None:
        """Return the project's settings, or None where they cannot be used: blocks say why."""
        try:
            options = ExtensionOptions.read(self._extension_options(config))
            return self._build.settings(options, Path.cwd())
        except ConfigurationError:
            return None

    def _load(self, config: MkDocsConfig) -> Loaded | None:
        settings = self._settings(config)
        try:
            loaded = self._build.load(settings) if settings else None
        except ConfigurationError:  # a catalog that cannot be read: blocks say why
            return None
        for message in self._build.news_of(loaded) if loaded else ():
            _logger.warning("%s", message)
        return loaded

    def _add_pages(
        self, files: Files, config: MkDocsConfig, folder: str, declared: Sequence[Flow]
    ) -> None:
        """Add a page for each flow unless the author wrote one, and put them in the navigation."""
        folder += "/"
        # Pages of several names have one address, and some systems take `A` and `a` for one.
        taken = {file.dest_uri.casefold(): file for file in files}
        heads = {file_name(flow): _head(flow.label) for flow in declared}
        sources: dict[str, str] = {}
        for name, text in block_documents(declared, words=self._words(config)).items():
            made = self._generated.write(config, folder + name, heads.get(name, "") + text)
            file = taken.get(made.dest_uri.casefold(), made)
            sources[name] = file.src_uri
            if file is made:
                files.append(file)
        if config.nav is not None:
            flows = sorted(declared, key=lambda flow: (flow.label.lower(), flow.name))
            found = [sources[name] for name in (INDEX, *map(file_name, flows))]
            below = [source for source in found if source.startswith(folder)]
            config.nav = with_pages(config.nav, folder, below)

    def _address(self, files: Files, page: Page, anchor: str) -> str | None:
        """Return the address of *anchor* as *page* writes it, if another page has it."""
        source = self._build.site.find(anchor)
        file = files.get_file_from_path(source) if source else None
        return f"{get_relative_url(file.url, page.url)}#{anchor}" if file else None

    def _watch(self, config: MkDocsConfig) -> None:
        settings = self._settings(config)
        if self._server is None or settings is None:
            return
        loaded = self._build.find_loaded(settings)
        paths = set(loaded.watched if loaded else ())
        if settings.catalog and Path(settings.catalog).exists():  # also while it cannot be read
            paths.add(settings.catalog)
        if self.config.templates:
            paths.add(self.config.templates)
        for path in sorted(paths - self._watched):
            self._server.watch(path)
        self._watched |= paths


def _head(label: str) -> str:
    """Return the metadata of a page that is called *label*.

    Themes write the title from there as it is. From a heading Material takes it without tags and
    entities, and then writes it as HTML.
    """
    title = escape(label)
    return f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n\n" if "&" in title else ""


def _fix_print_page(config: MkDocsConfig, elsewhere: Mapping[str, RemoteTarget]) -> set[str]:
    """Let links lead on, on the page into which print-site has joined all others.

    Return the names of the diagrams to which it links.

    It took the pages before their links were resolved, and renames some ids alone.
    """
    file: File | None = getattr(config.plugins.get("print-site"), "print_file", None)
    if file is None or not Path(file.abs_dest_path).is_file():
        return set()
    path = Path(file.abs_dest_path)
    html = path.read_text(encoding="utf-8")
    fixed = fix_joined_links(html, elsewhere)
    fixed, names = fix_files(fixed, get_relative_url(_DRAWINGS, file.url))
    if fixed != html:
        path.write_text(fixed, encoding="utf-8")
    return names


def _add_once(found: list[Any], name: str) -> None:
    if name not in found:
        found.append(name)


def _note_edits(files: Files, edited: float) -> None:
    """Let pages with flows be built again if a module is newer than what was built."""
    for file in files.documentation_pages():
        built = Path(file.abs_dest_path)
        if file.is_modified() or built.stat().st_mtime > edited:
            continue
        if _BLOCK.search(file.content_string):
            mark_as_modified(file)
