"""Files are written whole or not at all; devices and pipes are written to directly."""

import fcntl
import importlib
import io
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from penstock._common import files
from penstock._common.files import write_whole

pytestmark = pytest.mark.needs("ordinary file system")

PART = ".penstock-0123456789abcdef.tmp"


@pytest.fixture(autouse=True)
def _new_process():
    """Let each test look for what is stale, as a new process does."""
    files._remove_stale.cache_clear()


@pytest.mark.parametrize(
    ("content", "expected"),
    [("a\nä", b"a\n\xc3\xa4"), (b"\x89PNG\r\n", b"\x89PNG\r\n")],
    ids=["text", "bytes"],
)
def test_content(tmp_path, content, expected):
    """Text is written as UTF-8 with its own line ends, bytes as they are."""
    write_whole(tmp_path / "file", content)

    assert (tmp_path / "file").read_bytes() == expected


def test_new_file_has_ordinary_permissions(tmp_path):
    """A new file may be read by whom the user's umask lets read it."""
    umask = os.umask(0o027)
    try:
        write_whole(tmp_path / "file", "x")
    finally:
        os.umask(umask)

    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_replaced_file_keeps_its_permissions(tmp_path):
    """A file that is replaced keeps its permissions."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o604)

    write_whole(tmp_path / "file", "new")

    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o604


def test_link_keeps_leading_to_its_file(tmp_path):
    """A symbolic link stays one; the file that it leads to is replaced."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")

    write_whole(tmp_path / "link", "new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_failure_leaves_the_old_file(tmp_path, monkeypatch):
    """If writing fails, the old file is there and nothing else."""
    (tmp_path / "file").write_text("old")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "file", "new")

    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"file": "old"}


def test_missing_folder(tmp_path):
    """A folder that is not there is an error that names it."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "file", "x")


def test_folder_in_the_error(tmp_path):
    """The error names the folder that is missing, and no file that nobody asked for."""
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "nowhere" / "file", "x")

    assert caught.value.filename == str(tmp_path / "nowhere")


def test_folder_that_is_a_file(tmp_path):
    """A file in the place of the folder is an error that names it."""
    (tmp_path / "file").write_text("old")

    with pytest.raises(NotADirectoryError, match=re.escape(str(tmp_path / "file"))):
        write_whole(tmp_path / "file" / "x", "new")


def test_name_that_is_too_long(tmp_path):
    """A name that the file system refuses is an error that names the file, and nothing is left."""
    path = tmp_path / ("x" * 300)

    with pytest.raises(OSError, match="x" * 300):
        write_whole(path, "new")

    assert list(tmp_path.iterdir()) == []


def test_longest_name(tmp_path):
    """A file may have the longest name that the file system takes."""
    path = tmp_path / ("x" * 255)

    write_whole(path, "new")

    assert path.read_text() == "new"


def test_full_disk(tmp_path, monkeypatch):
    """An error while writing names the file, keeps its content, and leaves nothing beside it."""
    (tmp_path / "file").write_text("old")

    def refuse(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", refuse)

    with pytest.raises(OSError, match=re.escape(f"device: '{tmp_path / 'file'}'")):
        write_whole(tmp_path / "file", "new")

    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"file": "old"}


def test_folder_as_output(tmp_path):
    """A folder cannot be the output."""
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "x")


def test_file_that_may_not_be_written(tmp_path, monkeypatch):
    """A file that its owner protects is not replaced."""
    (tmp_path / "file").write_text("old")
    refused = PermissionError(13, "Permission denied")
    monkeypatch.setattr("os.access", lambda *_: False)

    def refuse(name, mode):
        raise refused

    monkeypatch.setattr("penstock._common.files.open", refuse, raising=False)

    with pytest.raises(PermissionError):
        write_whole(tmp_path / "file", "new")

    assert (tmp_path / "file").read_text() == "old"


def test_file_that_is_writable_after_all(tmp_path, monkeypatch):
    """A file that can be opened for writing is replaced, whatever its permissions are."""
    monkeypatch.setattr("os.access", lambda *_: False)
    (tmp_path / "file").write_text("old")

    write_whole(tmp_path / "file", "new")

    assert (tmp_path / "file").read_text() == "new"


def test_owner_is_kept(tmp_path, monkeypatch):
    """A file that is replaced keeps its owner and its group."""
    given = []
    monkeypatch.setattr("os.chown", lambda path, owner, group: given.append((owner, group)))
    (tmp_path / "file").write_text("old")
    found = (tmp_path / "file").stat()

    write_whole(tmp_path / "file", "new")

    assert given == [(-1, found.st_gid), (found.st_uid, -1)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a file away")
def test_owner_is_kept_by_root(tmp_path):
    """A file of another user stays theirs where root replaces it."""
    (tmp_path / "file").write_text("old")
    os.chown(tmp_path / "file", 4711, 4712)

    write_whole(tmp_path / "file", "new")

    found = (tmp_path / "file").stat()
    assert (found.st_uid, found.st_gid) == (4711, 4712)


@pytest.mark.parametrize("refused", ["os.chown", "pathlib.Path.chmod"])
def test_refused_permissions(tmp_path, monkeypatch, refused):
    """A file system without permissions or owners does not make writing fail."""
    (tmp_path / "file").write_text("old")

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(refused, refuse)

    write_whole(tmp_path / "file", "new")

    assert (tmp_path / "file").read_text() == "new"


def test_read_only_on_windows(tmp_path, monkeypatch):
    """If a file that is read-only is neither replaced nor removed, nothing is left behind."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o400)

    def unless_read_only(function, at):
        def on_windows(*paths):
            if not Path(paths[at]).stat().st_mode & stat.S_IWUSR:
                raise PermissionError(13, "Access is denied")
            return function(*paths)

        return on_windows

    monkeypatch.setattr(Path, "replace", unless_read_only(Path.replace, 1))
    monkeypatch.setattr(Path, "unlink", unless_read_only(Path.unlink, 0))

    with pytest.raises(PermissionError, match=str(tmp_path / "file")):
        write_whole(tmp_path / "file", "new")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_umask_is_left_alone(tmp_path, monkeypatch):
    """The umask, which all threads share, is not touched."""
    monkeypatch.delattr("os.umask")

    write_whole(tmp_path / "file", "new")

    assert (tmp_path / "file").read_text() == "new"


