"""Fixtures for tests of adapters."""

import pytest
from servers import RABBITMQ, rabbitmq_server


@pytest.fixture(scope="module")
def django_project():
    """Make a small project of Django ready, for as long as a module's tests run."""
    import django

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DJANGO_SETTINGS_MODULE", "django_settings")
        django.setup()
        yield


@pytest.fixture(scope="session")
def amqp_url(require, tmp_path_factory):
    """Return the URL of a real RabbitMQ server."""
    require("rabbitmq", RABBITMQ.exists())
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as url:
        yield url
