"""The options of the MkDocs plugin: those of the extension, and those that only a plugin has."""

import re
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from mkdocs.config import config_options
from mkdocs.config.base import (
    BaseConfigOption,
    Config,
    ConfigErrors,
    ConfigWarnings,
    ValidationError,
)

from penstock.docs import did_you_mean
from penstock.graph import MOST_STEPS
from penstock_mkdocs.markdown._options import ExtensionOptions

__all__ = ["PenstockConfig"]

_NO_NAME = re.compile(r"[\\:\x00-\x1f]")


class _Option(BaseConfigOption[Any]):
    """An option of the extension too, which checks it, with a message that says what to write."""

    def __init__(self, default: object) -> None:
        super().__init__()
        self.default = default

    def run_validation(self, value: object, /) -> Any:
        """Return *value* as the extension takes it."""
        try:
            return ExtensionOptions.check_value(self._name, value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class _Folder(BaseConfigOption[str]):
    """A folder of the site, wherever that is."""

    def run_validation(self, value: object, /) -> str:
        """Return *value* without slashes around it."""
        parts = value.strip("/").split("/") if isinstance(value, str) else []
        # To Windows, a backslash and a colon are parts of a path too.
        if not parts or any(part in {"", ".", ".."} or _NO_NAME.search(part) for part in parts):
            message = f"takes a folder of the site, like flows, not {value!r}"
            raise ValidationError(message)
        return "/".join(parts)


class PenstockConfig(Config):  # type: ignore[no-untyped-call]  # MkDocs leaves it untyped
    """The options of the plugin."""

    modules = _Option(())
    """The modules that declare flows."""

    pythonpath = _Option(())
    """Folders to import from, counted from the folder of ``mkdocs.yml``."""

    setup = _Option(None)
    """A function to call before anything is imported, as ``"package.module:function"``."""

    catalog = _Option(None)
    """The file of a catalog to read instead, counted from the folder of ``mkdocs.yml``."""

    depends = _Option(())
    """More files that flows depend on, counted from the folder of ``mkdocs.yml``."""

    timeout = _Option(None)
    """Seconds that a process may take to import the modules."""

    catalog_reuse = _Option(None)
    """Whether flows are kept from one build to the next while nothing has changed."""

    evidence = _Option(None)
    """Whether edges are checked against the source, and shown with what that says."""

    source_url = _Option(None)
    """The URL of a line of the source, unless ``repo_url`` of the site is right for that."""

    backlinks = _Option(default=True)
    """Whether the API reference of mkdocstrings links to the flows of a function."""

    format = _Option("svg")
    """How flows are drawn unless a block says otherwise."""

    direction = _Option("auto")
    """The direction of diagrams unless a block says otherwise."""

    fold = _Option(MOST_STEPS)
    """How many steps a diagram shows before it is folded, unless a block says otherwise."""

    legend = _Option(default=False)
    """Whether diagrams have a legend unless a block says otherwise."""

    errors = _Option("auto")
    """Whether to ``raise`` what is wrong, or to ``show`` it on the page."""

    language = _Option(None)
    """The language of penstock's own words, unless that of the theme is right."""

    locale_dirs = _Option(())
    """Folders of translations of these words, counted from the folder of ``mkdocs.yml``."""

    templates = config_options.Optional(config_options.Dir(exists=True))
    """A folder with templates that replace ours."""

    pages = config_options.Optional(_Folder())
    """A folder of the site for a page per flow and an index, like ``flows``."""

    mermaid_js = config_options.Optional(config_options.File(exists=True))
    """A file with Mermaid's script, for themes that have none and for readers without a network."""

    def validate(self) -> tuple[ConfigErrors, ConfigWarnings]:
        """Refuse unknown options: MkDocs would only warn, and every page would miss its flows."""
        options = vars(type(self)).items()
        known = {name for name, option in options if isinstance(option, BaseConfigOption)}
        unknown = {name: _unknown(name, known) for name in {*self} - known}
        errors, warnings = super().validate()
        others = [each for each in warnings if each[0] not in unknown]
        return [*errors, *unknown.items()], others


def _unknown(name: str, known: Collection[str]) -> ValidationError:
    """Return what is wrong with an option that is called *name*."""
    if name in {each.name for each in fields(ExtensionOptions)}:
        return ValidationError("the plugin sets this option of the extension itself")
    hint = did_you_mean(name, known)
    return ValidationError(f"there is no such option{hint} (known: {', '.join(sorted(known))})")
