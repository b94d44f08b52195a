"""The types that users see. Nothing here is run: mypy and pyright read it.

A line that must be an error is marked to be ignored, and both tools report a
mark that nothing needs.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterator
from functools import cache, partial
from pathlib import Path
from threading import Event
from typing import Any, ParamSpec, TypeVar, assert_type

import loguru
from confluent_kafka import Consumer, Message
from opentelemetry.sdk.trace import TracerProvider

import penstock
from penstock import (
    Carried,
    Edge,
    Flow,
    FlowDecorator,
    Graph,
    Join,
    Location,
    Loop,
    Node,
    ParentRun,
    Problem,
    Run,
    Step,
    all_of,
    annotate,
    any_of,
    bind,
    bound,
    configure,
    current_flow_id,
    current_run,
    current_step,
    entrypoint,
    extract,
    find_problems,
    flow,
    generate_dag,
    get_flow,
    inject,
    list_flows,
    loop,
    step,
)
from penstock.boundary import (
    Inbound,
    Outbound,
    TaskSettings,
    active,
    bind_calls,
    declare_task,
    iterate,
    split_task_settings,
)
from penstock.contrib import loguru as penstock_loguru
from penstock.contrib.celery import flow_task
from penstock.contrib.confluent_kafka import bind_message, consume
from penstock.contrib.logging import FlowFilter, FlowFormatter, install, uninstall
from penstock.contrib.opentelemetry import FlowIdGenerator, OpenTelemetryExporter
from penstock.executors import ThreadPoolExecutor
from penstock.render import Format, draw
from penstock.reporting import Report, describe
from penstock.testing import Recording, isolated_registry, record_runs
from penstock.tracing import DeclaredStep, InMemoryExporter, RecordedRun, Span, read_runs
from penstock.tracing import configure as configure_tracing

P = ParamSpec("P")
R = TypeVar("R")

orders = flow("orders", title="Orders", description="What for", owner="sales", tags=["nightly"])
assert_type(orders, FlowDecorator)
assert_type(orders.name, str)


# Decorators leave types as they are, bare and called, on every kind of function.


@flow("orders")
@entrypoint
def bare_entrypoint(number: int, *, text: str = "") -> list[str]:
    return [text] * number


@orders
@entrypoint(name="begin", title="Begin", kind="http", inherit=False)
def called_entrypoint(number: int, *, text: str = "") -> list[str]:
    return [text] * number


@orders
@step
def bare_step(number: int, *, text: str = "") -> list[str]:
    return [text] * number


@orders
@step(after="begin", name="next", title="Next", kind="database")
def called_step(number: int, *, text: str = "") -> list[str]:
    return [text] * number


@entrypoint
async def coroutine(number: int) -> str:
    return str(number)


@step(after=coroutine)
async def coroutine_step(number: int) -> str:
    return str(number)


@entrypoint(kind="queue")
def generator(number: int) -> Generator[int, str, bool]:
    yield number
    return True


@step
def iterator() -> Iterator[int]:
    yield 1


@entrypoint
async def async_generator(number: int) -> AsyncGenerator[int, str]:
    yield number


def functions() -> None:
    assert_type(bare_entrypoint(1, text="x"), list[str])
    assert_type(called_entrypoint(1), list[str])
    assert_type(bare_step(1, text="x"), list[str])
    assert_type(called_step(1), list[str])
    assert_type(generator(1), Generator[int, str, bool])
    assert_type(iterator(), Iterator[int])
    assert_type(async_generator(1), AsyncGenerator[int, str])


async def awaited() -> None:
    made: list[Coroutine[Any, Any, str]] = [coroutine(1), coroutine_step(1)]
    assert_type([await one for one in made], list[str])
    assert_type(await coroutine(1), str)
    assert_type(await coroutine_step(1), str)
    async for item in async_generator(1):
        assert_type(item, int)


class Shop:
    @orders
    @entrypoint
    def method(self, number: int) -> str:
        return str(number)

    @orders
    @step(after=method)
    async def async_method(self, number: int) -> str:
        return str(number)

    @classmethod
    @orders
    @step
    def class_method(cls, number: int) -> "Shop":
        return cls()

    @orders
    @entrypoint
    @classmethod
    def outer_class_method(cls, number: int) -> "Shop":
        return cls()

    @staticmethod
    @orders
    @entrypoint(name="static")
    def static_method(number: int) -> str:
        return str(number)

    @orders
    @step(after="static")
    @staticmethod
    def outer_static_method(number: int) -> str:
        return str(number)


async def methods(shop: Shop) -> None:
    assert_type(shop.method(1), str)
    assert_type(Shop.method(shop, 1), str)
    assert_type(await shop.async_method(1), str)
    assert_type(Shop.class_method(1), Shop)
    assert_type(Shop.outer_class_method(1), Shop)
    assert_type(Shop.static_method(1), str)
    assert_type(shop.outer_static_method(1), str)


@step(name="sender")
class Sender:
    def __call__(self, text: str) -> bytes:
        return text.encode()


def other_callables() -> None:
    assert_type(Sender()("x"), bytes)
    assert_type(step(name="send")(Sender())("x"), bytes)
    assert_type(entrypoint(partial(bare_step, 1))(text="x"), list[str])
    assert_type(entrypoint(name="len")(len)("x"), int)
    assert_type(entrypoint(Sender().__call__)("x"), bytes)
    assert_type(entrypoint(name="one")(lambda: len("x"))(), int)
    assert_type(orders(step(name="two")(lambda: len("x")))(), int)
    entrypoint(name="three")(lambda number: number)


def logged(function: Callable[P, R]) -> Callable[P, R]:
    return function


@entrypoint(name="logged")
@logged
def below_another(number: int) -> str:
    return str(number)


def through_other_decorators(any_function: Callable[..., int]) -> None:
    assert_type(below_another(1), str)
    assert_type(entrypoint(name="any")(any_function)("x"), int)


def what_a_caller_may_not_do(shop: Shop) -> None:
    bare_entrypoint("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    called_entrypoint(1, nonsense=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    called_step()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.method("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Shop.outer_class_method("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# What comes before a step.


assert_type(any_of("a", bare_step, {"b": "approved"}), Join)
assert_type(all_of("a", called_step), Join)

step(after="a")
step(after=bare_step)
step(after=["a", bare_step])
step(after=("a", "b"))
step(after={"a": "approved", bare_step: None})
step(after=all_of("a", "b"))
step(after=None)
assert_type(loop(bare_step), Loop)
step(after=loop("a"))
step(group="Payment", unchecked="a hook calls it", uncovered="for emergencies")
entrypoint(group="Intake")
step(sends="kafka:orders", receives=["kafka:replies"])
entrypoint(receives=("kafka:orders", "http:POST /orders"), sends="celery:emails")
step(after=["a", loop("b")])
step(after=any_of("a", loop("b"), {loop(bare_step): "declined"}))
entrypoint(after={"a": None, loop("b"): "declined"})


def what_a_declaration_may_not_say() -> None:
    step("a")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    step(after=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    step(after={"a", "b"})  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    step(after={"a": 1})  # type: ignore[dict-item]  # pyright: ignore[reportCallIssue, reportArgumentType]

    @entrypoint  # pyright: ignore[reportArgumentType, reportCallIssue]
    class Handler: ...  # type: ignore[call-overload]

    @entrypoint(kind="http")  # pyright: ignore[reportArgumentType]
    class Other: ...  # type: ignore[type-var]

    entrypoint(cache(work))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    entrypoint("a")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    step(sends=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    entrypoint(receives=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    step(unchecked=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    entrypoint(uncovered="x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    loop(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    loop(loop("a"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    all_of(loop("a"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    any_of(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    flow(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    flow(bare_step)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    orders(1)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]


# Identifying.


def identifying(run: Run) -> None:
    assert_type(current_flow_id(), str | None)
    assert_type(current_run(), Run | None)
    assert_type(current_step(), Step | None)
    assert_type(run.flow_id, str)
    assert_type(run.flow, str | None)
    assert_type(run.flows, tuple[str, ...])
    assert_type(run.entrypoint, str | None)
    assert_type(run.parent, ParentRun | None)
    run.flow_id = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def binding() -> None:
    with bind("x", flow="orders") as run:
        assert_type(run, Run)
    async with bind() as run:
        assert_type(run, Run)
    bind(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    configure(id_factory=lambda: "x")
    configure(id_factory=None)
    configure(id_factory=lambda: 1)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]


# Looking.


def drawing(found: Flow, name: Format) -> None:
    assert_type(generate_dag("orders"), str)
    assert_type(generate_dag(found, "text"), str)
    assert_type(generate_dag("orders", format="mermaid", styled=True, check_limits=False), str)
    assert_type(generate_dag("orders", format="svg", output="orders.svg", direction="LR"), str)
    assert_type(generate_dag("orders", "d2"), str)
    assert_type(generate_dag("orders", "plantuml"), str)
    assert_type(generate_dag("orders", output="orders.png"), str | bytes)
    assert_type(generate_dag("orders", format="png"), bytes)
    assert_type(generate_dag("orders", "png", Path("orders.png")), bytes)
    assert_type(generate_dag("orders", name), str | bytes)
    generate_dag("orders", format="jpeg")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert_type(generate_dag(found.graph()), str)
    assert_type(draw(found, "svg"), str)
    assert_type(draw(found.graph(), "png"), bytes)
    assert_type(draw("orders", output="orders.png"), str | bytes)
    assert_type(draw("orders", "names"), Any)
    draw(1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    generate_dag("orders", direction="UP")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def looking(found: Flow) -> None:
    assert_type(get_flow("orders"), Flow)
    assert_type(list_flows(), tuple[Flow, ...])
    assert_type(find_problems(), tuple[Problem, ...])
    assert_type(found.name, str)
    assert_type(found.title, str | None)
    assert_type(found.tags, tuple[str, ...])
    assert_type(found.steps, tuple[Step, ...])
    assert_type(found.entrypoints, tuple[Step, ...])
    assert_type(found.edges, tuple[Edge, ...])
    assert_type(found.problems(), tuple[Problem, ...])
    assert_type(found.step("a"), Step)
    assert_type(found.graph(), Graph)
    found.name = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def values(found: Step, problem: Problem, graph: Graph) -> None:
    assert_type(found.after, tuple[Edge, ...])
    assert_type(found.function, Callable[..., Any] | None)
    assert_type(found.summary, str | None)
    assert_type(found.location, Location | None)
    assert_type(problem.location, Location | None)
    assert_type(graph.nodes, tuple[Node, ...])
    assert_type(graph.edges, tuple[Edge, ...])


with isolated_registry() as nothing:
    assert_type(nothing, None)

assert_type(penstock.__version__, str)
penstock.nonsense  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def later(function: Callable[[int], Awaitable[str]]) -> None:
    """A decorated function goes wherever the bare one went."""
    await later(coroutine)
    await later(coroutine_step)


# Carrying keeps signatures and distinguishes the kinds of carriers.


def work(number: int, *, text: str = "") -> list[str]:
    return [text] * number


async def wait(number: int) -> str:
    return str(number)


assert_type(bound(work)(1, text="a"), list[str])
assert_type(bind()(work)(1), list[str])


async def carry() -> None:
    assert_type(await bound(wait)(1), str)


assert_type(inject(), dict[str, str])
assert_type(inject({"a": b"b"}), dict[str, bytes | str])
assert_type(inject([("a", b"b")]), list[tuple[Any, Any]])
assert_type(extract({}), Carried)
assert_type(extract([("a", b"b")]).flow_id, str | None)
annotate(anything=object())
with bind(extract(None)) as block:
    assert_type(block, Run)
with ThreadPoolExecutor() as pool:
    assert_type(pool.submit(work, 1, text="a").result(), list[str])
    pool.submit(work, "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# Tracing.

configure_tracing(InMemoryExporter())
with record_runs() as recorded:
    assert_type(recorded, Recording)
    assert_type(recorded.spans, tuple[Span, ...])
    assert_type(recorded.runs, tuple[RecordedRun, ...])
assert_type(read_runs("spans.jsonl")[0].draw("svg"), str)
assert_type(read_runs("spans.jsonl")[0].draw("png"), bytes)
assert_type(read_runs("spans.jsonl")[0].draw("dot", flow="orders"), str)
assert_type(read_runs("spans.jsonl")[0].flows, tuple[str, ...])
assert_type(recorded.spans[0].also, tuple[DeclaredStep, ...])
assert_type(read_runs("spans.jsonl")[0].timeline(), str)


def adapters() -> None:
    handler = logging.StreamHandler()
    handler.addFilter(FlowFilter(step=False, default=None))
    handler.setFormatter(FlowFormatter("{flow_id}", style="{", defaults={"tenant": "-"}))
    assert_type(install(flow=True, step=True), None)
    assert_type(uninstall(), None)
    loguru.logger.configure(patcher=penstock_loguru.patcher)
    provider = TracerProvider(id_generator=FlowIdGenerator())
    configure_tracing(OpenTelemetryExporter(provider))


@flow("orders")
@entrypoint
def handle(message: Message) -> None:
    """Handle a message of Kafka."""


def kafka_messages(consumer: Consumer, message: Message, stopping: Event) -> None:
    """An entrypoint handles the messages of a consumer."""
    consume(consumer, handle, until=stopping.is_set, flow="orders", values=["tenant"])
    consume(consumer, handle, trust=lambda received: received.topic() == "orders")
    consume(consumer, handle, heder="X")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with bind_message(message, header="X-Flow") as run:
        assert_type(run, Run)


# Boundaries and tasks.

assert_type(Inbound(trust=True).receive({}), Run)
assert_type(Inbound.read("settings", {"header": "X-Flow"}, trust=True), Inbound)
Inbound.read("settings", {"heder": "X"})  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportArgumentType]
assert_type(Outbound(hosts=["stock.internal"]).allows("stock.internal", 80), bool)
with active(Run("order-7")) as made:
    assert_type(made, Run)
assert_type(next(iterate(made, [b"part"])), bytes)
assert_type(bind_calls(len, current_run)("a"), int)


def as_text(_wrapper: Callable[..., Any]) -> str:
    """The object that a queue makes from a function."""
    return "task"


task_settings: TaskSettings = {
    "after": any_of("receive", "retry"),
    "kind": None,
    "sends": "kafka:x",
}
assert_type(declare_task(as_text, as_text, **task_settings), str)
assert_type(declare_task(None, as_text, step="ship")(as_text), str)
declare_task(None, as_text, stop="ship")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
declare_task(None, as_text, sends=7)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
assert_type(split_task_settings({"sends": "kafka:x"}), tuple[TaskSettings, dict[str, Any]])
assert_type(describe(ValueError()), Report | None)


@flow("orders")
@flow_task(after="receive", step="ship", sends="kafka:x", group="x", bind=True, max_retries=3)
def ship(self: Any, number: int) -> str:
    """A task of Celery, whose `self` is passed by Celery."""
    return str(number)


@flow("orders")
@flow_task
def bill(number: int) -> str:
    """A task of Celery without arguments to the decorator."""
    return str(number)


assert_type(bill(7), str)
bill.delay(7)
bill.delay("7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
assert_type(ship(7), str)
