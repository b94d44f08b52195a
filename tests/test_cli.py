"""The command line, run as a user runs it."""

import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner

from penstock import __main__ as program
from penstock.cli import main

SHOP = """
from penstock import entrypoint, flow, step

@flow("bom_sync", title="BOM sync")
@entrypoint
def receive(message): ...

@flow("bom_sync")
@step(after="receive")
def store(bom): ...

@flow("audit")
@entrypoint
def audit(): ...
"""

LOST = """
from penstock import flow, step

@flow("lost")
@step(after="nowhere")
def wander(): ...
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder with a project in it, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "cli_shop.py").write_text(SHOP, encoding="utf-8")
    (tmp_path / "cli_lost.py").write_text(LOST, encoding="utf-8")
    (tmp_path / "cli_empty.py").write_text("", encoding="utf-8")
    (tmp_path / "cli_broken.py").write_text("import nothing_of_the_sort", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.penstock]\nmodules = ["cli_shop"]\n', encoding="utf-8"
    )
    yield tmp_path
    for name in ("cli_shop", "cli_lost", "cli_broken", "cli_empty"):
        sys.modules.pop(name, None)


def run(*arguments: str):
    """Return how ``penstock`` ends with *arguments*."""
    # Since click 8.2 the two outputs are always apart.
    apart = "mix_stderr" in signature(CliRunner).parameters
    runner = CliRunner(mix_stderr=False) if apart else CliRunner()
    return runner.invoke(main, arguments, prog_name="penstock")


@pytest.mark.usefixtures("project")
def test_list():
    """`list` shows each flow with its size, its entrypoints and its title."""
    actual = run("list")

    assert actual.stdout.splitlines() == [
        "bom_sync  2 steps  from receive  BOM sync",
        "audit     1 step   from audit",
    ]


@pytest.mark.usefixtures("project")
def test_list_nothing():
    """`list` says so where no flow is declared."""
    actual = run("list", "-m", "cli_empty")

    assert (actual.exit_code, actual.stdout) == (0, "")
    assert actual.stderr == "no flow is declared in these modules\n"


@pytest.mark.usefixtures("project")
def test_list_without_entrypoint():
    """`list` shows that a flow has no entrypoint."""
    actual = run("list", "-m", "cli_lost")

    assert actual.stdout == "lost  1 step  from no entrypoint\n"


@pytest.mark.usefixtures("project")
def test_draw_to_standard_output():
    """`draw` prints Mermaid by default."""
    actual = run("draw", "bom_sync")

    assert actual.stdout == "graph TD\n    receive --> store\n"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("flow.mmd", b"graph LR\n"),
        ("flow.dot", b"digraph"),
        ("flow.json", b"{\n"),
        ("flow.txt", b"BOM sync\n"),
        ("flow.svg", b"<svg"),
        ("flow.PNG", b"\x89PNG"),
        ("flow.unknown", b"graph LR\n"),
    ],
)
@pytest.mark.needs("Graphviz program")
def test_draw_to_file(project, name, start):
    """The suffix of the output file decides about the format."""
    actual = run("draw", "bom_sync", "-o", name, "-d", "LR")

    assert (actual.exit_code, actual.stdout) == (0, "")
    assert (project / name).read_bytes().startswith(start)


def test_draw_format_over_suffix(project):
    """`--format` wins over the suffix."""
    run("draw", "bom_sync", "-o", "flow.svg", "--format", "text")

    assert (project / "flow.svg").read_text(encoding="utf-8").startswith("BOM sync\n")


@pytest.mark.usefixtures("project")
@pytest.mark.needs("Graphviz program")
def test_draw_png_to_a_pipe():
    """A PNG goes whole to a pipe."""
    actual = run("draw", "bom_sync", "-f", "png")

    assert actual.stdout_bytes.startswith(b"\x89PNG")
    assert actual.stdout_bytes.endswith(b"IEND\xaeB`\x82")


@pytest.mark.usefixtures("project")
def test_draw_png_to_a_terminal(monkeypatch):
    """A PNG is not poured into a terminal."""
    monkeypatch.setattr("penstock.cli._is_terminal", lambda: True)

    actual = run("draw", "bom_sync", "-f", "png")

    assert actual.exit_code == 2
    assert "name a file with -o FILE" in actual.stderr


@pytest.mark.usefixtures("project")
def test_draw_unknown_flow():
    """An unknown flow is an error with the nearest name."""
    actual = run("draw", "bom_snyc")

    assert actual.exit_code == 1
    assert "did you mean 'bom_sync'?" in actual.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.needs("Graphviz program")
def test_draw_where_nothing_can_be_written():
    """A file that cannot be written is an error, not a traceback."""
    actual = run("draw", "bom_sync", "-o", "nowhere/flow.svg")

    assert actual.exit_code == 1
    assert "No such file or directory" in actual.stderr


@pytest.mark.usefixtures("project")
def test_no_problems():
    """`problems` ends with 0 where there are none."""
    actual = run("problems")

    assert (actual.exit_code, actual.stdout) == (0, "")
    assert actual.stderr == "2 flows with 3 steps: no problems\n"


@pytest.mark.usefixtures("project")
def test_problems():
    """`problems` prints a line each, file and line first, and ends with 1."""
    actual = run("problems", "-m", "cli_lost")

    assert actual.exit_code == 1
    assert actual.stdout.splitlines() == [
        (
            "cli_lost.py:4: flow 'lost': 'wander' comes after 'nowhere', which is "
            "no step of it. Is the module that declares it imported? [unknown-predecessor]"
        ),
        (
            "flow 'lost': it has no entrypoint: put @entrypoint on the function where its runs "
            "begin [no-entrypoint]"
        ),
    ]
    assert actual.stderr == "1 flow with 1 step: 2 problems\n"


@pytest.mark.parametrize(
    "command", [["list"], ["draw", "bom_sync"], ["problems"]], ids=lambda c: c[0]
)
@pytest.mark.usefixtures("project")
def test_module_that_fails(command):
    """A module that cannot be imported is reported; the rest is done, and the exit code is 1."""
    actual = run(*command, "-m", "cli_broken", "-m", "cli_shop")

    assert actual.exit_code == 1
    assert "error: cannot import 'cli_broken' (--module): ModuleNotFoundError" in actual.stderr
    assert "bom_sync" in actual.output or "receive" in actual.output or "2 flows" in actual.stderr


def test_no_modules(tmp_path, monkeypatch):
    """Without any module the message says where to name one."""
    monkeypatch.chdir(tmp_path)

    actual = run("list")

    assert actual.exit_code == 2
    assert "under [tool.penstock] in pyproject.toml, or give --module" in actual.stderr


def test_wrong_settings(project):
    """A wrong setting is an error that names its file."""
    (project / "pyproject.toml").write_text("[tool.penstock]\nmodulez = []\n", encoding="utf-8")

    actual = run("list")

    assert actual.exit_code == 1
    assert "did you mean 'modules'?" in actual.stderr


def test_folder_that_is_on_the_path(project, monkeypatch):
    """A folder that modules are imported from already is not put there again."""
    monkeypatch.setattr(sys, "path", [str(project), *sys.path])

    assert run("list").exit_code == 0
    assert sys.path.count(str(project)) == 1


def test_as_a_module(project):
    """`python -m penstock` is the same program."""
    actual = subprocess.run(
        [sys.executable, "-m", "penstock", "list"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )

    assert actual.stdout.startswith("bom_sync  2 steps")


def test_missing_extra(monkeypatch):
    """Without click, the program says which extra brings it."""
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "penstock.cli")

    with pytest.raises(SystemExit) as caught:
        program.main()

    assert caught.value.code == (
        "penstock: the command line needs click: pip install 'penstock[cli]'"
    )


def test_program_is_installed():
    """The wheel brings a program called penstock."""
    script = Path(sys.executable).with_name("penstock")

    actual = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)

    assert actual.stdout.startswith("penstock, version ")


def files_in(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("more", [[], ["--blocks"]], ids=["text", "blocks"])
def test_pages(project, more):
    """`pages` writes a page per flow and an index, and then has nothing to do."""
    actual = run("pages", "docs/flows", *more)

    assert (actual.exit_code, actual.stdout) == (0, "")
    folder = project / "docs" / "flows"
    assert sorted(files_in(folder)) == ["audit.md", "bom-sync.md", "index.md"]
    assert run("pages", "docs/flows", *more, "--check").exit_code == 0
    assert run("pages", "docs/flows", *more).stderr == ""


@pytest.mark.usefixtures("project")
def test_pages_out_of_date(project):
    """`pages --check` names what is missing, changed or left over, and writes nothing."""
    run("pages", "flows")
    folder = project / "flows"
    (folder / "audit.md").rename(folder / "gone.md")
    page = folder / "bom-sync.md"
    page.write_text(page.read_text(encoding="utf-8") + "More.\n", encoding="utf-8")
    before = files_in(folder)

    actual = run("pages", "flows", "--check")

    assert actual.exit_code == 1
    assert actual.stdout.splitlines() == [
        "flows/bom-sync.md: is out of date",
        "flows/audit.md: is out of date",
        "flows/gone.md: belongs to no flow",
    ]
    assert files_in(folder) == before
    assert run("pages", "flows").stderr.splitlines() == [
        "flows/bom-sync.md: written",
        "flows/audit.md: written",
        "flows/gone.md: removed",
    ]
    assert run("pages", "flows", "--check").exit_code == 0


def test_pages_of_somebody_else(project):
    """`pages` replaces no file that it did not write, and then writes nothing."""
    (project / "flows").mkdir()
    (project / "flows" / "index.md").write_text("# Mine\n", encoding="utf-8")

    actual = run("pages", "flows")

    assert actual.exit_code == 1
    assert "flows/index.md: penstock did not write it" in actual.stderr
    assert files_in(project / "flows") == {"index.md": "# Mine\n"}


def test_pages_of_what_cannot_be_imported(project):
    """`pages` writes nothing where a module cannot be imported: its flows would be missing."""
    actual = run("pages", "flows", "-m", "cli_broken", "-m", "cli_shop")

    assert actual.exit_code == 1
    assert "nothing is written to flows: flows may be missing" in actual.stderr
    assert not (project / "flows").exists()
