"""Entrypoints whose function is called without the wrapper that begins a run.

The framework was given the function before it was an entrypoint, by a decorator
below ``@entrypoint``. That is reported once for each entrypoint, when it is seen.
"""

import logging
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any
from weakref import WeakSet, ref

from penstock._declared.declaration import Declaration
from penstock._declared.functions import functions_of, unwrap_method
from penstock._declared.registry import default_registry
from penstock._runtime.drivers import is_wrapper

__all__ = ["Endpoints", "check_frame"]

_logger = logging.getLogger("penstock")

_reported: WeakSet[Declaration] = WeakSet()


class Endpoints:
    """The functions that one application calls, of which each is looked at once.

    An entrypoint whose function was registered below ``@entrypoint`` is called
    without its wrapper, so that no run of its flow begins: that is logged as an
    error with its location.

    Args:
        app: The application, or the method of one that a server calls.

    .. versionadded:: 0.2
    """

    def __init__(self, app: object = None) -> None:
        self.views: Mapping[Any, Any] = _find_views(app)
        """The functions that *app* calls, if it is one of Flask or Quart."""
        self._seen: dict[int, Callable[[], object]] = {}
        self._count = 0

    def check(self, endpoint: Any) -> None:
        """Report *endpoint*, which was called, if it leads past the wrapper of an entrypoint."""
        known = self._seen.get(id(endpoint))
        if known is not None and known() is endpoint:
            return
        try:
            self._seen[id(endpoint)] = ref(endpoint)
            _check_endpoint(endpoint)
        except Exception:  # what the application calls may be an object that nobody can look at
            self._seen.pop(id(endpoint), None)

    def check_all(self, endpoints: Mapping[Any, Any]) -> None:
        """Check the values of *endpoints*, unless there are as many as before."""
        if len(endpoints) != self._count:
            self._count = len(endpoints)
            for endpoint in tuple(endpoints.values()):
                self.check(endpoint)


def _find_views(app: Any) -> Mapping[Any, Any]:
    """Return what an application of Flask or Quart calls, or nothing for any other."""
    views = getattr(getattr(app, "__self__", app), "view_functions", None)
    return views if isinstance(views, dict) else {}


def _check_endpoint(endpoint: Any) -> None:
    codes = default_registry().codes()
    for function in functions_of(endpoint):
        if is_wrapper(function.__code__):
            return
        for declaration in codes.get(id(function.__code__), ()):
            if declaration.is_entrypoint and not declaration.shares(function.__code__):
                _report(declaration, always=True)


def check_frame(declaration: Declaration, frame: FrameType | None) -> None:
    """Report *declaration* if its function, which runs in or above *frame*, has no wrapper above.

    Only where a decorator may be the reason: a call of ``__wrapped__`` is intended.
    """
    while frame is not None:
        if is_wrapper(frame.f_code):
            return
        frame = frame.f_back
    _report(declaration, always=False)


_REGISTERED = "register what @entrypoint returned, not the function itself"


def _report(declaration: Declaration, *, always: bool) -> None:
    if declaration in _reported:
        return
    _reported.add(declaration)
    # Only who made the mistake reads the source.
    from penstock._declared.registrations import find_registrations  # noqa: PLC0415

    found = find_registrations(
        declaration.function, unwrap_method(declaration.target), is_called=True
    )
    if found is not None or always:
        cure = _REGISTERED if found is None else found.cure
        _logger.error(
            "%s: entrypoint %r was called without its wrapper, so no run of its flow began: %s",
            declaration.location,
            declaration.name,
            cure,
        )
