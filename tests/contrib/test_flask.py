"""Flask, with its own test client."""

import inspect
import threading

import pytest
from flask import Flask, Response, abort, g, jsonify, request, stream_with_context
from flask.views import MethodView

from penstock import bound, current_flow_id, current_run, entrypoint, flow, step
from penstock.boundary import UNTRUSTED_FLOW_ID
from penstock.contrib.flask import FlowExtension
from penstock.exceptions import ConfigurationError

HEADER = "X-Request-ID"


@pytest.fixture
def app():
    app = Flask("shop")

    @app.get("/")
    def show():
        return current_flow_id()

    return app


@pytest.fixture
def client(app):
    FlowExtension(app)
    return app.test_client()


def test_view(client):
    """A view has the ID, which is in the response, and each request has another."""
    first, second = client.get("/"), client.get("/")

    assert first.text == first.headers[HEADER]
    assert second.text == second.headers[HEADER] != first.text
    assert current_flow_id() is None


def test_factory(app):
    """The extension works with a factory of applications."""
    flows = FlowExtension(trust=True)
    flows.init_app(app)
    client = app.test_client()

    assert client.get("/", headers={HEADER: "theirs-1"}).text == "theirs-1"
    assert app.extensions["penstock"] is flows


def test_configuration(app):
    """The configuration overrides the settings of the extension."""
    app.config.update(PENSTOCK_HEADER="X-Flow", PENSTOCK_TRUST=True)
    FlowExtension(app, trust=False, respond=True)
    response = app.test_client().get("/", headers={"X-Flow": "theirs-1"})

    assert response.text == response.headers["X-Flow"] == "theirs-1"


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        ({"PENSTOCK_TRUTS": True}, {}, r"app.config: unknown setting 'truts'; did you mean 'tru"),
        ({"PENSTOCK_TRUST": "yes"}, {}, r"app.config: trust takes True, False or a function"),
        ({}, {"respond": 1}, r"FlowExtension: respond takes True or False"),
    ],
)
def test_wrong_setting(app, config, settings, message):
    """An invalid setting is an error that says where it is."""
    app.config.update(config)

    with pytest.raises(ConfigurationError, match=message):
        FlowExtension(app, **settings)


def test_twice(app):
    """An application has the extension once."""
    flows = FlowExtension(app)

    with pytest.raises(RuntimeError, match="has FlowExtension already"):
        flows.init_app(app)


def test_error_pages(app, client):
    """The pages for 404 and 500 have the ID, in their handlers and in the response."""
    seen = []

    @app.get("/fails")
    def fails():
        raise LookupError

    @app.errorhandler(500)
    @app.errorhandler(404)
    def explain(error):
        seen.append(current_flow_id())
        return current_flow_id(), error.code

    responses = [client.get("/fails"), client.get("/nowhere")]

    assert [response.status_code for response in responses] == [500, 404]
    assert [response.text for response in responses] == [
        response.headers[HEADER] for response in responses
    ]


def test_error_page_of_flask(app, client):
    """The error pages that Flask makes itself have the ID too."""

    @app.get("/refused")
    def refuse():
        abort(403)

    assert len(client.get("/refused").headers[HEADER]) == 32


def test_streaming(app, client):
    """A body that is streamed has the ID, with the context of the request and without."""

    @app.get("/plain")
    def plain():
        return Response(f"{current_flow_id()} " for _ in range(2))

    @app.get("/with-context")
    def with_context():
        def body():
            yield f"{current_flow_id()} {request.path}"

        return Response(stream_with_context(body()))

    plain_answer, context_answer = client.get("/plain"), client.get("/with-context")

    assert plain_answer.text.split() == [plain_answer.headers[HEADER]] * 2
    assert context_answer.text.split() == [context_answer.headers[HEADER], "/with-context"]


def test_hooks_and_threads(app, client):
    """Hooks of the request, of its end, and threads that it starts have the ID."""
    seen = []

    @app.before_request
    def before():
        g.before = current_flow_id()

    @app.teardown_request
    def after(error):
        seen.append(current_flow_id())

    @app.get("/thread")
    def start():
        thread = threading.Thread(target=bound(lambda: seen.append(current_flow_id())))
        thread.start()
        thread.join()
        return g.before

    response = client.get("/thread")

    assert [response.text, *seen] == [response.headers[HEADER]] * 3


def test_entrypoints(app, client):
    """An entrypoint under a route takes part in the request, sync, async and in a class."""
    orders = flow("orders")

    @orders
    @step(after=["show_order", "get", "show_later"])
    def load(number):
        run = current_run()
        return jsonify(number=number, id=run.flow_id, flow=run.flow, begun=run.entrypoint)

    @app.get("/order/<int:number>")
    @orders
    @entrypoint
    def show_order(number: int):
        """Show one order."""
        return load(number)

    @app.get("/later/<int:number>")
    @orders
    @entrypoint
    async def show_later(number: int):
        return load(number)

    class Order(MethodView):
        @orders
        @entrypoint
        def get(self, number: int):
            return load(number)

    app.add_url_rule("/view/<int:number>", view_func=Order.as_view("order"))

    responses = [client.get(f"/{place}/7") for place in ("order", "later", "view")]

    assert [response.json for response in responses] == [
        {"number": 7, "id": response.headers[HEADER], "flow": "orders", "begun": begun}
        for response, begun in zip(responses, ["show_order", "show_later", "get"], strict=True)
    ]
    assert {"show_order", "show_later", "order"} <= set(app.view_functions)
    assert (
        inspect.signature(app.view_functions["show_order"]).parameters["number"].annotation is int
    )


def test_received(app, client):
    """An ID that was not trusted is available for logging."""

    @app.get("/received")
    def received():
        return current_run().values[UNTRUSTED_FLOW_ID]

    assert client.get("/received", headers={HEADER: "theirs-1"}).text == "theirs-1"
