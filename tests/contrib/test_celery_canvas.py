"""Canvases, callbacks, stamps and signals of Celery are in one operation."""

import json

import pytest
from celery import Celery, Task, _state, chain, chord, group, signals
from celery.app import builtins
from celery.canvas import StampingVisitor
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded
from celery_beside import worker_beside
from servers import wait_for

from penstock import annotate, bind, current_flow_id, current_run
from penstock.boundary import HEADER
from penstock.contrib.celery import flow_task, install, uninstall
from penstock.testing import isolated_registry

SEEN = []


def note(what):
    SEEN.append((what, current_flow_id()))


class Handlers(Task):
    """A base class that notes every call of its handlers."""

    def before_start(self, *_):
        note("before_start")

    def on_success(self, *_):
        note("on_success")

    def on_failure(self, *_):
        note("on_failure")

    def on_retry(self, *_):
        note("on_retry")

    def after_return(self, *_):
        note("after_return")


class Tasks:
    """The tasks of an application."""

    def __init__(self, app):
        self.app = app

        @app.task(name="add")
        def add(a=0, b=0):
            note(f"{a} + {b}")
            return a + b

        @app.task(name="total")
        def total(numbers):
            note("total")
            return sum(numbers)

        @app.task(name="fails")
        def fails(*_):
            note("fails")
            raise ValueError

        @app.task(name="errback")
        def errback(*_):
            note("errback")

        @app.task(name="handled", base=Handlers, bind=True, max_retries=1)
        def handled(self, how):
            note(how)
            if how == "retry" and not self.request.retries:
                raise self.retry(countdown=0)
            if how == "changed" and not self.request.retries:
                raise self.retry(args=("success",), countdown=0)
            if how in ENDS:
                raise ENDS[how]

        @app.task(name="headers", bind=True)
        def headers(self):
            note("headers")
            return self.request.headers, self.request.get("shop"), self.request.stamps

        @app.task(name="nested")
        def nested():
            add.apply((1, 1))
            add(2, 2)
            note("nested")

        @app.task(name="opens", bind=True)
        def opens(self):
            with bind("own"):
                add.delay(7, 7)
            note("opens")

        @app.task(name="expires")
        def expires():
            note("expired")

        @app.task(name="grows", bind=True)
        def grows(self):
            note("grows")
            raise self.replace(group(add.si(1, 2), add.si(3, 4)))

        @app.task(name="leaf")
        def leaf(number):
            SEEN.append((number, dict(current_run().values)))

        @app.task(name="branch")
        def branch(number):
            annotate(tenant=f"t{number}")
            leaf.delay(number)

        @flow_task(app=app, name="declared")
        def declared(number):
            note("declared")
            return number

        self.add, self.total, self.fails, self.handled = add, total, fails, handled
        self.errback = errback
        self.headers, self.nested, self.opens, self.expires = headers, nested, opens, expires
        self.grows, self.branch, self.leaf, self.declared = grows, branch, leaf, declared


ENDS = {"ignore": Ignore(), "reject": Reject("no"), "failure": KeyError("x")}
ENDS["soft limit"] = SoftTimeLimitExceeded()


@pytest.fixture(scope="module")
def tasks():
    """Return tasks of an application whose worker is at work."""
    with pytest.MonkeyPatch.context() as patched, isolated_registry():
        # Without the shared tasks of other tests; those of Celery's own are in every application.
        own = {one for one in _state._on_app_finalizers if one.__module__ == builtins.__name__}
        patched.setattr(_state, "_on_app_finalizers", own)
        app = Celery("canvas", broker="memory://canvas", backend="cache+memory://")
        app.conf.update(task_default_queue="canvas", result_chord_retry_interval=0.02)
        made = Tasks(app)
        install(app, values=["tenant"])
        with worker_beside(app):
            yield made
        uninstall(app)
        app.close()


@pytest.fixture(autouse=True)
def _empty():
    SEEN.clear()
    yield
    assert current_run() is None


def wait(count):
    """Return what was noted as soon as there are so many."""
    wait_for(lambda: len(SEEN) >= count)
    return sorted(what for what, _ in SEEN), {flow_id for _, flow_id in SEEN}


