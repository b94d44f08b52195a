"""The command line, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import invoke as run
from command_line import printed

from penstock import __main__ as program
from penstock.cli import LOADED
from penstock.docs.diagrams import page_script, page_stylesheet
from penstock.render import DARK

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
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # some edits are as long as what was
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


@pytest.mark.usefixtures("project")
def test_list():
    """`list` shows each flow by its name, with its size, its entrypoints and its title."""
    actual = run("list")

    assert actual.stdout.splitlines() == [
        "audit     1 step   from audit",
        "bom_sync  2 steps  from receive  BOM sync",
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


@pytest.mark.usefixtures("project")
def test_draw_folded():
    """`draw --fold` draws a flow without groups, and in one module, as it is."""
    actual = run("draw", "bom_sync", "--fold")

    assert actual.stdout == "graph TD\n    receive --> store\n"


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--around", "receive", "--depth", "0"], 0, "1 more after"),
        (["--from", "store"], 0, "1 more before"),
        (["--to", "receive"], 0, "1 more after"),
        (["--from", "recieve"], 1, "unknown step 'recieve'; did you mean 'receive'?"),
        (["--depth", "1"], 2, "--depth: it is counted from a step: name that with --around"),
        (["--from", "store", "--to", "receive"], 2, "no step is left: none meets --from and --to"),
        (["--only-kinds", "email"], 2, "--only-kinds: no step has the kind 'email' (kinds of"),
    ],
)
@pytest.mark.usefixtures("project")
def test_draw_part(arguments, code, expected):
    """`draw` draws a part of a flow, or says why there is none, naming its own options."""
    actual = run("draw", "bom_sync", *arguments)

    assert (actual.exit_code, expected in printed(actual)) == (code, True)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("flow.mmd", b"graph LR\n"),
        ("flow.dot", b"digraph"),
        ("flow.json", b"{\n"),
        ("flow.txt", b"BOM sync\n"),
        ("flow.svg", b"<svg"),
        ("flow.PNG", b"\x89PNG"),
        ("flow.gv", b"digraph"),
        ("flow", b"graph LR\n"),
    ],
)
@pytest.mark.needs("Graphviz program")
def test_draw_to_file(project, name, start):
    """The suffix of the output file decides about the format."""
    actual = run("draw", "bom_sync", "-o", name, "-d", "LR")

    assert (actual.exit_code, actual.stdout) == (0, "")
    assert (project / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "x.pdf"], "'x.pdf' does not say what to write: give the format, or a name that"),
        (["-o", "x.jpg"], "ends with one of .mmd, .mermaid, .dot, .gv, .json, .txt, .svg, .png"),
        (["-o", "x.svg", "-f", "text"], "the format 'text': end it with .txt, or leave the"),
    ],
)
def test_draw_format_against_suffix(project, arguments, expected):
    """A suffix that is unknown, or that of another format, is a usage error; nothing is written."""
    before = list(project.iterdir())

    actual = run("draw", "bom_sync", *arguments)

    assert actual.exit_code == 2
    assert expected in " ".join(actual.stderr.split())
    assert list(project.iterdir()) == before


def test_draw_to_what_is_no_file(project):
    """Devices are written to, and a dash is the standard output."""
    dashed = run("draw", "bom_sync", "-o", "-", "-f", "text")
    void = run("draw", "bom_sync", "-o", os.devnull)

    assert dashed.stdout.startswith("BOM sync\n")
    assert (void.exit_code, Path(os.devnull).is_char_device()) == (0, True)
    assert not (project / "-").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.needs("Graphviz program")
def test_draw_png_to_a_pipe():
    """A PNG goes whole to a pipe."""
    actual = run("draw", "bom_sync", "-f", "png")

    assert actual.stdout_bytes.startswith(b"\x89PNG")
    assert actual.stdout_bytes.endswith(b"IEND\xaeB`\x82")


def test_draw_where_the_user_is(project):
    """A module that changes the current folder does not change where files are written."""
    (project / "elsewhere").mkdir()
    moving = "import os\nos.chdir('elsewhere')\n" + SHOP
    (project / "cli_shop.py").write_text(moving, encoding="utf-8")

    assert run("draw", "bom_sync", "-o", "x.mmd").exit_code == 0
    assert (project / "x.mmd").is_file()


@pytest.mark.usefixtures("project")
def test_draw_png_to_a_terminal(monkeypatch):
    """A PNG is not poured into a terminal."""
    monkeypatch.setattr("penstock.cli._draw.is_terminal", lambda: True)

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
    assert actual.stderr == f"Error: No such file or directory: {Path.cwd() / 'nowhere'}\n"


SITES = {
    "mkdocs": (
        "mkdocs.yml",
        "site_name: Shop",
        "docs/assets",
        "extra_css:\n  - assets/penstock.css",
    ),
    "zensical": (
        "zensical.toml",
        '[project]\ndocs_dir = "pages"  # not docs',
        "pages/a/b",
        'extra_javascript = ["a/b/penstock.js"]',
    ),
    "elsewhere": ("mkdocs.yml", "docs_dir: 'pages'", "assets", "- assets/penstock.js"),
    "no site": ("other.yml", "", "assets", "In mkdocs.yml (zensical.toml has the same keys), add:"),
}


@pytest.mark.parametrize("case", SITES)
def test_assets(tmp_path, monkeypatch, case):
    """`assets` writes style sheet and script, and says what the configuration needs."""
    name, config, folder, expected = SITES[case]
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(config, encoding="utf-8")

    done = run("assets", folder)

    assert done.exit_code == 0
    assert Path(folder, "penstock.css").read_text(encoding="utf-8") == page_stylesheet()
    assert Path(folder, "penstock.js").read_text(encoding="utf-8") == page_script()
    assert done.stdout.splitlines()[0] == f"{Path(folder, 'penstock.css')}: written"
    assert expected in done.stdout
    assert "css" in done.stdout.splitlines()[-1]


def test_assets_again(tmp_path, monkeypatch):
    """Only what is out of date is written, and only a configuration without it is explained."""
    monkeypatch.chdir(tmp_path)
    Path("mkdocs.yml").write_text("- assets/penstock.css\n- assets/penstock.js\n", encoding="utf-8")
    before = run("assets", "docs/assets", "--check")
    assert (before.exit_code, before.stdout, Path("docs").exists()) == (1, "", False)
    run("assets", "docs/assets")
    Path("docs/assets/penstock.js").write_text("// older", encoding="utf-8")

    check = run("assets", "docs/assets", "--check")
    done = run("assets", "docs/assets")

    file = Path("docs/assets/penstock.js")
    assert (check.exit_code, check.stderr) == (1, f"{file}: is out of date\n")
    assert (done.exit_code, done.stdout) == (0, f"{file}: written\n")
    assert run("assets", "docs/assets", "--check").exit_code == 0


def test_assets_that_cannot_be_written(tmp_path, monkeypatch):
    """A folder that cannot be made is an error, not a traceback."""
    monkeypatch.chdir(tmp_path)
    Path("docs").write_text("", encoding="utf-8")

    done = run("assets", "docs/assets")

    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Error: Not a directory: docs")


@pytest.mark.usefixtures("project")
def test_no_problems():
    """`problems` ends with 0 where there are none."""
    actual = run("problems")

    assert (actual.exit_code, actual.stdout) == (0, "")
    assert actual.stderr.splitlines()[0] == "2 flows with 3 steps: no problems"
    assert "penstock check" in actual.stderr


@pytest.mark.usefixtures("project")
def test_problems():
    """`problems` prints a line each, file and line first, and ends with 1."""
    actual = run("problems", "-m", "cli_lost")

    assert actual.exit_code == 1
    assert actual.stdout.splitlines() == [
        (
            "cli_lost.py:4: flow 'lost': 'wander' comes after 'nowhere', which is not "
            "a step of this flow. Is the module that declares it imported? [unknown-predecessor]"
        ),
        (
            "cli_lost.py:4: flow 'lost': it has no entrypoint: put @entrypoint on the function "
            "where its runs begin [no-entrypoint]"
        ),
    ]
    assert actual.stderr.splitlines()[0] == "1 flow with 1 step: 2 problems"


@pytest.mark.parametrize(
    "command", [["list"], ["draw", "bom_sync"], ["problems"]], ids=lambda c: c[0]
)
@pytest.mark.usefixtures("project")
def test_module_that_fails(command):
    """A module that cannot be imported is reported; the rest is done, and the exit code is 1."""
    actual = run(*command, "-m", "cli_broken", "-m", "cli_shop")

    assert actual.exit_code == 1
    assert "error: cannot import 'cli_broken' (--module): ModuleNotFoundError" in actual.stderr
    assert "(cli_broken.py:1)" in actual.stderr
    assert "bom_sync" in actual.stdout or "receive" in actual.stdout or "2 flows" in actual.stderr


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

    assert actual.exit_code == 2
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

    assert actual.stdout.startswith("audit     1 step")


def test_missing_extra(monkeypatch):
    """Without click, the program says which extra brings it."""
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.delitem(sys.modules, "penstock.cli")

    with pytest.raises(SystemExit) as caught:
        program.main()

    assert caught.value.code == (
        'penstock: the command line needs click: pip install "penstock[cli]"'
    )


def test_program_is_installed():
    """The wheel brings a program called penstock."""
    script = Path(sys.executable).with_name("penstock")

    actual = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)

    assert actual.stdout.startswith("penstock, version ")


def files_in(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.mark.needs("Graphviz program")
def test_draw_theme(project):
    """`draw --theme` writes an image that has the colours of one page, whatever the reader's."""
    for name in ("light", "dark"):
        run("draw", "bom_sync", "-o", f"{name}.svg", "--theme", name)

    drawn = {name: (project / f"{name}.svg").read_text("utf-8") for name in ("light", "dark")}
    assert ["prefers-color-scheme" in svg for svg in drawn.values()] == [False, False]
    assert [DARK.colours["card"] in svg for svg in drawn.values()] == [False, True]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-f", "text"], "store\n"),
        (["-f", "text", "--from", "store", "--legend"], "(1 more before)\n"),
        (["--legend"], "Arrow: the flow goes on"),
        (["-f", "dot", "--legend"], "Filled shape: runs begin here"),
        (["-o", "flow.svg", "--legend"], "Filled shape: runs begin here"),
        (["-f", "json", "--legend"], "--legend: json is data and has no signs: leave it out"),
    ],
)
@pytest.mark.needs("Graphviz program")
def test_draw_legend(project, options, expected):
    """`draw --legend` explains the signs that are in the diagram, if its format has any."""
    actual = run("draw", "bom_sync", *options)

    file = project / "flow.svg"
    shown = file.read_text(encoding="utf-8") if file.exists() else printed(actual)
    assert (actual.exit_code, expected in shown) == (2 if "json" in options else 0, True)
    assert ("Legend" in shown) == ("--legend" in options and not {"text", "json"} & {*options})


