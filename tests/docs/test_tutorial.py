"""Pages that a reader follows from top to bottom, followed in a shell as they are typed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from transcript import Reader, blocks

pytestmark = [
    pytest.mark.usefixtures("_unmeasured"),
    pytest.mark.skipif(os.name == "nt", reason="the pages are for the shell of POSIX"),
]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial" / "first-diagram.md"
GUIDES = {"django-celery-mkdocs": "before-django", "fastapi-sphinx": "before-fastapi"}
"""The guides, and the folder of `examples/` where each begins."""
PROCESSES = DOCS / "how-to" / "processes.md"
CHECK = DOCS / "how-to" / "check-the-source.md"


def check_tutorial(folder):
    """Check what the reader of the tutorial has made."""
    assert (folder / "bom_sync.png").read_bytes().startswith(b"\x89PNG")
    html = (folder / "build" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"', html)
    assert len(links) == 3
    assert all(f'id="{link}"' in html for link in links)


def test_tutorial(tmp_path):
    """Each command of the tutorial prints what the page shows, and its docs link to the steps."""
    Reader(tmp_path).follow(TUTORIAL)

    check_tutorial(tmp_path / "shop")


def test_shown_flow():
    """The flow that the tutorial shows is the one that the reader wrote."""
    [flows] = [block.text for block in blocks(TUTORIAL) if block.caption == "flows.py"][:1]
    shown = (DOCS / "_examples" / "first_diagram.py").read_text(encoding="utf-8")

    assert shown.replace("first_diagram", "bom_sync").partition("\n\n")[2] == flows


def test_check(tmp_path):
    """The page about the check finds in its file what it shows, before and after a change."""
    Reader(tmp_path).follow(CHECK)


def test_processes(tmp_path):
    """The page about processes runs as a file, which each new process imports."""
    code = "\n".join(block.text for block in blocks(PROCESSES) if block.language == "python")
    (tmp_path / "processes.py").write_text(code, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "processes.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(params=[*GUIDES])
def guide(request, tmp_path):
    """Return a guide for a project that exists, and a copy of the project."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / GUIDES[request.param], project)
    return DOCS / "how-to" / f"add-to-{request.param}.md", project


def test_guide(guide):
    """The changes that a guide asks for can be made, and give the flow that it shows.

    The test of a new environment starts the servers and builds the docs.
    """
    page, project = guide
    installed = {"PYTHONPATH": str(project / "src")}
    without = ("Run it", "Show it in the docs")
    Reader(project, environment=installed).follow(page, without=without)

    settings = [*project.glob("mkdocs.yml"), *project.glob("docs/conf.py")]
    assert ["penstock" in path.read_text(encoding="utf-8") for path in settings] == [True]


def check_guide(project):
    """Check that the page of the docs has a diagram whose nodes lead to steps of the page."""
    [page] = [path for path in project.glob("*/**/index.html") if ".venv" not in path.parts]
    html = page.read_text(encoding="utf-8")
    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"', html)
    assert len(links) >= 3
    assert all(f'id="{link}"' in html for link in links)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return the environment variables with which `pip` installs penstock from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    constraint = folder / "constraint.txt"
    constraint.write_text(f"penstock=={wheel.name.split('-')[1]}\n", encoding="utf-8")
    python = Path(sys.executable).resolve().parent  # without what this environment has
    return {
        "PATH": f"{python}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "PIP_CONSTRAINT": str(constraint),
        "PIP_FIND_LINKS": str(folder),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.mark.wide
def test_tutorial_from_nothing(tmp_path, empty):
    """The tutorial works in an environment that has only what it installs."""
    Reader(tmp_path, installs=True, environment=empty).follow(TUTORIAL)

    check_tutorial(tmp_path / "shop")
    assert shutil.which("penstock", path=str(tmp_path / "shop" / ".venv" / "bin"))


@pytest.mark.wide
def test_guide_from_nothing(guide, empty):
    """A guide works in an environment that has only what it installs, with its servers."""
    page, project = guide
    reader = Reader(project, installs=True, environment=empty)
    reader.follow(page, first=("python -m venv .venv", ". .venv/bin/activate"))

    check_guide(project)
