"""The system checks: what ``manage.py check`` reports, and Django before most commands."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution

from penstock.contrib.django._settings import LOCATION, read_inbound
from penstock.exceptions import ConfigurationError

__all__ = ["check_flows", "check_settings"]

_MIDDLEWARE = "penstock.contrib.django.FlowMiddleware"


def check_settings(**_: Any) -> list[CheckMessage]:
    """Report what is wrong with ``settings.PENSTOCK`` and with the order of the middleware."""
    found: list[CheckMessage] = []
    try:
        read_inbound()
    except ConfigurationError as error:
        found.append(Error(error.problem, obj=LOCATION, id="penstock.E001"))
    middleware = list(settings.MIDDLEWARE)
    if _MIDDLEWARE in middleware[1:]:
        problem = f"{_MIDDLEWARE} is not the first in MIDDLEWARE"
        hint = "What comes before it responds and logs without a flow ID: move it to the top."
        found.append(Caution(problem, hint=hint, id="penstock.W002"))
    return found


def check_flows(**_: Any) -> list[CheckMessage]:
    """Report what ``penstock check`` finds, or why it cannot look; never raise."""
    try:
        from penstock.contrib.django._flow_checks import (  # noqa: PLC0415 - not at each start
            flow_messages,
        )

        return list(flow_messages())
    except Exception as error:
        problem = f"penstock itself failed ({type(error).__name__}: {error}), please report it"
        return [Caution(problem, hint="The project is not at fault.", id="penstock.W006")]