@pytest.mark.parametrize(
    ("more", "expected"),
    [([], "- Round ends: runs begin here\n"), (["--blocks"], "    legend: true\n")],
    ids=["text", "blocks"],
)
def test_pages_legend(project, more, expected):
    """`pages --legend` writes it below each diagram, or asks the extension for it."""
    run("pages", "flows", *more)
    plain = (project / "flows" / "audit.md").read_text(encoding="utf-8")

    actual = run("pages", "flows", *more, "--legend")

    page = (project / "flows" / "audit.md").read_text(encoding="utf-8")
    assert (actual.exit_code, expected in plain, expected in page) == (0, False, True)


def test_pages_for_machines(project):
    """`pages --tree --base URL` writes trees, with whole links."""
    actual = run("pages", "flows", "--tree", "--base", "https://shop.example/flows")

    page = (project / "flows" / "bom-sync.md").read_text(encoding="utf-8")
    assert actual.exit_code == 0
    assert "receive (entrypoint)\n└── store\n" in page
    assert "](https://shop.example/flows/bom-sync.md#penstock--bom-sync--store)" in page


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--tree", "--blocks"], "--tree: with --blocks, the extension draws and links"),
        (["--base", "https://x", "--blocks"], "--base: with --blocks, the extension draws"),
        (["--base", "flows"], "'flows' is not an address like https://shop.example/flows"),
        (["--base", "https://x/a b"], "is not an address like"),
    ],
)
def test_pages_options_that_cannot_be(project, more, expected):
    """An option that contradicts another one is a usage error, and nothing is written."""
    actual = run("pages", "flows", *more)

    assert (actual.exit_code, expected in " ".join(printed(actual).split())) == (2, True)
    assert not (project / "flows").exists()


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
    (project / "cli_shop.py").write_text(SHOP.replace("(bom)", "(bill)"), encoding="utf-8")
    before = files_in(folder)
    sys.modules.pop("cli_shop")

    actual = run("pages", "flows", "--check")

    assert actual.exit_code == 1
    assert actual.stdout.splitlines() == [
        "flows/audit.md: is out of date",
        "flows/bom-sync.md: is out of date",
        "flows/gone.md: belongs to no flow",
    ]
    assert files_in(folder) == before
    assert run("pages", "flows").stderr.splitlines() == [
        "flows/audit.md: written",
        "flows/bom-sync.md: written",
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


CHECKS = [["problems"], ["pages", "flows", "--check"], ["pages", "flows"]]


@pytest.mark.parametrize("check", CHECKS, ids=" ".join)
def test_nothing_to_check(project, check):
    """A check without any flow fails, and writes nothing."""
    actual = run(*check, "-m", "cli_empty")

    assert (actual.exit_code, actual.stdout) == (2, "")
    assert "no flow is declared in these modules: cli_empty" in actual.stderr
    assert not (project / "flows").exists()


@pytest.mark.parametrize("check", CHECKS, ids=" ".join)
@pytest.mark.usefixtures("project")
def test_nothing_to_check_after_errors(check):
    """A check without any flow fails after an import error, too."""
    actual = run(*check, "-m", "cli_broken")

    assert (actual.exit_code, actual.stdout) == (2, "")
    reason = "since these modules cannot be imported: cli_broken"
    assert f"no flow is declared, {reason}" in actual.stderr


@pytest.mark.usefixtures("project")
def test_nothing_to_check_in_a_program(project):
    """The error of a program that has loaded its modules says where to name more."""
    (project / "pyproject.toml").unlink()

    actual = run("problems", prog_name="manage.py penstock", obj=LOADED)

    assert actual.exit_code == 2
    assert "no flow is declared in what this project imports: write modules" in printed(actual)


@pytest.mark.usefixtures("project")
def test_no_follow_up():
    """A flow that is missing because a module cannot be imported is not reported again."""
    actual = run("draw", "bom_sync", "-m", "cli_broken")

    assert (actual.exit_code, len(actual.stderr.splitlines())) == (1, 1)


def test_pages_that_somebody_changed(project):
    """`pages` does not write over what a person wrote."""
    run("pages", "flows")
    page = project / "flows" / "audit.md"
    changed = page.read_text(encoding="utf-8") + "Mine.\n"
    page.write_text(changed, encoding="utf-8")

    actual = run("pages", "flows")

    assert actual.exit_code == 1
    assert "audit.md: it was changed after penstock wrote it" in actual.stderr
    assert page.read_text(encoding="utf-8") == changed


def test_pages_of_other_modules(project):
    """`pages` keeps what another call of it wrote from other modules that still exist."""
    (project / "cli_other.py").write_text(LOST.replace("lost", "other"), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "penstock", "pages", "flows", "-m", "cli_other"],
        cwd=project,
        check=True,
    )

    actual = run("pages", "flows")

    assert "flows/other.md: kept, for cli_other is not imported here" in actual.stderr
    assert "other.md" in files_in(project / "flows")
    assert "- [other](other.md)" in files_in(project / "flows")["index.md"]


@pytest.mark.usefixtures("project")
def test_pages_without_docstrings():
    """`python -OO`, which drops docstrings, does not go unnoticed."""
    actual = subprocess.run(
        [sys.executable, "-OO", "-m", "penstock", "pages", "flows"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "warning: docstrings are missing: Python runs with -OO" in actual.stderr


@pytest.mark.needs("ordinary file system")
def test_deleted_folder(project, monkeypatch):
    """A current folder that is gone is a message, not a traceback."""
    gone = project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    actual = run("list")

    assert actual.exit_code == 2
    assert "the current folder does not exist any more" in actual.stderr
