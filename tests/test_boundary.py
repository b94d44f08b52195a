"""What adapters are made of."""

import asyncio
from contextvars import copy_context
from types import SimpleNamespace

import pytest

from penstock import Run, bind, current_flow_id, current_run
from penstock.boundary import HEADER, RECEIVED, Inbound, Outbound, active, aiterate, iterate
from penstock.exceptions import ConfigurationError

THEIRS = "theirs-1"


def refuse(_):
    raise LookupError


@pytest.mark.parametrize(
    ("trust", "adopted"),
    [(True, True), (False, False), (lambda source: source == "peer", True), (refuse, False)],
    ids=["all", "none", "by function", "a function that raises"],
)
def test_trust(trust, adopted):
    """An ID is adopted from whom is trusted."""
    run = Inbound(trust=trust).receive({HEADER: THEIRS}, "peer")

    assert (run.flow_id == THEIRS) is adopted


def test_received():
    """An ID that was not trusted is there under its own name."""
    run = Inbound().receive([(HEADER.encode(), THEIRS.encode())])

    assert dict(run.values) == {RECEIVED: THEIRS}


def test_hostile():
    """What is no flow ID is nowhere, and whom to trust is not asked."""
    run = Inbound(trust=refuse).receive({HEADER: "a\x85b"})

    assert dict(run.values) == {}


def test_never_what_is_there():
    """A run that is current already is neither kept nor the parent."""
    with bind() as outer:
        run = Inbound().receive({}, flow="orders")

    assert run.flow_id != outer.flow_id
    assert (run.parent, run.flow) == (None, "orders")


def test_values():
    """Named values come from whom is trusted only."""
    carrier = {HEADER: THEIRS, "baggage": "tenant=north"}

    believed = Inbound(trust=True, values=["tenant"]).receive(carrier)
    other = Inbound(values=["tenant"]).receive(carrier)

    assert dict(believed.values) == {"tenant": "north"}
    assert dict(other.values) == {RECEIVED: THEIRS}


def test_values_without_an_id():
    """Trusted values come to a new ID where there is none."""
    run = Inbound(trust=True, values=["tenant"]).receive({"baggage": "tenant=north"})

    assert run.values["tenant"] == "north"


@pytest.mark.parametrize(
    ("pattern", "host", "port", "told"),
    [
        ("stock.internal", "Stock.Internal.", None, True),
        ("stock.internal", "evil-stock.internal", None, False),
        ("*.internal", "stock.internal", 80, True),
        ("*.internal", "internal", 80, False),
        ("*.internal", "stock.internal.evil", 80, False),
        ("localhost:8000", "localhost", 8000, True),
        ("localhost:8000", "localhost", 80, False),
        ("localhost:8000", "localhost", None, False),
        ("::1", "[::1]", 80, True),
        ("[::1]:80", "::1", 80, True),
        ("[::1]:80", "::1", 81, False),
        ("*", "anything", None, True),
        ("*", None, None, False),
    ],
)
def test_hosts(pattern, host, port, told):
    """Only hosts that fit a pattern are told."""
    assert Outbound(hosts=[pattern]).tells(host, port) is told


def test_no_host():
    """By default nobody is told."""
    assert not Outbound().tells("localhost")


def test_send():
    """What is sent is a copy with the current ID."""
    sent = {"Accept": "*/*"}

    with bind(THEIRS):
        actual = Outbound(header="X-Flow").send(sent)

    assert actual == {"Accept": "*/*", "X-Flow": THEIRS}
    assert sent == {"Accept": "*/*"}


