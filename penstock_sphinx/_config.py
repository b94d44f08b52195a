"""The values of ``conf.py``."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast, get_args

from sphinx.application import Sphinx
from sphinx.config import Config

from penstock.docs import (
    SETTING_NAMES,
    Settings,
    SettingWords,
    did_you_mean,
    page_formats,
    read_settings,
)
from penstock.graph import MOST_STEPS
from penstock.render import Direction
from penstock_sphinx._compat import names_in_conf
from penstock_sphinx._log import warn

__all__ = [
    "DIRECTIONS",
    "PenstockConfig",
    "choice",
    "fold_limit",
    "format_name",
    "project_settings",
    "setup_config",
    "switch",
]

DIRECTIONS: tuple[str, ...] = get_args(Direction)

MERMAID_JS = "https://cdn.jsdelivr.net/npm/mermaid@11.12.0/dist/mermaid.min.js"
"""The Mermaid that pages load unless ``penstock_mermaid_js`` says otherwise."""


_WORDS = SettingWords(name="penstock_{}", assignment="penstock_{name} = {value} in conf.py")


def choice(*values: str) -> Callable[[Any], str]:
    """Return what reads a word that is one of *values*, in any case."""

    def read(given: Any) -> str:
        word = given.strip() if isinstance(given, str) else given
        found = [value for value in values if value.lower() == str(word).lower()]
        if not found:
            hint = did_you_mean(str(word), values)
            message = f"{word!r} is none of {', '.join(values)}{hint}"
            raise ValueError(message)
        return found[0]

    return read


def format_name(given: Any) -> str:
    """Return the name of a format of pages, in any case."""
    return choice(*page_formats())(given)


def fold_limit(given: Any) -> int | None:
    """Return how many steps are not folded, or None for ``"never"``."""
    word = str(given).strip().lower()
    if given is None or word == "never":
        return None
    if isinstance(given, bool) or not word.isascii() or not word.isdigit():
        message = f"{given!r} is neither a number of steps nor 'never'"
        raise ValueError(message)
    return int(word)


def switch(given: Any) -> bool:
    """Return whether an option is on: it is without a value."""
    word = str(given or "true").strip().lower()
    if word not in {"true", "false"}:
        message = f"{given!r} is neither true nor false"
        raise ValueError(message)
    return word == "true"


def _address(given: Any) -> str | None:
    if given is not None and not (isinstance(given, str) and given.strip()):
        message = f"{given!r} is neither an address or file of a script nor None"
        raise ValueError(message)
    return given


def _number(given: Any) -> Any:
    """Return *given* as a number where the command line gives a string."""
    with suppress(ValueError):
        return float(given) if isinstance(given, str) else given
    return given


def _boolean(given: Any) -> Any:
    """Return *given* as a boolean where the command line gives a string."""
    return {"1": True, "true": True, "0": False, "false": False}.get(str(given).lower(), given)


def _switch(given: Any) -> bool:
    if given not in {True, False}:
        message = f"{given!r} is neither True nor False"
        raise ValueError(message)
    return bool(given)


def _read_by(read: Callable[[Any], object], rebuild: str = "env") -> dict[str, Any]:
    return {"read": read, "rebuild": rebuild}


# What all tools share is checked in one place, when modules are imported.
_SHARED = _read_by(lambda given: given)


@dataclass(frozen=True, slots=True, kw_only=True)
class PenstockConfig:
    """The settings in ``conf.py``: each field is a value ``penstock_*``."""

    modules: Any = field(default=(), metadata=_SHARED)
    """The modules that declare flows."""

    pythonpath: Any = field(default=(), metadata=_SHARED)
    """Folders to import them from, counted from ``conf.py``."""

    setup: Any = field(default=None, metadata=_SHARED)
    """A function to call first, as ``"package.module:function"``."""

    catalog: Any = field(default=None, metadata=_SHARED)
    """The file of a catalog to read instead, counted from ``conf.py``."""

    depends: Any = field(default=(), metadata=_SHARED)
    """More files that flows depend on, counted from ``conf.py``."""

    timeout: Any = field(default=None, metadata=_read_by(_number, ""))
    """Seconds that a process may take to import the modules."""

    catalog_reuse: Any = field(default=None, metadata=_read_by(_boolean, ""))
    """Whether flows are kept from one build to the next while nothing has changed."""

    evidence: Any = field(default=None, metadata=_read_by(_boolean))
    """Whether edges are checked against the source, and shown with what that says."""

    source_url: Any = field(default=None, metadata=_SHARED)
    """The URL of a line of the source, unless viewcode or linkcode shows it."""

    backlinks: bool = field(default=True, metadata=_read_by(_switch, "html"))
    """Whether the API reference links to the flows of a function."""

    format: str = field(default="svg", metadata=_read_by(format_name))
    """The format of diagrams."""

    direction: str = field(default="auto", metadata=_read_by(choice(*DIRECTIONS)))
    """The direction of diagrams."""

    fold: int | None = field(default=MOST_STEPS, metadata=_read_by(fold_limit))
    """How many steps a diagram shows: a larger flow is folded into its groups."""

    legend: bool = field(default=False, metadata=_read_by(lambda given: _switch(_boolean(given))))
    """Whether diagrams have a legend."""

    mermaid_js: str | None = field(default=MERMAID_JS, metadata=_read_by(_address, "html"))
    """The script of Mermaid: an address, or a file in a folder of ``html_static_path`` or counted
    from ``conf.py``. With None, pages bring their own."""


def setup_config(app: Sphinx) -> None:
    """Register the values that ``conf.py`` may set."""
    for known in fields(PenstockConfig):
        # A list, so that ``sphinx-build -D penstock_modules=a,b`` is one.
        default: object = [] if known.default == () else known.default
        # Any: Sphinx would only say which type it wants, we say more.
        app.add_config_value(
            _name(known), default, known.metadata["rebuild"], types=cast("type", Any)
        )
    app.connect("config-inited", _validate)
    app.connect("config-inited", _warn_of_unknown)


def project_settings(confdir: Path, config: Config) -> Settings:
    """Return the project's settings: ``[tool.penstock]``, and ``conf.py`` over it.

    Raises:
        ConfigurationError: If a setting cannot be used.
    """
    options = {key: config[f"penstock_{key}"] for key in SETTING_NAMES}
    # An empty tuple says nothing, as an empty list does.
    options = {key: value for key, value in options.items() if value != ()}
    found = read_settings(confdir).override(str(confdir / "conf.py"), options, confdir, _WORDS)
    return replace(
        found, mocks=tuple(map(str, getattr(config, "autodoc_mock_imports", None) or ()))
    )


def _warn_of_unknown(_app: Sphinx, config: Config) -> None:
    """Warn of names in ``conf.py`` that look like settings of penstock but are none."""
    known = [_name(each) for each in fields(PenstockConfig)]
    # Sphinx warns of unknown names that `-D` sets, and keeps those of `conf.py` here.
    for name, value in names_in_conf(config).items():
        if name.startswith("penstock_") and name not in config and not _is_code(value):
            hint = did_you_mean(name, known)
            warn(f"conf.py: unknown setting {name!r}{hint} (known: {', '.join(known)})", "config")


def _is_code(value: object) -> bool:
    return isinstance(value, ModuleType) or callable(value)


def _validate(_app: Sphinx, config: Config) -> None:
    """Replace a value that cannot be used by the default, and warn of it."""
    for known in fields(PenstockConfig):
        name = _name(known)
        try:
            config[name] = known.metadata["read"](config[name])
        except ValueError as error:
            warn(f"{name}: {error} (using {known.default!r})", "config")
            config[name] = known.default


def _name(known: "Field[Any]") -> str:
    return f"penstock_{known.name}"
