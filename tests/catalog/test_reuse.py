"""Flows that are kept from one build to the next."""

import json
import logging
import os
import py_compile
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from penstock import list_flows
from penstock._project.settings import Settings
from penstock.catalog import Catalog, _reuse, _states
from penstock.catalog._loading import LoadedFlows, import_recorded
from penstock.catalog._reuse import FlowsLoader, find_kept, keep
from penstock.exceptions import CatalogError

SHOP = """
from penstock import entrypoint, flow

print("importing")

@flow("orders")
@entrypoint
def receive(message): ...
"""


class Project:
    """A project with one module, which prints when it is imported."""

    def __init__(self, folder):
        self.folder = folder
        self.module = folder / "reuse_shop.py"
        self.module.write_text(SHOP, encoding="utf-8")
        self.cache = folder / "cache" / "penstock"
        self.settings = Settings(modules=("reuse_shop",), root=str(folder), folder=str(folder))
        self.printed = []

    def edit(self, before, after):
        text = self.module.read_text(encoding="utf-8")
        assert before in text
        self.module.write_text(text.replace(before, after), encoding="utf-8")

    def load(self, loader=None):
        """Return the flows as a new build has them, or the next page of one."""
        return (loader or FlowsLoader(self.cache)).load(self.settings, self.printed.append)

    def names(self, loader=None):
        return [flow.name for flow in self.load(loader).flows.flows]

    def imports(self):
        return len(self.printed)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project, in whose folder this process is."""
    monkeypatch.chdir(tmp_path)
    yield Project(tmp_path)
    sys.modules.pop("reuse_shop", None)


def test_unchanged(project):
    """Unchanged modules are imported once, for all pages of all builds."""
    loader = FlowsLoader(project.cache)
    first, second = project.load(loader), project.load(loader)
    loader.begin_build()
    third = project.load(loader)
    other = project.load()

    assert (first is second, first is third, project.imports()) == (True, True, 1)
    assert other.flows == first.flows
    assert other.inputs.process == first.inputs.process
    assert loader.inputs_of(project.settings).own_files == (str(project.module),)
    assert loader.inputs_of(Settings()) is None


def test_edits(project):
    """Each of several edits within a second is shown, also those of the same size."""
    loader = FlowsLoader(project.cache)
    found = [project.names(loader)]
    for before, after in (("orders", "salesX"), ("salesX", "orders")):
        project.edit(before, after)
        found.append(project.names(loader))

    assert found == [["orders"], ["salesX"], ["orders"]]
    assert project.imports() == 3


def test_restored_time(project, caplog):
    """A file with the time and size that it had is read, not what was compiled of it before."""
    caplog.set_level(logging.DEBUG, "penstock.catalog")
    os.utime(project.module, (1_000_000_000, 1_000_000_000))
    py_compile.compile(str(project.module))
    before = project.names()
    project.edit("orders", "salesX")
    os.utime(project.module, (1_000_000_000, 1_000_000_000))

    assert (before, project.names()) == (["orders"], ["salesX"])
    assert f"flows are loaded again: changed is {project.module}" in caplog.messages


def test_failed_import(project):
    """A failure is not kept for the next build, in which nothing has changed but the world."""
    project.edit("print(", "import os\nassert os.system('test -e ready') == 0\nprint(")
    loader = FlowsLoader(project.cache)
    failed, again = project.load(loader), project.load(loader)
    (project.folder / "ready").touch()  # as if a database could be reached now
    same_build = project.load(loader)
    loader.begin_build()
    next_build = project.load(loader)

    assert (len(failed.failures), again is failed, same_build is failed) == (1, True, True)
    assert (next_build.failures, project.imports()) == ((), 1)


def test_failed_before(project):
    """The flows from before a failure are used again when the failing edit is reverted."""
    project.load()
    project.edit("print(", "raise RuntimeError\nprint(")
    failed = project.load()
    project.edit("raise RuntimeError\n", "")
    again = project.load()

    assert (len(failed.failures), again.failures, project.imports()) == (1, (), 1)


def test_crash(project):
    """A process that crashes is not started for each page, but after an edit and for a build."""
    project.edit('print("importing")', 'import os; print("importing", flush=True); os._exit(3)')
    loader = FlowsLoader(project.cache)
    for build in (1, 2):
        loader.begin_build()
        for _ in range(2):
            with pytest.raises(CatalogError, match="exit code 3"):
                project.load(loader)
        assert project.imports() == build

    assert str(project.module) in loader.inputs_of(project.settings).own_files

    project.edit("os._exit(3)", "")

    assert project.names(loader) == ["orders"]


def test_switched_off(project):
    """Without reuse each build imports, and its pages share what it has imported."""
    project.settings = replace(project.settings, catalog_reuse=False)
    loader = FlowsLoader(project.cache)
    first, second = project.load(loader), project.load(loader)
    loader.begin_build()
    third = project.load(loader)

    assert (first is second, third is first, project.imports()) == (True, False, 2)
    assert not project.cache.exists()


def damage_format(file):
    file.write_text(file.read_text("utf-8").replace('"format": 1', '"format": 0'), "utf-8")


DAMAGES = {
    "gone": lambda file: file.unlink(),
    "part": lambda file: file.write_bytes(file.read_bytes()[:1000]),
    "empty": lambda file: file.write_bytes(b""),
    "list": lambda file: file.write_text("[]", "utf-8"),
    "other format": damage_format,
    "without inputs": lambda file: file.write_text('{"format": 1}', "utf-8"),
    "other inputs": lambda file: file.write_text('{"format": 1, "inputs": [1]}', "utf-8"),
    "deep": lambda file: file.write_text("[" * 100_000, "utf-8"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a project whose flows are kept."""
    with pytest.MonkeyPatch.context() as patch:
        project = Project(tmp_path_factory.mktemp("kept"))
        patch.chdir(project.folder)
        project.kept = project.load()
        yield project


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged(kept, damage):
    """A file that is gone, damaged or of another penstock is as good as none."""
    keep(kept.cache, kept.settings, kept.kept)
    found = find_kept(kept.cache, kept.settings)
    damage(kept.cache / "penstock-flows.json")

    assert (found.flows, find_kept(kept.cache, kept.settings)) == (kept.kept.flows, None)


