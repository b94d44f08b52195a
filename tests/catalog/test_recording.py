"""The inputs that are recorded while modules are imported in this process."""

# ruff: noqa: PTH116, PTH208 - files and folders are asked for in each way that modules may use

import importlib
import os
import pkgutil
import py_compile
import sqlite3
import subprocess
import sys
import zipfile
from collections import UserList
from contextlib import closing
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest

from penstock._project.settings import Settings
from penstock.catalog import _bytecode, _recording, _states
from penstock.catalog._absent import noted_absences
from penstock.catalog._bytecode import without_stale_bytecode
from penstock.catalog._inputs import Inputs, describe_process
from penstock.catalog._recording import record
from penstock.catalog._sources import inputs_of_sources
from penstock.catalog._variables import noted_variables


class Recorded:
    """Return the inputs that count after an action, by their paths in a folder."""

    def __init__(self, work, folder):
        self.settings = Settings(root=str(folder))
        with record(self.settings) as recording:
            work()
        self.inputs = recording.inputs()
        if self.inputs is not None:
            self.files = self._below(folder, self.inputs.files)
            self.folders = self._below(folder, self.inputs.folders)

    @staticmethod
    def _below(folder, states):
        below = [each for each in states if Path(each.path).is_relative_to(folder)]
        return {Path(each.path).relative_to(folder).as_posix(): each for each in below}

    def have_changed(self):
        return self.inputs.have_changed(self.settings)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder, in which this process is, and which is on its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    # Nobody can trace an audit hook that does not allow it.
    monkeypatch.setattr(_recording._note, "__cantrace__", True, raising=False)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def read(*names):
    for name in names:
        Path(name).read_bytes()


def test_reading(folder):
    """Files count that are read, in whatever way they are named, and those that are not there."""
    for name in "abcd":
        Path(name).touch()
    Path("link").symlink_to("d")
    os.mkfifo("fifo")

    def work():
        read("a", "link", "/proc/self/stat")
        os.close(os.open(b"b", os.O_RDONLY))
        os.close(os.open("fifo", os.O_RDONLY | os.O_NONBLOCK))
        with Path("c").open("rb") as file, open(os.dup(file.fileno()), "rb"):  # noqa: PTH123
            pass
        with pytest.raises(FileNotFoundError):
            read("nothing")

    found = Recorded(work, folder)

    assert [*found.files] == ["a", "b", "c", "fifo", "link", "nothing"]
    assert [*found.folders] == ["."]
    assert not found.have_changed()

    Path("d").write_text("other", encoding="utf-8")

    assert found.have_changed()


def test_listing(folder):
    """Names in folders count, by what they were listed for."""
    for name in ("listed", "scanned", "opened", "modules"):
        Path(name).mkdir()

    def work():
        os.listdir("listed")
        os.listdir()
        with os.scandir("scanned"):
            pass
        handle = os.open("opened", os.O_RDONLY)
        os.listdir(handle)
        os.close(handle)
        list(pkgutil.iter_modules(["modules"]))
        list(distributions(path=["metadata"]))

    found = Recorded(work, folder).folders

    assert {name: (s.is_listed, s.has_modules, s.has_metadata) for name, s in found.items()} == {
        ".": (True, False, True),
        "listed": (True, False, False),
        "metadata": (False, False, True),
        "modules": (False, True, False),
        "opened": (True, False, False),
        "scanned": (True, False, False),
    }