def test_fifo(tmp_path):
    """A FIFO is written to, and stays one."""
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()

    write_whole(tmp_path / "pipe", "through")
    reader.join()

    assert read == [b"through"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_device(tmp_path):
    """A device is written to, and stays one, also behind a link."""
    (tmp_path / "link").symlink_to(os.devnull)
    before = Path(os.devnull).stat()

    write_whole(os.devnull, "x")
    write_whole(tmp_path / "link", "x")

    assert stat.S_ISCHR(before.st_mode)
    assert Path(os.devnull).stat().st_ino == before.st_ino
    assert (tmp_path / "link").is_symlink()


def test_terminal():
    """A terminal is written to."""
    leader, follower = os.openpty()

    write_whole(os.ttyname(follower), "shown")

    assert os.read(leader, 100) == b"shown"
    os.close(leader)
    os.close(follower)


def test_dangling_link(tmp_path):
    """A link that leads to no file yet stays one, and its file is made."""
    (tmp_path / "link").symlink_to("file")

    write_whole(tmp_path / "link", "new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


CODE = "from penstock._common.files import write_whole\n"


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("is_pipe", [True, False], ids=["pipe", "file"])
def test_standard_output(tmp_path, name, is_pipe):
    """The standard output is written to, also where it is a file that holds something already."""
    code = f"{CODE}print('before', flush=True); write_whole({name!r}, 'between\\n'); print('after')"
    with (tmp_path / "out").open("wb") as file:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE if is_pipe else file,
            check=True,
        )

    actual = done.stdout if is_pipe else (tmp_path / "out").read_bytes()
    assert actual == b"before\nbetween\nafter\n"


def test_descriptor(tmp_path):
    """An open file is written to where it is, and stays open."""
    with (tmp_path / "file").open("wb", buffering=0) as file:
        file.write(b"1")
        write_whole(f"/dev/fd/{file.fileno()}", "2")
        file.write(b"3")

    assert (tmp_path / "file").read_bytes() == b"123"


def test_standard_output_of_a_program(capsysbinary):
    """A program's standard output is written to as bytes."""
    write_whole("-", "ä\n")

    assert capsysbinary.readouterr().out == b"\xc3\xa4\n"


def test_standard_output_that_is_text(monkeypatch):
    """A standard output that takes text only, like a notebook's, is given text."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    write_whole("-", "ä\n")

    assert sys.stdout.getvalue() == "ä\n"


def test_stale_parts_are_removed(tmp_path):
    """The temporary file of a killed process is removed by the next one that writes there."""
    (tmp_path / PART).write_text("half")
    (tmp_path / ".penstock-notes.tmp").write_text("mine")

    write_whole(tmp_path / "file", "new")

    assert sorted(p.name for p in tmp_path.iterdir()) == [".penstock-notes.tmp", "file"]


def test_parts_of_others_are_kept(tmp_path):
    """A temporary file that another process is writing is left alone."""
    with (tmp_path / PART).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_whole(tmp_path / "file", "new")

    assert sorted(p.name for p in tmp_path.iterdir()) == [PART, "file"]


def test_part_that_is_taken_for_stale(tmp_path, monkeypatch):
    """A part that another process removed before it was locked is begun again."""
    lock, taken = files._lock, []

    def lose_the_first(file):
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        lock(file)

    monkeypatch.setattr(files, "_lock", lose_the_first)

    write_whole(tmp_path / "file", "new")

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "new")]


def test_without_locks(tmp_path, monkeypatch):
    """A file system without locks can be written to."""

    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)

    write_whole(tmp_path / "file", "new")

    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_on_windows(tmp_path, monkeypatch):
    """Without the module for locks, as on Windows, a file is closed before it takes its name."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    importlib.reload(files)
    (tmp_path / PART).write_text("half")

    files.write_whole(tmp_path / "file", "new")

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "new")]
    monkeypatch.undo()
    importlib.reload(files)


def test_killed_program(tmp_path):
    """A program that is killed while it writes leaves the old file, and the next cleans up."""
    (tmp_path / "file").write_text("old")
    killed = f"{CODE}import os, pathlib\npathlib.Path.replace = lambda *_: os.kill(os.getpid(), 9);"
    call = f"write_whole({str(tmp_path / 'file')!r}, 'new')"

    first = subprocess.run([sys.executable, "-c", killed + call], check=False)

    assert (first.returncode, (tmp_path / "file").read_text()) == (-9, "old")
    assert len(list(tmp_path.iterdir())) == 2
    subprocess.run([sys.executable, "-c", CODE + call], check=True)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "new")]