CANVASES = {
    "group in a chain": (
        lambda t: chain(t.add.si(1, 1), group(t.add.s(2), t.add.s(3)), t.total.s()),
        ["1 + 1", "2 + 2", "2 + 3", "total"],
    ),
    "chord of chains": (
        lambda t: chord([chain(t.add.si(1, 1), t.add.s(1)), t.add.si(4, 4)], t.total.s()),
        ["1 + 1", "2 + 1", "4 + 4", "total"],
    ),
    "chord that fails": (
        lambda t: chord([t.add.si(1, 1), t.fails.si()], t.total.s().on_error(t.errback.s())),
        ["1 + 1", "errback", "fails"],
    ),
    "chain that fails": (
        lambda t: chain(t.fails.si(), t.add.si(1, 1)).on_error(t.errback.si()),
        ["errback", "fails"],
    ),
    "group with errbacks": (
        lambda t: group(t.fails.si(), t.add.si(1, 1)).on_error(t.errback.si()),
        ["1 + 1", "errback", "fails"],
    ),
    "group in a group": (
        lambda t: group(group(t.add.si(1, 1), t.add.si(2, 2)), t.add.si(3, 3)),
        ["1 + 1", "2 + 2", "3 + 3"],
    ),
    "empty group in a chain": (
        lambda t: chain(group([]), t.add.si(1, 1)),
        ["1 + 1"],
    ),
    "links of links": (
        lambda t: t.add.si(1, 1).on_error(t.errback.si()) | t.add.s(1) | t.fails.s(),
        ["1 + 1", "2 + 1", "fails"],
    ),
    "replaced by a group in a chain": (
        lambda t: chain(t.grows.si(), t.total.s()),
        ["1 + 2", "3 + 4", "grows", "total"],
    ),
}


@pytest.mark.parametrize(("make", "expected"), CANVASES.values(), ids=CANVASES)
@pytest.mark.parametrize("is_json", [False, True], ids=["object", "JSON"])
def test_canvas(tasks, make, expected, is_json):
    """A canvas is one operation, whether it is sent as it is or comes out of a database."""
    canvas = make(tasks)
    if is_json:
        canvas = tasks.app.signature(json.loads(json.dumps(canvas)))
    with bind("order-7"):
        canvas.apply_async()

    assert wait(len(expected)) == (expected, {"order-7"})


def test_sent_later(tasks):
    """A canvas carries the ID of who sends it, not of who makes it."""
    with bind("maker"):
        canvas = chain(tasks.add.si(1, 1), tasks.add.s(1))
    with bind("order-7"):
        canvas.delay()

    assert wait(2) == (["1 + 1", "2 + 1"], {"order-7"})


def test_sent_twice(tasks):
    """A canvas that is made once carries the ID of who sends it each time, and its values."""
    canvas = chain(tasks.add.si(1, 1), tasks.leaf.si(2))
    for flow_id, tenant in (("order-7", "south"), ("order-8", None)):
        with bind(flow_id):
            if tenant:
                annotate(tenant=tenant)
            canvas.delay()
        wait_for(lambda: len(SEEN) == 2)
        assert list(SEEN) == [("1 + 1", flow_id), (2, {"tenant": tenant} if tenant else {})]
        SEEN.clear()


ENDINGS = {
    "success": ["after_return", "before_start", "on_success", "success"],
    "failure": ["after_return", "before_start", "failure", "on_failure"],
    "soft limit": ["after_return", "before_start", "on_failure", "soft limit"],
    "ignore": ["before_start", "ignore"],
    "reject": ["before_start", "reject"],
    "retry": ["after_return", *["before_start"] * 2, "on_retry", "on_success", *["retry"] * 2],
    "changed": [
        *("after_return", "before_start", "before_start", "changed"),
        *("on_retry", "on_success", "success"),
    ],
}


@pytest.mark.parametrize(("how", "expected"), ENDINGS.items(), ids=ENDINGS)
def test_handlers(tasks, how, expected):
    """The handlers of a base class run within the operation, however the task ends."""
    with bind("order-7"):
        tasks.handled.delay(how)

    assert wait(len(expected)) == (expected, {"order-7"})


@pytest.mark.parametrize("how", ["success", "failure", "retry"])
def test_signals(tasks, how):
    """A receiver of Celery's signals of a task sees the ID, whichever connected first."""
    seen = []

    def keep(**_):
        seen.append(current_flow_id())

    signal = getattr(signals, f"task_{how}")
    signal.connect(keep)
    try:
        with bind("order-7"):
            tasks.handled.delay(how)
        wait(len(ENDINGS[how]))
    finally:
        signal.disconnect(keep)

    assert seen[:1] == ["order-7"]


