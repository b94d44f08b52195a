"""The current run, flow IDs, and binding them by hand."""

import asyncio
import copy
import os
import pickle
import random
import subprocess
import sys
import textwrap
import threading
import time
from array import array
from contextvars import copy_context

import pytest
from forked import end_fork

from penstock import annotate, bind, configure, current_flow_id, current_run, entrypoint
from penstock._runtime import ids
from penstock._runtime.configuration import new_flow_id
from penstock._runtime.ids import is_flow_id, is_trace_id, make_flow_id, write_flow_id
from penstock.exceptions import ConfigurationError, InvalidFlowIdError


@pytest.fixture
def _own_factory():
    """Bring back penstock's own flow IDs after the test."""
    yield
    configure()


def test_id_is_a_trace_id():
    """A flow ID is 32 lowercase hexadecimal digits: a valid trace-id."""
    assert is_trace_id(make_flow_id())


def test_every_bit_of_the_id():
    """Each of the 80 bits after the time is set in half of the IDs."""
    number = 20_000
    drawn = [int(make_flow_id()[12:], 16) for _ in range(number)]

    shares = [sum(tail >> bit & 1 for tail in drawn) / number for bit in range(80)]

    # Six standard deviations: by chance it is wrong once in ten million runs.
    assert max(abs(share - 0.5) for share in shares) < 6 * 0.5 / number**0.5
    assert len(set(drawn)) == number


def test_id_holds_the_time():
    """The first 48 bits are the time in milliseconds, so IDs sort by it."""
    before = time.time_ns() // 1_000_000

    made = int(make_flow_id()[:12], 16)

    assert before <= made <= time.time_ns() // 1_000_000


def test_random_bits_of_the_id(monkeypatch):
    """All 80 random bits come from the operating system, and are never all zero."""
    monkeypatch.setattr("penstock._runtime.ids.time_ns", lambda: 0)
    monkeypatch.setattr("penstock._runtime.ids.tails", [])
    monkeypatch.setattr("penstock._runtime.ids.urandom", lambda n: b"\xff" * n)
    ones = make_flow_id()
    monkeypatch.setattr("penstock._runtime.ids.tails", [])
    monkeypatch.setattr("penstock._runtime.ids.urandom", lambda n: b"\x00" * n)
    zeros = {make_flow_id() for _ in range(100)}

    assert ones == "000000000001ffffffffffffffffffff"
    assert zeros == {"00000000000100000000000000000000"}


@pytest.mark.parametrize("when", [-1, -(10**18), 2**80], ids=["before 1970", "long ago", "late"])
def test_clock_that_is_wrong(when):
    """Whatever the clock says, an ID is one."""
    assert is_trace_id(write_flow_id(when, b"\x11" * 10))


