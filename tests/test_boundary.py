"""The building blocks of adapters."""

import asyncio
import re
import sys
from contextvars import copy_context
from functools import partial
from types import ModuleType, SimpleNamespace

import pytest

from penstock import Run, bind, configure, current_flow_id, current_run
from penstock._project.importing import import_modules
from penstock._project.settings import Settings
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock.boundary import (
    HEADER,
    UNTRUSTED_FLOW_ID,
    Inbound,
    Outbound,
    Secret,
    active,
    aiterate,
    bind_calls,
    inactive,
    iterate,
)
from penstock.exceptions import ConfigurationError, InvalidFlowIdError
from penstock.reporting import describe

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


async def agree(_):
    return True


def agree_in_parts(_):
    yield True


class Agreeing:
    async def __call__(self, _):
        return True

    async def ask(self, _):
        return True


@pytest.mark.parametrize(
    "trust",
    [agree, partial(agree), partial(partial(agree)), Agreeing(), Agreeing().ask, agree_in_parts],
    ids=["function", "partial", "twice", "object", "method", "generator"],
)
def test_trust_that_nobody_awaits(trust):
    """A coroutine function as trust is refused when settings are read."""
    with pytest.raises(ConfigurationError, match=r"^shop: trust cannot be a .*write a plain func"):
        Inbound.read("shop", {"trust": trust})


@pytest.mark.parametrize("result", [1, "yes", "no", object(), [False], None, 0])
def test_results_that_are_not_true(result, caplog):
    """Only True itself adopts; another result is reported, once."""
    inbound = Inbound(trust=lambda _: result)

    for _ in range(3):
        assert inbound.receive({HEADER: THEIRS}).flow_id != THEIRS
    assert len(caplog.records) <= 1


def test_answer_that_would_be_awaited(caplog):
    """An awaitable is closed, so that nothing warns, and adopts nothing."""
    inbound = Inbound(trust=lambda source: agree(source))

    for _ in range(3):
        assert inbound.receive({HEADER: THEIRS}).flow_id != THEIRS
    assert caplog.messages == [
        "the function that says whom to trust returned coroutine, not True or False; "
        "nothing is adopted"
    ]


def test_trust_that_fails_is_reported_once(caplog):
    """A function that raises is reported once, however often it is made and asked."""
    for _ in range(3):
        inbound = Inbound(trust=partial(lambda _: {}["gone"]))
        for _ in range(3):
            inbound.receive({HEADER: THEIRS})

    assert [bool(record.exc_info) for record in caplog.records] == [True]


SECRETS = "0123456789abcdef, fedcba9876543210"


def test_secrets(monkeypatch):
    """Each of the secrets in the variable is right, in any type of headers."""
    monkeypatch.setenv("PROXY_SECRET", SECRETS)
    inbound = Inbound(trust=Secret("X-Proxy-Secret", env="PROXY_SECRET"))

    def is_adopted(*secrets):
        sent = [(b"x-proxy-secret", secret) for secret in secrets]
        return inbound.receive([(HEADER.encode(), THEIRS.encode()), *sent]).flow_id == THEIRS

    assert is_adopted(b"0123456789abcdef")
    assert is_adopted(b"fedcba9876543210")
    for wrong in (b"", b"0123456789abcdeF", SECRETS.encode(), b"\xff" * 16, b"0123456789abcdef "):
        assert not is_adopted(wrong)
    assert not is_adopted()
    assert not is_adopted(b"0123456789abcdef", b"guessed")


