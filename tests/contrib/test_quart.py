"""Quart, within the middleware for ASGI."""

import asyncio

from quart import Quart, Response, websocket
from quart.views import MethodView

from penstock import current_flow_id, current_run, entrypoint, flow
from penstock.contrib.asgi import FlowMiddleware

HEADER = "X-Request-ID"


def build():
    app = Quart("shop")
    app.asgi_app = FlowMiddleware(app.asgi_app)
    return app


def ask(app, *paths):
    """Return the bodies and the IDs of the responses of *app*."""

    async def all_of_them():
        client = app.test_client()
        responses = [await client.get(path) for path in paths]
        return [
            (await response.get_data(as_text=True), response.headers[HEADER])
            for response in responses
        ]

    return asyncio.run(all_of_them())


def test_views():
    """Entrypoints under routes, async, sync and in a class, take part in the request."""
    app, orders = build(), flow("orders")

    def say(number):
        run = current_run()
        return f"{number} {run.flow} {run.entrypoint} {run.flow_id}"

    @app.get("/async/<int:number>")
    @orders
    @entrypoint
    async def show(number: int):
        return say(number)

    @app.get("/sync/<int:number>")
    @orders
    @entrypoint
    def show_in_a_thread(number: int):
        return say(number)

    class Order(MethodView):
        @orders
        @entrypoint
        async def get(self, number: int):
            return say(number)

    app.add_url_rule("/view/<int:number>", view_func=Order.as_view("order"))

    responses = ask(app, "/async/7", "/sync/7", "/view/7")

    assert [text for text, _ in responses] == [
        f"7 orders {begun} {flow_id}"
        for begun, (_, flow_id) in zip(["show", "show_in_a_thread", "get"], responses, strict=True)
    ]


def test_errors_and_streams():
    """The pages for 404 and 500, streamed bodies and background tasks have the ID."""
    app, seen = build(), []

    @app.errorhandler(404)
    @app.errorhandler(500)
    async def explain(error):
        return current_flow_id(), error.code

    @app.get("/fails")
    async def fails():
        raise LookupError

    @app.get("/stream")
    async def stream():
        async def lines():
            yield current_flow_id()

        app.add_background_task(later)
        return Response(lines())

    async def later():
        seen.append(current_flow_id())

    responses = ask(app, "/nowhere", "/fails", "/stream")

    assert [text for text, _ in responses] == [flow_id for _, flow_id in responses]
    assert seen == [responses[2][1]]


def test_websocket():
    """A websocket has one ID as long as it is open."""
    app = build()

    @app.websocket("/socket")
    async def socket():
        while True:
            await websocket.receive()
            await websocket.send(current_flow_id())

    async def ask_twice():
        received = []
        async with app.test_client().websocket("/socket") as connection:
            for _ in range(2):
                await connection.send("who")
                received.append(await connection.receive())
        return received

    first, second = asyncio.run(ask_twice())

    assert first == second
    assert len(first) == 32