def test_installed(folder):
    """Distributions in a folder of the path count, even if no module reads their metadata."""
    for name in ("a.pth", "b.egg-link", "c.dist-info/entry_points.txt", "d.egg-info/PKG-INFO"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()

    found = Recorded(int, folder)

    assert [*found.files] == [
        "a.pth",
        "b.egg-link",
        "c.dist-info/entry_points.txt",
        "d.egg-info/entry_points.txt",
    ]

    Path("e.dist-info").mkdir()

    assert found.have_changed()


def test_modules(folder):
    """The source of a module counts as it was when it was loaded, from its compiled code too."""
    Path("recorded_one.py").touch()
    py_compile.compile("recorded_one.py")
    Path("recorded_two.py").touch()
    Path("recorded_two").touch()  # which is not a package
    with zipfile.ZipFile("recorded.zip", "w") as file:
        file.writestr("recorded_three.py", "")
    sys.path.insert(0, str(folder / "recorded.zip"))

    def work():
        for name in ("recorded_one", "recorded_two", "recorded_three"):
            importlib.import_module(name)
        with pytest.raises(ImportError):
            importlib.import_module("recorded_one.below")
        Path("recorded_one.py").write_text("edited = True", encoding="utf-8")

    found = Recorded(work, folder)

    assert [*found.files] == [
        "recorded.zip",
        "recorded.zip/recorded_three.py",
        "recorded_one.py",
        "recorded_two.py",
    ]


def test_edited_meanwhile(folder):
    """A module that somebody edits after it was loaded has changed."""
    for name in ("recorded_source.py", "recorded_compiled.py"):
        Path(name).touch()
    py_compile.compile("recorded_compiled.py")
    for name in ("recorded_source", "recorded_compiled"):

        def work(name=name):
            importlib.import_module(name)
            subprocess.run(["/bin/sh", "-c", f"echo 'x = 1' > {name}.py"], check=True)

        assert Recorded(work, folder).have_changed()


def test_changes_of_its_own(folder):
    """Files that modules write, rename and remove count as they are after the import."""
    for name in ("old", "removed", "listed/a"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()

    def work():
        os.listdir("listed")
        read("old", "removed", "listed/a")
        Path("removed").unlink()
        Path("old").rename("renamed")
        read("renamed")
        Path("listed/a").write_text("other", encoding="utf-8")
        os.link("listed/a", "listed/b")
        Path("listed/c").symlink_to("a")
        Path("made").mkdir()
        Path("made/d").touch()
        os.listdir("made")
        Path("gone").mkdir()
        os.listdir("gone")
        Path("gone").rmdir()
        handle = os.open(".", os.O_RDONLY)
        Path("e").touch()
        os.remove("e", dir_fd=handle)
        os.close(handle)

    found = Recorded(work, folder)

    assert [*found.files] == ["listed/a", "renamed"]
    assert [*found.folders] == [".", "listed", "made"]
    assert not found.have_changed()

    Path("made/other").touch()

    assert found.have_changed()


def test_database(folder):
    """A database that modules have opened counts as written by them, also if they read the file."""

    def work():
        address = f"file:{folder}/c%20c?mode=rwc"
        for file, name in {"a": "a", "b": b"b", "c c": address}.items():
            with closing(sqlite3.connect(name, uri=True)) as database:
                read(file)
                database.execute("create table orders (name)")
                database.commit()

    found = Recorded(work, folder)

    assert [*found.files] == ["a", "b", "c c"]
    assert not found.have_changed()


def test_for_a_while(folder):
    """A file that another program makes and removes before the end does not count."""

    def work():
        subprocess.run(["/bin/sh", "-c", "mkdir folder; echo > folder/file"], check=True)
        read("folder/file")
        os.listdir("folder")
        subprocess.run(["/bin/rm", "-r", "folder"], check=True)

    found = Recorded(work, folder)

    assert ([*found.files], [*found.folders]) == ([], ["."])


def test_modules_of_any_kind(folder):
    """Modules that are loaded when they are asked for something are not asked, nor are others."""

    class Lazy(ModuleType):
        def __getattribute__(self, name):
            raise AssertionError(name)

    class Library:
        """Says that it is a module, as libraries of cffi do."""

        __class__ = ModuleType

    sys.modules["recorded_lazy"] = Lazy("recorded_lazy")
    sys.modules["recorded_object"] = UserList()
    sys.modules["recorded_library"] = Library()

    assert Recorded(int, folder).inputs is not None


def test_unknown(folder):
    """If something cannot be noted, nothing is known, and the modules see nothing of it."""

    class Once(UserList):
        """A path that cannot be read the first time."""

        def __iter__(self):
            if not seen:
                seen.append(True)
                raise RuntimeError
            return iter(self.data)

    seen = []
    Path("recorded_odd").mkdir()
    Path("recorded_odd/__init__.py").touch()
    Path("recorded_odd/below.py").touch()

    def work():
        importlib.import_module("recorded_odd").__path__ = Once(["recorded_odd"])
        importlib.import_module("recorded_odd.below")

    assert (Recorded(work, folder).inputs, seen) == (None, [True])


def test_search_path(folder, monkeypatch):
    """Finders that are replaced while modules are imported stay replaced."""

    def work():
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path[1:]])

    before = [*sys.meta_path]

    assert Recorded(work, folder).inputs is not None
    assert sys.meta_path == before


