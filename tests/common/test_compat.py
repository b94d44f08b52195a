"""Undocumented names of Python that penstock uses: they exist, and what happens without them."""

import importlib
import runpy
import subprocess
import sys

import pytest

from penstock._common import compat


def test_interpreter_flags():
    """A child process has the options of this one."""
    code = "from penstock._common.compat import interpreter_flags; print(interpreter_flags())"
    done = subprocess.run(
        [sys.executable, "-P", "-X", "utf8", "-c", code], capture_output=True, text=True, check=True
    )

    assert "'-P'" in done.stdout


def test_without_flags(monkeypatch):
    """If Python does not say them, a child has none."""
    monkeypatch.delattr(subprocess, "_args_from_interpreter_flags")

    assert compat.interpreter_flags() == []


def test_loaders():
    """Python executes modules in those that are named, as it did."""
    assert importlib.import_module.__globals__["_bootstrap"].__name__ in compat.LOADERS
    assert runpy.__name__ in compat.LOADERS


def test_cells():
    """IPython executes cells in the module that is named."""
    pytest.importorskip("IPython")

    assert importlib.util.find_spec(compat.CELLS) is not None


class _Mock:
    __sphinx_mock__ = True


def test_mock_without_arguments():
    """A mock that does not say what it decorates is what it is."""
    mock = _Mock()

    assert compat.is_mock(mock)
    assert compat.unmocked(mock) is mock
