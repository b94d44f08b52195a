"""The flows that the blocks of a page may show, and the messages where they cannot be loaded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from os.path import relpath
from typing import Any

from penstock import Step
from penstock.docs import (
    Link,
    Words,
    explain,
    explain_nothing,
    is_known_language,
    known_languages,
)
from penstock.exceptions import PartError, PenstockError, UnknownFlowError, UnknownStepError
from penstock_mkdocs.markdown._build import Build, build_of
from penstock_mkdocs.markdown._errors import Reporter
from penstock_mkdocs.markdown._host import Host
from penstock_mkdocs.markdown._loading import Loaded
from penstock_mkdocs.markdown._options import ExtensionOptions

__all__ = ["PageFlows", "read_options"]


class PageFlows:
    """The flows of the project that a page belongs to.

    Args:
        host: The tool that renders the page.
        options: The options of the extension.
        build: The build of the whole site, if the plugin has begun one.
        reporter: What says that something is wrong.
    """

    def __init__(
        self, host: Host, options: ExtensionOptions, build: Build | None, reporter: Reporter
    ) -> None:
        self._host = host
        self._options = options
        self._whole_site = build
        self._reporter = reporter

    @property
    def build(self) -> Build:
        """The build that the page belongs to."""
        build = self._whole_site or read_options(self._host.options)[1]
        return build or build_of(self._host, self._options)

    def load(self) -> Loaded:
        """Return the flows, and say in the log what failed, once in each build.

        Raises:
            CatalogError: If there are no flows at all.
            PageError: If a page with a failure is not to be shown.
        """
        loaded = self._loaded()
        for message in self.build.news_of(loaded):
            self._reporter.warn(message)
        if loaded.error is not None:
            raise loaded.error
        self._warn_of_unwatched(loaded)
        return loaded

    def failures(self, loaded: Loaded) -> Iterator[str]:
        """Yield what the page says of each module that could not be imported.

        Without that, a page whose module is broken would only miss a flow or a step.
        """
        for failure in loaded.failures:
            # What an import raises may hold a password or a path of this machine.
            public = f"cannot import {failure.module!r}: see the log of the build"
            yield str(failure) if self._host.is_serving else public

    def source_of(self, loaded: Loaded) -> Callable[[Step], str | None]:
        """Return what returns the URL of a step's source."""
        return self.build.source_of(loaded.settings, self._host.repository)

    @property
    def links(self) -> Mapping[str, Sequence[Link]]:
        """The links to the flows of each function. There are none where flows cannot be loaded."""
        with suppress(PenstockError):  # blocks say why
            return self._loaded().links
        return {}

    @property
    def words(self) -> Words:
        """The words of penstock in the language of the site."""
        host, options = self._host, self._site_options
        wanted = options.language
        if wanted and not options.locale_dirs and not is_known_language(wanted):
            message = f"there are no words in the language {wanted!r}"
            if self.build.is_news(message):
                known = ", ".join(known_languages())
                self._reporter.warn(f"option 'language': {message} (known: {known})")
        return options.words(host.language, host.folder)

    def explain(self, error: Exception) -> str:
        """Return what *error* means to who writes the options of the plugin or extension."""
        if isinstance(error, PartError):
            return error.spelled("`{}`")
        if not isinstance(error, (UnknownFlowError, UnknownStepError)):
            return str(error)
        loaded = self._loaded()
        return explain(error, loaded.settings, loaded.failures)

    def explain_nothing(self) -> str:
        """Return why there may be no flow at all."""
        loaded = self._loaded()
        return explain_nothing(loaded.settings, loaded.failures)

    def _loaded(self) -> Loaded:
        build = self.build
        return build.load(build.settings(self._site_options, self._host.folder))

    @property
    def _site_options(self) -> ExtensionOptions:
        """The options of the site, which mkdocstrings may not have passed on."""
        if self._whole_site is None and self._host.options:
            return read_options(self._host.options)[0]
        return self._options

    def _warn_of_unwatched(self, loaded: Loaded) -> None:
        """Say once which files may be edited without a change of Zensical's pages."""
        watched = self._host.watched
        if watched is None:
            return
        unwatched = [path for path in loaded.files if path.resolve() not in watched]
        if unwatched and self.build.is_news(f"unwatched {unwatched[0]}"):
            folder, file = self._host.folder.resolve(), unwatched[0].resolve()
            # Its server ends, with an error of the system, where it watches what it writes itself.
            watchable = file if folder.is_relative_to(file.parent) else file.parent
            self._reporter.note(
                f"{self._host.page}: Zensical does not see edits of {relpath(file, folder)}, and "
                f'shows pages from its cache: add "{relpath(watchable, folder)}" to `watch`, or '
                "build with -c"
            )


def read_options(options: Mapping[str, Any]) -> tuple[ExtensionOptions, Build | None]:
    """Return the *options* of the extension, and the build that the plugin puts among them."""
    build = options.get("build")
    if not isinstance(build, Build):
        return ExtensionOptions.read(options), None
    others = {name: value for name, value in options.items() if name != "build"}
    return ExtensionOptions.read(others), build