def test_variables(folder, monkeypatch):
    """Each variable that is read is noted, and that all are."""
    monkeypatch.setenv("RECORDED_A", "1")
    noted, listed = set(), []
    kind = type(os.environ)
    with noted_variables(noted.add, lambda: listed.append(True)):
        values = [os.environ["RECORDED_A"], os.getenv("RECORDED_B"), os.environb.get(b"RECORDED_C")]
        names = {*noted}
        before = [*listed]
        copy = dict(os.environ)
        with pytest.raises(TypeError):
            os.environ[1]

    assert (values, names) == (["1", None, None], {"RECORDED_A", "RECORDED_B", "RECORDED_C"})
    assert (before, bool(listed), copy == dict(os.environ)) == ([], True, True)
    assert (type(os.environ), type(os.environb)) == (kind, kind)


def test_all_variables(folder, monkeypatch):
    """A module that reads all variables depends on all except those that always differ."""
    monkeypatch.setenv("SHLVL", "1")
    settings = Settings(root=str(folder))
    with record(settings) as recording:
        recording.expect_variables()
        with noted_variables(recording.note_variable, recording.note_all_variables):
            os.getenv("RECORDED_ONE")
            dict(os.environ)
    inputs = recording.inputs()
    monkeypatch.setenv("SHLVL", "99")
    before = inputs.find_change(settings)
    monkeypatch.setenv("RECORDED_NEW", "1")

    assert (before, inputs.find_change(settings)) == (None, "an environment variable")


def test_stamps(folder, monkeypatch):
    """A stamp that only one content can have is enough; without a file there is none."""
    monkeypatch.setattr(_states, "_COARSE_NS", -(10**12))  # as if some seconds had gone by
    Path("a").write_text("1", encoding="utf-8")
    state = _states.FileState.read("a")
    same, again = state.verified(), _states.FileState.read("a")
    os.utime("a", (1, 1))
    touched = state.verified()
    Path("a").unlink()

    assert same is again is state  # not read again
    assert (touched.digest == state.digest, touched.stamp == state.stamp) == (True, False)
    assert state.verified() is None


def test_large_file(folder):
    """A large file is compared by its whole content."""
    data = b"1" * 2_000_000
    Path("a").write_bytes(data)
    state = _states.FileState.read("a")
    same = state.verified()
    Path("a").write_bytes(data[:-1] + b"2")

    assert (same.digest, state.digest) == (_states.digest_of(data),) * 2
    assert state.verified() is None


def test_absences(folder, monkeypatch):
    """Checks for missing files are noted, and `os` does not change in any other way."""
    Path("a").touch()
    Path("folder").mkdir()
    handle = os.open("folder", os.O_RDONLY)
    before = (os.stat, os.lstat, {*os.supports_dir_fd}, {*os.supports_follow_symlinks})
    noted = []
    with noted_absences(noted.append):
        found = (Path("a").exists(), Path("b").exists(), Path("c").is_symlink())
        with pytest.raises(FileNotFoundError):
            os.stat("a", dir_fd=handle)
        size = os.stat(handle).st_size
        supported = (os.stat in os.supports_dir_fd, os.stat in os.supports_follow_symlinks)
        name = os.stat.__name__
    os.close(handle)

    assert (found, [str(path) for path in noted]) == ((True, False, False), ["b", "c"])
    assert (size > 0, supported, name) == (True, (True, True), "stat")
    assert (os.stat, os.lstat, os.supports_dir_fd, os.supports_follow_symlinks) == before