@pytest.mark.parametrize(
    "value", [None, "", " ", ",", "short", "0123456789abcdef,", "é" * 16, "a b" * 9]
)
def test_secret_that_can_be_guessed(value, monkeypatch):
    """Without a good secret the settings are refused, and the secret is not repeated."""
    monkeypatch.delenv("PROXY_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("PROXY_SECRET", value)

    with pytest.raises(ConfigurationError, match="takes a secret, but PROXY_SECRET") as caught:
        Inbound.read("shop", {"trust": Secret("X-Proxy-Secret", env="PROXY_SECRET")})
    assert str(caught.value).startswith("shop: ")
    assert not (value and value.strip(" ,") and value in str(caught.value))


def test_secret_is_not_shown(monkeypatch):
    """The secret is not in log lines about the settings."""
    monkeypatch.setenv("PROXY_SECRET", SECRETS)
    inbound = Inbound(trust=Secret("X-Proxy-Secret", env="PROXY_SECRET"))

    assert "0123" not in repr(inbound) + repr(inbound._judge) + repr(inbound.trust)


@pytest.mark.parametrize(
    ("trust", "message"),
    [
        (Secret("X Y", env="E"), "the name of a header"),
        (Secret("x-request-id", env="E"), "carries nothing else"),
        (Secret("Baggage", env="E"), "carries nothing else"),
        (Secret("X-Proxy-Secret", env=""), "the name of a variable"),
        ([], "names no network"),
        (["10.0.0.1/8"], "has host bits set"),
        ([7], "takes networks"),
        (["shop.internal"], "takes networks"),
        (7, "takes True, False or a function"),
        (b"yes", "takes True, False or a function"),
        (["10.0.0.0/8"], "the address of the sender is not known"),
        (iter(["10.0.0.0/8"]), "the address of the sender is not known"),
    ],
)
def test_wrong_trust(trust, message):
    """Whom to trust is an error where nobody, or anybody, would be meant."""
    with pytest.raises(ConfigurationError, match=message):
        Inbound.read("shop", {"trust": trust})


def fail(found):
    raise LookupError(found)


@pytest.mark.parametrize(
    ("validator", "is_adopted", "logged"),
    [
        (None, True, []),
        (lambda found: found == THEIRS, True, []),
        (lambda found: False, False, []),
        (re.compile(".*").fullmatch, False, ["the validator of flow IDs returned Match, "]),
        (lambda found: "yes", False, ["the validator of flow IDs returned str, "]),
        (lambda found: agree(found), False, ["the validator of flow IDs returned coroutine, "]),
        (partial(fail), False, ["the validator of flow IDs failed; nothing is adopted"]),
    ],
    ids=["none", "true", "false", "match", "truthy", "coroutine", "fails"],
)
def test_validator(validator, is_adopted, logged, caplog):
    """Only IDs for which the validator returns True are adopted; else it is logged once."""
    inbound = Inbound(trust=True, validator=validator)

    for _ in range(3):
        run = inbound.receive({HEADER: THEIRS})
        assert (run.flow_id == THEIRS) is is_adopted
        assert dict(run.values) == ({} if is_adopted else {UNTRUSTED_FLOW_ID: THEIRS})
    assert [
        line[: len(begin)] for line, begin in zip(caplog.messages, logged, strict=True)
    ] == logged


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ("Root=1-67891233-abcdef", "1-67891233-abcdef"),
        ("{order 7}", None),
        ("Root=", None),
        ("Root=a\x85b", None),
        ("Root=a\r\nb", None),
        ("Root=" + "a" * 200, None),
        ("Root=" + "a" * 20 + ";" * 1024, None),
    ],
)
def test_transformer(came, expected, caplog):
    """A transformer may receive any value, but its result must be a valid flow ID."""
    seen = []

    def find_root(found):
        seen.append(found)
        return found.removeprefix("Root=").rstrip(";")

    run = Inbound(trust=True, transformer=find_root).receive({HEADER: came})

    assert (run.flow_id == expected) is (expected is not None)
    assert dict(run.values) == {}
    assert all(found.isascii() and found.isprintable() and len(found) <= 1024 for found in seen)
    assert came not in caplog.text


def break_down(found):
    raise LookupError(found)


@pytest.mark.parametrize(
    ("transformer", "logged"),
    [
        (break_down, "failed"),
        (lambda found: None, "returned NoneType"),
        (lambda found: agree(found), "returned coroutine"),
        (lambda found: f"<{found}>", "returned a string that is not a flow ID"),
    ],
    ids=["fails", "none", "coroutine", "no flow ID"],
)
def test_transformer_that_makes_no_flow_id(transformer, logged, caplog):
    """A result that is not a flow ID is not adopted, which is logged once and without it."""
    inbound = Inbound(trust=True, transformer=transformer)

    for _ in range(3):
        assert dict(inbound.receive({HEADER: THEIRS}).values) == {UNTRUSTED_FLOW_ID: THEIRS}
    assert caplog.messages == [f"the transformer of flow IDs {logged}; nothing is adopted"]


