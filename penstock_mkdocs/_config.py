"""The options of the extension and of a block, checked by hand so that messages help."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

from penstock._model import Direction
from penstock._settings import Settings, read_settings
from penstock.exceptions import ConfigurationError, did_you_mean

__all__ = ["DIRECTIONS", "FORMATS", "BlockOptions", "ExtensionOptions"]

FORMATS = ("svg", "mermaid", "png")
DIRECTIONS: tuple[str, ...] = get_args(Direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """Options whose fields know which values they take."""

    @classmethod
    def _check(cls, place: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return *said* with each value as its field takes it.

        Raises:
            ConfigurationError: If an option is unknown or its value is wrong.
        """
        checks = {f.name: f.metadata["check"] for f in fields(cls)}
        spelled = {name.removesuffix("_"): name for name in checks}
        read: dict[str, Any] = {}
        for key, value in said.items():
            if key not in spelled:
                known = ", ".join(spelled)
                problem = f"unknown option {key!r}{did_you_mean(key, spelled)} (known: {known})"
                raise ConfigurationError(place, problem)
            try:
                read[spelled[key]] = checks[spelled[key]](value)
            except ValueError as error:
                raise ConfigurationError(place, f"option {key!r}: {error}") from error
        return read


def _option(default: Any, check: Callable[[Any], Any]) -> Any:
    return field(default=default, metadata={"check": check})


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, (str, int, float)):
        message = f"takes a text, not {value!r}"
        raise ValueError(message)
    return None if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        message = f"takes a list of texts, not {value!r}"
        raise ValueError(message)
    return tuple(value)


def _choice(*values: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        word = str(value)
        found = next((known for known in values if known.lower() == word.lower()), None)
        if found is None:
            hint = did_you_mean(word, values)
            message = f"{word!r} is none of {', '.join(values)}{hint}"
            raise ValueError(message)
        return found

    return check


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOptions(_Options):
    """What stands below one ``::: penstock-flow NAME``."""

    format: str = _option("svg", _choice(*FORMATS))
    direction: str = _option("TD", _choice(*DIRECTIONS))
    caption: str | None = _option(None, _text)
    alt: str | None = _option(None, _text)
    name: str | None = _option(None, _text)
    align: str | None = _option(None, _choice("left", "center", "right"))
    class_: str | None = _option(None, _text)
    steps: str = _option("full", _choice("full", "summary", "none"))

    def override(self, place: str, said: object) -> Self:
        """Return these options with what *said*, read from YAML at *place*, says instead.

        Raises:
            ConfigurationError: If an option is unknown or its value is wrong.
        """
        if said is None:
            return self
        if not isinstance(said, dict):
            raise ConfigurationError(place, f"options are `name: value` lines, not {said!r}")
        return replace(self, **self._check(place, said))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionOptions(_Options):
    """What a project says once, for all its pages."""

    modules: tuple[str, ...] = _option((), _texts)
    pythonpath: tuple[str, ...] = _option((), _texts)
    setup: str | None = _option(None, _text)
    format: str = _option("svg", _choice(*FORMATS))
    direction: str = _option("TD", _choice(*DIRECTIONS))
    templates: str | None = _option(None, _text)
    config_file: str | None = _option(None, _text)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Return the options that *said* sets.

        Raises:
            ConfigurationError: If an option is unknown or its value is wrong.
        """
        return cls(**cls._check("penstock_flows", said))

    @property
    def folder(self) -> Path:
        """The folder from which paths are counted: that of the configuration file."""
        return Path(self.config_file).parent if self.config_file else Path.cwd()

    def settings(self) -> Settings:
        """Return the project's settings: ``[tool.penstock]``, and these options over it.

        Raises:
            ConfigurationError: If a setting cannot be used.
        """
        said = {
            "modules": list(self.modules),
            "pythonpath": list(self.pythonpath),
            "setup": self.setup,
        }
        place = self.config_file or "the options of penstock_flows"
        return read_settings(self.folder).override(place, said, self.folder)

    def block(self) -> BlockOptions:
        """Return the options of a block that says nothing."""
        return BlockOptions(format=self.format, direction=self.direction)
