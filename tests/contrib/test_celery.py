"""Tasks of Celery in this process: eager, called directly, and what is sent."""

import logging
import pickle

import pytest
from celery import Celery, Task, current_app, signals
from celery.app import base as celery_base
from celery.exceptions import Ignore, Reject
from celery_beside import worker_beside
from recording import _exporters, call_after_closing
from servers import wait_for
from specification import CELERY

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow, get_flow, step
from penstock._runtime.active_exporters import set_exporters
from penstock._runtime.failure_records import find_failure
from penstock.boundary import HEADER, UNTRUSTED_FLOW_ID
from penstock.contrib import celery as adapter
from penstock.contrib.celery import flow_task, install, uninstall
from penstock.exceptions import ConfigurationError, InvalidArgumentError
from penstock.testing import record_runs

__all__ = ["_exporters"]


def say_id():
    """Return the ID that is current."""
    return current_flow_id()


@pytest.fixture
def app(monkeypatch):
    """Return an application that keeps its messages in memory, without the tasks of other tests."""
    monkeypatch.setattr("celery._state._on_app_finalizers", set())
    made = Celery("orders", broker="memory://", backend="cache+memory://", set_as_current=True)
    made.conf.task_always_eager = True
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    for app in list(adapter._settings):
        uninstall(app)
    assert current_run() is None


@pytest.fixture
def sent(app):
    """Return the headers of what is sent, and send nothing."""
    app.conf.task_always_eager = False
    headers = []

    def keep(headers=None, **_):
        kept.append(dict(headers))

    kept = headers
    # After penstock's own, for receivers are called in their order.
    install()
    signals.before_task_publish.connect(keep, weak=False)
    yield headers
    signals.before_task_publish.disconnect(keep)


def test_specification(app):
    """The block of the specification runs, and its task has the ID of its caller."""
    names = {"flow": flow, "__name__": "spec"}
    exec(compile(CELERY, "specification.md", "exec"), names)
    seen = []
    signals.task_prerun.connect(lambda **_: seen.append(current_flow_id()), weak=False)
    task = names["process_in_background"]

    with bind() as run:
        task.delay({}).get()

    assert seen == [run.flow_id]
    assert [step.kind for step in get_flow("async_processing").steps] == ["queue"]
    assert task.name == "spec.process_in_background"


def test_real_task(app):
    """A declared task has all attributes of tasks."""

    @flow("orders")
    @flow_task(bind=True, name="other.name", rate_limit="9/m", max_retries=7)
    def work(self, amount):
        """Work."""
        return self.name, amount, current_run().flow

    assert work.delay(2).get() == ("other.name", 2, "orders")
    assert (work.rate_limit, work.max_retries, work.__doc__) == ("9/m", 7, "Work.")
    assert work.s(1).task == "other.name"
    assert pickle.loads(pickle.dumps(work.s(1))) == work.s(1)


def test_arguments_are_checked(app):
    """A task that is sent with wrong arguments is refused at once, as Celery does it."""
    app.conf.task_always_eager = False

    @flow_task(app=app)
    def work(amount):
        pass

    with pytest.raises(TypeError):
        work.delay()


def test_arguments_that_celery_does_not_see(app, sent):
    """A task made by Celery's own decorator above an entrypoint is sent with any arguments."""

    @app.task
    @entrypoint
    def ship(order): ...

    ship.delay(1, 2)

    assert len(sent) == 1


def test_behind_a_queue(app):
    """A task that a step sends comes after it in the diagram, behind a queue."""

    @flow("orders")
    @entrypoint
    def receive():
        pass

    @flow("orders")
    @flow_task(after=receive, step="ship", title="Ship it")
    def work():
        pass

    ship = get_flow("orders").step("ship")

    assert [(e.source, e.target) for e in get_flow("orders").edges] == [("receive", "ship")]
    assert (ship.title, ship.kind, ship.is_entrypoint) == ("Ship it", "queue", False)
    assert get_flow("orders").problems() == ()


def test_base(app):
    """A task has the class that it was given."""

    class Base(Task):
        stock = 7

    @flow("orders")
    @flow_task(app=app, base=Base, bind=True, acks_late=True)
    def work(self):
        return self.stock

    assert isinstance(app.tasks[work.name], Base)
    assert (work.delay().get(), work.acks_late) == (7, True)


def test_class(app):
    """A task that is a class is declared on its `run`."""
    install(app)

    class Work(Task):
        name = "work"

        @flow("orders")
        @entrypoint(kind="queue")
        def run(self):
            return self.name, current_flow_id()

    task = app.register_task(Work())

    with bind() as run:
        returned = task.delay().get()

    assert returned == ("work", run.flow_id)
    assert get_flow("orders").steps[0].name == "run"


