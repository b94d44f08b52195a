"""The setting ``PENSTOCK`` of a project."""

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from penstock.boundary import Inbound, InboundSettings
from penstock.exceptions import ConfigurationError

__all__ = ["PLACE", "read_inbound"]

PLACE = "settings.PENSTOCK"


def read_inbound() -> Inbound:
    """Return what ``settings.PENSTOCK`` says.

    Raises:
        ConfigurationError: If a setting is unknown or cannot be used.
    """
    said: Any = getattr(settings, "PENSTOCK", {})
    if not isinstance(said, Mapping):
        raise ConfigurationError(PLACE, f"takes a dictionary, not {said!r}")
    return Inbound.read(PLACE, cast("InboundSettings", {**said, **_trust(said.get("trust"))}))


def _trust(said: object) -> dict[str, object]:
    """Return whom to trust, where a function is named by its path."""
    if not isinstance(said, str):
        return {}
    try:
        return {"trust": import_string(said)}
    except ImportError as error:
        raise ConfigurationError(PLACE, f"trust names {said!r}: {error}") from error
