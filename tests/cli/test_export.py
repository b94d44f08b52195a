"""`penstock export`, and the other commands where a catalog has the flows."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import invoke as run

from penstock.catalog import read_catalog

SHOP = '''
from penstock import entrypoint, flow, step

@flow("orders", title="Orders", tags=["b", "a"])
@entrypoint(kind="kafka")
def receive(message, *, seen=frozenset({"a", "b"})):
    """Receive a message."""

@flow("orders")
@step(after={"receive": "paid", "nowhere": None})
def pack(order):
    """Pack the order."""

@step
def astray(): ...
'''

ORDERS = """
import penstock
penstock.flow("orders", title="Other orders")
"""


def make_project(folder: Path) -> Path:
    (folder / "src").mkdir(parents=True)
    (folder / "docs").mkdir()
    (folder / "src" / "export_shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "src" / "export_titles.py").write_text(ORDERS, encoding="utf-8")
    (folder / "src" / "export_broken.py").write_text("import nothing_of_the_sort", encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[tool.penstock]\nmodules = ["export_shop", "export_titles"]\npythonpath = ["src"]\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the folder of a project, which is the current one."""
    folder = make_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield folder
    for name in ("export_shop", "export_titles", "export_broken"):
        sys.modules.pop(name, None)


@pytest.fixture
def exported(project):
    """Return the file of a catalog, from which the application cannot be imported any more."""
    assert run("export", "-o", "flows.json").exit_code == 0
    shutil.rmtree(project / "src")
    for name in ("export_shop", "export_titles"):
        sys.modules.pop(name)
    return project / "flows.json"


def test_same_bytes(tmp_path):
    """One project gives one catalog, wherever it is, from which folder and whatever the hashes."""
    outputs = []
    for number, below in enumerate((".", "docs")):
        folder = make_project(tmp_path / f"machine {number}" / ("x" * number + "project"))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "penstock", "export"],
            cwd=folder / below,
            env={**os.environ, "PYTHONHASHSEED": str(number), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=True,
        )
        outputs.append(done.stdout)

    assert outputs[0] == outputs[1]
    assert b"machine" not in outputs[0]
    assert json.loads(outputs[0])["flows"][0]["steps"][0]["location"] == {
        "file": "src/export_shop.py",
        "line": 4,
    }
    assert [p["code"] for p in json.loads(outputs[0])["problems"]] == [
        "unknown-predecessor",
        "conflicting-metadata",
        "unclaimed-step",
    ]


def test_file(project):
    """`-o` writes the file, and what is printed without it is the same."""
    written = run("export", "-o", "flows.json")
    printed = run("export")

    assert (written.exit_code, written.output) == (0, "")
    assert printed.stdout == (project / "flows.json").read_text(encoding="utf-8")


def test_public(exported):
    """`--public` leaves out files, signatures, docstrings and problems, of a catalog too."""
    public = run("export", "--catalog", "flows.json", "--public")

    assert public.stdout == read_catalog(exported).public().to_json()
    assert "export_shop.py" not in public.stdout


def test_incomplete(project):
    """Nothing is written where a module cannot be imported: flows would be missing."""
    actual = run("export", "-o", "flows.json", "-m", "export_shop", "-m", "export_broken")

    assert actual.exit_code == 1
    assert "error: cannot import 'export_broken'" in actual.stderr
    assert "Error: nothing is written to flows.json: flows may be missing" in actual.stderr
    assert not (project / "flows.json").exists()


@pytest.mark.usefixtures("project")
def test_cannot_write():
    """A file that cannot be written is named."""
    actual = run("export", "-o", "nowhere/flows.json")

    assert actual.exit_code == 1
    assert actual.stderr.startswith("Error: No such file or directory: ")


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["list"], 0, "orders  2 steps  from receive  Orders\n"),
        (
            ["problems"],
            1,
            "src/export_shop.py:9: flow 'orders': 'pack' comes after 'nowhere', which is",
        ),
        (["draw", "orders", "-f", "text"], 0, "Orders\nreceive (entrypoint, Kafka)\n"),
        (["draw", "orders"], 0, "graph TD\n"),
    ],
    ids=["list", "problems", "text", "mermaid"],
)
def test_commands(arguments, code, expected):
    """Each command reads a catalog where the application cannot be imported."""
    actual = run(*arguments, "--catalog", "flows.json")

    assert (actual.exit_code, actual.stdout[: len(expected)]) == (code, expected)


def test_pages(project):
    """The pages of a catalog are those of the application, and stay up to date without it."""
    live = run("pages", "live")
    run("export", "-o", "flows.json")
    shutil.rmtree(project / "src")
    stored = run("pages", "stored", "--catalog", "flows.json")
    checked = run("pages", "live", "--check", "--catalog", "flows.json")

    assert (live.exit_code, stored.exit_code, checked.exit_code) == (0, 0, 0)
    assert [(f.name, f.read_bytes()) for f in sorted((project / "live").iterdir())] == [
        (f.name, f.read_bytes()) for f in sorted((project / "stored").iterdir())
    ]


