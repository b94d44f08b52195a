"""What tests of adapters share."""

import shutil

import pytest
from servers import redis_server


@pytest.fixture(scope="session")
def redis_url(require, tmp_path_factory):
    """Return the URL of a real Redis server."""
    require("redis", shutil.which("redis-server") is not None)
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url
