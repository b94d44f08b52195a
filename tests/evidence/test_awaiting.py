"""Functions that run later, or not at all, unless somebody awaits them."""

import pytest
from checked_sources import checked, verdicts

SOURCE = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
import anyio
from starlette.concurrency import run_in_threadpool
@step
async def pay():
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor()
    {}
    ship()
@step
{}def charge(): pass
@step
def ship(): pass
"""

THREAD = "asyncio.to_thread(charge)"
POOL = "loop.run_in_executor(None, charge)"


def evidence(lines: str, kind: str = "") -> tuple[tuple[str, ...], ...]:
    """Return the verdicts on the edges of a flow, where *lines* run before `ship`."""
    source = SOURCE.format(lines.replace("\n", "\n    "), kind)
    return tuple(verdicts(checked(source, "pay -> charge, charge -> ship")).values())


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (f"await {POOL}", "call"),
        (f"future = {POOL}\nawait future", "hand-off"),
        (f"await asyncio.wrap_future({POOL})", "hand-off"),
        (f"await asyncio.shield({POOL})", "hand-off"),
        (f"await asyncio.gather({POOL}, {POOL})", "hand-off"),
        (f"await {THREAD}", "call"),
        (f"await asyncio.wait_for({THREAD}, 1)", "hand-off"),
        (f"task = asyncio.create_task({THREAD})\nawait task", "hand-off"),
        (f"task = asyncio.gather({THREAD}, other())\nawait task", "hand-off"),
        (f"await asyncio.gather(*[{THREAD} for order in orders])", "hand-off"),
        (f"loop.run_until_complete({THREAD})", "hand-off"),
        (f"async with asyncio.TaskGroup() as group:\n    group.create_task({THREAD})", "hand-off"),
        (f"unknown = found()\nawait unknown({THREAD})", "hand-off"),
        ("await run_in_threadpool(charge)", "call"),
        ("await anyio.to_thread.run_sync(charge)", "call"),
        ("anyio.from_thread.run_sync(charge)", "call"),
        ("condition = asyncio.Condition()\nawait condition.wait_for(charge)", "call"),
        ("import threading\nthreading.Condition().wait_for(charge)", "call"),
        ("pool.submit(charge).result()", "hand-off"),
    ],
)
def test_what_is_awaited_is_done_before_what_follows(lines, kind):
    """A function in a thread has run where its future was awaited."""
    assert evidence(lines) == (("supported", kind), ("supported", "order"))


@pytest.mark.parametrize(
    "lines",
    [
        POOL,
        f"future = {POOL}",
        f"asyncio.shield({POOL})",
        f"asyncio.create_task({THREAD})",
        f"asyncio.gather({THREAD}, other())",
        f"task = asyncio.wait_for({THREAD}, 1)",
        f"asyncio.ensure_future({THREAD})",
        "task = run_in_threadpool(charge)",
        "pool.submit(charge)",
        "server = await asyncio.start_server(charge)",
        "async with await asyncio.start_server(charge): pass",
        "await connection.subscribe('orders', cb=charge)",
    ],
)
def test_what_is_not_awaited_is_not_done_before_what_follows(lines):
    """A future that is dropped, or kept, says nothing about what has run."""
    assert evidence(lines) == (("supported", "hand-off"), ("contradicted",))


@pytest.mark.parametrize("lines", [THREAD, "run_in_threadpool(charge)"])
def test_what_runs_only_when_it_is_awaited_does_not_run_if_dropped(lines):
    """A coroutine of a library that is dropped runs nothing."""
    assert evidence(lines) == (("contradicted",), ("contradicted",))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("await charge()", (("supported", "call"), ("supported", "order"))),
        ("charge()", (("contradicted",), ("contradicted",))),
        ("coroutine = charge()", (("contradicted",), ("contradicted",))),
        ("coroutine = charge()\nawait coroutine", (("supported", "call"), ("supported", "order"))),
        ("asyncio.create_task(charge())", (("supported", "hand-off"), ("contradicted",))),
        ("asyncio.ensure_future(charge())", (("supported", "hand-off"), ("contradicted",))),
        ("asyncio.gather(charge())", (("supported", "hand-off"), ("contradicted",))),
    ],
)
def test_a_coroutine_runs_when_it_is_awaited_or_handed_over(lines, expected):
    """A coroutine that is called and not awaited does not run."""
    assert evidence(lines, "async ") == expected


def test_a_coroutine_behind_a_decorator_of_a_library_may_run_at_once():
    """A decorator may make a plain function of a coroutine function."""
    decorated = "from lib import plain\n@step\n@plain\nasync def charge(): pass"
    source = SOURCE.format("charge()", "").replace("@step\ndef charge(): pass", decorated)

    assert verdicts(checked(source, "pay -> charge, charge -> ship")) == {
        "pay -> charge": ("supported", "call"),
        "charge -> ship": ("supported", "order"),
    }


@pytest.mark.parametrize("wait", ["await future", "future.result()"])
def test_the_result_of_a_future_is_what_the_function_returned(wait):
    """An object that a thread has made is known where its future is awaited."""
    source = f"""
import asyncio
class Shop:
    @step
    def charge(self): pass
def make(): return Shop()
@step
async def pay():
    future = asyncio.get_running_loop().run_in_executor(None, make)
    shop = {wait}
    shop.charge()
class Other:
    def charge(self): pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": ("supported", "call")}


@pytest.mark.parametrize(
    ("wait", "verdict"), [("yield", ("supported", "order")), ("later =", ("contradicted",))]
)
def test_a_generator_waits_for_a_future_that_it_yields(wait, verdict):
    """Coroutines of Tornado and Twisted are generators, and wait so."""
    source = f"""
from concurrent.futures import ThreadPoolExecutor
from tornado import gen
@step
@gen.coroutine
def pay():
    {wait} ThreadPoolExecutor().submit(charge)
    ship()
@step
def charge(): pass
@step
def ship(): pass
"""
    assert verdicts(checked(source, "charge -> ship"))["charge -> ship"] == verdict


def test_a_helper_may_return_what_its_caller_awaits():
    """A future that a function returns is awaited by the function that has called it."""
    helper = f"def later(loop): return {POOL}\n"
    waiting = SOURCE.format("await later(loop)", "") + helper
    dropping = SOURCE.format("later(loop)", "") + helper

    assert verdicts(checked(waiting, "charge -> ship"))["charge -> ship"] == ("supported", "order")
    assert verdicts(checked(dropping, "charge -> ship"))["charge -> ship"] == ("contradicted",)


@pytest.mark.parametrize(
    ("find", "verdict"),
    [
        ("async def find(self): raise NotImplementedError", ("supported", "call")),
        ("def find(self): return load()", ("supported", "call")),
        ("async def find(self): raise KeyError", ("contradicted",)),
    ],
)
def test_what_follows_a_method_that_a_subclass_has_to_have(find, verdict):
    """The subclass that is meant may be elsewhere, and returns where the base raises an error."""
    source = f"""
class Shop:
    {find}
@step
async def pay(shop: Shop):
    await shop.find()
    charge()
@step
def charge(): pass
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": verdict}
