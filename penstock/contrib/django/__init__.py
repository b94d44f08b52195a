"""One flow ID for each request of a Django project, under WSGI and ASGI.

It needs ``pip install "penstock[django]"``.
"""

from penstock.exceptions import MissingExtraError

try:
    import django  # noqa: F401 - whether it is there
except ImportError as error:
    raise MissingExtraError(__name__, "django", "django") from error

from penstock.contrib.django._middleware import FlowMiddleware

__all__ = ["FlowMiddleware"]
