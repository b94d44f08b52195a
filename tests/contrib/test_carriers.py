"""Headers in the types of the frameworks and clients that the documentation names."""

import logging
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from types import MappingProxyType
from wsgiref.headers import Headers as WsgiHeaders

import bottle
import grpc
import httpx
import pytest
from django.http import HttpHeaders
from grpc.aio import Metadata
from multidict import CIMultiDict, CIMultiDictProxy
from requests.structures import CaseInsensitiveDict
from starlette.datastructures import Headers, MutableHeaders
from urllib3 import HTTPHeaderDict
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from penstock import annotate, bind, extract, inject
from penstock.exceptions import InvalidArgumentError

PAIRS = [("accept", "a"), ("Cookie", "x=1"), ("x-REQUEST-id", "old"), ("cookie", "y=2")]
RAW = [(name.lower().encode(), value.encode()) for name, value in PAIRS]


def filled(carrier, add):
    for name, value in PAIRS:
        getattr(carrier, add)(name, value)
    return carrier


def pairs_of(carrier):
    """Return all pairs of *carrier* as lower-case strings, in the type's own way."""
    if isinstance(carrier, HTTPHeaderDict):
        found = list(carrier.iteritems())
    elif hasattr(carrier, "multi_items"):
        found = carrier.multi_items()
    elif isinstance(carrier, bottle.HeaderDict):
        found = carrier.allitems()
    elif isinstance(carrier, Metadata):
        found = list(carrier)
    else:
        found = list(carrier.items() if hasattr(carrier, "items") else carrier)
    return [(text(name).lower(), text(value)) for name, value in found]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


# What has repeated names: a function that makes it, and the type of the copy.
REPEATED = {
    "httpx.Headers": (lambda: httpx.Headers(PAIRS), httpx.Headers),
    "CIMultiDict": (lambda: CIMultiDict(PAIRS), CIMultiDict),
    "CIMultiDictProxy": (lambda: CIMultiDictProxy(CIMultiDict(PAIRS)), CIMultiDict),
    "werkzeug": (lambda: WerkzeugHeaders(PAIRS), WerkzeugHeaders),
    "starlette": (lambda: Headers(raw=list(RAW)), MutableHeaders),
    "starlette, mutable": (lambda: MutableHeaders(raw=list(RAW)), MutableHeaders),
    "email": (lambda: filled(Message(), "add_header"), list),
    "urllib3": (lambda: filled(HTTPHeaderDict(), "add"), HTTPHeaderDict),
    "wsgiref": (lambda: WsgiHeaders(list(PAIRS)), list),
    "bottle": (lambda: filled(bottle.HeaderDict(), "append"), list),
    "gRPC, asynchronous": (lambda: Metadata(*PAIRS), list),
    "gRPC": (lambda: tuple(PAIRS), list),
    "list": (lambda: list(PAIRS), list),
    "list of bytes": (lambda: list(RAW), list),
    "Kafka": (lambda: [(name, value.encode()) for name, value in PAIRS], list),
    "generator": (lambda: (pair for pair in PAIRS), list),
    "map": (lambda: map(tuple, PAIRS), list),
    "items": (lambda: filled(Message(), "add_header").items(), list),
}


@pytest.mark.parametrize(("make", "kind"), REPEATED.values(), ids=REPEATED)
def test_repeated_names(make, kind):
    """Nothing but an older ID is lost, and the ID is there once, last."""
    with bind("a"):
        sent = inject(make())

    assert type(sent) is kind
    assert pairs_of(sent) == [
        ("accept", "a"),
        ("cookie", "x=1"),
        ("cookie", "y=2"),
        ("x-request-id", "a"),
    ]
    assert extract(sent).flow_id == "a"


@pytest.mark.parametrize("make", [m for m, _ in REPEATED.values()], ids=REPEATED)
def test_never_changed(make):
    """The caller's headers are not changed, in a run and outside."""
    carrier, unread = make(), make()
    inject(carrier)
    with bind("a"):
        sent = inject(carrier)

    assert sent is not carrier
    if not hasattr(carrier, "__next__"):
        assert pairs_of(carrier) == pairs_of(unread)


@pytest.mark.parametrize("kind", [CIMultiDict, WerkzeugHeaders, httpx.Headers])
def test_ids_in_several_cases(kind):
    """However often and in whichever case there is an older ID, it is replaced."""
    older = kind([("x-request-id", "b"), ("Accept", "a"), ("X-REQUEST-ID", "c")])

    with bind("a"):
        assert pairs_of(inject(older)) == [("accept", "a"), ("x-request-id", "a")]


ENVIRON = {"HTTP_ACCEPT": "a", "HTTP_X_REQUEST_ID": "old"}


class Frozen(dict):
    """A dictionary that cannot be written to, as frozendict and Django's are."""

    def __setitem__(self, *_):
        raise TypeError

    def copy(self):
        return self


class Upper(dict):
    """A dictionary whose keys are upper case."""

    def copy(self):
        return type(self)(self)

    def __setitem__(self, name, value):
        super().__setitem__(name, f"<{value}>")


