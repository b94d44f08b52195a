"""Files are written whole or not at all."""

import os
import stat

import pytest

from penstock.graph._output import write_whole


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
