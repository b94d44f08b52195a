"""One flow ID for each request of a Django project, under WSGI and ASGI.

It needs ``pip install "penstock[django]"``.
"""

from penstock.exceptions import MissingExtraError

try:
    from penstock.contrib.django._middleware import FlowMiddleware
except ImportError as error:
    raise MissingExtraError.from_import(__name__, "django", "django", error) from error

__all__ = ["FlowMiddleware"]
