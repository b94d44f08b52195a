"""The flow ID in the requests of `requests`."""

import pickle

import pytest
from peers import running
from requests import Request, Session
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

from penstock import annotate, bind
from penstock.contrib.requests import FlowAdapter, install, uninstall
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
def session():
    with Session() as session:
        session.trust_env = False
        yield session


def test_host_that_is_named(session, peer, other):
    """Only a host that is named receives the current ID."""
    install(session, hosts=[peer.name])

    with bind("order-7"):
        session.get(peer.url)
        session.post(other.url, data="x")

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_by_default(session, peer):
    """By default no host receives the ID."""
    install(session)

    with bind():
        session.get(peer.url)

    assert peer.values() == [[]]


def test_outside_a_run(session, peer):
    """Outside a run nothing is sent, and what the caller says is."""
    install(session, hosts=["*"])

    session.get(peer.url, headers={"X-Request-ID": "mine"})

    assert peer.values() == [["mine"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host(session, peer, other, status):
    """A redirect to a host that is not named does not carry the ID on."""
    peer.redirects[f"/{status}"] = f"{other.url}/there"
    install(session, hosts=[peer.name])

    with bind("order-7"):
        session.post(f"{peer.url}/{status}", data="x")

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_redirect_to_a_host_that_is_named(session, peer, other):
    """A redirect from a host that is not named to one that is named has the ID."""
    peer.redirects["/302"] = other.url
    install(session, hosts=[other.name])

    with bind("order-7"):
        session.get(f"{peer.url}/302")

    assert (peer.values(), other.values()) == ([[]], [["order-7"]])


def test_redirect_by_hand(session, peer, other):
    """Using a response does not carry the ID on, either."""
    peer.redirects["/302"] = other.url
    install(session, hosts=[peer.name])

    with bind("order-7"):
        response = session.get(f"{peer.url}/302", allow_redirects=False)
        list(session.resolve_redirects(response, response.request))

    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_second_try_of_an_authentication(session, peer):
    """The second request of an authentication has the ID too."""
    peer.wants_a_password = True
    install(session, hosts=[peer.name])

    with bind("order-7"):
        response = session.get(peer.url, auth=HTTPDigestAuth("a", "b"))

    assert response.status_code == 200
    assert peer.values() == [["order-7"]] * 2


def test_nothing_is_changed(session, peer):
    """The caller's headers and prepared request are not changed."""
    headers = {"x-request-id": "mine", "Accept": "*/*"}
    prepared = session.prepare_request(Request("GET", peer.url, headers=headers))
    install(session, hosts=[peer.name])

    with bind("order-7"):
        session.get(peer.url, headers=headers)
        response = session.send(prepared)

    assert headers == {"x-request-id": "mine", "Accept": "*/*"}
    assert prepared.headers["X-Request-ID"] == "mine"
    assert response.request is prepared
    assert peer.values() == [["order-7"]] * 2


def test_settings(session, peer):
    """The header has the name that is set, and other headers go along."""
    install(session, hosts=[peer.name], header="X-Flow", traceparent=True, values=["tenant"])

    with bind() as run:
        annotate(tenant="north")
        session.get(peer.url)

    ((_, heard),) = peer.heard
    assert heard["x-flow"] == [run.flow_id]
    assert heard["traceparent"][0].split("-")[1] == run.flow_id
    assert heard["baggage"] == ["tenant=north"]


def test_installed_again(session):
    """Installing again replaces, and uninstalling brings back what was mounted."""
    before = dict(session.adapters)

    install(session, hosts=["a"])
    install(session, hosts=["b"])
    inner = [adapter.adapter for adapter in session.adapters.values()]
    uninstall(session)

    assert inner == list(before.values())
    assert list(session.adapters.items()) == list(before.items())


def test_adapter_of_one_prefix(session, peer, other):
    """An adapter is mounted like any other, and goes through pickling."""
    adapter = pickle.loads(pickle.dumps(FlowAdapter(HTTPAdapter(max_retries=1), hosts=["*"])))
    session.mount(peer.url, adapter)

    with bind("order-7"):
        session.get(peer.url)
        session.get(other.url)

    assert adapter.adapter.max_retries.total == 1
    assert (peer.values(), other.values()) == ([["order-7"]], [[]])


def test_wrong_setting(session):
    """An invalid setting is an error, and nothing is installed."""
    with pytest.raises(ConfigurationError, match=r"penstock\.contrib\.requests: .* 'hosts'"):
        install(session, host=["a"])

    assert not any(isinstance(adapter, FlowAdapter) for adapter in session.adapters.values())
