"""The state that the pages of one build share: flows, links between pages, and reports."""

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from penstock import Step
from penstock.docs import Settings, SourceUrl
from penstock.docs.loading import FlowsLoader
from penstock.graph import Graph
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._links import Site
from penstock_mkdocs.markdown._loading import Loaded, load
from penstock_mkdocs.markdown._options import ExtensionOptions
from penstock_mkdocs.markdown._repository import source_template

__all__ = ["Build", "build_of", "documented_now", "documenting"]

_SourceKey = tuple[Settings, tuple[str | None, str | None]]


class Build:
    """One build of a site, by the plugin or by the extension alone.

    Args:
        loader: What loads the flows, which may have done so for the build before.
        has_end: Whether this is known to be one build: flows are then loaded once.
            Otherwise each page asks whether there was an edit.
    """

    def __init__(self, loader: FlowsLoader, *, has_end: bool) -> None:
        self.site = Site()
        self.loader = loader
        self.drawings: dict[str, str] = {}
        """The diagrams that pages link to as files, by name."""

        self.graphs: dict[str | None, dict[str, Graph]] = {}
        """The graphs of diagrams, by their pages and anchors."""

        loader.begin_build()
        self._has_end = has_end
        self._settings: dict[tuple[ExtensionOptions, Path], Settings] = {}
        self._sources = dict[_SourceKey, Callable[[Step], str | None]]()
        self._loaded: dict[Settings, Loaded] = {}
        self._reported: dict[Settings, Loaded] = {}
        self._documented: dict[str, str] = {}
        self._noted: set[str] = set()
        self._lock = threading.RLock()  # Zensical renders in threads

    def __deepcopy__(self, _: object) -> Self:
        return self  # plugins for several languages copy the configuration that it is in

    def __repr__(self) -> str:
        return "<a build of penstock>"

    def settings(self, options: ExtensionOptions, folder: Path) -> Settings:
        """Return the settings of a project: to read its ``pyproject.toml`` once is enough.

        Raises:
            ConfigurationError: If a setting cannot be used.
        """
        key = (options, folder)
        if key not in self._settings:
            self._settings[key] = options.settings(folder)
        return self._settings[key]

    def load(self, settings: Settings) -> Loaded:
        """Return the flows of *settings*. What has failed is tried again in each build.

        Raises:
            ConfigurationError: If the catalog of *settings* cannot be read.
        """
        with self._lock:
            found = self._loaded.get(settings)
            if found is None or not self._has_end:
                found = self._loaded[settings] = load(self.loader, settings, found)
            return found

    def source_of(
        self, settings: Settings, repository: tuple[str | None, str | None]
    ) -> Callable[[Step], str | None]:
        """Return what returns the URL of a step's source: to look for a repository once is enough.

        Args:
            settings: The settings of the project.
            repository: The address of the repository, and how pages are edited there.
        """
        key = (settings, repository)
        if key not in self._sources:
            template = source_template(*repository, Path(settings.project_folder))
            self._sources[key] = SourceUrl.of(settings, template)
        return self._sources[key]

    def find_loaded(self, settings: Settings) -> Loaded | None:
        """Return what was loaded last for *settings*, if anything was."""
        return self._loaded.get(settings)

    def news_of(self, loaded: Loaded) -> tuple[str, ...]:
        """Return what failed, the first time that *loaded* is asked about."""
        with self._lock:
            if self._reported.get(loaded.settings) is loaded:
                return ()
            self._reported[loaded.settings] = loaded
            return loaded.messages

    def is_first(self, target: str, page: str) -> bool:
        """Return whether *page* is the one at which links to the function *target* arrive."""
        return self._documented.setdefault(target, page) == page

    def is_news(self, message: str) -> bool:
        """Return whether *message* was not noted yet."""
        is_new = message not in self._noted
        self._noted.add(message)
        return is_new


_builds: dict[tuple[Path, ExtensionOptions], tuple[Callable[[], object], Build]] = {}
_lock = threading.Lock()


def build_of(host: Host, options: ExtensionOptions) -> Build:
    """Return the build that a page belongs to which the extension alone renders.

    Args:
        host: The tool that renders the page.
        options: The options of the extension.
    """
    key, token = (host.folder, options), host.build
    with _lock:
        held, before = _builds.get(key, (None, None))
        known = held() if held else None
        if before is not None and (known is token or (token is None and known is not None)):
            return before
        loader = before.loader if before else FlowsLoader(host.cache)
        build = Build(loader, has_end=host.has_builds)
        _builds[key] = (_holder(token), build)
        return build


def _holder(token: object) -> Callable[[], object]:
    """Return what returns *token*, for as long as anybody else has it, if that can be."""
    try:
        return weakref.ref(token)
    except TypeError:  # a dictionary, or None
        return lambda: token


class _Now(threading.local):
    """The page that each thread is showing: to a renderer, a docstring is a separate page."""

    def __init__(self) -> None:
        self.targets: list[str] = []


_now = _Now()


@contextmanager
def documenting(target: str) -> Iterator[None]:
    """Note that the docstring of the function *target* is shown inside the block."""
    _now.targets.append(target)
    try:
        yield
    finally:
        _now.targets.pop()


def documented_now() -> frozenset[str]:
    """Return the functions whose docstrings are being shown, each inside another."""
    return frozenset(_now.targets)
