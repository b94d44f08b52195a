"""Try the hooks for pre-commit in a project as a user has it: with a problem, and without."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOWS = """import yaml  # which the environment of penstock-check does not have

from penstock import entrypoint, flow, step


@flow("orders")
@entrypoint
def receive():
    {call}


@flow("orders")
@step(after="{predecessor}")
def store():
    yaml.safe_dump([])
"""
GOOD = FLOWS.format(call="store()", predecessor="receive")
SETTINGS = '[tool.penstock]\nmodules = ["shop"]\npythonpath = ["."]\n'
PASSED = {"penstock check": "Passed", "penstock problems": "Passed", "penstock pages": "Passed"}
FAILED = dict.fromkeys(PASSED, "Failed")


def main() -> None:
    """Stop with a message if a hook does not do what it is for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project").resolve()
        folder.mkdir()
        write_project(folder)
        if results(folder) != PASSED:
            sys.exit("the hooks fail in a project without problems")
        (folder / "shop.py").write_text(FLOWS.format(call="store()", predecessor="recieve"))
        if results(folder) != FAILED:
            sys.exit("the hooks pass in a project with a problem and a page that is out of date")
        try_commits(folder)
    print("the hooks for pre-commit report what they are for")


def write_project(folder: Path) -> None:
    """Write a project that uses all hooks to *folder*."""
    hooks = [
        {"id": "penstock-check"},
        {"id": "penstock-problems"},
        {"id": "penstock-pages", "args": ["flows"]},
    ]
    revision = run("git", "rev-parse", "HEAD", folder=ROOT).stdout.strip()
    config = {"repos": [{"repo": str(ROOT), "rev": revision, "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "shop.py").write_text(GOOD, encoding="utf-8")
    (folder / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    run("penstock", "pages", "flows", folder=folder)
    run("git", "init", "--quiet", folder=folder)
    run("git", "config", "user.name", "A contributor", folder=folder)
    run("git", "config", "user.email", "contributor@example.org", folder=folder)
    run("git", "add", "--all", folder=folder)


def try_commits(folder: Path) -> None:
    """Stop with a message unless the hook refuses a commit that breaks an edge, and no other."""
    run("pre-commit", "install", folder=folder)
    (folder / "shop.py").write_text(GOOD, encoding="utf-8")
    commit(folder, "Begin", is_refused=False)
    (folder / "shop.py").write_text(FLOWS.format(call="print()", predecessor="receive"))
    output = commit(folder, "Break an edge", is_refused=True)
    if "receive -> store is not in the source [edge-contradicted]" not in output:
        sys.exit("the hook refuses a commit without the finding")
    (folder / "shop.py").write_text(GOOD, encoding="utf-8")
    (folder / "other.py").write_text("", encoding="utf-8")
    commit(folder, "Add a file without a step", is_refused=False)
    (folder / "other.py").write_text("def send(function):\n    function()\n")
    helped = FLOWS.format(call="other.send(store)", predecessor="receive")
    (folder / "shop.py").write_text(helped.replace("import yaml", "import other, yaml"))
    commit(folder, "Add a helper", is_refused=False)
    (folder / "other.py").write_text("def send(function):\n    return function\n")
    commit(folder, "Break an edge in a helper", is_refused=True)


def commit(folder: Path, message: str, *, is_refused: bool) -> str:
    """Commit all changes, and return what the hooks print."""
    run("git", "add", "--all", folder=folder)
    done = run("git", "commit", "--quiet", "--message", message, folder=folder, check=False)
    print(done.stdout, done.stderr)
    if bool(done.returncode) is not is_refused:
        sys.exit(f"the commit {message!r} is {'not ' if is_refused else ''}refused")
    return done.stdout + done.stderr


def results(folder: Path) -> dict[str, str]:
    """Return what pre-commit says of each hook in *folder*."""
    command = ("pre-commit", "run", "--all-files", "--color=never")
    output = run(*command, folder=folder, check=False).stdout
    print(output)
    lines = [line for line in output.splitlines() if line.endswith(("Passed", "Failed"))]
    return {line.split("...")[0]: line.rpartition(".")[2] for line in lines}


def run(*command: str, folder: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run *command* in *folder*, with this environment's programs first.

    What pre-commit keeps goes beside the folder, not into the cache of who runs this.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(folder.parent / "cache")}
    return subprocess.run(
        command, cwd=folder, env=environment, check=check, capture_output=True, text=True
    )


if __name__ == "__main__":
    main()
