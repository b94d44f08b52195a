"""The setting ``PENSTOCK`` of a project."""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from django.conf import settings as project
from django.core.handlers.asgi import ASGIRequest
from django.utils.module_loading import import_string

from penstock.boundary import InboundRequests, InboundRequestsSettings
from penstock.boundary.wsgi import find_peer
from penstock.exceptions import ConfigurationError

__all__ = ["LOCATION", "read_inbound"]

LOCATION = "settings.PENSTOCK"

_logger = logging.getLogger("penstock")


def read_inbound() -> InboundRequests:
    """Return what ``settings.PENSTOCK`` says.

    Raises:
        ConfigurationError: If a setting is unknown or cannot be used.
    """
    values: Any = getattr(project, "PENSTOCK", {})
    if not isinstance(values, Mapping):
        raise ConfigurationError(LOCATION, f"takes a dictionary, not {values!r}")
    settings = cast("InboundRequestsSettings", {**values, **_functions(values)})
    peer = _peer_of_any if values.get("real_peer") is True else _peer_of
    return InboundRequests.read(LOCATION, settings, peer=peer)


def _peer_of_any(request: Any) -> str | None:
    return find_peer(request.META)


def _peer_of(request: Any) -> str | None:
    """Return the address of who is connected to a WSGI server.

    What an ASGI server gives may be an address that a client wrote.
    """
    if not isinstance(request, ASGIRequest):
        return find_peer(request.META)
    message = (
        'settings.PENSTOCK: "trust" names networks, but an ASGI server may give an address that a '
        'client wrote; nothing is adopted. Use Secret of penstock.boundary, or "real_peer": True'
    )
    _report_once(message)
    return None


@cache
def _report_once(message: str) -> None:
    _logger.error(message)


def _functions(values: Mapping[str, Any]) -> dict[str, object]:
    """Return the functions among the settings that are named by their paths."""
    paths = {name: values.get(name) for name in ("trust", "validator", "transformer")}
    return {name: _find(name, path) for name, path in paths.items() if isinstance(path, str)}


def _find(name: str, path: str) -> object:
    try:
        return import_string(path)
    except ImportError as error:
        raise ConfigurationError(LOCATION, f"{name} names {path!r}: {error}") from error
