"""FastAPI and Starlette, within the middleware for ASGI."""

import threading
from typing import Annotated

import pytest
from fastapi import BackgroundTasks, Body, Depends, FastAPI, Header, Request, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware

from penstock import bound, current_flow_id, current_run, entrypoint, flow, step
from penstock.contrib.asgi import FlowMiddleware

HEADER = "X-Request-ID"


class Order(BaseModel):
    """The body of an order."""

    number: int
    note: str | None = None


def tenant(x_tenant: Annotated[str, Header()] = "north") -> str:
    """Say who asks."""
    return x_tenant


async def connection() -> str:
    return current_flow_id() or "none"


def build(declare):
    """Return an application whose handlers *declare* had, sync, async and generators."""
    app = FastAPI()

    @app.get("/orders/{number}", response_model=Order, tags=["orders"])
    @declare
    def show(number: int, who: Annotated[str, Depends(tenant)], page: int = 1):
        """Show one order."""
        return {"number": number, "note": f"{who} {current_flow_id()}"}

    @app.post("/orders", status_code=201)
    @declare
    async def place(
        order: Annotated[Order, Body(embed=True)], db: Annotated[str, Depends(connection)]
    ):
        """Place an order."""
        run = current_run()
        return {"db": db, "id": current_flow_id(), "flow": run and run.flow, "n": order.number}

    class Shop:
        @declare
        async def stock(self, request: Request, sku: str) -> dict[str, int]:
            return {sku: len(request.url.path)}

    app.get("/stock/{sku}")(Shop().stock)
    return app


def undeclared(function):
    return function


def declared(function):
    return flow("orders")(entrypoint(function))


@pytest.fixture
def api():
    return build(declared)


@pytest.fixture
def client(api):
    with TestClient(FlowMiddleware(api), raise_server_exceptions=False) as client:
        yield client


def test_openapi(api):
    """The description of the interface is the same with penstock and without."""
    assert api.openapi() == build(undeclared).openapi()


def test_sync_handler(client):
    """An entrypoint under a route gets its parameters and dependencies, in a thread."""
    response = client.get("/orders/7", headers={"X-Tenant": "south"})

    assert response.json() == {"number": 7, "note": f"south {response.headers[HEADER]}"}


def test_async_handler(client):
    """A coroutine and what it depends on have the ID of the request."""
    response = client.post("/orders", json={"order": {"number": 7}})
    flow_id = response.headers[HEADER]

    assert (response.status_code, response.json()) == (
        201,
        {"db": flow_id, "id": flow_id, "flow": "orders", "n": 7},
    )


def test_method(client):
    """A method is a handler too."""
    assert client.get("/stock/nut").json() == {"nut": 10}


def test_validation_and_404(client):
    """Responses that no handler makes have an ID."""
    responses = [client.get("/orders/x"), client.get("/nowhere")]

    assert [response.status_code for response in responses] == [422, 404]
    assert all(len(response.headers[HEADER]) == 32 for response in responses)


def test_error_page(api):
    """The handler for 500, which is outside all middleware, has the ID."""

    @api.exception_handler(Exception)
    async def explain(request, error):
        return PlainTextResponse(f"{current_flow_id()} {request.state.flow_id}", 500)

    @api.get("/fails")
    def fails():
        raise LookupError

    with TestClient(FlowMiddleware(api), raise_server_exceptions=False) as client:
        response = client.get("/fails")

    assert (response.status_code, response.text.split()) == (500, [response.headers[HEADER]] * 2)


def test_added_as_middleware(api):
    """Added to the application, the handler for 500 finds the ID in the state of the request."""
    seen = []
    api.add_middleware(FlowMiddleware, trust=True)

    @api.exception_handler(Exception)
    async def explain(request, error):
        return JSONResponse([current_flow_id(), request.state.flow_id], 500)

    @api.get("/fails")
    def fails():
        seen.append(current_flow_id())
        raise LookupError

    with TestClient(api, raise_server_exceptions=False) as client:
        response = client.get("/fails", headers={HEADER: "theirs-1"})
        other = client.get("/orders/7", headers={HEADER: "theirs-1"})

    assert response.json() == [None, "theirs-1"]
    assert seen == [other.headers[HEADER]] == ["theirs-1"]
    assert HEADER not in response.headers


def test_base_http_middleware(api):
    """A `BaseHTTPMiddleware` of Starlette sees the ID, and so does the application in it."""
    seen = []

    class Reporting(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            seen.append((current_flow_id(), request.state.flow_id))
            response = await call_next(request)
            seen.append((current_flow_id(), dict(current_run().values)))
            return response

    api.add_middleware(Reporting)

    @api.get("/note")
    async def note():
        current_run().annotate(tenant="north")
        return current_flow_id()

    with TestClient(FlowMiddleware(api)) as client:
        response = client.get("/note")

    flow_id = response.headers[HEADER]
    assert response.json() == flow_id
    assert seen == [(flow_id, flow_id), (flow_id, {"tenant": "north"})]


def test_streaming_and_background(api, client):
    """Streamed bodies, background tasks and threads have the ID."""
    seen = []

    @api.get("/stream")
    def stream(tasks: BackgroundTasks):
        tasks.add_task(lambda: seen.append(current_flow_id()))

        def lines():
            thread = threading.Thread(target=bound(lambda: seen.append(current_flow_id())))
            thread.start()
            thread.join()
            yield f"{current_flow_id()}"

        return StreamingResponse(lines(), background=tasks)

    @api.get("/async-stream")
    async def async_stream(tasks: BackgroundTasks):
        async def later():
            seen.append(current_flow_id())

        async def lines():
            yield f"{current_flow_id()}"

        tasks.add_task(later)
        return StreamingResponse(lines(), background=tasks)

    first, second = client.get("/stream"), client.get("/async-stream")

    assert first.text == first.headers[HEADER]
    assert second.text == second.headers[HEADER]
    assert seen == [first.text, first.text, second.text]


def test_websocket(api, client):
    """A websocket has one ID as long as it is open."""

    @api.websocket("/socket")
    async def socket(socket: WebSocket):
        await socket.accept()
        for _ in range(2):
            await socket.receive_text()
            await socket.send_text(current_flow_id())

    with client.websocket_connect("/socket") as connection:
        received = []
        for _ in range(2):
            connection.send_text("who")
            received.append(connection.receive_text())
        headers = dict(connection.extra_headers)

    assert received == [headers[b"x-request-id"].decode()] * 2


def test_steps(api, client):
    """A handler that is an entrypoint runs its steps in one run."""

    @flow("orders")
    @step(after="pay")
    def charge():
        return current_run().entrypoint

    @api.post("/pay")
    @flow("orders")
    @entrypoint
    def pay():
        return charge()

    assert client.post("/pay").json() == "pay"
