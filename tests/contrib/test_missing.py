"""What an adapter says where its framework is missing."""

import importlib
import sys

import pytest

from penstock.exceptions import MissingExtraError

NEEDS = {
    "apscheduler": ("apscheduler", "apscheduler"),
    "celery": ("celery", "celery"),
    "django": ("django", "django"),
    "dramatiq": ("dramatiq", "dramatiq"),
    "huey": ("huey", "huey"),
    "rq": ("rq", "rq"),
    "taskiq": ("taskiq", "taskiq"),
}


@pytest.mark.parametrize("module", NEEDS)
def test_missing_extra(module, monkeypatch):
    """Without the framework, the message says what to install."""
    package, extra = NEEDS[module]
    name = f"penstock.contrib.{module}"
    for loaded in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    for loaded in [n for n in sys.modules if n.startswith(f"{package}.")]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError) as caught:
        importlib.import_module(name)

    assert str(caught.value).endswith(f"pip install 'penstock[{extra}]'")