@pytest.mark.parametrize(
    ("cls", "settings", "message"),
    [
        (Inbound, {"heder": "X"}, "unknown setting 'heder'; did you mean 'header'?"),
        (Inbound, {"header": "X Y"}, 'header takes the name of a header, like "X-Request-ID"'),
        (Inbound, {"trust": "yes"}, "trust takes True, False or a function, not 'yes'"),
        (Inbound, {"respond": 1}, "respond takes True or False, not 1"),
        (Inbound, {"values": "tenant"}, "values takes a list of texts"),
        (Inbound, {"values": [1]}, "values takes a list of texts"),
        (Outbound, {"hosts": "a.internal"}, "hosts takes a list of texts"),
        (Outbound, {"hosts": ["http://a"]}, "hosts takes hosts without scheme and path"),
        (Outbound, {"traceparent": None}, "traceparent takes True or False, not None"),
    ],
)
def test_wrong_settings(cls, settings, message):
    """A setting that cannot be used is told of with its place."""
    with pytest.raises(ConfigurationError) as caught:
        cls.read("settings.PENSTOCK", settings)

    assert str(caught.value).startswith("settings.PENSTOCK: ")
    assert message in str(caught.value)


def test_trust_of_a_queue():
    """An adapter says what is trusted by default."""
    assert Inbound.read("celery", {}, trust=True).trust is True
    assert Inbound.read("celery", {"trust": False}, trust=True).trust is False


@pytest.mark.parametrize(
    ("brought", "kept"), [({}, True), ({HEADER: "outer-1"}, True), ({HEADER: THEIRS}, False)]
)
def test_accept(brought, kept):
    """A task in its sender's place is part of the current run, unless it brought another ID."""
    with bind("outer-1") as outer:
        run = Inbound(trust=True).accept(brought)

    assert (run is outer) is kept
    assert run.flow_id == ("outer-1" if kept else THEIRS)


def test_accept_outside_a_run():
    """A task that was sent has a run of what it brought."""
    assert Inbound(trust=True).accept({HEADER: THEIRS}).flow_id == THEIRS


def test_active():
    """A run is current in its block, and then what was before."""
    run = Run(THEIRS)

    with bind() as outer:
        with active(run):
            inside = current_run()
        after = current_run()

    assert inside is run
    assert after is outer


def test_left_elsewhere():
    """A block that is left in another context, as by the garbage collector, raises nothing."""
    block = active(Run(THEIRS))
    copy_context().run(block.__enter__)

    block.__exit__(None, None, None)

    assert current_run() is None


def test_iterate():
    """A run is current while an item is made, and not between items."""
    closed = []

    def body():
        try:
            yield current_flow_id()
            yield current_flow_id()
        finally:
            closed.append(current_flow_id())

    items = iterate(Run(THEIRS), body())

    assert next(items) == THEIRS
    assert current_flow_id() is None
    items.close()
    assert closed == [THEIRS]


def test_closed_before_it_began():
    """A body that nobody read is closed too, for it may hold a file."""
    closed = []
    body = SimpleNamespace(close=lambda: closed.append(current_flow_id()))

    iterate(Run(THEIRS), body).close()

    assert closed == [THEIRS]


def test_iterate_over_a_list():
    """What has no `close` is iterated over too."""
    items = iterate(Run(THEIRS), [b"a", b"b"])

    assert list(items) == [b"a", b"b"]
    items.close()


def test_aiterate():
    """An asynchronous body has its run too, and is closed within it."""
    closed = []

    async def body():
        try:
            yield current_flow_id()
            yield current_flow_id()
        finally:
            closed.append(current_flow_id())

    async def consume():
        items = aiterate(Run(THEIRS), body())
        first = await anext(items)
        between = current_flow_id()
        await items.aclose()
        return first, between

    assert asyncio.run(consume()) == (THEIRS, None)
    assert closed == [THEIRS]


def test_aiterate_over_an_iterator():
    """What has no `aclose` is iterated over too."""

    class Items:
        def __init__(self):
            self.left = [1]

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop()

    async def consume():
        items = aiterate(Run(THEIRS), Items())
        made = [item async for item in items]
        await items.aclose()
        return made

    assert asyncio.run(consume()) == [1]
