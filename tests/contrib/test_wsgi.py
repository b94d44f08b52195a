"""The middleware for WSGI applications, called as a server calls it."""

import io
import logging
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from penstock import bind, current_flow_id, current_run
from penstock.boundary import UNTRUSTED_FLOW_ID
from penstock.contrib.wsgi import FlowMiddleware
from penstock.exceptions import ConfigurationError

THEIRS = "theirs-1"


def respond(environ, start_response):
    """Respond with the ID as the body."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [(current_flow_id() or "").encode()]


class Call:
    """One request, its response, and the flow ID that was current for the server."""

    def __init__(self, app, **environ):
        self.environ = environ
        setup_testing_defaults(environ)
        self.written = []
        self.body = app(environ, self.start_response)
        self.current = current_flow_id()

    def start_response(self, status, response_headers, exc_info=None):
        self.status, self.headers, self.exc_info = status, response_headers, exc_info
        return self.written.append

    @property
    def flow_id(self):
        return dict(self.headers).get("X-Request-ID")


def test_new_id():
    """A request has an ID, which is in the response."""
    call = Call(FlowMiddleware(respond))

    assert call.headers == [("Content-Type", "text/plain"), ("X-Request-ID", call.flow_id)]
    assert call.body == [call.flow_id.encode()]
    assert call.environ["penstock.flow_id"] == call.flow_id
    assert (len(call.flow_id), call.current) == (32, None)


def test_standard():
    """The middleware keeps to the standard on both of its sides."""
    call = Call(validator(FlowMiddleware(validator(respond))), QUERY_STRING="")

    assert b"".join(call.body) == call.flow_id.encode()
    call.body.close()


def test_never_what_is_there():
    """A run that is current in the thread is not used, and is restored."""
    with bind("order-7"):
        call = Call(FlowMiddleware(respond))

    assert call.flow_id != "order-7" == call.current


@pytest.mark.parametrize(
    ("trust", "expected"),
    [(True, True), (False, False), (lambda environ: environ["PATH_INFO"] == "/", True)],
    ids=["all", "none", "by function"],
)
def test_trust(trust, expected):
    """An ID that comes in is adopted from whom is trusted, and is there to be logged else."""
    values = []

    def app(environ, start_response):
        values.append(dict(current_run().values))
        return respond(environ, start_response)

    call = Call(FlowMiddleware(app, trust=trust), HTTP_X_REQUEST_ID=THEIRS)

    assert (call.flow_id == THEIRS) is expected
    assert values == [{} if expected else {UNTRUSTED_FLOW_ID: THEIRS}]


def test_other_headers():
    """The header has the name that is set, and the others that are asked for are read."""
    values = []

    def app(environ, start_response):
        values.append(dict(current_run().values))
        return respond(environ, start_response)

    settings = {"header": "X-Flow", "trust": True, "traceparent": True, "values": ["tenant"]}
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    call = Call(
        FlowMiddleware(app, **settings),
        HTTP_TRACEPARENT=f"00-{trace}-00f067aa0ba902b7-01",
        HTTP_BAGGAGE="tenant=north",
    )

    assert call.headers[-1] == ("X-Flow", trace)
    assert values == [{"tenant": "north"}]


def test_answer_of_the_application():
    """A header that the application sets itself stays, and its list is not changed."""
    own, none = [("x-request-id", "own")], []

    def app(environ, start_response):
        start_response("200 OK", none if environ["PATH_INFO"] == "/none" else own)
        return []

    calls = [Call(FlowMiddleware(app)), Call(FlowMiddleware(app), PATH_INFO="/none")]

    assert calls[0].headers == [("x-request-id", "own")]
    assert len(calls[1].headers) == 1
    assert none == []


def test_no_answer():
    """With `respond=False` the ID is not in the response."""
    assert Call(FlowMiddleware(respond, respond=False)).flow_id is None


def test_answer_that_is_replaced():
    """A response that an error replaces has the ID, and what is written goes through."""

    def app(environ, start_response):
        start_response("200 OK", [])
        start_response("500 Oh", [], (ValueError, ValueError(), None))(b"oh")
        return []

    call = Call(FlowMiddleware(app))

    assert (call.status, call.exc_info[0], call.written) == ("500 Oh", ValueError, [b"oh"])
    assert call.flow_id


class TestBody:
    """The body that is sent after the application has returned."""

    def test_streamed(self):
        """A body that is made while it is sent has the ID, and nothing is current between."""
        closed = []

        class Body:
            def __iter__(self):
                yield current_flow_id()
                yield current_flow_id()

            def close(self):
                closed.append(current_flow_id())

        def app(environ, start_response):
            start_response("200 OK", [])
            return Body()

        call = Call(FlowMiddleware(app))
        items = []
        for item in call.body:
            items.append((item, current_flow_id()))
        call.body.close()

        assert items == [(call.flow_id, None)] * 2
        assert closed == [call.flow_id]

    def test_generator(self):
        """An application that is a generator has the ID in its first line too."""

        def app(environ, start_response):
            start_response("200 OK", [])
            yield current_flow_id()

        call = Call(FlowMiddleware(app))

        assert list(call.body) == [call.flow_id]

    def test_client_that_left(self):
        """A body that is closed before its end, or before its beginning, is over within its run."""
        closed = []

        def app(environ, start_response):
            start_response("200 OK", [])
            try:
                yield b"a"
                yield b"b"
            finally:
                closed.append(current_flow_id())

        call = Call(FlowMiddleware(app))
        next(call.body)
        call.body.close()
        Call(FlowMiddleware(app)).body.close()

        assert closed == [call.flow_id]

    def test_file(self):
        """A file that a server sends in its own way is left to it."""
        body = FileWrapper(io.BytesIO(b"a"))

        def app(environ, start_response):
            start_response("200 OK", [])
            return body

        assert Call(FlowMiddleware(app), **{"wsgi.file_wrapper": FileWrapper}).body is body
        assert Call(FlowMiddleware(app)).body is not body


def test_failure():
    """An exception goes on with the ID as a note, and nothing is current afterwards."""
    seen = []

    def app(environ, start_response):
        seen.append(current_flow_id())
        raise LookupError

    with pytest.raises(LookupError) as caught:
        Call(FlowMiddleware(app))

    assert caught.value.__notes__ == [f"flow ID: {seen[0]}"]
    assert current_flow_id() is None


def test_names_of_the_standard():
    """An application may begin its response with keyword arguments where the server lets it."""
    error = (LookupError, LookupError(), None)

    def app(environ, start_response):
        start_response("500 Error", response_headers=[], exc_info=error)
        return []

    call = Call(FlowMiddleware(app))

    assert call.headers == [("X-Request-ID", call.flow_id)]
    assert call.exc_info == error


def test_middleware_in_a_middleware():
    """An application in another one has the ID of the same request."""
    seen = []

    def mount(environ, start_response):
        seen.append(current_flow_id().encode())
        return FlowMiddleware(respond)(environ, start_response)

    call = Call(FlowMiddleware(mount))

    assert seen == call.body == [call.flow_id.encode()]
    assert [name for name, _ in call.headers] == ["Content-Type", "X-Request-ID"]


HOSTILE = {
    "too long": "a" * 8192,
    "line break": "a\r\nSet-Cookie: x=1",
    "next line": "a\x85b",
    "null": "a\x00b",
    "invalid UTF-8": "\xff\xfe\x80",
    "empty": "",
    "spaces": " order 7 ",
    "two, as servers join them": "one,two",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_hostile(value, caplog):
    """An invalid flow ID is not adopted, returned, kept or logged."""
    caplog.set_level(logging.DEBUG, "penstock")
    kept = []

    def app(environ, start_response):
        kept.append(dict(current_run().values))
        return respond(environ, start_response)

    call = Call(FlowMiddleware(app, trust=True), HTTP_X_REQUEST_ID=value)

    assert len(call.flow_id) == 32
    assert kept == [{}]
    assert not value or value not in caplog.text


def test_wrong_setting():
    """An invalid setting is an error when the application is wrapped."""
    with pytest.raises(ConfigurationError, match=r"wsgi\.FlowMiddleware: .* did you mean 'trust'"):
        FlowMiddleware(respond, trusts=True)
