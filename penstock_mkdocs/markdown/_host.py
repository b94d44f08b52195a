"""Which tool renders a page, and which file the page is. None of them is imported."""

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from markdown import Markdown

from penstock_mkdocs.markdown._compat import mkdocs_processor, zensical_processor

__all__ = ["PLUGIN_CACHE", "Host", "theme_language"]

PLUGIN_CACHE = Path(".cache", "plugin", "penstock")
"""The folder of kept flows, beside ``mkdocs.yml`` as that of the plugins of Material."""


def theme_language(theme: Any) -> str | None:
    """Return the language of a *theme*: its own setting, as of Material, before that of MkDocs."""
    found = next((theme[key] for key in ("language", "locale") if theme.get(key)), None)
    return str(found) if found else None


class Host:
    """The tool that renders a page, as far as it can be known.

    MkDocs and ProperDocs leave the page's file with a processor, Zensical leaves
    page and configuration. Neither is documented, so nothing here relies on them.
    """

    def __init__(self, md: Markdown) -> None:
        self._md = md

    @property
    def file(self) -> Path | None:
        """The file of the page, if there is one."""
        path = self._mkdocs_file() or self._zensical_file()
        return path if path and path.is_file() else None

    @property
    def page(self) -> str:
        """The page as messages name it."""
        file = self.file
        if file is None:
            return self.source or "<markdown>"
        try:
            return file.relative_to(Path.cwd()).as_posix()
        except ValueError:
            return str(file)

    @property
    def source(self) -> str | None:
        """The page as MkDocs names it, which may have made it up."""
        return getattr(self._relpath_file(), "src_uri", None)

    @property
    def folder(self) -> Path:
        """The folder of the project."""
        root = self._zensical_config.get("root_dir")
        file = getattr(self._config, "config_file_path", None)
        return Path(root) if root else Path(file).absolute().parent if file else Path.cwd()

    @property
    def options(self) -> Mapping[str, Any]:
        """The extension's options in the configuration of MkDocs.

        mkdocstrings renders docstrings without them if they were set after it was configured.
        """
        found = getattr(self._config, "mdx_configs", None) or {}
        return found.get("penstock_flows") or {}

    @property
    def repository(self) -> tuple[str | None, str | None]:
        """The address of the repository that the site names, and how its pages are edited."""
        config = self._config if self._config is not None else self._zensical_config
        return config.get("repo_url"), config.get("edit_uri")

    @property
    def language(self) -> str | None:
        """The language of the site: that of its theme."""
        if self._config is not None:
            return theme_language(self._config.theme)
        return theme_language(self._zensical_config.get("theme") or {})

    @property
    def build(self) -> object:
        """An object that the tool makes for each build, or None if that is not known."""
        return getattr(self._relpath, "files", None) or self._zensical_config or None

    @property
    def has_builds(self) -> bool:
        """Whether the tool makes another one for each build of its server, as MkDocs does."""
        return getattr(self._relpath, "files", None) is not None

    @property
    def cache(self) -> Path | None:
        """The folder in which the tool keeps from build to build what plugins make, if any."""
        if self._zensical_config:
            return self.folder / ".cache" / "penstock"
        return self.folder / PLUGIN_CACHE if self.has_builds else None

    @property
    def has_autorefs(self) -> bool:
        """Whether links may be left to autorefs, or to Zensical's own."""
        return "mkdocs-autorefs" in self._md.inlinePatterns

    @property
    def has_mkdocstrings(self) -> bool:
        """Whether mkdocstrings can be asked for the documentation of a function."""
        return "mkdocstrings" in self._md.parser.blockprocessors

    @property
    def is_serving(self) -> bool:
        """Whether pages are shown to their author, and not published."""
        return "serve" in sys.argv[1:]

    @property
    def is_strict_zensical(self) -> bool:
        """Whether Zensical builds with ``--strict``, which does not count what is logged."""
        if not self._zensical_config:
            return False
        arguments = set(sys.argv[1:])
        return "serve" not in arguments and bool(
            arguments & {"--strict", "-s"} or self._zensical_config.get("strict")
        )

    @property
    def watched(self) -> frozenset[Path] | None:
        """Files on which Zensical's cache depends; None if it uses none, or another tool renders.

        Edits of other files leave pages as they were.
        """
        watched = self._zensical_config.get("watched_files")
        if watched is None or {"-c", "--clean"}.intersection(sys.argv[1:]):
            return None
        return frozenset(Path(path).resolve() for path, *_ in watched)

    @property
    def _relpath(self) -> Any:
        return mkdocs_processor(self._md)

    @property
    def _config(self) -> Any:
        return getattr(self._relpath, "config", None)

    def _relpath_file(self) -> Any:
        return getattr(self._relpath, "file", None)

    def _mkdocs_file(self) -> Path | None:
        file = self._relpath_file()
        path = getattr(file, "abs_src_path", None)
        # Of a page that a plugin made up, nobody knows the file.
        return Path(path) if path and not getattr(file, "generated_by", None) else None

    def _zensical_file(self) -> Path | None:
        page = getattr(self._zensical, "page", None)
        path = getattr(page, "path", None)
        folder = self._zensical_config.get("docs_dir", "docs")
        return self.folder / folder / path if path else None

    @property
    def _zensical(self) -> Any:
        return zensical_processor(self._md)

    @cached_property
    def _zensical_config(self) -> dict[str, Any]:
        config = getattr(self._zensical, "config", None)
        return config if isinstance(config, dict) else {}
