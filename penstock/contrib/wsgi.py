"""One flow ID for each request of a WSGI application: Flask, Bottle, Pyramid, Django.

It needs no package but penstock.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Unpack

from penstock._context import Run
from penstock.boundary import Inbound, InboundSettings, active, iterate

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["FlowMiddleware"]


class FlowMiddleware:
    """Makes a run current for each request, and while its body is sent.

    Its place is around everything else, so that error pages have the ID too:
    ``app.wsgi_app = FlowMiddleware(app.wsgi_app)``. What handles the request
    can also read it from ``environ["penstock.flow_id"]``.

    It always makes a run of the request's own, whatever is current.

    Args:
        app: The application.
        settings: Those of `penstock.boundary.Inbound`. A function as *trust* is
            asked with the request's environment.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.1
    """

    def __init__(self, app: "WSGIApplication", **settings: Unpack[InboundSettings]) -> None:
        self._app = app
        self._inbound = Inbound.read("penstock.contrib.wsgi.FlowMiddleware", settings)
        header = self._inbound.header
        self._keys = {_key(name): name for name in (header, "traceparent", "baggage")}

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        carrier = {name: environ[key] for key, name in self._keys.items() if key in environ}
        run = self._inbound.receive(carrier, environ)
        environ["penstock.flow_id"] = run.flow_id
        if self._inbound.respond:
            start_response = self._answering(start_response, run)
        with active(run):
            body = self._app(environ, start_response)
        return body if _runs_no_code(body, environ) else iterate(run, body)

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


def _key(header: str) -> str:
    """Return what the environment calls *header*."""
    return "HTTP_" + header.upper().replace("-", "_")


def _runs_no_code(body: Iterable[bytes], environ: "WSGIEnvironment") -> bool:
    """Tell whether *body* is there already, or is a file that the server sends in its own way."""
    wrapper = environ.get("wsgi.file_wrapper")
    is_file = isinstance(wrapper, type) and isinstance(body, wrapper)
    return is_file or isinstance(body, (list, tuple))
