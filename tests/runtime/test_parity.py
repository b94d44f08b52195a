"""Whatever is sent, thrown or closed, an entrypoint behaves like the bare function."""

import asyncio
import gc
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import current_flow_id, current_run, entrypoint
from penstock.testing import isolated_registry, record_runs

THROWN = [ValueError, KeyError, GeneratorExit, StopIteration, StopAsyncIteration, RuntimeError]
SCRIPTS = st.lists(
    st.one_of(
        st.just(("next", None)),
        st.tuples(st.just("send"), st.integers(0, 3)),
        st.tuples(st.just("throw"), st.sampled_from(THROWN)),
        st.just(("close", None)),
    ),
    max_size=6,
)
PARTS = ["pause", "catch", "translate", "ignore", "finally", "return", "raise", "stop", "loop"]
BODIES = st.lists(st.sampled_from(PARTS), max_size=4)

modest = settings(max_examples=100)


@pytest.fixture(params=["plain", "traced"], autouse=True)
def _tracing(request):
    """Let entrypoints be recorded too: nobody may notice that either."""
    with isolated_registry():
        if request.param == "plain":
            yield
        else:
            with record_runs():
                yield


def outcome_of(error: BaseException) -> tuple[Any, ...]:
    """Return what a caller can see of *error*."""
    chain = [type(e) for e in (error.__cause__, error.__context__)]
    return "raised", type(error), [repr(arg) for arg in error.args], chain


def answer(action: Callable[[], object]) -> tuple[Any, ...]:
    """Return what *action* gave or raised."""
    try:
        return "gave", action()
    except BaseException as error:
        return outcome_of(error)


def act(resumable: Any, action: str, value: Any) -> object:
    """Do *action* to a generator or coroutine."""
    match action:
        case "next":
            return resumable.send(None)
        case "send":
            return resumable.send(value)
        case "throw":
            return resumable.throw(value("thrown"))
        case _:
            return resumable.close()


def make_generator(parts: list[str], seen: list[str | None]) -> Callable[[], Any]:
    """Return a generator function that does what *parts* say, and notes its flow ID."""

    def body():  # noqa: PLR0912 - one case for each part
        for number, part in enumerate(parts):
            seen.append(current_flow_id())
            match part:
                case "pause":
                    yield ("got", (yield number))
                case "catch":
                    try:
                        yield number
                    except (ValueError, GeneratorExit) as error:
                        seen.append(current_flow_id())
                        yield type(error).__name__
                case "translate":
                    try:
                        yield number
                    except KeyError:
                        raise LookupError(number)  # noqa: B904 - its context is compared
                case "ignore":
                    try:
                        yield number
                    except BaseException:
                        yield "ignored"
                case "finally":
                    try:
                        yield number
                    finally:
                        seen.append(current_flow_id())
                case "loop":
                    while (yield number):
                        pass
                case "raise":
                    raise LookupError(number)
                case "stop":
                    raise StopIteration(number)  # noqa: PLR1708 - a mistake that bodies make
                case _:
                    return number
        return "end"

    return body


@modest
@given(parts=BODIES, script=SCRIPTS)
def test_generator(parts, script):
    """A wrapped generator gives, raises and ends like the bare one, always in its own run."""
    seen: list[str | None] = []
    body = make_generator(parts, seen)

    def play(generator) -> list[tuple[Any, ...]]:
        outcomes = []
        for action, value in script:
            outcomes.append(answer(lambda a=action, v=value: act(generator, a, v)))
            outcomes.append((inspect.getgeneratorstate(generator), current_run()))
        for _ in parts:  # what ignores its end obeys in time; its collection would complain
            answer(generator.close)
        return outcomes

    wrapped = play(entrypoint(body)())
    ids = set(seen)
    seen.clear()

    assert wrapped == play(body())
    assert len(ids) <= 1
    assert None not in ids


def make_async_generator(parts: list[str], seen: list[str | None]) -> Callable[[], Any]:
    """Return an async generator function that does what *parts* say, and notes its flow ID."""

    async def body():  # noqa: PLR0912 - one case for each part
        for number, part in enumerate(parts):
            await asyncio.sleep(0)
            seen.append(current_flow_id())
            match part:
                case "pause":
                    yield ("got", (yield number))
                case "catch":
                    try:
                        yield number
                    except (ValueError, GeneratorExit) as error:
                        await asyncio.sleep(0)
                        seen.append(current_flow_id())
                        yield type(error).__name__
                case "translate":
                    try:
                        yield number
                    except KeyError:
                        raise LookupError(number)  # noqa: B904 - its context is compared
                case "ignore":
                    try:
                        yield number
                    except BaseException:
                        yield "ignored"
                case "finally":
                    try:
                        yield number
                    finally:
                        await asyncio.sleep(0)
                        seen.append(current_flow_id())
                case "loop":
                    while (yield number):
                        pass
                case "raise":
                    raise LookupError(number)
                case "stop":
                    raise StopAsyncIteration(number)
                case _:
                    return

    return body


async def answer_async(generator: Any, action: str, value: Any) -> tuple[Any, ...]:
    """Return what *action* gave or raised."""
    try:
        match action:
            case "next":
                return "gave", await generator.__anext__()
            case "send":
                return "gave", await generator.asend(value)
            case "throw":
                return "gave", await generator.athrow(value("thrown"))
            case _:
                return "gave", await generator.aclose()
    except BaseException as error:
        return outcome_of(error)


