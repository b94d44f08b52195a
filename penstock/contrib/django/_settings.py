"""The setting ``PENSTOCK`` of a project."""

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings as project
from django.core.handlers.asgi import ASGIRequest
from django.utils.module_loading import import_string

from penstock._callables import report_once
from penstock._wsgi import peer_of
from penstock.boundary import Inbound, InboundSettings
from penstock.exceptions import ConfigurationError

__all__ = ["PLACE", "read_inbound"]

PLACE = "settings.PENSTOCK"


def read_inbound() -> Inbound:
    """Return what ``settings.PENSTOCK`` says.

    Raises:
        ConfigurationError: If a setting is unknown or cannot be used.
    """
    said: Any = getattr(project, "PENSTOCK", {})
    if not isinstance(said, Mapping):
        raise ConfigurationError(PLACE, f"takes a dictionary, not {said!r}")
    settings = cast("InboundSettings", {**said, **_trust(said.get("trust"))})
    peer = _peer_of_any if said.get("real_peer") is True else _peer_of
    return Inbound.read(PLACE, settings, peer=peer)


def _peer_of_any(request: Any) -> str | None:
    return peer_of(request.META)


def _peer_of(request: Any) -> str | None:
    """Return the address of who is connected to a WSGI server.

    What an ASGI server gives may be an address that a client wrote.
    """
    if not isinstance(request, ASGIRequest):
        return peer_of(request.META)
    message = (
        'settings.PENSTOCK: "trust" names networks, but an ASGI server may give an address that a '
        'client wrote; nothing is adopted. Use Secret of penstock.boundary, or "real_peer": True'
    )
    report_once(_peer_of, message)
    return None


def _trust(said: object) -> dict[str, object]:
    """Return whom to trust, where a function is named by its path."""
    if not isinstance(said, str):
        return {}
    try:
        return {"trust": import_string(said)}
    except ImportError as error:
        raise ConfigurationError(PLACE, f"trust names {said!r}: {error}") from error
