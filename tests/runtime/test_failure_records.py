"""The record of its operation that an exception carries to an error report."""

import asyncio
import concurrent.futures
import copy
import gc
import importlib
import io
import logging
import pickle
import subprocess
import sys
import weakref
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from penstock import annotate, bind, current_flow_id, current_run, entrypoint, flow, step
from penstock._runtime.control_flow import declare_control_flow, is_control_flow
from penstock._runtime.failure_records import Failure, find_failure, record_failure
from penstock.boundary import Inbound, active
from penstock.contrib.logging import FlowFilter, install, uninstall
from penstock.testing import isolated_registry


@pytest.fixture(autouse=True)
def _registry():
    """Let each test declare its own flows."""
    with isolated_registry():
        yield


def caught(function, *args):
    """Return the exception that *function* raises."""
    try:
        function(*args)
    except BaseException as error:
        return error
    raise AssertionError("it did not raise")


def raising(error, name="handle", in_flow="orders", **options):
    """Return an entrypoint that raises *error*, and the list of its flow IDs."""
    ids = []

    def body():
        ids.append(current_flow_id())
        raise error

    return flow(in_flow)(entrypoint(name=name, **options)(body)), ids


def found_id(error):
    found = find_failure(error)
    return found and found.flow_id


class TestRecord:
    """The content of a record."""

    def test_all_of_it(self):
        """ID, flow, the step that raised, and values as they are logged."""

        @flow("orders")
        @step
        def charge():
            annotate(order=7, card=object)
            raise ValueError

        @flow("orders")
        @entrypoint
        def handle():
            ids.append(current_flow_id())
            annotate(tenant="north")
            charge()

        ids = []
        error = caught(handle)

        values = {"tenant": "north", "order": "7", "card": str(object)}
        assert find_failure(error) == Failure(ids[0], "orders", "charge", values)

    def test_strings_only(self):
        """It pickles with any values, also for a process that knows nothing of penstock."""

        class Text(str):
            __slots__ = ()

        class Broken:
            def __str__(self):
                raise ZeroDivisionError

        def body():
            annotate(local=Text("a"), broken=Broken(), lone="\ud800", long="x" * 10_000)
            raise ValueError("boom")

        error = caught(entrypoint(body))
        code = (
            "import pickle, sys; print(len(pickle.load(sys.stdin.buffer).__dict__['__penstock__']))"
        )
        elsewhere = subprocess.run(
            [sys.executable, "-S", "-I", "-c", code],
            input=pickle.dumps(error),
            capture_output=True,
            check=True,
        )

        assert int(elsewhere.stdout) > 0
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert find_failure(other) == find_failure(error)
        values = find_failure(error).values
        assert values["broken"] == f"<unprintable {Broken.__qualname__}>"
        assert len(values["long"]) == 1024
        assert {type(text) for text in values.values()} == {str}
        assert type(find_failure(caught(raising_in(Text("order-7")))).flow_id) is str

    def test_holds_nothing(self):
        """Values and the run go when nobody else has them, without the garbage collector."""

        class Value:
            pass

        def body():
            value = Value()
            alive.append(weakref.ref(value))
            annotate(value=value)
            raise ValueError

        alive = []
        gc.disable()
        try:
            error = caught(entrypoint(body))
            error.__traceback__ = None
            assert alive[0]() is None
        finally:
            gc.enable()

    def test_frozen(self):
        """An exception class may handle attributes in any way, and keeps working."""

        @dataclass(frozen=True)
        class FrozenError(Exception):
            code: int

        class SlottedError(Exception):
            __slots__ = ("code",)

        class RefusingError(Exception):
            def __setattr__(self, name, value):
                raise RuntimeError

        for error in (FrozenError(1), SlottedError(), RefusingError()):
            handle, ids = raising(error, name=type(error).__name__)
            assert caught(handle) is error
            assert found_id(error) == ids[0]

    def test_refusing_everything(self):
        """An exception that cannot carry anything passes as it is."""

        class OpaqueError(Exception):
            def __getattribute__(self, name):
                if name == "__dict__":
                    raise RuntimeError
                return super().__getattribute__(name)

        error = OpaqueError()

        assert caught(raising(error)[0]) is error
        assert find_failure(error) is None

    def test_of_someone_else(self):
        """An attribute of that name which is not ours is none."""
        error = ValueError()
        error.__penstock__ = "theirs"

        assert find_failure(error) is None
        assert find_failure("no exception") is None
        assert find_failure(None) is None

    @pytest.mark.parametrize(
        "kind", ["coroutine", "generator", "async generator", "bind", "active"]
    )
    def test_kinds(self, kind):
        """Whatever runs in a run, what leaves it knows it."""

        def fail():
            ids.append(current_flow_id())
            annotate(order=7)
            raise ValueError

        async def coroutine():
            await asyncio.sleep(0)
            fail()

        def generator():
            yield
            fail()

        async def async_generator():
            yield
            fail()

        async def walk():
            async for _ in entrypoint(name="agen")(async_generator)():
                pass

        def block():
            with bind():
                fail()

        def received():
            with active(Inbound().receive(None)):
                fail()

        runs = {
            "coroutine": lambda: asyncio.run(entrypoint(name="coro")(coroutine)()),
            "generator": lambda: [*entrypoint(name="gen")(generator)()],
            "async generator": lambda: asyncio.run(walk()),
            "bind": block,
            "active": received,
        }
        ids = []

        found = find_failure(caught(runs[kind]))

        assert (found.flow_id, dict(found.values)) == (ids[0], {"order": "7"})

    def test_async_block(self):
        """An ``async with bind()`` does the same."""

        async def main():
            async with bind("order-7"):
                raise ValueError

        assert found_id(caught(asyncio.run, main())) == "order-7"


