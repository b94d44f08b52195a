"""Pages of flows in a folder that people write in too."""

import os

import pytest

from penstock.docs.markdown import Document, PageFiles
from penstock.exceptions import ConfigurationError

DOCUMENTS = {
    "index.md": Document("# Flows\n\n- [b](b.md)\n"),
    "b.md": Document("# b\n", ("shop.b",)),
}
OTHERS = {
    "index.md": Document("# Flows\n\n- [A &amp; a](a.md)\n"),
    "a.md": Document("# a\n", ("shop.a",)),
}


def kept(modules):
    return False


def test_two_callers(tmp_path):
    """Pages of other modules are kept, and the index has all, whichever caller writes last."""
    PageFiles(tmp_path, OTHERS, kept).write()
    PageFiles(tmp_path, DOCUMENTS, kept).write()

    again = [PageFiles(tmp_path, documents, kept) for documents in (OTHERS, DOCUMENTS)]

    assert [(files.changed, files.gone) for files in again] == [([], []), ([], [])]
    assert again[1].kept == {"a.md": "kept, for shop.a is not imported here"}
    index = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert index.endswith("# Flows\n\n- [A &amp; a](a.md)\n- [b](b.md)\n")


def test_index_that_is_a_block(tmp_path):
    """An index that fills itself stays as it is."""
    blocks = {"index.md": Document("# Flows\n\n::: penstock-flows\n")}
    PageFiles(tmp_path, OTHERS, kept).write()
    PageFiles(tmp_path, blocks, kept).write()

    assert PageFiles(tmp_path, blocks, kept).changed == []


def test_words_of_a_person(tmp_path):
    """A copy of a page that somebody wrote in is theirs, and so is a page that they changed."""
    PageFiles(tmp_path, DOCUMENTS).write()
    mine = (tmp_path / "b.md").read_text(encoding="utf-8") + "Mine.\n"
    (tmp_path / "notes.md").write_text(mine, encoding="utf-8")
    files = PageFiles(tmp_path, DOCUMENTS)
    files.write()
    (tmp_path / "b.md").write_text(mine, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"b\.md: it was changed after penstock wrote it"):
        PageFiles(tmp_path, DOCUMENTS)

    assert files.kept == {"notes.md": "kept, for it was changed after penstock wrote it"}
    assert (tmp_path / "notes.md").read_text(encoding="utf-8") == mine


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="line ends"),
        pytest.param(lambda data: data.replace(b"# b\n", b"# b  \n\n"), id="blanks"),
    ],
)
def test_what_editors_do(tmp_path, edit):
    """A change by an editor or Git in the bytes of a page does not count as one by a person."""
    PageFiles(tmp_path, DOCUMENTS).write()
    (tmp_path / "b.md").write_bytes(edit((tmp_path / "b.md").read_bytes()))

    PageFiles(tmp_path, DOCUMENTS).write()

    assert PageFiles(tmp_path, DOCUMENTS).changed == []


def test_line_ends_are_no_change(tmp_path):
    """Pages that Git checked out with other line ends are up to date."""
    PageFiles(tmp_path, DOCUMENTS).write()
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert PageFiles(tmp_path, DOCUMENTS).changed == []


def test_what_is_no_page(tmp_path):
    """A FIFO, a folder, a dangling link and a file that nobody may read are left alone."""
    os.mkfifo(tmp_path / "notes.md")
    (tmp_path / "archive.md").mkdir()
    (tmp_path / "link.md").symlink_to("nowhere")

    PageFiles(tmp_path, DOCUMENTS).write()

    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize(
    "make", [lambda p: os.mkfifo(p), os.mkdir, lambda p: p.symlink_to("nowhere")]
)
def test_folder_or_link_in_the_way(tmp_path, make):
    """Anything but a file is not replaced by a page."""
    make(tmp_path / "b.md")

    with pytest.raises(ConfigurationError, match=r"b\.md: it is not a file: move it"):
        PageFiles(tmp_path, DOCUMENTS)


def test_file_that_nobody_may_read(tmp_path, monkeypatch):
    """A file that cannot be read is somebody else's."""
    (tmp_path / "secret.md").write_text("x")

    def refuse(self):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)

    assert PageFiles(tmp_path, DOCUMENTS).kept == {}


@pytest.mark.parametrize("name", ["B.md", "b.MD"])
def test_names_that_are_one_on_some_systems(tmp_path, name):
    """A file of somebody's whose name differs in case only is in the way."""
    (tmp_path / name).write_text("# Mine\n")

    with pytest.raises(ConfigurationError, match=r"on some systems it is the same file as b\.md"):
        PageFiles(tmp_path, DOCUMENTS)


def test_page_under_another_case(tmp_path):
    """A generated page under a name in other case is removed before the page is written."""
    PageFiles(tmp_path, DOCUMENTS).write()
    (tmp_path / "b.md").rename(tmp_path / "B.md")

    PageFiles(tmp_path, DOCUMENTS).write()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.md", "index.md"]


def test_text_that_utf_8_cannot_hold(tmp_path):
    """A page is up to date after it is written, whatever a docstring holds."""
    documents = {"b.md": Document("# \ud800\r\n")}
    PageFiles(tmp_path, documents).write()

    assert PageFiles(tmp_path, documents).changed == []