def test_no_function(app):
    """A class in place of a function is refused with what to do."""
    with pytest.raises(InvalidArgumentError, match="put it on a method"):
        flow_task(Task)


@pytest.mark.skipif(
    not hasattr(celery_base, "pydantic_wrapper"), reason="this Celery has no option pydantic="
)
def test_models(app):
    """Arguments are validated as Celery does it with `pydantic`, which reads the annotations."""
    import pydantic  # FastStream brings it

    class Order(pydantic.BaseModel):
        number: int

    def work(order: Order) -> Order:
        return Order(number=order.number + 1)

    work.__annotations__ = {"order": Order, "return": Order}
    task = flow_task(app=app, pydantic=True)(work)

    assert task.delay({"number": "7"}).get() == {"number": 8}


def test_autoretry(app):
    """A task that is tried again by itself is tried with the same ID, and the errors count."""
    seen = []

    @flow_task(app=app, autoretry_for=(KeyError,), default_retry_delay=0, max_retries=1)
    def work():
        seen.append(current_flow_id())
        raise KeyError

    with pytest.raises(KeyError):
        work.delay().get()

    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_recorded(app):
    """While tracing is on, a task is recorded as an entrypoint is."""
    with record_runs() as recorded:

        @flow("orders")
        @flow_task(app=app)
        def work():
            raise LookupError

        with bind() as run:
            work.delay()

    (span,) = recorded.spans
    assert (span.step, span.is_entrypoint, span.flow_id) == ("work", True, run.flow_id)
    assert (span.outcome, span.exception_type) == ("error", "LookupError")


def retry(task):
    if task.request.retries == 0:
        task.retry(countdown=0)


def ignore(task):
    raise Ignore


def reject(task):
    raise Reject(requeue=False)


def replace(task):
    task.replace(task.app.signature("instead"))


def fail(task):
    task.retry(max_retries=0)


@pytest.mark.parametrize(
    ("end", "outcomes"),
    [
        (retry, ["retried", "ok"]),
        (ignore, ["stopped"]),
        (reject, ["stopped"]),
        (replace, ["stopped"]),
        (fail, ["error"]),
    ],
)
def test_control_flow(app, end, outcomes):
    """An exception of a task that is control flow of Celery is not recorded as a failure."""
    app.conf.task_always_eager = False
    with record_runs() as recorded:

        @app.task(name="instead")
        def instead():
            pass

        @flow("orders")
        @flow_task(app=app, bind=True)
        def work(self):
            ship(self)

        @flow("orders")
        @step(after=work)
        def ship(task):
            end(task)

        with worker_beside(app):
            work.delay()
            wait_for(lambda: len(recorded.spans) == 2 * len(outcomes))

    assert [span.outcome for span in recorded.spans if span.step == "work"] == outcomes
    assert [span.outcome for span in recorded.spans if span.step == "ship"] == outcomes


def test_failure_of_an_undeclared_task(app):
    """An exception of an undeclared task carries its operation to reports outside."""
    install(app)
    seen = []

    @app.task
    def work():
        seen.append(current_flow_id())
        annotate(tenant="north")
        raise LookupError

    @app.task
    def ignored():
        raise Ignore

    error = work.apply().result
    found = find_failure(error)

    assert (found.flow_id, found.values) == (seen[0], {"tenant": "north"})
    assert find_failure(pickle.loads(pickle.dumps(error))) == found
    assert find_failure(ignored.apply().result) is None
    uninstall(app)
    assert find_failure(work.apply().result) is None


def test_called_directly(app):
    """A task that is called like a function runs in its caller's operation."""

    @flow("orders")
    @flow_task
    def work():
        return current_flow_id()

    with bind() as run:
        inside = work()

    assert inside == run.flow_id
    assert work() not in {None, run.flow_id}


def test_eager_keeps_the_caller(app):
    """An eager task has the caller's ID, which is current afterwards, too."""
    install(app)

    @app.task
    def work():
        return current_flow_id()

    with bind() as run:
        inside = work.delay().get()
        after = current_flow_id()

    assert (inside, after) == (run.flow_id, run.flow_id)


def test_eager_alone(app):
    """Without a caller a task in place has its own ID, also when it is tried again."""
    install(app)
    seen = []

    @app.task(bind=True, max_retries=2)
    def work(self):
        seen.append(current_flow_id())
        if len(seen) < 3:
            raise self.retry(countdown=0)

    work.delay()

    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert None not in seen


def test_eager_after_closing(app):
    """A task in place has its own ID where a run ended that is current no more."""
    install(app)

    @app.task
    def work():
        return current_flow_id()

    found = call_after_closing(work.delay).get()

    assert found not in {None, "closed-1"}