def raising_in(flow_id):
    def run():
        with bind(flow_id):
            raise ValueError

    return run


class TestNested:
    """Runs within runs."""

    def test_innermost(self):
        """Of an operation it is the innermost run that knows most."""
        inner, ids = raising(ValueError(), name="charge", in_flow="payments")

        def body():
            annotate(order=7)
            inner()

        outer = flow("orders")(entrypoint(name="handle")(body))

        def all_of_it():
            with active(Inbound().receive(None)):
                current_run().annotate(tenant="north")
                outer()

        error = caught(all_of_it)

        assert find_failure(error) == Failure(
            *(ids[0], "payments", "charge", {"tenant": "north", "order": "7"})
        )

    def test_raised_again(self):
        """Outside, what an operation raised is reported with that, also after others were tried."""
        first, second = ValueError(), KeyError()
        one, ids = raising(first, name="one")
        two, other_ids = raising(second, name="two")

        caught(one)
        caught(two)

        assert [found_id(first), found_id(second)] == [ids[0], other_ids[0]]

    def test_other_operation_within(self):
        """Outside, an exception that passed through an operation has that operation's record."""
        inner, ids = raising(ValueError(), name="inner", inherit=False)

        def body():
            outer_ids.append(current_flow_id())
            try:
                inner()
            except ValueError as error:
                between.append(found_id(error))
                raise

        outer_ids, between = [], []
        error = caught(entrypoint(name="outer")(body))

        assert between == ids
        assert found_id(error) == outer_ids[0] != ids[0]


class TestShared:
    """One exception of several operations."""

    def test_two_operations(self):
        """None rather than the wrong one, also if it comes again."""
        error = ValueError()
        handle, ids = raising(error)

        caught(handle)
        assert found_id(error) == ids[0]
        caught(handle)
        assert find_failure(error) is None
        caught(handle)
        assert find_failure(error) is None

    def test_awaited_twice(self):
        """A task that two operations wait for."""

        async def main():
            async def work():
                await asyncio.sleep(0)
                raise ValueError

            task = asyncio.create_task(work())

            @entrypoint
            async def handle():
                await task

            return await asyncio.gather(handle(), handle(), return_exceptions=True)

        one, two = asyncio.run(main())

        assert one is two
        assert find_failure(one) is None

    def test_twice_in_one_operation(self):
        """Details that both operations share are kept."""
        error = ValueError()
        one, _ = raising(error, name="one", in_flow="a")
        two, _ = raising(error, name="two", in_flow="b")

        def body():
            annotate(order=7)
            caught(one)
            annotate(page=1)
            two()

        with bind("order-7"):
            caught(entrypoint(name="outer")(body))

        assert find_failure(error) == Failure("order-7", None, None, {"order": "7", "page": "1"})

    def test_members_of_several(self):
        """A group of exceptions of several operations has no failure; each member has one."""
        errors = [ValueError(), KeyError()]
        ids = []
        for error in errors:
            handle, own = raising(error, name=type(error).__name__)
            caught(handle)
            ids += own

        group = ExceptionGroup("several", errors)

        assert find_failure(group) is None
        assert [found_id(error) for error in group.exceptions] == ids
        assert found_id(group.subgroup(KeyError)) == ids[1]


