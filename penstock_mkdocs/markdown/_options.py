"""The options of the extension and of its blocks, checked by hand so that messages help."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Self, get_args

from penstock.docs import (
    SETTING_NAMES,
    Settings,
    SettingWords,
    Words,
    check_seconds,
    did_you_mean,
    escape_controls,
    page_formats,
    read_settings,
    words_in,
)
from penstock.exceptions import ConfigurationError
from penstock.graph import MOST_STEPS
from penstock.render import Direction

__all__ = [
    "DIRECTIONS",
    "ERRORS",
    "BlockOptions",
    "ExtensionOptions",
    "FlowOptions",
    "FlowsOptions",
    "OptionError",
    "StepOptions",
]

DIRECTIONS: tuple[str, ...] = get_args(Direction)
ERRORS = ("auto", "raise", "show")

_WORDS = SettingWords(assignment="{name}: {value} among the options of penstock")


class OptionError(ValueError):
    """An option is wrong. The code that reads it knows where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """Options whose fields know which values they take."""

    @classmethod
    def _check(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return *options* with each value as its field takes it.

        Raises:
            OptionError: If an option is unknown or its value is wrong.
        """
        known = cls._known()
        read: dict[str, Any] = {}
        for key, value in options.items():
            if key not in known:
                names = ", ".join(known)
                message = f"unknown option {key!r}{did_you_mean(key, known)} (known: {names})"
                raise OptionError(message)
            try:
                read[known[key][0]] = cls.check_value(key, value)
            except ValueError as error:
                message = f"option {key!r}: {error}"
                raise OptionError(message) from error
        return read

    @classmethod
    def check_value(cls, key: str, value: object) -> Any:
        """Return the *value* of the option *key* as its field takes it.

        Raises:
            ValueError: If it is wrong. The message goes on after the name of the option.
        """
        _, check = cls._known()[key]
        return check(value)

    @classmethod
    @cache
    def _known(cls) -> Mapping[str, tuple[str, Callable[[Any], Any]]]:
        """Return the fields and what checks their values, by how they are written."""
        return {cls._spell(f.name): (f.name, f.metadata["check"]) for f in fields(cls)}

    @staticmethod
    def _spell(name: str) -> str:
        """Return how the field *name* is written in YAML."""
        return name.removesuffix("_").replace("_", "-")


def _option(default: Any, check: Callable[[Any], Any]) -> Any:
    return field(default=default, metadata={"check": check})


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, (str, int, float)):
        message = f"takes a string, not {value!r}"
        raise ValueError(message)
    if isinstance(value, str) and not _can_be_shown(value):
        message = f"takes a string without control characters, not {value!a}"
        raise ValueError(message)
    return None if value is None else str(value)


def _can_be_shown(text: str) -> bool:
    """Return whether a page may hold *text*: YAML can escape what no file and no reader takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return escape_controls(text) == text


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        message = f"takes a list of strings, not {value!r}"
        raise ValueError(message + (f"; write [{value}]" if isinstance(value, str) else ""))
    return tuple(value)


def _names(value: object) -> tuple[str, ...]:
    """Return the names in *value*: one, several separated by commas, or a list."""
    if isinstance(value, list):
        return _texts(value)
    text = _text(value)
    return tuple(filter(None, map(str.strip, (text or "").split(","))))


def _depth(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = f"takes a number of edges, 0 or more, not {value!r}"
        raise ValueError(message)
    return value


def _fold(value: object) -> int | None:
    """Return how many steps are not folded, or None for ``never``."""
    if value is None or value == "never":  # the plugin has read it already
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = f"takes a number of steps, or never, not {value!r}"
        raise ValueError(message)
    return value


def _flag(value: object) -> bool:
    if value is None:  # `no-index:` alone, as a directive for Sphinx says it
        return True
    if isinstance(value, bool):
        return value
    message = f"takes true or false, not {value!r}"
    raise ValueError(message)


def _unless_none(check: Callable[[object], Any]) -> Callable[[object], Any]:
    """Return what checks an option that leaves what is set elsewhere as it is."""
    return lambda value: None if value is None else check(value)


def _length(value: object) -> str:
    """Return a width as CSS, where each length has a unit."""
    word = str(value).strip()
    if not re.fullmatch(r"\d+(\.\d+)?(px|em|rem|ch|ex|cm|mm|in|pt|pc|vw|%)?", word):
        message = f"takes a length like 300px or 50%, not {word!r}"
        raise ValueError(message)
    return f"{word}px" if word[-1].isdigit() else word


def _choice(*values: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value is None or isinstance(value, bool):
            what = "nothing" if value is None else f"what YAML takes for {str(value).lower()}"
            message = f"takes one of {', '.join(values)}, not {what}"
            raise ValueError(message)
        word = str(value)
        found = next((known for known in values if known.lower() == word.lower()), None)
        if found is None:
            hint = did_you_mean(word, values)
            message = f"{word!r} is none of {', '.join(values)}{hint}"
            raise ValueError(message)
        return found

    return check


def _format_name(value: object) -> str:
    return _choice(*page_formats())(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOptions(_Options):
    """Options of all blocks."""

    name: str | None = _option(None, _text)
    class_: str | None = _option(None, _text)

    def override(self, given: object) -> Self:
        """Return these options with those that are *given*, as read from YAML.

        Raises:
            OptionError: If an option is unknown or its value is wrong.
        """
        if given is None:
            return self
        if not isinstance(given, dict):
            message = f"options are `name: value` lines, not {given!r}"
            raise OptionError(message)
        return replace(self, **self._check(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOptions(BlockOptions):
    """Options of one ``::: penstock-flow NAME``."""

    format: str = _option("svg", _format_name)
    direction: str = _option("auto", _choice(*DIRECTIONS))
    caption: str | None = _option(None, _text)
    alt: str | None = _option(None, _text)
    align: str | None = _option(None, _choice("left", "center", "right"))
    width: str | None = _option(None, _length)
    steps: str | None = _option(None, _choice("full", "folded", "summary", "none"))
    around: tuple[str, ...] = _option((), _names)
    depth: int | None = _option(None, _unless_none(_depth))
    from_: tuple[str, ...] = _option((), _names)
    to: tuple[str, ...] = _option((), _names)
    only_kinds: tuple[str, ...] = _option((), _names)
    fold: int | None = _option(MOST_STEPS, _fold)
    legend: bool = _option(default=False, check=_flag)
    no_index: bool | None = _option(None, _flag)

    def part(self) -> dict[str, Any]:
        """Return the options that choose a part of the flow, as they are written."""
        return {self._spell(name): getattr(self, name) for name in _PART}


_PART = ("around", "depth", "from_", "to", "only_kinds")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions(BlockOptions):
    """Options of one ``::: penstock-step FLOW.STEP``."""

    no_index: bool | None = _option(None, _flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsOptions(BlockOptions):
    """Options of ``::: penstock-flows``."""

    caption: str | None = _option(None, _text)
    tags: str | None = _option(None, _text)
    owner: str | None = _option(None, _text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionOptions(_Options):
    """The options of a project, for all its pages."""

    modules: tuple[str, ...] = _option((), _texts)
    pythonpath: tuple[str, ...] = _option((), _texts)
    setup: str | None = _option(None, _text)
    catalog: str | None = _option(None, _text)
    depends: tuple[str, ...] = _option((), _texts)
    timeout: float | None = _option(None, _unless_none(check_seconds))
    catalog_reuse: bool | None = _option(None, _unless_none(_flag))
    evidence: bool | None = _option(None, _unless_none(_flag))
    source_url: str | None = _option(None, _text)
    backlinks: bool = _option(default=True, check=_flag)
    format: str = _option("svg", _format_name)
    direction: str = _option("auto", _choice(*DIRECTIONS))
    fold: int | None = _option(MOST_STEPS, _fold)
    legend: bool = _option(default=False, check=_flag)
    errors: str = _option("auto", _choice(*ERRORS))
    language: str | None = _option(None, _text)
    locale_dirs: tuple[str, ...] = _option((), _texts)
    css: bool | None = _option(None, _flag)
    templates: str | None = _option(None, _text)
    config_file: str | None = _option(None, _text)

    @staticmethod
    def _spell(name: str) -> str:
        """Return *name*."""
        return name  # as MkDocs writes its own options

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Self:
        """Return the options with these values.

        Raises:
            ConfigurationError: If an option is unknown or its value is wrong.
        """
        try:
            return cls(**cls._check(options))
        except OptionError as error:
            raise ConfigurationError("penstock_flows", str(error)) from error

    def settings(self, folder: Path) -> Settings:
        """Return the project's settings: ``[tool.penstock]``, and these options over it.

        Args:
            folder: The folder of the project, unless a configuration file is named.

        Raises:
            ConfigurationError: If a setting cannot be used.
        """
        values = {name: getattr(self, name) for name in SETTING_NAMES}
        values = {name: value for name, value in values.items() if value != ()}
        folder = Path(self.config_file).parent if self.config_file else folder
        location = self.config_file or "the options of penstock_flows"
        return read_settings(folder).override(location, values, folder, _WORDS)

    def words(self, language: str | None, folder: Path) -> Words:
        """Return the words of penstock in the language of these options.

        Args:
            language: The language of the site, which these options may override.
            folder: The folder of the project, unless a configuration file is named.
        """
        root = Path(self.config_file).parent if self.config_file else folder
        return words_in(self.language or language, [root / name for name in self.locale_dirs])

    def flow(self) -> FlowOptions:
        """Return the options of a flow's block that says nothing."""
        return FlowOptions(
            format=self.format, direction=self.direction, fold=self.fold, legend=self.legend
        )
