"""A run for each request of a WSGI application, for the adapters that need one."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from penstock._bypassed import Endpoints, find_views
from penstock._context import Run
from penstock.boundary import Inbound, active, iterate

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["Requests", "environ_reader", "peer_of"]

_RUN = "penstock.run"


class Requests:
    """A WSGI application that calls *app* with a run for each request, also while the body is sent.

    Args:
        app: The application.
        inbound: What may come in.
        views: What Flask calls, by the name of its endpoint.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        inbound: Inbound,
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
        """Answer one request."""
        run = environ.get(_RUN)  # of a middleware around this one
        if run is None:
            run = self._inbound.receive(self._read(environ), environ)
            environ[_RUN] = run
            environ["penstock.flow_id"] = run.flow_id
        if self._inbound.respond:
            start_response = self._answering(start_response, run)
        block = active(run)
        with block:
            try:
                body = self._app(environ, start_response)
            except Exception as error:
                error.add_note(f"flow ID: {run.flow_id}")  # for the log of the server
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

    def _answering(self, start_response: "StartResponse", run: Run) -> "StartResponse":
        """Return what answers with the flow ID too, unless there is one already."""
        header = self._inbound.header
        name = header.lower()

        def answer(
            status: str, headers: list[tuple[str, str]], *exc_info: Any
        ) -> Callable[[bytes], object]:
            if all(said.lower() != name for said, _ in headers):
                headers = [*headers, (header, run.flow_id)]
            return start_response(status, headers, *exc_info)

        return answer


def peer_of(environ: Mapping[str, Any]) -> str | None:
    """Return the address of who is connected to the server, also behind werkzeug's ProxyFix."""
    original = environ.get("werkzeug.proxy_fix.orig", environ)
    found: str | None = original.get("REMOTE_ADDR") if isinstance(original, Mapping) else None
    return found


def environ_reader(inbound: Inbound) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what reads the headers that *inbound* looks at from a request's environment."""
    keys = {"HTTP_" + name.upper().replace("-", "_"): name for name in inbound.reads}

    def read(environ: Mapping[str, Any]) -> dict[str, Any]:
        return {name: environ[key] for key, name in keys.items() if key in environ}

    return read


def _runs_no_code(body: Iterable[bytes], environ: "WSGIEnvironment") -> bool:
    """Tell whether *body* is there already, or is a file that the server sends in its own way."""
    wrapper = environ.get("wsgi.file_wrapper")
    is_file = isinstance(wrapper, type) and isinstance(body, wrapper)
    return is_file or isinstance(body, (list, tuple))