class TestChains:
    """The attribute in which the record is looked for."""

    def test_cause(self):
        """An exception that was raised from it, or during its handling, has the same record."""
        handle, ids = raising(ValueError())
        other, other_ids = raising(ValueError(), name="other")

        def from_it():
            try:
                handle()
            except ValueError as error:
                raise KeyError from error

        def meanwhile():
            try:
                other()
            except ValueError:
                raise KeyError  # noqa: B904 - on purpose

        assert found_id(caught(from_it)) == ids[0]
        assert found_id(caught(meanwhile)) == other_ids[0]

    def test_cause_counts_before_context(self):
        """The cause of an exception takes precedence over its context."""
        one, two = (caught(raising(ValueError(), name=name)[0]) for name in ("one", "two"))
        error = KeyError()
        error.__cause__, error.__context__ = one, two

        assert found_id(error) == found_id(one)

    def test_circle(self):
        """Exceptions that were raised from each other end."""
        one, two = ValueError(), KeyError()
        one.__context__, two.__context__ = two, one

        assert find_failure(one) is None

    def test_long_chain(self):
        """A long chain is followed to its end."""
        error = caught(raising(ValueError())[0])
        first = found_id(error)
        for _ in range(5_000):
            later = ValueError()
            later.__context__ = error
            error = later

        assert found_id(error) == first


class TestGroups:
    """Groups of exceptions."""

    def test_split(self):
        """The parts of a group that ``except*`` and `split` return have the same record."""

        async def fail(error):
            raise error

        @flow("orders")
        @entrypoint
        async def handle():
            ids.append(current_flow_id())
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(ValueError()))
                group.create_task(fail(KeyError()))

        ids, seen = [], []
        try:
            asyncio.run(handle())
        except* ValueError as some:
            seen.append(found_id(some))
        except* KeyError as others:
            seen.append(found_id(others))
        group = caught(asyncio.run, handle())
        halves = group.split(ValueError)

        assert seen == [ids[0]] * 2
        assert {found_id(part) for part in (group, *halves)} == {ids[1]}

    def test_of_one_operation(self):
        """A group that was made outside, of exceptions of one operation, is of that one."""
        errors = []

        def body():
            for name, in_flow in (("one", "a"), ("two", "b")):
                errors.append(caught(raising(ValueError(), name=name, in_flow=in_flow)[0]))

        with bind("order-7"):
            body()
        group = ExceptionGroup("all", [*errors, KeyError()])

        assert find_failure(group) == Failure("order-7", None, None, {})

    def test_control_flow_within(self):
        """An exception in a group that is control flow has no record, nor has a group of these."""
        members = [KeyboardInterrupt(), ValueError()]
        group = BaseExceptionGroup("mixed", members)
        handle, ids = raising(group)
        caught(handle)
        nothing = BaseExceptionGroup("none", [KeyboardInterrupt()])
        caught(raising(nothing, name="nothing")[0])

        assert [found_id(error) for error in (group, *members)] == [ids[0], None, ids[0]]
        assert find_failure(nothing) is None


class RetryError(Exception):
    """An exception of a queue."""


declare_control_flow("retried", RetryError)


