"""Requests of WSGI: a run for each, and reading their headers, for adapters of frameworks."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from penstock._runtime.bypassed import Endpoints
from penstock._runtime.failure_records import note_flow_id
from penstock._runtime.run import Run
from penstock.boundary._current import active, inactive, iterate
from penstock.boundary._inbound import Inbound
from penstock.boundary._requests import RUN, InboundRequests

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["WSGIMiddleware", "find_peer", "header_key", "header_reader", "keep_sent"]

_NOTHING: Mapping[str, Any] = {}


class WSGIMiddleware:
    """A WSGI application that calls *app* with a run for each request, also while the body is sent.

    A middleware within another one uses the run of the outer one. The environment
    has the flow ID under ``"penstock.flow_id"``.

    Args:
        app: The application.
        inbound: The settings for requests.
        views: The functions that the framework calls, by the name of their
            endpoint, if *app* does not have them as Flask does. An entrypoint
            among them whose wrapper was not registered is reported once.

    .. versionadded:: 0.2
    """

    def __init__(
        self,
        app: "WSGIApplication",
        inbound: InboundRequests,
        views: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._app = app
        self._inbound = inbound
        self._read = header_reader(inbound)
        self._endpoints = Endpoints(app)
        self._views = self._endpoints.views if views is None else views

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        run = environ[RUN] if RUN in environ else self._begin(environ)
        if run is None:
            with inactive():
                ignored = self._app(environ, start_response)
            return ignored if _runs_no_code(ignored, environ) else iterate(None, ignored)
        if self._inbound.update_request_header:
            environ[header_key(self._inbound.header)] = run.flow_id
        if self._inbound.respond or self._inbound.expose_header:
            start_response = self._responding(start_response, run)
        block = active(run)
        with block:
            try:
                body = self._app(environ, start_response)
            except Exception as error:
                note_flow_id(run, error)  # for the log of the server
                raise
            finally:
                self._check(environ)
        return body if _runs_no_code(body, environ) else iterate(block.run, body)

    def _check(self, environ: "WSGIEnvironment") -> None:
        """Report an entrypoint that the application calls past its wrapper."""
        if self._views:
            self._endpoints.check_all(self._views)
        elif (route := environ.get("bottle.route")) is not None:
            self._endpoints.check(getattr(route, "callback", None))

    def _begin(self, environ: "WSGIEnvironment") -> Run | None:
        """Return the run of a request, or None if it is to have none.

        In its *environ*, where a middleware within finds it.
        """
        outer = environ.get("asgi.scope", _NOTHING)  # of a2wsgi
        run = self._inbound.begin(environ, outer, self._read, _path_of)
        environ[RUN] = run
        if run is not None:
            environ["penstock.flow_id"] = run.flow_id
        return run

    def _responding(self, start_response: "StartResponse", run: Run) -> "StartResponse":
        """Return what starts the response with what the settings ask for."""
        complete, flow_id = self._inbound.complete_response, run.flow_id

        # Servers take the names of the standard, too, though they need not.
        def respond(
            status: str, response_headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            headers = complete(response_headers, flow_id)
            # Some applications are called in tests with a function of two arguments.
            if exc_info is None:
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

        return respond


def find_peer(environ: Mapping[str, Any]) -> str | None:
    """Return the address of the connected peer, also behind werkzeug's ProxyFix.

    Args:
        environ: The environment of a request.

    .. versionadded:: 0.2
    """
    original = environ.get("werkzeug.proxy_fix.orig", environ)
    found: str | None = original.get("REMOTE_ADDR") if isinstance(original, Mapping) else None
    return found


def _path_of(environ: Mapping[str, Any]) -> str:
    """Return the path within the application, decoded."""
    # A server decodes each byte as a character of Latin-1, whatever the client meant.
    path = str(environ.get("PATH_INFO") or "/")
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def header_key(name: str) -> str:
    """Return the key of a header in a request's environment.

    Args:
        name: The name of the header: ``HTTP_X_REQUEST_ID`` is the key of ``X-Request-ID``.

    .. versionadded:: 0.2
    """
    return "HTTP_" + name.upper().replace("-", "_")


def header_reader(inbound: Inbound) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that reads the headers for *inbound* from a request's environment.

    Args:
        inbound: The settings. Make the reader once, and pass it to
            `penstock.boundary.InboundRequests.begin` as *headers_of*.

    .. versionadded:: 0.2
    """
    keys = {header_key(name): name for name in inbound.reads}

    def read(environ: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: environ[key] for key, name in keys.items() if key in environ}
        sent = environ.get("headers_raw")  # of eventlet
        return found if sent is None else keep_sent(found, (name for name, _ in sent))

    return read


def keep_sent(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return those of the *found* headers that were sent under exactly these names.

    In the environment ``X_Request_ID`` has the same key as ``X-Request-ID``. So a
    client could send the first where a proxy removes the second.

    Args:
        found: Headers that a reader found in an environment.
        names: The names of all headers as the client sent them, in whatever case.

    .. versionadded:: 0.2
    """
    sent = {name.lower() for name in names}
    return {name: value for name, value in found.items() if name.lower() in sent}


def _runs_no_code(body: Iterable[bytes], environ: "WSGIEnvironment") -> bool:
    """Return whether *body* is complete already, or is a file that the server sends itself."""
    if isinstance(body, (list, tuple)):
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)
