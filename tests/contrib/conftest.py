"""What tests of adapters share."""

import pytest
from servers import RABBITMQ, rabbitmq_server


@pytest.fixture(scope="session")
def amqp_url(require, tmp_path_factory):
    """Return the URL of a real RabbitMQ server."""
    require("rabbitmq", RABBITMQ.exists())
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as url:
        yield url
