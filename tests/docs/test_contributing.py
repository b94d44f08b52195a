"""The files and sessions that the documents for contributors name exist."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md", "SECURITY.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text_of(name):
    """Return the text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def sessions():
    """Return the names of the tasks in `noxfile.py`."""
    functions = [node for node in ast.parse(text_of("noxfile.py")).body if hasattr(node, "args")]
    return {
        function.name
        for function in functions
        if any("nox.session" in ast.unparse(found) for found in function.decorator_list)
    }


def named_sessions(text):
    """Return the nox sessions that *text* says to run."""
    commands = re.findall(r"nox -s ([a-z][a-z ]*)", text)
    return {name for command in commands for name in command.split()}


@pytest.mark.parametrize("page", PAGES)
def test_links(page):
    """A link to a file of the project leads to it, and to a heading if it names one."""
    for path, _, heading in re.findall(r"\]\((?!https?:)([^)#]*)(#?)([^)]*)\)", text_of(page)):
        headings = re.findall(r"^#+ (.*)$", text_of(path or page), re.MULTILINE) if heading else []

        assert not heading or heading in {one.lower().replace(" ", "-") for one in headings}
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES)
def test_paths(page):
    """A path that is named is there."""
    folders = "|".join(re.escape(path.name) for path in sorted(ROOT.iterdir()) if path.is_dir())
    paths = re.findall(rf"(?<![\w./-])((?:{folders})/[\w./-]*)", text_of(page))

    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_task_is_described():
    """CONTRIBUTING lists each nox session and what it does."""
    described = re.findall(r"^\| `nox -s (\w+)` \|", text_of("CONTRIBUTING.md"), re.MULTILINE)

    assert sorted(described) == sorted(sessions())


@pytest.mark.parametrize("page", [*PAGES, ".github/PULL_REQUEST_TEMPLATE.md", ".readthedocs.yaml"])
def test_tasks_that_are_named(page):
    """A task that is named is one of `noxfile.py`."""
    assert named_sessions(text_of(page)) <= sessions()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_tasks(workflow):
    """Each check and build of a workflow is a session of `noxfile.py`."""
    named = set()
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {})
        named |= {
            *matrix.get("session", ()),
            *(one["session"] for one in matrix.get("include", ())),
        }
        for step in job.get("steps", ()):
            named |= named_sessions(step.get("run", "").replace('"$SESSION"', ""))

    assert named
    assert named <= sessions()


def test_workflows_run_every_task_that_ci_runs():
    """The workflow runs everything that the script for CI runs."""
    script = named_sessions(text_of(".ci/run"))
    script |= set(re.search(r"for session in ([\w ]+); do", text_of(".ci/run"))[1].split())
    workflow = text_of(".github/workflows/ci.yml")

    assert {name for name in script if not re.search(rf"\b{name}\b", workflow)} == set()


def test_pythons():
    """The workflow tests each Python that the classifiers name, from the lowest on."""
    tests = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"]["tests"]
    matrix = tests["strategy"]["matrix"]
    tested = matrix["python"]
    shown = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text_of("pyproject.toml"))

    assert tested == shown
    assert PROJECT["project"]["requires-python"] == f">={tested[0]}"


def test_versions_of_hooks():
    """A hook for contributors has the version that `nox -s lint` has."""
    hooks = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    asked = {requirement for hook in hooks for requirement in hook["additional_dependencies"]}

    assert asked <= set(PROJECT["dependency-groups"]["lint"])


def test_hooks_in_the_documentation():
    """The documentation names each hook that other projects can use."""
    hooks = {hook["id"] for hook in yaml.safe_load(text_of(".pre-commit-hooks.yaml"))}
    named = re.findall(r"- id: ([\w-]+)", text_of("docs/how-to/command-line.md"))

    assert set(named) == hooks