def test_pages_that_are_gone(project):
    """A page of a module that the catalog has is removed with its flow, another one is kept."""
    run("pages", "docs")
    run("export", "-o", "flows.json")
    document = json.loads((project / "flows.json").read_text(encoding="utf-8"))
    document["flows"][0]["name"] = "purchases"
    document["problems"] = []
    (project / "flows.json").write_text(json.dumps(document), encoding="utf-8")
    foreign = (project / "docs" / "orders.md").read_text(encoding="utf-8")
    (project / "docs" / "other.md").write_text(
        foreign.replace("export_shop", "other_shop", 1), encoding="utf-8"
    )
    actual = run("pages", "docs", "--catalog", "flows.json")

    assert sorted(path.name for path in (project / "docs").iterdir()) == [
        "index.md",
        "other.md",
        "purchases.md",
    ]
    assert "kept, for other_shop is not imported here" in actual.stderr


def test_configured(project, exported):
    """A configured catalog is read, `--module` overrides it, and `export` never reads it."""
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    (project / "pyproject.toml").write_text(f'{text}catalog = "flows.json"\n', encoding="utf-8")

    assert run("list").stdout == "orders  2 steps  from receive  Orders\n"
    assert "cannot import 'export_shop'" in run("list", "-m", "export_shop").stderr
    assert "cannot import 'export_shop'" in run("export").stderr
    assert exported.exists()


@pytest.mark.usefixtures("exported")
def test_empty_catalog():
    """A catalog without flows is named where there is nothing to check."""
    Path("flows.json").write_text('{"schema_version": "1.0", "flows": []}', encoding="utf-8")

    assert run("list", "--catalog", "flows.json").stderr == "no flow is declared in this catalog\n"
    assert run("problems", "--catalog", "flows.json").exit_code == 2
    assert "no flow is in the catalog" in run("problems", "--catalog", "flows.json").stderr


@pytest.mark.usefixtures("exported")
def test_what_was_checked():
    """`problems` names the catalog, which may be older than the code."""
    actual = run("problems", "--catalog", "flows.json")

    assert actual.stderr.splitlines()[0] == "1 flow with 2 steps in flows.json: 3 problems"


@pytest.mark.usefixtures("project")
def test_no_catalog():
    """A catalog that is not there is named, with where it was named."""
    actual = run("list", "--catalog", "flows.json")

    assert (actual.exit_code, actual.stderr) == (
        2,
        "Error: --catalog: the catalog flows.json: cannot be read: No such file or directory\n",
    )


@pytest.mark.usefixtures("project")
def test_catalog_and_module():
    """A catalog imports nothing, so that no module can be named beside it."""
    actual = run("list", "--catalog", "flows.json", "-m", "export_shop")

    assert actual.exit_code == 2
    assert "--catalog and --module exclude each other" in actual.stderr


def set_option(project, line):
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def test_evidence(project):
    """`--evidence`, or the setting, adds the verdict on each edge; `evidence = false` hides it."""
    asked = run("export", "--evidence", "-o", "flows.json")
    shown = run("export", "--catalog", "flows.json").stdout
    set_option(project, "evidence = true")
    by_setting = run("export").stdout
    (project / "pyproject.toml").write_text("[tool.penstock]\nevidence = false\n", encoding="utf-8")
    hidden = run("export", "--catalog", "flows.json").stdout

    assert (asked.exit_code, asked.output) == (0, "")
    assert shown == by_setting == (project / "flows.json").read_text(encoding="utf-8")
    assert '"verdict": ' in shown
    assert "verdict" not in hidden


def test_evidence_has_its_revision(project):
    """A catalog with evidence names the commit that was checked, unless it is to be committed."""
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qm", "Begin"],
    ):
        subprocess.run(["git", *command], cwd=project, check=True)
    revision = {"name": (name := git(project, "%h")), "date": git(project, "%cs")}
    exported = {
        option: json.loads(run("export", *option).stdout)["flows"][0].get("revision")
        for option in [(), ("--evidence",), ("--evidence", "--no-revision"), ("--public",)]
    }
    run("export", "--evidence", "-o", "flows.json")
    again = run("export", "--catalog", "flows.json").stdout

    assert name
    assert exported == dict.fromkeys(exported, None) | {("--evidence",): revision}
    assert again == (project / "flows.json").read_text(encoding="utf-8")
    assert "revision" not in run("export", "--public", "--catalog", "flows.json").stdout


def git(folder, name):
    command = ["git", "log", "-1", f"--format={name}", "--abbrev=10"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_evidence_that_fails(project):
    """A check that takes too long leaves the catalog without evidence, and says so."""
    set_option(project, "timeout = 0.001")
    actual = run("export", "--evidence")

    assert actual.exit_code == 0
    assert "warning: no evidence: it was ended after 0.001 seconds" in actual.stderr
    assert json.loads(actual.stdout)["flows"]
    assert "verdict" not in actual.stdout