def test_eager_retry_in_a_run(app):
    """A task in place that is tried again leaves its caller's ID alone."""
    install(app)
    seen = []

    @app.task(bind=True, max_retries=1)
    def work(self):
        seen.append(current_flow_id())
        if len(seen) < 2:
            raise self.retry(countdown=0)

    with bind() as run:
        work.delay()
        after = current_flow_id()

    assert [*seen, after] == [run.flow_id] * 3


def test_sent(sent, app):
    """A message has the ID among its headers, and those of others stay."""

    @app.task
    def work():
        pass

    with bind() as run:
        work.apply_async(headers={"theirs": "x"})
        app.send_task("elsewhere.work")
    work.delay()

    assert [headers[HEADER] for headers in sent[:2]] == [run.flow_id, run.flow_id]
    assert sent[0]["theirs"] == "x"


def test_sent_outside_a_run(sent, app):
    """A message that is sent outside any run has its own ID, the same at each delivery."""
    for _ in range(2):
        app.send_task("work")

    first, second = (headers[HEADER] for headers in sent)
    assert first != second
    assert current_flow_id() is None


def test_sent_after_closing(sent, app):
    """A run that ended elsewhere sends nothing."""
    call_after_closing(app.send_task, "work")

    assert sent[0][HEADER] != "closed-1"
    assert len(sent[0][HEADER]) == 32


def test_header_that_is_there(sent, app):
    """A task that is sent with an ID keeps it, without the annotated values of the current run."""
    install(values=["tenant"])
    with bind():
        annotate(tenant="north")
        app.send_task("work", headers={HEADER: "theirs"})

    assert sent[0][HEADER] == "theirs"
    assert "baggage" not in sent[0]


def test_malformed_header_that_is_there(sent, app):
    """An invalid flow ID is not sent on, as when a task is tried again."""
    with bind() as run:
        app.send_task("work", headers={HEADER: "a b"})

    assert sent[0][HEADER] == run.flow_id


def test_values_that_changed(sent, app):
    """A message that is sent again has the values of now, beside the baggage of others."""
    install(values=["tenant"])
    with bind():
        annotate(tenant="south")
        app.send_task("work", headers={"baggage": "theirs=1,tenant=north"})

    assert sent[0]["baggage"] == "theirs=1,tenant=south"


def test_settings(sent, app):
    """The header has the name that it was given, and `traceparent` goes along."""
    install(header="X-Flow", traceparent=True)
    kept = []
    signals.before_task_publish.connect(lambda headers, **_: kept.append(dict(headers)), weak=False)

    with bind() as run:
        app.send_task("work")

    assert kept[0]["X-Flow"] == run.flow_id
    assert kept[0]["traceparent"].split("-")[1] == run.flow_id


def test_wrong_setting():
    """An unknown setting is an error."""
    with pytest.raises(ConfigurationError, match="did you mean 'trust'"):
        install(trusted=True)


def call(app, name, **headers):
    """Run a task as a worker does that was sent a message with *headers*."""
    from celery.app.trace import build_tracer

    task = app.tasks[name]
    tracer = build_tracer(name, task, app=app)
    request = {"id": "1", "delivery_info": {}, "is_eager": False, **headers}
    return tracer("1", (), {}, request).retval


@pytest.fixture
def work(app):
    """Return the name of a task that says what is current."""

    @app.task(name="work")
    def work():
        return current_flow_id(), dict(current_run().values)

    return work.name


def test_received(app, work):
    """A worker adopts the ID of a message, and no ID is current afterwards."""
    install()

    found, values = call(app, work, **{HEADER: "theirs"})

    assert (found, values) == ("theirs", {})


def test_never_what_was_there(app, work):
    """A worker never takes what an earlier task may have left."""
    install()

    with bind() as left:
        found, _ = call(app, work)
        after = current_flow_id()

    assert found != left.flow_id
    assert after == left.flow_id


@pytest.mark.parametrize(
    "hostile", ["a b", "x" * 129, "a\x85b", "a\r\nb", "\x00", 7, b"\xff", ["a"]]
)
def test_hostile(app, work, caplog, hostile):
    """An invalid flow ID is not adopted, and not logged."""
    install()
    with caplog.at_level(logging.DEBUG, "penstock"):
        found, values = call(app, work, **{HEADER: hostile})

    assert len(found) == 32
    assert values == {}
    assert str(hostile) not in "".join(caplog.messages) or hostile == 7


def test_not_trusted(app, work):
    """An ID that is not trusted is there under its own name."""
    install(trust=lambda task: task.request.get("sender") == "me")

    found, values = call(app, work, **{HEADER: "theirs"})
    trusted, _ = call(app, work, sender="me", **{HEADER: "mine"})

    assert len(found) == 32
    assert values == {UNTRUSTED_FLOW_ID: "theirs"}
    assert trusted == "mine"