def test_other_catalog(kept):
    """A catalog of a newer version is none, for all that it was kept."""
    keep(kept.cache, kept.settings, kept.kept)
    file = kept.cache / "penstock-flows.json"
    found = json.loads(file.read_text("utf-8"))
    found["catalog"] = found["catalog"].replace('"schema_version": "1', '"schema_version": "9')
    file.write_text(json.dumps(found), "utf-8")

    assert find_kept(kept.cache, kept.settings) is None


def test_nowhere(kept, tmp_path):
    """If nothing can be written, nothing is kept, and nothing fails."""
    (tmp_path / "file").touch()
    keep(tmp_path / "file" / "cache", kept.settings, kept.kept)
    keep(tmp_path, kept.settings, replace(kept.kept, inputs=None))

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_at_once(kept):
    """A file that is read while others write it is complete."""
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(keep, kept.cache, kept.settings, kept.kept) for _ in range(10)]
        reading = [pool.submit(find_kept, kept.cache, kept.settings) for _ in range(10)]

    assert [each.result() for each in writing] == [None] * 10
    assert {each.result().flows == kept.kept.flows for each in reading} == {True}


def test_stamps(kept, monkeypatch):
    """Files that have not been touched are not read again, by this process or another."""
    keep(kept.cache, kept.settings, kept.kept)
    # As if some seconds had gone by.
    monkeypatch.setattr(_states, "_COARSE_NS", -(10**12))
    read, read_file = [], _states.FileState.read
    first = find_kept(kept.cache, kept.settings).inputs
    monkeypatch.setattr(_reuse, "_write", lambda *_: read.append("written"))
    monkeypatch.setattr(
        _states.FileState, "read", lambda path: read.append(path) or read_file(path)
    )
    second = find_kept(kept.cache, kept.settings).inputs

    assert all(state.stamp for state in first.files if state.digest)
    assert [path for path in read if Path(path).exists()] == []
    assert second == first


def test_without_a_folder(project):
    """A loader that has no folder keeps its flows in memory."""
    loader = FlowsLoader()
    first, second = project.load(loader), project.load(loader)

    assert (first is second, project.imports()) == (True, 1)


def test_file(project):
    """A catalog that is a file is read again when it is another."""
    file = project.folder / "flows.json"
    file.write_text(Catalog().to_json(), encoding="utf-8")
    project.settings = replace(project.settings, catalog=str(file))
    loader = FlowsLoader(project.cache)
    first, second = project.load(loader), project.load(loader)
    file.write_text(Catalog().to_json().replace("\n", " "), encoding="utf-8")
    third = project.load(loader)

    assert (first is second, third is first, third.flows) == (True, False, Catalog())
    assert (project.imports(), project.cache.exists()) == (0, False)


def test_in_this_process(project, monkeypatch, capsys):
    """Flows that this process has imported are kept for one that imports nothing."""
    loaded = import_recorded(project.settings)
    keep(project.cache, project.settings, loaded)
    kept = find_kept(project.cache, project.settings)

    assert (capsys.readouterr().out, kept.flows.flows[0].name) == ("importing\n", "orders")
    assert (loaded.flows.flows, kept.flows.flow("orders").steps[0].function) == (list_flows(), None)

    monkeypatch.setenv("REUSE_SHOP", "1")  # which the module may have read

    assert find_kept(project.cache, project.settings) is None

    monkeypatch.delenv("REUSE_SHOP")
    project.edit("orders", "salesX")

    assert find_kept(project.cache, project.settings) is None


def test_nothing_known(project):
    """Without inputs nothing is kept, and a build has its flows once."""
    keep(project.cache, project.settings, LoadedFlows(Catalog()))

    assert find_kept(project.cache, project.settings) is None
