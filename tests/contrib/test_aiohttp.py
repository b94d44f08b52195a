"""The flow ID in the requests of aiohttp's client."""

import asyncio

import aiohttp
import pytest
from multidict import CIMultiDict
from peers import running

from penstock import annotate, bind
from penstock.contrib.aiohttp import FlowMiddleware
from penstock.exceptions import ConfigurationError


@pytest.fixture
def peer():
    with running() as peer:
        yield peer


@pytest.fixture
def other():
    with running() as other:
        yield other


def exchange(middleware, *urls, method="GET", **options):
    """Send a request to each of *urls*."""

    async def send():
        async with aiohttp.ClientSession(middlewares=[middleware]) as session:
            for url in urls:
                async with session.request(method, url, **options) as response:
                    await response.read()

    asyncio.run(send())


def test_host_that_is_named(peer, other):
    """Only a host that is named receives the current ID."""
    with bind("order-7"):
        exchange(FlowMiddleware(hosts=[peer.name]), peer.url, other.url)

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_by_default(peer):
    """By default no host receives the ID."""
    with bind():
        exchange(FlowMiddleware(), peer.url)

    assert peer.values() == [[]]


def test_outside_a_run(peer):
    """Outside a run nothing is sent, and what the caller says is."""
    exchange(FlowMiddleware(hosts=["*"]), peer.url, headers={"X-Request-ID": "mine"})

    assert peer.values() == [["mine"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host(peer, other, status):
    """A redirect to a host that is not named keeps the caller's headers, and has no ID."""
    peer.redirects[f"/{status}"] = f"{other.url}/there"
    middleware = FlowMiddleware(hosts=[peer.name])
    url = f"{peer.url}/{status}"
    with bind("order-7"):
        exchange(middleware, url, method="POST")
        exchange(middleware, url, headers={"X-Request-ID": "mine"})

    assert (peer.values(), other.values()) == ([["order-7"]] * 2, [[], ["mine"]])


def test_redirect_to_a_host_that_is_named(peer, other):
    """A redirect from a host that is not named to one that is named has the ID."""
    peer.redirects["/302"] = other.url
    with bind("order-7"):
        exchange(FlowMiddleware(hosts=[other.name]), f"{peer.url}/302")

    assert (peer.values(), other.values()) == ([[]], [["order-7"]])


@pytest.mark.parametrize("sort", [dict, CIMultiDict])
def test_nothing_is_changed(peer, sort):
    """The headers that the caller passed stay as they were."""
    headers = sort({"x-request-id": "mine"})
    with bind("order-7"):
        exchange(FlowMiddleware(hosts=[peer.name]), peer.url, headers=headers)

    assert dict(headers) == {"x-request-id": "mine"}
    assert peer.values() == [["order-7"]]


def test_tasks_of_one_session(peer):
    """Requests at the same time each have their own task's ID."""

    async def send(session, number):
        with bind(f"order-{number}"):
            async with session.get(f"{peer.url}/{number}"):
                pass

    async def send_all():
        middleware = FlowMiddleware(hosts=[peer.name])
        async with aiohttp.ClientSession(middlewares=[middleware]) as session:
            await asyncio.gather(*(send(session, number) for number in range(20)))

    asyncio.run(send_all())

    assert {(path, *heard["x-request-id"]) for path, heard in peer.heard} == {
        (f"/{number}", f"order-{number}") for number in range(20)
    }


def test_settings(peer):
    """The header has the name that is set, and other headers go along."""
    settings = {"header": "X-Flow", "traceparent": True, "values": ["tenant"]}
    with bind() as run:
        annotate(tenant="north")
        exchange(FlowMiddleware(hosts=[peer.name], **settings), peer.url)

    ((_, heard),) = peer.heard
    assert heard["x-flow"] == [run.flow_id]
    assert heard["traceparent"][0].split("-")[1] == run.flow_id
    assert heard["baggage"] == ["tenant=north"]


def test_wrong_setting():
    """An invalid setting is an error where it is given."""
    with pytest.raises(ConfigurationError, match=r"aiohttp\.FlowMiddleware: .* 'hosts'"):
        FlowMiddleware(host=["a"])
