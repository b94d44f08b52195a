"""Try the hooks for pre-commit in a project as a user has it: with a problem, and without."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOWS = """from penstock import entrypoint, flow, step


@flow("orders")
@entrypoint
def receive(): ...


@flow("orders")
@step(after="{predecessor}")
def store(): ...
"""
SETTINGS = '[tool.penstock]\nmodules = ["shop"]\npythonpath = ["."]\n'
PASSED = {"penstock problems": "Passed", "penstock pages": "Passed"}
FAILED = {"penstock problems": "Failed", "penstock pages": "Failed"}


def main() -> None:
    """Stop with a message if a hook does not do what it is for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project").resolve()
        folder.mkdir()
        write_project(folder)
        if results(folder) != PASSED:
            sys.exit("the hooks fail in a project without problems")
        (folder / "shop.py").write_text(FLOWS.format(predecessor="recieve"), encoding="utf-8")
        if results(folder) != FAILED:
            sys.exit("the hooks pass in a project with a problem and a page that is out of date")
    print("the hooks for pre-commit report what they are for")


def write_project(folder: Path) -> None:
    """Write a project that uses both hooks to *folder*."""
    hooks = [{"id": "penstock-problems"}, {"id": "penstock-pages", "args": ["flows"]}]
    revision = run("git", "rev-parse", "HEAD", folder=ROOT).strip()
    config = {"repos": [{"repo": str(ROOT), "rev": revision, "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "shop.py").write_text(FLOWS.format(predecessor="receive"), encoding="utf-8")
    run("penstock", "pages", "flows", folder=folder)
    run("git", "init", "--quiet", folder=folder)
    run("git", "add", "--all", folder=folder)


def results(folder: Path) -> dict[str, str]:
    """Return what pre-commit says of each hook in *folder*."""
    output = run("pre-commit", "run", "--all-files", "--color=never", folder=folder, check=False)
    print(output)
    lines = [line for line in output.splitlines() if line.endswith(("Passed", "Failed"))]
    return {line.split("...")[0]: line.rpartition(".")[2] for line in lines}


def run(*command: str, folder: Path, check: bool = True) -> str:
    """Return what *command* prints in *folder*, with this environment's programs first.

    What pre-commit keeps goes beside the folder, not into the cache of who runs this.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(folder.parent / "cache")}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=check, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
