"""The tasks of the project. ``nox -l`` lists them."""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typing", "tests", "docs"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False
nox.options.default_venv_backend = "uv|virtualenv"

# A worker for each core. A module's tests stay together, since they share what they built.
PYTEST = ["python", "-P", "-m", "pytest", "-n", "auto", "--dist", "loadscope"]
SPHINX_THEMES = ["furo", "pydata-sphinx-theme", "sphinx-rtd-theme"]
SPHINX_GUESTS = [*SPHINX_THEMES, "myst-parser", "sphinxcontrib-mermaid"]


@nox.session
def demo(session: nox.Session) -> None:
    """Run the example application and build its docs with Sphinx and MkDocs."""
    session.install(".[mkdocs,sphinx]", silent=False)
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the built wheel, with full branch coverage of the runtime."""
    session.install(EVERYTHING, *_guests())
    _test(session)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--include=*/penstock/*", "--fail-under=100")
    session.run("coverage", "report", "--include=*/penstock_*/*")


@nox.session
def lowest(session: nox.Session) -> None:
    """Test with the oldest versions of what the extras ask for."""
    session.install("uv")
    session.run_install(
        *("uv", "pip", "install", "--quiet", "--resolution=lowest-direct"),
        *(EVERYTHING, *_groups("otlp")),
        env={"VIRTUAL_ENV": session.virtualenv.location},
    )
    session.install(*_guests())
    _test(session)


@nox.session(venv_backend="uv|venv")
@nox.parametrize("version", ["8.1", "8.2", "9.0"])
def sphinx(session: nox.Session, version: str) -> None:
    """Test the Sphinx extension with an older Sphinx; `tests` takes the newest.

    What a browser or a typesetter makes of the pages does not depend on the version that wrote
    them, and takes two thirds of the time.
    """
    session.install(".[sphinx]", f"sphinx=={version}.*", *SPHINX_GUESTS, *_groups("tests"))
    chosen = ("-m", "not browser and not latex and not mermaid")
    session.run(*PYTEST, "tests/sphinx", *chosen, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the direction of imports."""
    session.install("-e", EVERYTHING, *_groups("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types with mypy and pyright, in the packages and as a user sees them."""
    session.install("-e", EVERYTHING, *_groups("typing"))
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; any warning fails."""
    session.install(EVERYTHING, *_groups("docs"))
    target = Path("build") / "docs"
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-b", "html", "docs", str(target))
    session.log(f"open {(target / 'index.html').resolve().as_uri()}")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure what penstock costs, beside its peers: all of it, or the scripts that are named."""
    session.install(EVERYTHING, *SPHINX_GUESTS, *_groups("bench"))
    for script in session.posargs or sorted(Path("benchmarks").glob("[a-z]*.py")):
        session.run("python", str(script))


def _test(session: nox.Session) -> None:
    # Without the work tree on the path, `import penstock` finds the installed wheel.
    session.run("coverage", "erase")
    session.run(
        *(*PYTEST[:3], "coverage", "run", *PYTEST[2:], *session.posargs),
        env={"COVERAGE_FILE": str(Path(".coverage").resolve())},
    )


def _groups(*names: str) -> list[str]:
    """Return what installs the dependency groups *names*."""
    return [requirement for name in names for requirement in GROUPS[name]]


def _guests() -> list[str]:
    """Return what tests need beside the extras."""
    groups = ("tests", "servers", "brokers", "builders", "otlp", *_browser_group())
    return [*SPHINX_GUESTS, *_groups(*groups)]


def _browser_group() -> list[str]:
    """Return the group that drives a browser, where there is one to drive."""
    wanted = os.environ.get("PENSTOCK_REQUIRE") or shutil.which("chromium")
    return ["browser"] if wanted else []


PROJECT = nox.project.load_toml("pyproject.toml")
GROUPS = PROJECT["dependency-groups"]
EVERYTHING = f".[{','.join(PROJECT['project']['optional-dependencies'])}]"