def test_who_is_trusted_is_asked_first():
    """A value from an untrusted sender is not passed to the user's functions."""
    seen = []
    inbound = Inbound(validator=seen.append, transformer=seen.append)

    assert dict(inbound.receive({HEADER: THEIRS}).values) == {UNTRUSTED_FLOW_ID: THEIRS}
    assert dict(inbound.receive({HEADER: "<theirs>"}).values) == {}
    assert seen == []


def test_values_beside_an_id_that_is_refused():
    """Values of who is trusted come to a new ID."""
    inbound = Inbound(trust=True, values=["tenant"], validator=lambda _: False)
    run = inbound.receive({HEADER: THEIRS, "baggage": "tenant=north"})

    assert dict(run.values) == {"tenant": "north", UNTRUSTED_FLOW_ID: THEIRS}


@pytest.mark.parametrize("name", ["validator", "transformer"])
@pytest.mark.parametrize("function", [agree, partial(agree), Agreeing(), agree_in_parts, "upper"])
def test_functions_that_cannot_decide(name, function):
    """A coroutine function is refused when settings are read, and so is any other object."""
    with pytest.raises(ConfigurationError, match=f"^shop: {name} (cannot be a|takes a)"):
        Inbound.read("shop", {name: function})


def test_received():
    """An ID that was not trusted is there under its own name."""
    run = Inbound().receive([(HEADER.encode(), THEIRS.encode())])

    assert dict(run.values) == {UNTRUSTED_FLOW_ID: THEIRS}


def test_hostile():
    """An invalid flow ID is not kept, and `trust` is not called for it."""
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
    assert dict(other.values) == {UNTRUSTED_FLOW_ID: THEIRS}


def test_values_without_an_id():
    """Trusted values come to a new ID where there is none."""
    run = Inbound(trust=True, values=["tenant"]).receive({"baggage": "tenant=north"})

    assert run.values["tenant"] == "north"


@pytest.mark.parametrize(
    ("pattern", "host", "port", "expected"),
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
        ("*:8000", "anything", 8000, True),
        ("stock.internal.", "stock.internal", None, True),
        ("münchen.example", "xn--mnchen-3ya.example", None, True),
        ("xn--mnchen-3ya.example", "MÜNCHEN.example", None, True),
        ("*.münchen.example", "api.xn--mnchen-3ya.example", None, True),
        ("a", "ü..a", None, False),
    ],
)
def test_hosts(pattern, host, port, expected):
    """Only hosts that match a pattern receive the ID."""
    assert Outbound(hosts=[pattern]).allows(host, port) is expected


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (".internal", "*.internal"),
        ("*internal", "*.internal"),
        (" stock.internal", "stock.internal"),
        ("stock.internal:", "stock.internal"),
        ("user@stock.internal", "stock.internal"),
        ("api-*.internal", "*.internal"),
        ("https://stock.internal/orders", "stock.internal"),
        ("stock.internal?x", "stock.internal"),
    ],
)
def test_hosts_that_cannot_be(pattern, meant):
    """A pattern that no host could fit is refused with the one that was probably meant."""
    with pytest.raises(ConfigurationError, match=re.escape(f"did you mean {meant!r}?")):
        Outbound(hosts=[pattern])


@pytest.mark.parametrize("pattern", ["stock.internal:0", "stock.internal:٨٠", "**", "[::1", "?"])
def test_hosts_without_a_hint(pattern):
    """If nothing can be guessed, the error says what a pattern looks like."""
    with pytest.raises(ConfigurationError, match="hosts: takes hosts"):
        Outbound(hosts=[pattern])


def test_no_host():
    """By default no host receives the ID."""
    assert not Outbound().allows("localhost")


def test_send():
    """The headers to send are a copy with the current ID."""
    sent = {"Accept": "*/*"}

    with bind(THEIRS):
        actual = Outbound(header="X-Flow").with_headers(sent)

    assert actual == {"Accept": "*/*", "X-Flow": THEIRS}
    assert sent == {"Accept": "*/*"}


def test_added():
    """`headers_to_add` returns only the headers that are set."""
    outbound = Outbound(header="X-Flow", traceparent=True)

    with bind(THEIRS):
        added = outbound.headers_to_add({"X-Flow": "old", "traceparent": "kept"})

    assert added == {"X-Flow": THEIRS}
    assert outbound.headers_to_add({}) == {}


