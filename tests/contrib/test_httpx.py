"""The flow ID in the requests of `httpx`, of both its clients."""

import asyncio

import httpx
import pytest
from peers import running

from penstock import annotate, bind
from penstock.contrib.httpx import AsyncFlowHook, FlowHook, install, uninstall
from penstock.exceptions import ConfigurationError


@pytest.fixture
def peer():
    with running() as peer:
        yield peer


@pytest.fixture
def other():
    with running() as other:
        yield other


def sync_exchange(prepare, *requests, **options):
    """Send *requests* with a client, after *prepare* had it."""
    with httpx.Client(trust_env=False, **options) as client:
        prepare(client)
        return [client.request(*args, **kwargs) for args, kwargs in requests]


def async_exchange(prepare, *requests, **options):
    """Send *requests* with an asynchronous client, after *prepare* had it."""

    async def exchange():
        async with httpx.AsyncClient(trust_env=False, **options) as client:
            prepare(client)
            return [await client.request(*args, **kwargs) for args, kwargs in requests]

    return asyncio.run(exchange())


@pytest.fixture(params=[sync_exchange, async_exchange], ids=["sync", "async"])
def exchange(request):
    """Return a function that sends requests, for each kind of client."""
    return request.param


def get(url, **kwargs):
    return ("GET", url), kwargs


def test_host_that_is_named(exchange, peer, other):
    """Only a host that is named receives the current ID."""
    with bind("order-7"):
        exchange(lambda client: install(client, hosts=[peer.name]), get(peer.url), get(other.url))

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_by_default(exchange, peer):
    """By default no host receives the ID."""
    with bind():
        exchange(install, get(peer.url))

    assert peer.values() == [[]]


def test_outside_a_run(exchange, peer):
    """Outside a run nothing is sent, and what the caller says is."""
    headers = {"X-Request-ID": "mine"}
    exchange(lambda client: install(client, hosts=["*"]), get(peer.url, headers=headers))

    assert peer.values() == [["mine"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host(exchange, peer, other, status):
    """A redirect to a host that is not named keeps the caller's headers, and has no ID."""
    peer.redirects[f"/{status}"] = f"{other.url}/there"
    url = f"{peer.url}/{status}"
    own = {"X-Request-ID": "mine"}
    with bind("order-7"):
        exchange(
            lambda client: install(client, hosts=[peer.name]),
            get(url),
            get(url, headers=own),
            follow_redirects=True,
        )

    assert (peer.values(), other.values()) == ([["order-7"]] * 2, [[], ["mine"]])


def test_redirect_to_a_host_that_is_named(exchange, peer, other):
    """A redirect from a host that is not named to one that is named has the ID."""
    peer.redirects["/302"] = other.url
    with bind("order-7"):
        exchange(
            lambda client: install(client, hosts=[other.name]),
            get(f"{peer.url}/302"),
            follow_redirects=True,
        )

    assert (peer.values(), other.values()) == ([[]], [["order-7"]])


def test_request_that_is_sent_again(peer):
    """A request that is sent again has the ID of then, or none."""
    with httpx.Client(trust_env=False) as client:
        install(client, hosts=[peer.name])
        request = client.build_request("GET", peer.url)
        with bind("order-7"):
            client.send(request)
        with bind("order-8"):
            client.send(request)
        client.send(request)

    assert peer.values() == [["order-7"], ["order-8"], []]


def test_second_try_of_an_authentication(exchange, peer):
    """The second request of an authentication has the ID too."""
    peer.wants_a_password = True
    with bind("order-7"):
        (response,) = exchange(
            lambda client: install(client, hosts=[peer.name]),
            get(peer.url, auth=httpx.DigestAuth("a", "b")),
        )

    assert response.status_code == 200
    assert peer.values() == [["order-7"]] * 2


def test_nothing_is_changed(exchange, peer):
    """The headers and extensions that the caller passed stay as they were."""
    headers, extensions = {"x-request-id": "mine"}, {"trace": None}
    of_httpx = httpx.Headers(headers)
    with bind("order-7"):
        exchange(
            lambda client: install(client, hosts=[peer.name]),
            get(peer.url, headers=headers, extensions=extensions),
            get(peer.url, headers=of_httpx),
        )

    assert (headers, extensions) == ({"x-request-id": "mine"}, {"trace": None})
    assert of_httpx["x-request-id"] == "mine"
    assert peer.values() == [["order-7"]] * 2


def test_settings(exchange, peer):
    """The header has the name that is set, and other headers go along."""
    settings = {"header": "X-Flow", "traceparent": True, "values": ["tenant"]}
    with bind() as run:
        annotate(tenant="north")
        exchange(lambda client: install(client, hosts=[peer.name], **settings), get(peer.url))

    ((_, heard),) = peer.heard
    assert heard["x-flow"] == [run.flow_id]
    assert heard["traceparent"][0].split("-")[1] == run.flow_id
    assert heard["baggage"] == ["tenant=north"]


@pytest.mark.parametrize(
    ("exchange", "sort"),
    [(sync_exchange, FlowHook), (async_exchange, AsyncFlowHook)],
    ids=["sync", "async"],
)
def test_hook(exchange, sort, peer):
    """A hook is given to a client like any other."""
    hooks = {"request": [sort(hosts=[peer.name])]}
    with bind("order-7"):
        exchange(lambda client: None, get(peer.url), event_hooks=hooks)

    assert peer.values() == [["order-7"]]


def test_installed_again():
    """Installing again replaces, and uninstalling leaves the hooks of others."""

    def others(request):
        """Do nothing."""

    with httpx.Client(event_hooks={"request": [others], "response": [print]}) as client:
        install(client, hosts=["a"])
        install(client, hosts=["b"])
        first, second = client.event_hooks["request"]
        uninstall(client)
        left = client.event_hooks

    assert (first, type(second)) == (others, FlowHook)
    assert left == {"request": [others], "response": [print]}


def test_wrong_setting():
    """An invalid setting is an error, and nothing is installed."""
    with httpx.Client() as client:
        with pytest.raises(ConfigurationError, match=r"penstock\.contrib\.httpx: .* 'hosts'"):
            install(client, host=["a"])

        assert client.event_hooks["request"] == []


def test_default_port():
    """A host with a port matches URLs of the scheme that has that port by default."""
    hook = FlowHook(hosts=["stock.internal:443"])
    requests = [httpx.Request("GET", f"{scheme}://stock.internal/") for scheme in ("https", "http")]

    with bind("order-7"):
        for request in requests:
            hook(request)

    assert [request.headers.get("x-request-id") for request in requests] == ["order-7", None]
