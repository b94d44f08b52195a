"""What adapters say where the package that they join is not installed."""

import importlib
import sys

import pytest

from penstock.exceptions import MissingExtraError


@pytest.mark.parametrize("name", ["aiohttp", "flask", "httpx", "requests", "urllib3"])
def test_missing_extra(monkeypatch, name):
    """Without the package the error names the extra that brings it."""
    module = f"penstock.contrib.{name}"
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, module, raising=False)

    with pytest.raises(MissingExtraError, match=rf"pip install 'penstock\[{name}\]'"):
        importlib.import_module(module)
