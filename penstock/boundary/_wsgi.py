"""A run for each request of a WSGI application, for the adapters that need one."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from penstock._runtime.bypassed import Endpoints, find_views
from penstock._runtime.failure_records import note_flow_id
from penstock._runtime.run import Run
from penstock.boundary import Inbound, InboundRequests, active, inactive, iterate
from penstock.boundary._requests import RUN

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["WSGIMiddleware", "as_sent", "environ_key", "environ_reader", "path_of", "peer_of"]

_NOTHING: Mapping[str, Any] = {}


class WSGIMiddleware:
    """A WSGI application that calls *app* with a run for each request, also while the body is sent.

    Args:
        app: The application.
        inbound: What may come in.
        views: What Flask calls, by the name of its endpoint.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        inbound: InboundRequests,
        views: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self._app = app
        self._inbound = inbound
        self._read = environ_reader(inbound)
        self._endpoints = Endpoints()
        self._views = find_views(app) if views is None else views

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
            environ[environ_key(self._inbound.header)] = run.flow_id
        if self._inbound.respond or self._inbound.expose_header:
            start_response = self._answering(start_response, run)
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
        run = self._inbound.begin(environ, outer, self._read, path_of)
        environ[RUN] = run
        if run is not None:
            environ["penstock.flow_id"] = run.flow_id
        return run

    def _answering(self, start_response: "StartResponse", run: Run) -> "StartResponse":
        """Return what starts the response with what the settings ask for."""
        complete, flow_id = self._inbound.complete_response, run.flow_id

        # Servers take the names of the standard, too, though they need not.
        def answer(
            status: str, response_headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            headers = complete(response_headers, flow_id)
            # Some applications are called in tests with a function of two arguments.
            if exc_info is None:
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

        return answer


def peer_of(environ: Mapping[str, Any]) -> str | None:
    """Return the address of who is connected to the server, also behind werkzeug's ProxyFix."""
    original = environ.get("werkzeug.proxy_fix.orig", environ)
    found: str | None = original.get("REMOTE_ADDR") if isinstance(original, Mapping) else None
    return found


def path_of(environ: Mapping[str, Any]) -> str:
    """Return the path within the application, decoded."""
    # A server decodes each byte as a character of Latin-1, whatever the client meant.
    path = str(environ.get("PATH_INFO") or "/")
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def environ_key(name: str) -> str:
    """Return the key of the header *name* in a request's environment."""
    return "HTTP_" + name.upper().replace("-", "_")


def environ_reader(inbound: Inbound) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what reads the headers that *inbound* looks at from a request's environment."""
    keys = {environ_key(name): name for name in inbound.reads}

    def read(environ: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: environ[key] for key, name in keys.items() if key in environ}
        sent = environ.get("headers_raw")  # of eventlet
        return found if sent is None else as_sent(found, (name for name, _ in sent))

    return read


def as_sent(found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return those of the *found* headers whose names were sent like that.

    In the environment X_Request_ID has the same key as X-Request-ID, so one may be taken for the
    other, which a proxy removes.
    """
    sent = {name.lower() for name in names}
    return {name: value for name, value in found.items() if name.lower() in sent}


def _runs_no_code(body: Iterable[bytes], environ: "WSGIEnvironment") -> bool:
    """Return whether *body* is complete already, or is a file that the server sends itself."""
    if isinstance(body, (list, tuple)):
        return True
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)
