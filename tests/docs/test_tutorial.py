"""The tutorial, followed word by word in an empty folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-diagram.md"
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


FLOWS, RUN, DRAW = blocks("python")
LOG, TREE, CONF = blocks("text")
(INDEX,) = blocks("rst")
_, RUN_IT, DRAW_IT, DRAW_PICTURE, FIND_PROBLEMS, BUILD_DOCS = blocks("console")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with what the tutorial has the reader write."""
    (tmp_path / "docs").mkdir()
    for name, text in (("flows.py", FLOWS), ("run.py", RUN), ("draw.py", DRAW)):
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "docs" / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "docs" / "index.rst").write_text(INDEX, encoding="utf-8")
    return tmp_path


def follow(folder: Path, console: str) -> subprocess.CompletedProcess[str]:
    """Return how the first command of the block *console* ends in *folder*."""
    command = console.splitlines()[0].removeprefix("$ ").split()
    program = Path(sys.executable).with_name(command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    )


def test_run(folder):
    """The log is that of the page, but for the IDs."""
    done = follow(folder, RUN_IT)

    ids = [line[1:33] for line in done.stderr.splitlines()]
    assert [ids.index(i) for i in ids] == [0, 0, 2, 2]
    assert re.sub(r"\w{32}", "", done.stderr) == re.sub(r"\w{32}", "", LOG)
    assert done.stdout == ""


def test_draw_text(folder):
    """The tree is that of the page."""
    done = follow(folder, DRAW_IT)

    assert (done.stdout, done.stderr) == (TREE, "")


def test_draw(folder):
    """The command draws an image."""
    done = follow(folder, DRAW_PICTURE)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "bom_sync.png").read_bytes().startswith(b"\x89PNG")


def test_problems(folder):
    """The mistake that the page has the reader make is reported as the page says."""
    written = FLOWS.replace('after="fetch"', 'after="fetsch"')
    (folder / "flows.py").write_text(written, encoding="utf-8")

    done = follow(folder, FIND_PROBLEMS)

    assert done.returncode == 1
    assert done.stdout == FIND_PROBLEMS.partition("\n")[2]


def test_publish(folder):
    """The docs that the page has the reader write are built, with links from nodes to steps."""
    done = follow(folder, BUILD_DOCS)

    assert (done.returncode, done.stderr) == (0, "")
    html = (folder / "build" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"><title>', html)
    assert len(links) == 3
    assert all(f'id="{link}"' in html for link in links)


PROCESSES = PAGE.parents[1] / "how-to" / "processes.md"


def test_processes(tmp_path):
    """The page about processes runs as a file, which each new process imports."""
    text = PROCESSES.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    (tmp_path / "processes.py").write_text(code, encoding="utf-8")

    done = follow(tmp_path, "$ python processes.py")

    assert (done.returncode, done.stderr) == (0, "")


def test_shown_flow():
    """The flow that the page shows is the one that the reader wrote."""
    shown = PAGE.parents[1] / "_examples" / "first_diagram.py"
    written = shown.read_text(encoding="utf-8").replace("first_diagram", "bom_sync")

    assert written.partition("\n\n")[2] == FLOWS