# Python reports a body that it cannot end, bare or wrapped.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@modest
@given(parts=BODIES, script=SCRIPTS)
def test_async_generator(parts, script):
    """A wrapped async generator gives, raises and ends like the bare one, in its own run."""
    seen: list[str | None] = []
    body = make_async_generator(parts, seen)

    async def play(generator) -> list[tuple[Any, ...]]:
        outcomes = []
        for action, value in script:
            outcomes.append(await answer_async(generator, action, value))
            outcomes.append((generator.ag_frame is None, generator.ag_running, current_run()))
        for _ in [*parts, None]:
            await answer_async(generator, "close", None)
        return outcomes

    wrapped = asyncio.run(play(entrypoint(body)()))
    ids = set(seen)
    seen.clear()

    assert wrapped == asyncio.run(play(body()))
    assert len(ids) <= 1
    assert None not in ids


class Pause:
    """An awaitable that yields a value and returns what is sent to it."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self):
        return (yield self.value)


def make_coroutine(parts: list[str], seen: list[str | None]) -> Callable[[], Any]:
    """Return a coroutine function that does what *parts* say, and notes its flow ID."""

    async def body():  # noqa: PLR0912 - one case for each part
        for number, part in enumerate(parts):
            seen.append(current_flow_id())
            match part:
                case "pause":
                    await Pause(("got", await Pause(number)))
                case "catch":
                    try:
                        await Pause(number)
                    except (ValueError, GeneratorExit) as error:
                        seen.append(current_flow_id())
                        await Pause(type(error).__name__)
                case "translate":
                    try:
                        await Pause(number)
                    except KeyError:
                        raise LookupError(number)  # noqa: B904 - its context is compared
                case "ignore":
                    try:
                        await Pause(number)
                    except BaseException:
                        await Pause("ignored")
                case "finally":
                    try:
                        await Pause(number)
                    finally:
                        seen.append(current_flow_id())
                case "loop":
                    while await Pause(number):
                        pass
                case "raise":
                    raise LookupError(number)
                case "stop":
                    raise StopIteration(number)
                case _:
                    return number
        return "end"

    return body


@modest
@given(parts=BODIES, script=SCRIPTS)
def test_coroutine(parts, script):
    """A wrapped coroutine gives, raises and ends like the bare one, always in its own run."""
    seen: list[str | None] = []
    body = make_coroutine(parts, seen)

    def play(coroutine) -> list[tuple[Any, ...]]:
        outcomes = []
        for action, value in script:
            outcomes.append(answer(lambda a=action, v=value: act(coroutine, a, v)))
            outcomes.append((inspect.getcoroutinestate(coroutine),))
        for _ in [*parts, None]:
            answer(coroutine.close)
        return outcomes

    wrapped = play(entrypoint(body)())
    ids = set(seen)
    seen.clear()

    same = until_exit_is_ignored(wrapped)
    assert same == play(body())[: len(same)]
    assert current_run() is None
    assert len(ids) <= 1
    assert None not in ids


def until_exit_is_ignored(outcomes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return *outcomes* up to where the body goes on after GeneratorExit.

    Python closes what a coroutine awaits before the coroutine: around a body that
    goes on, any coroutine has ended, while the bare one can be resumed.
    """
    ignoring = (n for n, (_, *rest) in enumerate(outcomes) if "ignored GeneratorExit" in str(rest))
    return outcomes[: next(ignoring, None)]


class Thing:
    """Something that can be watched as it goes."""


@pytest.fixture(params=[lambda f: f, entrypoint], ids=["bare", "entrypoint"])
def declare(request):
    """Return what leaves a function as it is, and then what wraps it, without a collector."""
    gc.disable()
    yield request.param
    gc.enable()


class TestKeepsNothingAlive:
    """A wrapped generator releases objects as soon as a bare one does."""

    def test_sent(self, declare):
        """A value that was sent can go while the generator waits."""

        @declare
        def body():
            yield
            yield

        generator, thing = body(), Thing()
        next(generator)
        generator.send(thing)
        watch = weakref.ref(thing)
        del thing

        assert watch() is None

    def test_yielded(self, declare):
        """A value that was yielded can go when the generator goes on."""

        @declare
        def body():
            thing = Thing()
            watch = weakref.ref(thing)
            yield thing
            del thing
            yield watch() is None

        generator = body()
        next(generator)

        assert next(generator)

    def test_thrown(self, declare):
        """An exception that passed through can go when its handler ends."""

        class FailureError(Exception):
            pass

        @declare
        def body():
            yield

        generator = body()
        next(generator)
        try:
            generator.throw(FailureError())
        except FailureError as failure:
            watch = weakref.ref(failure)

        assert watch() is None

    def test_abandoned_after_an_exception(self, declare):
        """A generator that caught an exception is closed as soon as nobody holds it."""
        closed = []

        @declare
        def body():
            try:
                try:
                    yield
                except ValueError:
                    yield
            finally:
                closed.append(True)

        generator = body()
        next(generator)
        generator.throw(ValueError())
        del generator

        assert closed == [True]

    def test_async_thrown(self, declare):
        """An exception that passed through an async generator can go too."""

        class FailureError(Exception):
            pass

        @declare
        async def body():
            yield

        async def main():
            generator = body()
            await anext(generator)
            try:
                await generator.athrow(FailureError())
            except FailureError as failure:
                return weakref.ref(failure)

        assert asyncio.run(main())() is None

    def test_async_yielded_and_sent(self, declare):
        """Values that went in and out of an async generator can go too."""

        @declare
        async def body():
            thing = Thing()
            watch = weakref.ref(thing)
            yield thing
            del thing
            yield watch() is None
            yield

        async def main():
            generator, thing = body(), Thing()
            await anext(generator)
            gone = await anext(generator)
            await generator.asend(thing)
            watch = weakref.ref(thing)
            del thing
            return gone, watch()

        assert asyncio.run(main()) == (True, None)
