"""The error of an adapter whose package is missing."""

import importlib
import importlib.metadata
import pkgutil
import re
import sys

import pytest

import penstock.contrib
from penstock import _extras
from penstock.exceptions import BrokenExtraError, MissingExtraError

NEED_NOTHING = {"asgi", "logging", "loguru", "wsgi"}
MODULES = {found.name for found in pkgutil.iter_modules(penstock.contrib.__path__)}
ADAPTERS = {name for name in MODULES if not name.startswith("_")}
PACKAGES = {"kafka_python": "kafka", "opentelemetry": "opentelemetry.sdk", "sentry": "sentry_sdk"}
"""Which package an adapter needs, where it has another name."""


DISTRIBUTIONS = {
    "kafka_python": "kafka-python",
    "opentelemetry": "opentelemetry-sdk",
    "sentry": "sentry-sdk",
    "confluent_kafka": "confluent-kafka",
}
"""The distribution of an adapter's package, if its name differs."""


def forget(module, monkeypatch):
    """Let an adapter and its package be imported again."""
    name, package = f"penstock.contrib.{module}", PACKAGES.get(module, module).partition(".")[0]
    for loaded in [*sys.modules]:
        if f"{loaded}.".startswith((f"{name}.", f"{package}.")):
            monkeypatch.delitem(sys.modules, loaded)
    return name, package


@pytest.mark.parametrize("module", sorted(ADAPTERS - NEED_NOTHING))
def test_old_package(module, monkeypatch, tmp_path):
    """Of a package that is too old, the message says which version is there and which is needed."""
    name, package = forget(module, monkeypatch)
    distribution = DISTRIBUTIONS.get(module, module)
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("")
    metadata = tmp_path / f"{distribution.replace('-', '_')}-0.0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.0.1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(BrokenExtraError) as caught:
        importlib.import_module(name)

    extra = module.replace("_", "-")
    needed = f"{distribution} {_extras.find_floor(distribution, extra)} or later"
    shown = str(caught.value)
    assert shown.startswith(f"{name} needs {needed}, but 0.0.1 is installed (")
    assert re.search(r"\((ModuleNotFoundError: No module named|ImportError: cannot import)", shown)
    assert shown.endswith(f'): pip install "penstock[{extra}]"')


def test_broken_package(monkeypatch, tmp_path):
    """Of a package that is new enough, the message says what its import raised."""
    name, package = forget("httpx", monkeypatch)
    version = importlib.metadata.version("httpx")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("import httpcore_that_is_gone")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(BrokenExtraError) as caught:
        importlib.import_module(name)

    assert str(caught.value) == (
        f"{name} needs httpx, but {version}, which is installed, cannot be imported "
        "(ModuleNotFoundError: No module named 'httpcore_that_is_gone'). "
        'See what "pip check" reports, or begin with a new environment: '
        'pip install "penstock[httpx]"'
    )


def test_unknown_version():
    """An unknown version is not in the message."""
    error = ImportError("cannot import name 'x' from 'nowhere'")
    shown = MissingExtraError.from_import("it", "nowhere", "none", error)

    assert str(shown).startswith("it needs nowhere, but what is installed cannot be imported (")


@pytest.mark.parametrize(
    ("one", "other", "is_older"),
    [
        ("2.2.5", "2.3.3", True),
        ("2.10", "2.9", False),
        ("3", "3.0.0", False),
        ("3.0rc1", "3.0", False),
        ("unknown", "1", True),
    ],
)
def test_older(one, other, is_older):
    """Versions are compared by their numbers."""
    assert _extras.is_older(one, other) == is_older


def test_no_metadata(monkeypatch):
    """If penstock was copied without its metadata, no version is needed."""

    def requires(_):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(_extras, "requires", requires)

    assert _extras.find_floor("flask", "flask") is None


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