def test_nested_headers(app, work):
    """Headers that were nested in headers are found too, as some versions send them."""
    install()

    found, _ = call(app, work, headers={HEADER: "theirs"})

    assert found == "theirs"


def test_other_application(app, work):
    """Tasks of another application than the one that was named are left alone."""
    other = Celery("other", set_as_current=False)
    install(other)

    with bind() as run:
        found, _ = call(app, work, **{HEADER: "theirs"})

    assert found == run.flow_id


def test_two_applications(app, work, sent):
    """Each application has separate settings, and a message carries the headers of both."""
    other = Celery("other", set_as_current=False)
    install(app, header="X-Flow")
    install(other, header="X-Other", trust=False)
    message = {"X-Flow": "ours", "X-Other": "theirs"}

    with bind() as run:
        app.send_task("work")

    assert call(app, work, **message)[0] == "ours"
    assert call(other, work, **message)[0] not in {"ours", "theirs"}
    assert (sent[0]["X-Flow"], sent[0]["X-Other"]) == (run.flow_id, run.flow_id)


def test_installed_by_declaring(app, work):
    """A task that is declared carries the ID without more, and so do those beside it."""
    before = call(app, work, **{HEADER: "theirs"}) if adapter._settings else None
    flow_task(app=app)(say_id)
    flow_task(app=app, name="second")(say_id)

    assert before is None
    assert call(app, work, **{HEADER: "theirs"})[0] == "theirs"


def test_settings_after_declaring(app, work):
    """Settings that are named take the place of those that declaring a task implied."""
    flow_task(app=app)(say_id)
    install(app, header="X-Flow")

    found, _ = call(app, work, **{HEADER: "theirs"})

    assert len(found) == 32


def test_settings_before_declaring(app, work):
    """Declaring a task changes no settings that there are."""
    install(app, header="X-Flow")
    flow_task(app=app)(say_id)

    found, _ = call(app, work, **{HEADER: "theirs", "X-Flow": "ours"})

    assert found == "ours"


def test_uninstall(app, work):
    """`uninstall` reverts `install`, for one application or for all."""
    connected = len(signals.task_prerun.receivers)
    install()
    install(app)
    uninstall(app)
    between = call(app, work, **{HEADER: "theirs"})[0]
    uninstall()

    assert between == "theirs"
    assert len(signals.task_prerun.receivers) == connected


def test_signals_that_say_nothing():
    """Signals that are sent by hand, without a task or headers, do no harm."""
    install()

    signals.before_task_publish.send(sender="work")
    signals.task_prerun.send(sender=None)
    signals.task_postrun.send(sender=None)

    assert current_flow_id() is None


@pytest.mark.usefixtures("_exporters")
def test_child_that_ends(app):
    """A child of a worker, which ends without Python's exit, flushes the spans that wait."""
    kept, brought = [], []

    class Keeping:
        def export(self, span):
            kept.append(span.step)

        def flush(self):
            brought.extend(kept)

    set_exporters(Keeping())
    install()
    with record_runs():
        flow("orders")(flow_task(name="kept")(say_id)).delay()
    assert (kept, brought) == (["say_id"], [])

    signals.worker_process_shutdown.send(sender=None, pid=1, exitcode=0)

    assert brought == ["say_id"]


def test_current_application_is_not_asked_for(monkeypatch):
    """Declaring a shared task does not look for the application, which may come later."""
    asked = []
    monkeypatch.setattr(type(current_app), "_get_current_object", lambda self: asked.append(1))

    flow("later")(flow_task(name="later")(say_id))

    assert asked == []


@pytest.fixture
def _log(monkeypatch):
    """Take back what a worker does to the log of its process."""
    level = logging.root.level
    monkeypatch.setattr(logging.root, "handlers", logging.root.handlers[:])
    yield
    logging.root.setLevel(level)


@pytest.mark.usefixtures("_log")
def test_worker_without_a_server(app):
    """A worker beside the application, with a broker in memory, has the sender's ID."""
    # Its own queue: all brokers in memory share what was sent.
    app.conf.update(task_always_eager=False, task_default_queue="alone")
    seen = []

    @flow("orders")
    @flow_task(app=app)
    def work():
        seen.append(current_flow_id())
        more.delay()

    @flow("orders")
    @flow_task(app=app, after=work, bind=True, max_retries=1)
    def more(self):
        seen.append(current_flow_id())
        if self.request.retries == 0:
            raise self.retry(countdown=0)

    with worker_beside(app):
        with bind() as run:
            work.delay()
        wait_for(lambda: len(seen) == 3)

    assert seen == [run.flow_id] * 3
