"""The flow ID in the requests of `urllib3`."""

import pytest
import urllib3
from peers import running

from penstock import annotate, bind
from penstock.contrib.urllib3 import FlowPoolManager, install, uninstall
from penstock.exceptions import ConfigurationError


@pytest.fixture
def peer():
    with running() as peer:
        yield peer


@pytest.fixture
def other():
    with running() as other:
        yield other


@pytest.fixture
def manager():
    with urllib3.PoolManager() as manager:
        yield manager


def test_host_that_is_named(manager, peer, other):
    """Only a host that is named receives the current ID."""
    install(manager, hosts=[peer.name])

    with bind("order-7"):
        manager.request("GET", peer.url)
        manager.request("POST", other.url, body=b"x")

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_by_default(manager, peer):
    """By default no host receives the ID."""
    install(manager)

    with bind():
        manager.request("GET", peer.url)

    assert peer.values() == [[]]


def test_outside_a_run(manager, peer):
    """Outside a run nothing is sent, and what the caller says is."""
    install(manager, hosts=["*"])

    manager.request("GET", peer.url, headers={"X-Request-ID": "mine"})

    assert peer.values() == [["mine"]]


def test_connections_that_are_open(manager, peer):
    """Pools that were open before send the ID, too."""
    manager.request("GET", peer.url)
    install(manager, hosts=[peer.name])

    with bind("order-7"):
        manager.request("GET", peer.url)

    assert peer.values() == [[], ["order-7"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host(manager, peer, other, status):
    """A redirect to a host that is not named keeps the caller's headers, and has no ID."""
    peer.redirects[f"/{status}"] = f"{other.url}/there"
    install(manager, hosts=[peer.name])

    with bind("order-7"):
        manager.request("GET", f"{peer.url}/{status}")
        manager.request("GET", f"{peer.url}/{status}", headers={"X-Request-ID": "mine"})

    assert (peer.values(), other.values()) == ([["order-7"]] * 2, [[], ["mine"]])


def test_redirect_to_a_host_that_is_named(manager, peer, other):
    """A redirect from a host that is not named to one that is named has the ID."""
    peer.redirects["/302"] = other.url
    install(manager, hosts=[other.name])

    with bind("order-7"):
        manager.request("GET", f"{peer.url}/302")

    assert (peer.values(), other.values()) == ([[]], [["order-7"]])


def test_path_that_looks_like_a_host(manager, peer):
    """A path that begins like an address does not say which host is asked."""
    install(manager, hosts=["stock.internal"])

    with bind():
        manager.request("GET", f"{peer.url}//stock.internal/")
        manager.connection_from_url(peer.url).urlopen("GET", "//stock.internal/", redirect=False)

    assert peer.values() == [[], []]


def test_proxy(peer):
    """Through a proxy it is the host that counts, and not the proxy."""
    with urllib3.ProxyManager(peer.url) as manager:
        install(manager, hosts=["stock.internal:80"])
        with bind("order-7"):
            manager.request("GET", "http://stock.internal/a")
            manager.request("GET", "http://stock.internal:81/b")
            manager.request("GET", "http://elsewhere.internal/c")

    assert peer.values() == [["order-7"], [], []]


def test_tunnel():
    """Through the tunnel of a proxy it is the host at its end that counts."""
    with urllib3.ProxyManager("http://127.0.0.1:9") as manager:
        install(manager, hosts=["stock.internal:443"])
        pools = [manager.connection_from_url(f"https://{name}.internal") for name in ("stock", "a")]

    assert [pool._allows("//stock.internal/") for pool in pools] == [True, False]


def test_nothing_is_changed(manager, peer):
    """The headers that the caller passed, or gave to the manager, stay as they were."""
    headers = {"x-request-id": "mine"}
    several = urllib3.HTTPHeaderDict({"x-request-id": "mine"})
    several.add("Accept", "text/html")
    several.add("Accept", "text/plain")
    manager.headers = dict(headers)
    install(manager, hosts=[peer.name])

    with bind("order-7"):
        manager.request("GET", peer.url, headers=headers)
        manager.request("GET", peer.url, headers=several)
        manager.request("GET", peer.url)
        manager.connection_from_url(peer.url).urlopen("GET", "/")

    assert headers == manager.headers == {"x-request-id": "mine"}
    assert several["x-request-id"] == "mine"
    assert peer.values() == [["order-7"]] * 4
    assert peer.values("accept")[1] == ["text/html", "text/plain"]


def test_settings(peer):
    """The header has the name that is set, and other headers go along."""
    settings = {"header": "X-Flow", "traceparent": True, "values": ["tenant"]}
    with FlowPoolManager(hosts=[peer.name], maxsize=3, **settings) as manager:
        with bind() as run:
            annotate(tenant="north")
            manager.request("GET", peer.url)

        assert manager.connection_pool_kw["maxsize"] == 3

    ((_, heard),) = peer.heard
    assert heard["x-flow"] == [run.flow_id]
    assert heard["traceparent"][0].split("-")[1] == run.flow_id
    assert heard["baggage"] == ["tenant=north"]


def test_installed_again(manager):
    """Installing again replaces, and uninstalling brings back the classes of pools."""
    before = dict(manager.pool_classes_by_scheme)

    install(manager, hosts=["a"])
    install(manager, hosts=["b"])
    pool = manager.connection_from_host("b", scheme="https")
    uninstall(manager)

    assert isinstance(pool, urllib3.HTTPSConnectionPool)
    assert pool.around is before["https"]
    assert manager.pool_classes_by_scheme == before


def test_wrong_setting(manager):
    """An invalid setting is an error, and nothing is installed."""
    before = dict(manager.pool_classes_by_scheme)

    with pytest.raises(ConfigurationError, match=r"penstock\.contrib\.urllib3: .* 'hosts'"):
        install(manager, host=["a"])

    assert manager.pool_classes_by_scheme == before
