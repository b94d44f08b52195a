"""Modules that were edited are imported again."""

import os
import py_compile
import sys
from types import ModuleType

import pytest

from penstock._declared.registry import default_registry
from penstock._project.settings import Settings
from penstock.graph import list_flows
from penstock_mkdocs.markdown import _loading

CODE = """
from penstock import entrypoint, flow, step

{name} = flow("{name}", title="T")
{name}(entrypoint(name="{step}")(lambda: None))
alone = step(name="alone_{step}")(lambda: None)
"""


def test_edit(tmp_path, monkeypatch):
    """What a module declared before an edit is forgotten, in an edit of one size and second too."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / "reloaded.py"
    settings = Settings(modules=("reloaded",), pythonpath=(str(tmp_path),))
    file.write_text(CODE.format(name="a", step="x"), encoding="utf-8")
    assert _loading.load(settings) == ()

    file.write_text(CODE.format(name="b", step="y"), encoding="utf-8")
    assert _loading.load(settings) == ()

    assert [(flow.name, flow.steps[0].name) for flow in list_flows()] == [("b", "y")]
    assert [d.name for d in default_registry().unclaimed()] == ["alone_y"]
    file.write_text("raise ValueError\n", encoding="utf-8")
    assert [f.module for f in _loading.load(settings)] == ["reloaded"]
    assert _loading.failures_of(settings)
    assert list_flows() == ()


def test_edit_with_compiled_code(tmp_path, monkeypatch):
    """Code that somebody compiled is not taken for that of an edit of one size and second."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    file, second = tmp_path / "compiled.py", 1_700_000_000 * 10**9
    settings = Settings(modules=("compiled",), pythonpath=(str(tmp_path),))
    file.write_text(CODE.format(name="a", step="x"), encoding="utf-8")
    os.utime(file, ns=(second, second))
    py_compile.compile(str(file), doraise=True)
    assert _loading.load(settings) == ()

    file.write_text(CODE.format(name="b", step="y"), encoding="utf-8")
    os.utime(file, ns=(second + 1_000_000, second + 1_000_000))
    assert _loading.load(settings) == ()

    assert [flow.name for flow in list_flows()] == ["b"]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Settings of a project with a package and, beside it, a module that comes along."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "watched").mkdir()
    (tmp_path / "watched" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "watched" / "inner.py").write_text("import beside_it\n", encoding="utf-8")
    (tmp_path / "beside_it.py").write_text("", encoding="utf-8")
    yield Settings(modules=("watched.inner",), pythonpath=(str(tmp_path),))
    for name in ("watched", "watched.inner", "beside_it"):
        sys.modules.pop(name, None)


def test_places_of_a_library(settings, tmp_path):
    """What an installer put beside the project is a library, and is not watched."""
    (tmp_path / "beside_it-1.0.dist-info").mkdir()
    (tmp_path / "beside_it-1.0.dist-info" / "RECORD").write_text("beside_it.py,,\n", "utf-8")

    _loading.load(settings)

    assert _loading.watched_paths(settings) == [str(tmp_path / "watched")]


def test_places(settings, tmp_path):
    """A server watches packages whole, and each module beside them that was imported."""
    before = _loading.watched_paths(settings)
    _loading.load(settings)

    assert before == []  # nobody could find it yet
    assert _loading.watched_paths(settings) == [
        str(tmp_path / "beside_it.py"),
        str(tmp_path / "watched"),
    ]


def test_module_without_a_file(settings):
    """A module that was made by hand has no file to watch."""
    made = ModuleType("watched")
    sys.modules["watched"] = made
    assert made.__spec__ is None

    assert _loading.watched_paths(settings) == []


def test_edit_in_a_namespace(settings, tmp_path):
    """A package without a file, which stays imported, forgets a module that was edited."""
    (tmp_path / "watched" / "__init__.py").unlink()
    _loading.load(settings)
    package = sys.modules["watched"]
    inner = package.inner

    (tmp_path / "beside_it.py").unlink()
    (failure,) = _loading.load(settings)

    assert "No module named 'beside_it'" in str(failure)
    assert sys.modules["watched"] is package
    assert not hasattr(package, "inner")
    (tmp_path / "beside_it.py").write_text("", encoding="utf-8")
    assert _loading.load(settings) == ()
    assert package.inner is not inner


def test_written_while_it_was_imported(settings, tmp_path):
    """A file that changed while it was read is read once more: which half was read?"""
    (tmp_path / "watched" / "inner.py").write_text(
        "from pathlib import Path\n"
        "count = Path(__file__).with_name('count')\n"
        "count.write_text('x' + (count.read_text() if count.exists() else ''))\n"
        "if len(count.read_text()) == 1:\n"
        "    Path(__file__).touch()\n",
        encoding="utf-8",
    )
    past = (tmp_path / "watched" / "inner.py").stat().st_mtime - 100
    os.utime(tmp_path / "watched" / "inner.py", (past, past))
    counts = []
    for _ in range(3):
        _loading.load(settings)
        counts.append(len((tmp_path / "watched" / "count").read_text(encoding="utf-8")))

    assert counts == [1, 2, 2]


@pytest.mark.usefixtures("optimized")
def test_without_docstrings(tmp_path, monkeypatch, caplog):
    """`python -OO`, which drops docstrings, causes one warning."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    settings = Settings(modules=("without_docs",), pythonpath=(str(tmp_path),))
    (tmp_path / "without_docs.py").write_text(CODE.format(name="a", step="x"), encoding="utf-8")

    _loading.load(settings)
    _loading.load(settings)

    assert caplog.messages == ["docstrings are missing: Python runs with -OO"]
