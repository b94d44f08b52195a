"""What an adapter says where the package that it joins is missing."""

import importlib
import pkgutil
import sys

import pytest

import penstock.contrib
from penstock.exceptions import MissingExtraError

NEED_NOTHING = {"asgi", "logging", "loguru", "wsgi"}
ADAPTERS = {found.name for found in pkgutil.iter_modules(penstock.contrib.__path__)}
PACKAGES = {"kafka_python": "kafka", "opentelemetry": "opentelemetry.sdk", "sentry": "sentry_sdk"}
"""Which package an adapter needs, where it has another name."""


@pytest.mark.parametrize("module", sorted(ADAPTERS - NEED_NOTHING))
def test_missing_extra(module, monkeypatch):
    """Without the package, the message says what to install."""
    name, package = f"penstock.contrib.{module}", PACKAGES.get(module, module)
    for loaded in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    for loaded in [n for n in sys.modules if n.startswith(f"{package}.")]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError) as caught:
        importlib.import_module(name)

    assert str(caught.value).endswith(f'pip install "penstock[{module.replace("_", "-")}]"')