def test_own_headers(tasks):
    """Headers of one's own arrive as they are, and the caller's dictionary stays as it was."""
    given = {"shop": "south", "nested": {"a": [1]}}
    with bind("order-7"):
        result = tasks.headers.apply_async(headers=given)

    found, shop, _ = result.get(timeout=60)
    assert given == {"shop": "south", "nested": {"a": [1]}}
    assert (found["shop"], shop, found[HEADER]) == ("south", "south", "order-7")


def test_stamps(tasks):
    """A visitor's stamps stay, and say nothing of the operation."""

    class Shop(StampingVisitor):
        def on_signature(self, sig, **headers):
            return {"shop": "south", "stamped_headers": ["shop"]}

    canvas = chain(tasks.headers.si(), tasks.headers.si())
    canvas.stamp(Shop())
    with bind("order-7"):
        result = canvas.apply_async()
    *_, stamps = result.get(timeout=60)

    assert "south" in stamps["shop"]  # or a list, as the version has it
    assert wait(2) == (["headers", "headers"], {"order-7"})


def test_within_a_task(tasks):
    """A task that another one runs eagerly is part of it; an operation that it opens is not."""
    with bind("order-7"):
        tasks.nested.delay()
        tasks.opens.delay()
    wait(5)

    assert set(SEEN) == {
        *{(what, "order-7") for what in ("1 + 1", "2 + 2", "nested", "opens")},
        ("7 + 7", "own"),
    }


@pytest.mark.parametrize("options", [{"countdown": 0.01}, {"priority": 9}, {"expires": 60}])
def test_options(tasks, options):
    """Nothing of when or how a message is sent changes the ID."""
    with bind("order-7"):
        tasks.add.apply_async((1, 1), **options)
        tasks.app.send_task("add", (2, 2), **options)

    assert wait(2) == (["1 + 1", "2 + 2"], {"order-7"})


def test_signature_by_name(tasks):
    """A signature of a task that is only known by its name carries the ID, also as a link."""
    with bind("order-7"):
        tasks.app.signature("add", (1, 1)).apply_async(link=tasks.app.signature("add", (1,)))

    assert wait(2) == (["1 + 1", "2 + 1"], {"order-7"})


def test_values_of_two(tasks):
    """Values that one task attaches go to what it sends, and to no task beside it."""
    with bind("order-7"):
        for number in range(3):
            tasks.branch.delay(number)

    wait_for(lambda: len(SEEN) == 3)
    assert sorted(SEEN) == [(n, {"tenant": f"t{n}"}) for n in range(3)]


@pytest.fixture
def eager(tasks):
    """Let tasks run where they are sent."""
    tasks.app.conf.task_always_eager = True
    yield tasks
    tasks.app.conf.task_always_eager = False


@pytest.mark.parametrize("name", ["group in a chain", "chord of chains", "group in a group"])
@pytest.mark.parametrize("is_inside", [True, False])
def test_eager_canvas(eager, name, is_inside):
    """In place, a canvas is part of its caller; outside any run each of its tasks has an ID."""
    make, expected = CANVASES[name]
    if is_inside:
        with bind("order-7"):
            make(eager).apply_async()
            assert current_flow_id() == "order-7"
    else:
        make(eager).apply_async()

    found, ids = wait(len(expected))
    assert found == expected
    assert None not in ids
    assert not is_inside or ids == {"order-7"}


@pytest.mark.parametrize("how", ["failure", "retry", "changed"])
def test_eager_that_raises(eager, how):
    """An exception of an eager task, also through its caller, leaves the caller's run current."""
    with bind("order-7"):
        if how == "failure":
            with pytest.raises(KeyError):
                eager.handled.apply((how,), throw=True)
        else:
            eager.handled.apply((how,))
        assert current_flow_id() == "order-7"

    assert {flow_id for _, flow_id in SEEN} == {"order-7"}


def test_declared_beside_undeclared(tasks):
    """A declared task in a canvas has the same ID as those that are not declared."""
    with bind("order-7"):
        chain(tasks.add.si(1, 1), tasks.declared.s(), tasks.add.s(1)).delay()

    assert wait(3) == (["1 + 1", "2 + 1", "declared"], {"order-7"})
