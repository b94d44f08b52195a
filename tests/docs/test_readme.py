"""The README: what it shows is real."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("_unmeasured")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
[EXAMPLE] = [text for language, text in BLOCKS if language == "python"]
BEFORE, AFTER = [text for language, text in BLOCKS if language == "text"][:2]
COMMANDS = re.findall(r"^\$ (.*)$", README, re.MULTILINE)
ID = re.compile(r"\b[0-9a-f]{32}\b")


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the README's example, in a file with the name that the README has."""
    assert "`bom_sync.py`" in README
    (tmp_path / "bom_sync.py").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


def run(folder, command, **options):
    """Run *command* with the programs of this environment, and return how it ended."""
    program, *arguments = command.split()
    path = Path(sys.executable).with_name(program)
    return subprocess.run(
        [path, *arguments], cwd=folder, capture_output=True, text=True, check=False, **options
    )


def numbered(log):
    """Return *log* with a number for each flow ID, in the order in which they come."""
    ids = list(dict.fromkeys(ID.findall(log)))
    return ID.sub(lambda found: str(ids.index(found[0])), log)


def test_log(folder):
    """The log with the IDs is what the example writes, as a file."""
    assert "python bom_sync.py" in COMMANDS
    done = run(folder, "python bom_sync.py")

    assert (done.returncode, done.stdout) == (0, "")
    assert numbered(done.stderr) == numbered(AFTER)
    assert len(set(ID.findall(done.stderr))) == 2


def test_log_of_a_paste(folder):
    """The log is the same when the example is pasted into an interpreter, line by line."""
    done = run(folder, "python -i -q", input=EXAMPLE + "\n")

    assert "Error" not in done.stderr
    assert numbered("".join(re.findall(r"\[.*\n", done.stderr))) == numbered(AFTER)


def test_log_before():
    """The log without IDs has the same lines."""
    assert re.sub(r"^\[\w+\] ", "", AFTER, flags=re.MULTILINE) == BEFORE


def test_drawing(folder):
    """The command draws the diagram, and does not run the example."""
    [command] = [line for line in COMMANDS if line.startswith("penstock draw")]
    done = run(folder, command)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    drawn = (folder / "bom_sync.svg").read_text(encoding="utf-8")
    shown = (ROOT / "docs" / "_images" / "bom_sync-light.svg").read_text(encoding="utf-8")
    assert words(drawn) == words(shown)


def words(svg):
    """Return what can be read in *svg*."""
    return re.findall(r"<text [^>]*>([^<]+)<", svg)


def test_images():
    """The images are those that penstock draws today."""
    script = ROOT / ".ci" / "images.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_images_for_both_modes():
    """An image has the colours of one mode, whatever the browser of its reader prefers."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "_images").iterdir()]

    assert len({*texts}) == 4
    assert [text for text in texts if "prefers-color-scheme" in text] == []