@pytest.mark.parametrize(
    "error",
    [
        asyncio.CancelledError(),
        concurrent.futures.CancelledError(),
        GeneratorExit(),
        KeyboardInterrupt(),
        StopIteration(),
        SystemExit(1),
        RetryError(),
        type("GreenletExit", (BaseException,), {})(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_control_flow(error):
    """An exception that is control flow has no record."""
    caught(raising(error)[0])

    assert is_control_flow(error)
    assert find_failure(error) is None
    assert not error.__dict__


def test_cancelled_by_trio():
    """A scope that Trio cancels carries nothing."""
    trio = importlib.import_module("trio")  # not every platform has it

    kept = []

    @entrypoint
    async def handle():
        try:
            await trio.sleep_forever()
        except trio.Cancelled as error:
            kept.append(error)
            raise

    async def main():
        with trio.move_on_after(0):
            await handle()

    trio.run(main)

    assert not is_control_flow(ValueError())
    assert find_failure(kept[0]) is None


def test_marked_outside():
    """An adapter can mark what it catches in its own way."""
    error = ValueError()
    with bind("order-7") as run:
        record_failure(run, error)

    assert find_failure(error) == Failure("order-7", None, None, MappingProxyType({}))


class TestLogging:
    """Log records."""

    @pytest.fixture
    def lines(self):
        kept = io.StringIO()
        handler = logging.StreamHandler(kept)
        handler.setFormatter(
            logging.Formatter("%(flow_id)s %(flow)s %(step)s %(order)s|", defaults={"order": "-"})
        )
        logger = logging.getLogger("consumer")
        logger.addHandler(handler)
        yield handler, lambda: [line.partition("|")[0] for line in kept.getvalue().splitlines()][:1]
        logger.removeHandler(handler)

    def report(self):
        def body():
            ids.append(current_flow_id())
            annotate(order=7)
            raise ValueError

        ids = []
        try:
            flow("orders")(entrypoint(name="handle")(body))()
        except ValueError:
            logging.getLogger("consumer").exception("a message failed")
        return ids[0]

    def test_filter(self, lines):
        """The line that reports it outside says ID, flow, step and values."""
        handler, written = lines
        handler.addFilter(FlowFilter())

        assert written() == []
        flow_id = self.report()
        assert written() == [f"{flow_id} orders handle 7"]

    def test_factory(self, lines):
        """So does one whose record had the ID from its creation on."""
        _, written = lines
        install(flow=True, step=True)
        try:
            flow_id = self.report()
        finally:
            uninstall()

        assert written() == [f"{flow_id} orders handle -"]

    def test_in_another_run(self, lines):
        """A line of another operation stays that operation's."""
        handler, written = lines
        handler.addFilter(FlowFilter())

        error = caught(raising(ValueError())[0])
        with bind("mine-1"):
            logging.getLogger("consumer").error("of another one", exc_info=error)

        assert written() == ["mine-1 - - -"]

    def test_around_it(self, lines):
        """A line of what is around says the flow and the step that it does not know itself."""
        handler, written = lines
        handler.addFilter(FlowFilter())

        with bind("order-7"):
            self.report()

        assert written() == ["order-7 orders handle 7"]

    def test_odd_records(self):
        """A record that another program made is not the filter's problem."""
        for odd in (True, (), (None,), (ValueError, None, None), "text"):
            record = logging.makeLogRecord({"exc_info": odd})
            FlowFilter().filter(record)

            assert record.flow_id == "-"


def handlers():
    """Return entrypoints that fail: two of one flow, one of another, one with `inherit=False`."""

    @flow("orders")
    @entrypoint
    async def receive():
        annotate(order=7)
        raise LookupError

    @flow("orders")
    @entrypoint
    async def store():
        annotate(order=7)
        raise LookupError

    @flow("emails")
    @entrypoint
    async def send():
        raise LookupError

    @flow("reports")
    @entrypoint(inherit=False)
    async def report():
        raise LookupError

    return {"receive": receive, "store": store, "send": send, "report": report}


@pytest.mark.parametrize(
    ("names", "expected", "values"),
    [
        (["receive"], ("orders", "receive"), {"tenant": "north", "order": "7"}),
        (["receive", "receive"], ("orders", "receive"), {"tenant": "north", "order": "7"}),
        (["receive", "store"], ("orders", None), {"tenant": "north", "order": "7"}),
        (["receive", "send"], (None, None), {"tenant": "north"}),
        (["report"], (None, "report"), {"tenant": "north"}),
        (["receive", "report"], (None, None), {"tenant": "north"}),
    ],
)
def test_group_that_leaves_a_request(names, expected, values):
    """A group is of the request that it left, and of the flow that all its members are of."""
    found = handlers()

    async def work():
        async with asyncio.TaskGroup() as tasks:
            for name in names:
                tasks.create_task(found[name]())

    run = Inbound().receive({})
    run.annotate(tenant="north")
    with pytest.raises(ExceptionGroup) as caught, active(run):
        asyncio.run(work())

    failure = find_failure(caught.value)
    assert (failure.flow_id, failure.flow, failure.step) == (run.flow_id, *expected)
    assert failure.values == values


def test_group_of_an_entrypoint():
    """A group that leaves an entrypoint is of its flow, whatever its members are of."""
    found = handlers()

    @flow("imports")
    @entrypoint
    async def work():
        raise ExceptionGroup("several", [LookupError()]) from None

    @flow("imports")
    @entrypoint
    async def collect():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(found["receive"]())

    for function, step_name in ((work, "work"), (collect, "collect")):
        with pytest.raises(ExceptionGroup) as caught:
            asyncio.run(function())

        failure = find_failure(caught.value)
        assert (failure.flow, failure.step) == ("imports", step_name)


def test_group_of_a_shared_exception():
    """A group is of the request that it left, also where nobody knows of what its member is."""
    error = LookupError()
    for flow_id in ("order-1", "order-2"):
        with pytest.raises(LookupError), bind(flow_id):
            raise error
    with pytest.raises(ExceptionGroup) as caught, bind("order-3"):
        raise ExceptionGroup("several", [error])

    assert find_failure(error) is None
    assert find_failure(caught.value).flow_id == "order-3"