def test_pseudo_files(folder):
    """Files that describe the state of the machine are not inputs."""
    with record(Settings(root=str(folder))) as recording:
        recording.note_absence("/proc/nothing")
        recording.note_absence("nothing")
    paths = [state.path for state in recording.inputs().files]

    assert ("/proc/nothing" in paths, str(folder / "nothing") in paths) == (False, True)


def test_stale_bytecode(folder, monkeypatch):
    """Compiled code is used if it is younger than its source, and installed code always."""
    monkeypatch.setattr(_bytecode, "_WHILE_EDITED_NS", 0)
    files = [Path(name) for name in ("recorded_new.py", "recorded_old.py", "recorded_none.py")]
    installed = folder / "site-packages" / "recorded_installed.py"
    installed.parent.mkdir()
    monkeypatch.syspath_prepend(str(installed.parent))
    for file in (*files, installed):
        file.write_text("found = 'old'", encoding="utf-8")
        os.utime(file, (1_000_000_000, 1_000_000_000))
        if file.stem != "recorded_none":
            compiled = Path(py_compile.compile(str(file)))
        if file.stem == "recorded_new":  # compiled long after it was edited
            os.utime(compiled, ns=(0, 2 * file.stat().st_ctime_ns))
            continue
        file.write_text("found = 'new'", encoding="utf-8")
        os.utime(file, (1_000_000_000, 1_000_000_000))
    with without_stale_bytecode():
        found = {
            file.stem: importlib.import_module(file.stem).found for file in (*files, installed)
        }

    assert found == {
        "recorded_new": "old",
        "recorded_old": "new",
        "recorded_none": "new",
        "recorded_installed": "old",
    }


def test_bytecode_of_an_edit(folder, monkeypatch):
    """A module that was edited just now is not compiled into a file: there may be another edit."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    Path("recorded_edited.py").touch()
    with without_stale_bytecode():
        importlib.import_module("recorded_edited")

    assert not Path("__pycache__").exists()


def test_bytecode_that_an_import_writes(folder, monkeypatch):
    """It was not there before, and is not an input afterwards, but its source is."""
    monkeypatch.setattr(_bytecode, "_WHILE_EDITED_NS", 0)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    Path("recorded_compiled.py").touch()
    with (
        record(Settings(root=str(folder))) as recording,
        noted_absences(recording.note_absence),
        without_stale_bytecode(),
    ):
        importlib.import_module("recorded_compiled")
    paths = [Path(state.path).name for state in recording.inputs().files]

    assert Path("__pycache__").exists()
    assert [path for path in paths if path.startswith("recorded_compiled.")] == [
        "recorded_compiled.py"
    ]


def test_sources(folder):
    """Without an import, the files of modules are those that may be imported."""
    for name in ("recorded_package/__init__.py", "recorded_package/sub/a.py", "recorded_file.py"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).touch()
    settings = Settings(
        modules=("recorded_package.*", "recorded_file", "recorded_missing", "recorded_space"),
        setup="recorded_file:setup",
        root=str(folder),
    )
    Path("recorded_space").mkdir()
    inputs = inputs_of_sources(settings)

    assert [Path(path).relative_to(folder).as_posix() for path in inputs.own_files] == [
        "recorded_file.py",
        "recorded_package/__init__.py",
        "recorded_package/sub/a.py",
    ]
    assert not inputs.have_changed(settings)

    Path("recorded_missing.py").touch()

    assert inputs.have_changed(settings)


def test_nothing_to_refresh(folder, monkeypatch):
    """Inputs that only these stamps can have are the same object after a comparison."""
    monkeypatch.setattr(_states, "_COARSE_NS", -(10**12))  # as if some seconds had gone by
    Path("a").touch()
    file = _states.FileState.read(str(folder / "a"))
    settings = Settings(root=str(folder))
    inputs = Inputs(process=describe_process(settings), files=(file,))

    assert inputs.refreshed(settings) is inputs