def test_id_is_decided_when_a_run_begins():
    """An ID that nobody has read yet is the same for all who read it, wherever they are."""
    with bind() as run:
        contexts = [copy_context() for _ in range(8)]
        copies = copy.copy(run), copy.deepcopy(run), pickle.loads(pickle.dumps(run))
        read: list[object] = [copied.flow_id for copied in copies]
        threads = [
            threading.Thread(target=context.run, args=(lambda: read.append(current_flow_id()),))
            for context in contexts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(read) == {run.flow_id}
        assert len(read) == 11


@pytest.mark.needs("fork")
def test_digits_of_a_parent():
    """Digits that another process drew, from which this one was forked, are not used."""
    ids.tails.clear()
    make_flow_id()  # and more digits are drawn than it needs
    kept = {tail.hex() for tail in ids.tails}
    ids.are_ours[0] = 0

    made = {make_flow_id()[12:] for _ in range(64)}

    assert kept
    assert made.isdisjoint(kept)


def test_number_that_another_thread_draws(monkeypatch):
    """A number is drawn once for all that share it, after a fork too, and by whichever thread."""

    def late():
        cell[0] = 7
        yield 8

    renewed = []
    monkeypatch.setattr("penstock._runtime.ids.renew_if_forked", lambda: renewed.append("once"))
    monkeypatch.setattr("penstock._runtime.ids.are_ours", [0])
    cell = {}
    drawn = ids.number_of(cell)
    assert (cell, renewed) == ({0: drawn}, ["once"])

    monkeypatch.setattr("penstock._runtime.ids._numbers", late())
    cell = {}
    assert (ids.number_of(cell), cell) == (7, {0: 7})


def test_lock_after_an_unnoticed_fork(monkeypatch):
    """Taking the lock in a forked process first renews the state that each process needs."""
    renewed = []
    monkeypatch.setattr("penstock._runtime.ids.renew_if_forked", lambda: renewed.append("once"))
    monkeypatch.setattr("penstock._runtime.ids.are_ours", [1])
    ids.process_lock()
    monkeypatch.setattr("penstock._runtime.ids.are_ours", [0])
    ids.process_lock()

    assert renewed == ["once"]


def test_ids_do_not_repeat_after_seeding():
    """Seeding the random module does not repeat flow IDs."""
    random.seed(1)
    first = make_flow_id()
    random.seed(1)

    assert make_flow_id()[12:] != first[12:]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_ids_do_not_repeat_after_fork():
    """A forked process makes other IDs than its parent."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, make_flow_id()[13:].encode())
        end_fork()
    os.waitpid(child, 0)

    assert os.read(reading, 64).decode() != make_flow_id()[13:]
    os.close(reading)
    os.close(writing)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("number", [25_000, pytest.param(2_500_000, marks=pytest.mark.wide)])
def test_ids_of_forks(tmp_path, number):
    """No two of ten million IDs are equal, made by four forks of one process that seed alike."""
    script = f"""
        import os, random
        from penstock._runtime.ids import make_flow_id

        make_flow_id()
        children = []
        for child in range(4):
            children.append(os.fork())
            if not children[-1]:
                random.seed(1)
                with open(f"ids{{child}}", "wb") as file:
                    for _ in range({number // 1000}):
                        made = "".join([make_flow_id() for _ in range(1000)])
                        file.write(bytes.fromhex(made))
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)
        """
    unmeasured = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    subprocess.run(command, check=True, cwd=tmp_path, env=unmeasured)

    halves = array("Q")
    for child in range(4):
        halves.frombytes((tmp_path / f"ids{child}").read_bytes())
    # Of the second half all 64 bits are random: that those differ is more than was asked for.
    assert len(set(halves[1::2])) == 4 * number


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(
    ("lock", "use"),
    [
        ("ids._lock", "current_run().annotate(order=7)"),
        ("ids._lock", "current_run().run_id"),
        ("registry._active._lock", "current_step()"),
    ],
)
def test_no_lock_is_inherited_by_a_child(lock, use):
    """A process forked while another thread was at work does not wait for that thread."""
    script = f"""
        import os, signal, threading
        from penstock._declared import registry
        from penstock._runtime import ids
        from penstock import bind, current_run, current_step

        held, done = threading.Event(), threading.Event()

        def work():
            with {lock}:
                held.set()
                done.wait()

        thread = threading.Thread(target=work)
        thread.start()
        assert held.wait(60)
        child = os.fork()
        if not child:
            signal.alarm(60)
            with bind():
                {use}
            os._exit(0)
        done.set()
        thread.join()
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


@pytest.mark.parametrize(
    "value", ["a", "0" * 128, "A.b_c:d-9", "0190b7a5-0000-7000-8000-000000000000"]
)
def test_what_is_an_id(value):
    """Letters, digits and a few marks make a flow ID."""
    assert is_flow_id(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a" * 129,
        "-a",
        ".a",
        "a b",
        "a\n",
        "a\r\nb",
        "ä",
        "１",
        "a\x85",
        "a/b",
        "<a>",
        b"a",
        1,
        None,
    ],
    ids=repr,
)
def test_what_is_no_id(value):
    """Anything else is none: nothing that could break a log line or a header."""
    assert not is_flow_id(value)


def test_nothing_is_current_at_first():
    """Outside any run there is no run and no ID."""
    assert (current_run(), current_flow_id()) == (None, None)


def test_bind():
    """A block has its ID, and afterwards what was current before."""
    with bind("outer") as outer:
        with bind("inner", flow="orders") as inner:
            seen = current_flow_id(), current_run()
        after = current_run()

    assert seen == ("inner", inner)
    assert (inner.flow, inner.flows, inner.entrypoint, inner.parent) == (
        *("orders", ("orders",), None, outer),
    )
    assert (after, current_run(), outer.flow) == (outer, None, None)


def test_bind_makes_or_keeps_an_id():
    """Without an ID, a block makes one, or keeps the one that is current."""
    with bind() as outer, bind() as inner:
        pass

    assert is_trace_id(outer.flow_id)
    assert inner.flow_id == outer.flow_id


def test_bind_after_an_exception():
    """An exception leaves nothing behind."""
    with pytest.raises(ZeroDivisionError), bind("x"):
        _ = 1 / 0

    assert current_run() is None


def test_bind_in_a_coroutine():
    """``async with`` does the same."""

    async def main() -> tuple[str | None, str | None]:
        async with bind("x"):
            await asyncio.sleep(0)
            inside = current_flow_id()
        return inside, current_flow_id()

    assert asyncio.run(main()) == ("x", None)


def test_bind_is_not_entered_twice():
    """One `bind` is one block at a time; it may be used again after it was left."""
    block = bind("x")
    with block, pytest.raises(RuntimeError, match="entered already"):
        block.__enter__()

    with block as run:
        assert run.flow_id == "x"


def test_bind_left_without_being_entered():
    """Leaving a block that was not entered changes nothing."""
    with bind("x"):
        bind("y").__exit__(None, None, None)

        assert current_flow_id() == "x"


@pytest.mark.parametrize("value", ["", "a b", "x" * 129])
def test_bind_refuses_what_is_no_id(value):
    """An ID that the code gives is checked; the message does not repeat it."""
    with pytest.raises(InvalidFlowIdError, match=f"a string of {len(value)} characters"):
        bind(value)


def test_threads_do_not_inherit():
    """A plain thread begins without a run."""
    seen: list[object] = []

    with bind("x"):
        thread = threading.Thread(target=lambda: seen.append(current_run()))
        thread.start()
        thread.join()

    assert seen == [None]


def test_repr():
    """A run says what it is."""
    with bind("x") as run, bind("y", flow="orders") as other:
        pass

    assert (repr(run), repr(other)) == ("<Run x of no flow>", "<Run y of orders>")


@pytest.mark.usefixtures("_own_factory")
def test_own_factory():
    """A project may make its own IDs."""
    configure(id_factory=lambda: "mine-1")

    with bind() as run:
        assert run.flow_id == "mine-1"
    assert entrypoint(current_flow_id)() == "mine-1"


@pytest.mark.usefixtures("_own_factory")
def test_factory_that_makes_no_ids():
    """A factory is tried when it is configured."""
    with pytest.raises(InvalidFlowIdError):
        configure(id_factory=lambda: "not an id")

    assert is_trace_id(new_flow_id())


@pytest.mark.usefixtures("_own_factory")
def test_factory_that_would_have_to_be_awaited():
    """A coroutine function makes no IDs, and is not called."""

    async def factory():
        return "mine-1"

    with pytest.raises(ConfigurationError, match=r"id_factory.*write a plain function"):
        configure(id_factory=factory)


@pytest.mark.usefixtures("_own_factory")
@pytest.mark.parametrize("later", ["not an id", ZeroDivisionError()], ids=["junk", "error"])
def test_factory_that_fails_later(caplog, later):
    """A factory that fails later is logged, and penstock makes the ID itself."""
    answers = iter(["fine", later])

    def factory() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    configure(id_factory=factory)

    assert is_trace_id(new_flow_id())
    assert "penstock makes this" in caplog.text


def test_annotate():
    """Values attach to the run, and to the runs in it, of which the nearest counts."""
    with bind("a") as outer:
        annotate(tenant="north", order=1)
        with bind() as inner:
            annotate(order=2)
            assert inner.values == {"tenant": "north", "order": 2}

        assert outer.values == {"tenant": "north", "order": 1}


def test_values_stay_in_their_operation():
    """A run of another operation has none of the values around it."""
    with bind("a"):
        annotate(tenant="north")
        with bind("b") as other:
            assert other.values == {}


def test_annotate_outside():
    """Outside a run nothing happens."""
    annotate(tenant="north")

    with bind() as run:
        assert run.values == {}


def test_annotate_from_threads():
    """Threads that annotate the whole run lose no value to each other."""
    with bind() as run:
        threads = [threading.Thread(target=run.annotate, kwargs={f"n{i}": i}) for i in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert run.values == {f"n{i}": i for i in range(50)}


def test_values_cannot_be_written():
    """The values that are read from a run cannot be used to change it."""
    with bind() as run:
        annotate(a=1)
        with pytest.raises(TypeError):
            run.values["a"] = 2


def test_error_survives_pickling():
    """An error that crosses a process says the same on the other side."""
    error = InvalidFlowIdError(3)

    assert str(pickle.loads(pickle.dumps(error))) == str(error)