@pytest.mark.parametrize(
    ("cls", "settings", "message"),
    [
        (Inbound, {"heder": "X"}, "unknown setting 'heder'; did you mean 'header'?"),
        (Inbound, {"header": "X Y"}, 'header takes the name of a header, like "X-Request-ID"'),
        (Inbound, {"trust": "yes"}, "trust takes True, False or a function, not 'yes'"),
        (Inbound, {"respond": 1}, "respond takes True or False, not 1"),
        (Inbound, {"values": "tenant"}, "values takes a list of strings"),
        (Inbound, {"values": [1]}, "values takes a list of strings"),
        (Outbound, {"hosts": "a.internal"}, "hosts takes a list of strings"),
        (Outbound, {"hosts": ["http://a"]}, "hosts takes hosts without scheme and path"),
        (Outbound, {"traceparent": None}, "traceparent takes True or False, not None"),
    ],
)
def test_wrong_settings(cls, settings, message):
    """An invalid setting is an error that says where it is."""
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
    """A task that its sender runs is part of the current run, unless it brought another ID."""
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


def test_inactive():
    """Nothing is current in the block, and then what was before, wherever it is left."""
    with bind() as outer:
        with inactive():
            inside = current_run()
        after = current_run()
    block = inactive()
    copy_context().run(block.__enter__)
    block.__exit__(None, None, None)

    assert (inside, after) == (None, outer)


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
    """An iterator without `close` is iterated over, too."""
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
    """An iterator without `aclose` is iterated over, too."""

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


class Later:
    async def export(self, span):
        raise AssertionError

    def flush(self):
        """Do nothing."""


def test_exporter_that_nobody_awaits():
    """An exporter whose spans would be lost is refused, and those that there are stay."""
    before = exporters()

    with pytest.raises(ConfigurationError, match="export cannot be a coroutine function"):
        set_exporters(Later())
    assert exporters() == before


async def make_later():
    return "a"


@pytest.mark.parametrize("factory", [make_later, partial(make_later), Agreeing()])
def test_id_factory_that_nobody_awaits(factory):
    """The same goes for what makes flow IDs."""
    with pytest.raises(ConfigurationError, match="id_factory cannot be a coroutine function"):
        configure(id_factory=factory)


def test_id_factory_that_returns_an_awaitable():
    """An awaitable in place of an ID is closed, at first and later."""
    with pytest.raises(InvalidFlowIdError):
        configure(id_factory=lambda: make_later())
    answers = iter(["a"])
    configure(id_factory=lambda: next(answers, None) or make_later())
    try:
        with bind() as run:
            assert len(run.flow_id) == 32
    finally:
        configure()


def test_setup_function_that_nobody_awaits(monkeypatch):
    """A setup function of documentation that is not run is a failure with its remedy."""
    module = ModuleType("shop_docs")
    module.setup = make_later
    monkeypatch.setitem(sys.modules, "shop_docs", module)

    (failure,) = import_modules(Settings(setup="shop_docs:setup"))
    assert "write a plain function" in str(failure)


def spell():
    yield current_flow_id()


async def spell_later():
    yield current_flow_id()


async def tell_later():
    return current_flow_id()


async def collect(items):
    return [item async for item in items]


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (current_flow_id, lambda function: function()),
        (tell_later, lambda function: asyncio.run(function())),
        (spell, lambda function: next(function())),
        (spell_later, lambda function: asyncio.run(collect(function()))[0]),
    ],
    ids=["function", "coroutine function", "generator function", "asynchronous generator function"],
)
def test_bound_calls(function, call):
    """Each call is in the run that is found for it, and in none where none is found."""
    runs = [Inbound(trust=True).receive({HEADER: THEIRS}), None]
    bound = bind_calls(function, lambda: runs.pop(0))

    assert [call(bound), call(bound), current_run()] == [THEIRS, None, None]


def test_bound_call_that_fails():
    """An exception of a call carries its operation, if there is one."""
    runs = [Inbound(trust=True).receive({HEADER: THEIRS}), None]
    bound = bind_calls(refuse, lambda: runs.pop(0))
    reports = []
    for _ in range(2):
        with pytest.raises(LookupError) as caught:
            bound(7)
        reports.append(describe(caught.value))

    assert [report and report.flow_id for report in reports] == [THEIRS, None]
