"""Reading settings of boundaries: what is the same for all of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from penstock._common.plain_values import plain_string
from penstock.exceptions import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["build", "check_bool", "check_common", "is_token", "read_names", "wrong"]

# RFC 9110, section 5.6.2.
is_token: Callable[[str], object] = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch


class _Common(Protocol):
    @property
    def header(self) -> str: ...
    @property
    def traceparent(self) -> bool: ...
    @property
    def values(self) -> Iterable[str]: ...


def check_common(settings: _Common) -> None:
    header: object = settings.header
    if not (isinstance(header, str) and is_token(header)):
        raise wrong("header", 'the name of a header, like "X-Request-ID"', header)
    object.__setattr__(settings, "header", plain_string(header))
    check_bool("traceparent", settings.traceparent)
    # The dataclass is frozen for its users.
    object.__setattr__(settings, "values", read_names("values", settings.values, "tenant"))


def check_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise wrong(name, "True or False", value)


def read_names(name: str, found: Any, example: str) -> tuple[str, ...]:
    wanted = f'a list of strings, like ["{example}"]'
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise wrong(name, wanted, found)
    names: tuple[Any, ...] = tuple(found)
    if not all(isinstance(one, str) and one for one in names):
        raise wrong(name, wanted, found)
    return names


def wrong(name: str, wanted: str, got: object) -> ConfigurationError:
    return ConfigurationError(name, f"takes {wanted}, not {got!r}")


_NOTHING: Mapping[str, Any] = {}
_S = TypeVar("_S", bound="DataclassInstance")


def build(
    cls: type[_S], location: str, settings: dict[str, Any], own: Mapping[str, Any] = _NOTHING
) -> _S:
    known = [found.name for found in fields(cls) if not found.name.startswith("_")]
    for name in settings:
        if name not in known:
            hint = did_you_mean(name, known)
            problem = f"unknown setting {name!r}{hint} (known: {', '.join(known)})"
            raise ConfigurationError(location, problem)
    try:
        return cls(**settings, **own)
    except ConfigurationError as error:
        problem = f"{error.location} {error.problem}"
        raise ConfigurationError(location, problem) from None
