"""The system checks: what Django says at start-up and in ``manage.py check``."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Finding

from penstock.contrib.django._settings import LOCATION, read_inbound
from penstock.exceptions import ConfigurationError
from penstock.graph import find_problems

__all__ = ["check_flows", "check_settings", "import_views"]

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
        found.append(Finding(problem, hint=hint, id="penstock.W002"))
    return found


def check_flows(**_: Any) -> list[CheckMessage]:
    """Report the problems of the flows that the project declares."""
    import_views()
    return [
        Finding(
            f"flow {problem.flow!r}: {problem.message}" if problem.flow else problem.message,
            hint=f"See the problem {problem.code!r} in the documentation of penstock.",
            obj=problem.location or LOCATION,
            id="penstock.W001",
        )
        for problem in find_problems()
    ]


def import_views() -> None:
    """Import the modules of the project's URLs, which may declare flows."""
    urls = getattr(settings, "ROOT_URLCONF", None)
    if isinstance(urls, str):
        import_module(urls)
