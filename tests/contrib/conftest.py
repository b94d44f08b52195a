"""What tests of adapters share."""

import shutil

import pytest
from servers import RABBITMQ, rabbitmq_server, redis_server


@pytest.fixture(scope="session")
def redis_url(require, tmp_path_factory):
    """Return the URL of a real Redis server."""
    require("redis", shutil.which("redis-server") is not None)
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def amqp_url(require, tmp_path_factory):
    """Return the URL of a real RabbitMQ server."""
    require("rabbitmq", RABBITMQ.exists())
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as url:
        yield url