@pytest.mark.parametrize(
    ("carrier", "kind"),
    [
        (CaseInsensitiveDict({"accept": "a", "x-request-id": "old"}), CaseInsensitiveDict),
        (HttpHeaders(ENVIRON), dict),
        (EnvironHeaders(ENVIRON), dict),
        (OrderedDict({"accept": "a", "x-request-ID": "old"}), OrderedDict),
        (MappingProxyType({"accept": "a"}), dict),
        (Frozen(accept="a"), dict),
        (Upper(accept="a"), dict),
        (Metadata(("accept", "a")), list),
    ],
    ids=lambda value: type(value).__name__,
)
def test_names_that_occur_once(carrier, kind):
    """A copy has the type of the headers if that can be written to, or is a dictionary."""
    with bind("a"):
        sent = inject(carrier)

    assert type(sent) is kind
    assert sorted(pairs_of(sent)) == [("accept", "a"), ("x-request-id", "a")]


class Strict(WerkzeugHeaders):
    """Headers that say so when a name to delete is not there, as dictionaries do."""

    def __delitem__(self, name):
        if name not in self:
            raise KeyError(name)
        super().__delitem__(name)


@pytest.mark.parametrize("make", [CIMultiDict, WerkzeugHeaders, httpx.Headers, Strict])
def test_older_id_in_two_cases(make):
    """An ID that is there twice, written in two ways, is replaced once."""
    older = [("X-Request-ID", "old"), ("accept", "a"), ("x-request-id", "older")]
    with bind("a"):
        sent = inject(make(older))

    assert type(sent) is make
    assert pairs_of(sent) == [("accept", "a"), ("x-request-id", "a")]


def test_bytes():
    """A dictionary whose names are bytes stays one."""
    with bind("a"):
        assert inject({b"accept": b"a"}) == {b"accept": b"a", b"X-Request-ID": b"a"}


def test_extract_from_an_iterator():
    """An iterator is read once, whatever is in it."""
    assert extract(iter([(7, "x"), ("x-request-id", "a")])).flow_id == "a"
    with pytest.raises(InvalidArgumentError, match="a mapping or a list of pairs"):
        extract(iter([7]))


class TestGrpc:
    """Metadata of real calls."""

    @pytest.fixture
    def received(self):
        """Return a function that calls a server and returns the metadata that it got."""

        class Echo(grpc.GenericRpcHandler):
            def service(self, details):
                seen = repr(dict(details.invocation_metadata)).encode()
                return grpc.unary_unary_rpc_method_handler(lambda _request, _context: seen)

        server = grpc.server(ThreadPoolExecutor(1), handlers=[Echo()])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/shop.Stock/Check")
            yield lambda metadata: call(b"", metadata=metadata, timeout=60).decode()
        server.stop(None).wait()

    @pytest.mark.parametrize("metadata", [[], (), (("tenant", "n"),), [("key-bin", b"\x00")]])
    def test_header(self, received, metadata):
        """A header in lower case arrives, beside what is there."""
        with bind("a"):
            seen = received(inject(metadata, header="x-request-id"))

        assert "'x-request-id': 'a'" in seen
        assert all(name in seen for name, _ in metadata)


class Broken:
    def __str__(self):
        raise RuntimeError


class Endless(str):
    """A string whose characters cannot be quoted."""

    __slots__ = ()

    def __str__(self):
        return "a\ud800b"


@pytest.mark.parametrize(
    "value",
    ["a\ud800b", os.fsdecode(b"\xff"), Broken(), Endless("a"), "x" * 4090, "x" * 10_000_000],
    ids=["surrogate", "file name", "no text", "lies", "long", "huge"],
)
def test_value_that_cannot_be_sent(value, caplog):
    """Such a value is left out, with a line that does not repeat it; others are sent."""
    caplog.set_level(logging.DEBUG, "penstock")
    with bind("a"):
        annotate(tenant=value, order=7)
        both = inject(values=["tenant", "order"])
        alone = inject({"baggage": "theirs=1"}, values=["tenant"])
        empty = inject(values=["tenant"])

    assert both == {"X-Request-ID": "a", "baggage": "order=7"}
    assert alone == {"X-Request-ID": "a", "baggage": "theirs=1"}
    assert empty == {"X-Request-ID": "a"}
    assert all(line.startswith("'tenant' is not sent") for line in caplog.messages)


def test_name_that_cannot_be_sent():
    """A name without a value that can be written is left out too."""
    with bind("a"):
        annotate(**{"a\ud800b": 1})

        assert inject(values=["a\ud800b"]) == {"X-Request-ID": "a"}


def test_most_values():
    """However many values there are, the header has a length that servers accept."""
    with bind("a"):
        annotate(**{f"v{n}": "x" * 1000 for n in range(20)})
        sent = inject({"baggage": " , theirs=1"}, values=[f"v{n}" for n in range(20)])

    assert 7000 < len(sent["baggage"]) <= 8000
    assert sent["baggage"].startswith(" theirs=1,v0=")
