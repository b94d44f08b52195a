"""Litestar, within the middleware for ASGI."""

from dataclasses import dataclass

import pytest
from litestar import (
    Controller,
    Litestar,
    MediaType,
    Request,
    Response,
    WebSocket,
    get,
    post,
    websocket,
)
from litestar.background_tasks import BackgroundTask
from litestar.di import Provide
from litestar.response import Stream
from litestar.testing import TestClient

from penstock import current_flow_id, current_run, entrypoint, flow
from penstock.contrib.asgi import FlowMiddleware

HEADER = "X-Request-ID"

# The new ways to say what a parameter is are not there in all versions that are tested.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:.*{message}:DeprecationWarning")
    for message in (
        "Inferred dependency field",
        "declared using deprecated inferred style",
        "Reserved kwarg 'data' declared without a body marker",
    )
]


@dataclass
class Order:
    """The body of an order."""

    number: int
    note: str | None = None


async def connection() -> str:
    return current_flow_id() or "none"


def build(declare, *more, **options):
    """Return an application whose handlers *declare* had."""

    @get("/orders/{number:int}", sync_to_thread=True)
    @declare
    def show(number: int, db: str, page: int = 1) -> Order:
        """Show one order."""
        return Order(number, f"{db} {current_flow_id()}")

    @post("/orders")
    @declare
    async def place(data: Order, db: str) -> dict[str, str | None]:
        """Place an order."""
        run = current_run()
        return {"db": db, "id": current_flow_id(), "flow": run and run.flow}

    class Stock(Controller):
        path = "/stock"

        @get("/{sku:str}")
        @declare
        async def stock(self, request: Request, sku: str) -> dict[str, int]:
            return {sku: len(request.url.path)}

    provided = {"db": Provide(connection)}
    return Litestar([show, place, Stock, *more], dependencies=provided, **options)


def undeclared(function):
    return function


def declared(function):
    return flow("orders")(entrypoint(function))


def test_openapi():
    """The description of the interface is the same with penstock and without."""
    schema = build(declared).openapi_schema.to_schema()

    assert schema == build(undeclared).openapi_schema.to_schema()
    assert "/orders/{number}" in schema["paths"]


def test_handlers():
    """Entrypoints under routes, sync, async and in a class, take part in the request."""
    with TestClient(FlowMiddleware(build(declared))) as client:
        shown = client.get("/orders/7")
        placed = client.post("/orders", json={"number": 7})
        stock = client.get("/stock/nut")

    flow_id = placed.headers[HEADER]
    assert shown.json() == {"number": 7, "note": " ".join([shown.headers[HEADER]] * 2)}
    assert placed.json() == {"db": flow_id, "id": flow_id, "flow": "orders"}
    assert stock.json() == {"nut": 10}


def test_errors():
    """The pages for 404 and 500 have the ID, the handler for 500 too."""

    @get("/fails", sync_to_thread=False)
    def fails() -> None:
        raise LookupError

    def explain(request: Request, error: Exception) -> Response:
        return Response(f"{current_flow_id()} {request.state.flow_id}", status_code=500)

    app = build(declared, fails, exception_handlers={LookupError: explain})
    with TestClient(FlowMiddleware(app)) as client:
        failed, missing = client.get("/fails"), client.get("/nowhere")

    assert failed.status_code == 500
    assert failed.text.split() == [failed.headers[HEADER]] * 2
    assert (missing.status_code, len(missing.headers[HEADER])) == (404, 32)


def test_streaming_and_background():
    """Streamed bodies and background tasks have the ID."""
    seen = []

    async def later() -> None:
        seen.append(current_flow_id())

    @get("/stream")
    async def stream() -> Stream:
        async def lines():
            yield f"{current_flow_id()}"

        return Stream(lines(), background=BackgroundTask(later), media_type=MediaType.TEXT)

    with TestClient(FlowMiddleware(build(declared, stream))) as client:
        response = client.get("/stream")

    assert seen == [response.text] == [response.headers[HEADER]]


def test_websocket():
    """A websocket has one ID."""

    @websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(current_flow_id())
        await socket.close()

    client = TestClient(FlowMiddleware(build(declared, socket)))
    with client, client.websocket_connect("/socket") as connection:
        received = connection.receive_text()

    assert len(received) == 32
