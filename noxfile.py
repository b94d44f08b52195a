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

# Images of containers often set this. Each of the hundreds of processes that tests start would then
# compile again all that it imports, which takes more time than the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

COVERED = ("penstock", "penstock_sphinx", "penstock_mkdocs")
PYODIDES = {"3.14": "314.0.7", "3.15": "315.0.0-alpha.2"}  # CPython 3.14.2 and 3.15.0rc1
PURE_GUESTS = ("apscheduler", "asgi", "dramatiq", "httpx", "huey", "logging", "loguru")
PURE_GUESTS += ("missing", "opentelemetry", "requests", "rq", "sentry", "structlog", "wsgi")
PURE_FOLDERS = ("", "boundaries", "common", "declared", "graph", "pages", "project", "render")
PURE_FOLDERS += ("runtime", "tracing")
NOT_PURE = (
    "test_api",
    "test_conformance",
    "test_languages",
    "test_markdown_pages",
)  # they need what is compiled

# A module's tests stay together, since they share what they built. There is one worker more than
# there are cores, since workers often wait for servers and other processes. The order is that of
# `tests/conftest.py`, which begins with what takes longest: then all workers end together.
WORKERS = str((os.cpu_count() or 1) + 1)
# With `-P` the work tree is not on the path, and `import penstock` finds the installed wheel.
PYTEST = ["python", "-P", "-m", "pytest", "-n", WORKERS]
PYTEST += ["--dist", "loadscope", "--no-loadscope-reorder"]
# A test that waits for good fails, and shows what each thread was doing: the longest takes a tenth.
PYTEST += ["--timeout=300"]
EXAMPLES = ("shop", "parcels", "payments")
FAST = "not slow and not wide"
RECORDED = ["runtime", "log_lines", "middleware", "django_middleware", "imports"]
# What is checked for plain English.
PROSE = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"]
PROSE += ["noxfile.py", ".ci", "benchmarks", "changelog.d", "docs", "examples", "tests", *COVERED]
SPHINX_THEMES = ["furo", "pydata-sphinx-theme", "sphinx-rtd-theme"]
# A bound that is a pre-release itself asks for the pre-releases of that package alone.
PRERELEASES = ["docutils>=0.20a0", "markdown>=3.6a0", "mkdocs>=1.6a0", "mkdocs-material>=9.6a0"]
PRERELEASES += ["mkdocstrings>=1.0a0", "myst-parser>=4a0", "sphinx>=8.1a0", "zensical>=0.0.73a0"]
# What only a service reads, by the schema that it publishes.
SCHEMAS = {
    "custom.github-workflows-require-timeout": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "vendor.github-workflows": ".github/workflows/*.yml",
    "vendor.readthedocs": ".readthedocs.yaml",
}
# The versions of Sphinx that are neither the oldest that we support nor the newest.
BETWEEN = ("8.2", "9.0")
SPHINX_GUESTS = [*SPHINX_THEMES, "myst-parser", "sphinxcontrib-mermaid"]
SPHINX_GUESTS += ["sphinx-llms-txt>=0.7", "sphinx-markdown-builder>=0.6.11"]


@nox.session
def demo(session: nox.Session) -> None:
    """Run the example application and build its docs with Sphinx and MkDocs."""
    session.install(".[mkdocs,sphinx]", silent=False)
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session
def check(session: nox.Session) -> None:
    """Check the flows of the examples against their source: no edge may be unverified."""
    session.install(".[celery,cli,confluent-kafka,django]", "fastapi>=0.115", "uvicorn>=0.34")
    for example in EXAMPLES:
        with session.chdir(f"examples/{example}"):
            session.run("penstock", "check", "--fail-on", "unverified", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Test the built wheel.

    More cases of the same, which take as long again, are marked `slow`; what takes long and rarely
    finds anything new is marked `wide`.
    """
    _install(session, EVERYTHING, *_guests())
    session.run(*PYTEST, "-m", FAST, *session.posargs)
    session.log("not run here: `nox -s slow`, `coverage`, `wide`, and `pyodide`")


@nox.session
def slow(session: nox.Session) -> None:
    """Test one more theme, server and program of each kind, which `tests` leaves out."""
    _install(session, EVERYTHING, *_guests())
    session.run(*PYTEST, "-m", "slow and not wide", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the same tests, and require that they reach each line and branch of the packages.

    Apart from `tests`, since measuring takes as long again.
    """
    _install(session, EVERYTHING, *_guests())
    _measure(session, "-m", FAST)
    _combine(session)
    for package in COVERED:
        # Not `*/penstock/*`: the folder of the project may have that name too.
        session.run("coverage", "report", f"--include={package}/*", "--fail-under=100")


@nox.session
def wide(session: nox.Session) -> None:
    """Test what takes too long for each change: all versions, themes and plugins."""
    for version in BETWEEN:
        session.notify(f"sphinx(version='{version}')")
    session.notify("versions")
    session.notify("prereleases")
    session.install(EVERYTHING, *_guests(), *_groups("plugins", "looks"))
    session.run(*PYTEST, "-m", "wide", *session.posargs)


@nox.session
def versions(session: nox.Session) -> None:
    """Test every minor version of each guest, and write down in the docs which ones passed."""
    session.install(EVERYTHING, *_guests(), "packaging", "pip>=25.1", "uv")
    session.run("python", "tests/wide/versions.py", *session.posargs)


@nox.session
def prereleases(session: nox.Session) -> None:
    """Test the docs packages with what their guests are going to release."""
    _install(session, EVERYTHING, *_guests(), *PRERELEASES)
    session.run(*PYTEST, "tests/sphinx", "tests/mkdocs", "-m", FAST, *session.posargs)


@nox.session
def arq(session: nox.Session) -> None:
    """Test the adapter that is a distribution in `examples/`, with a real worker of arq.

    In a separate environment: arq asks for an older client of Redis than other tests do.
    """
    session.install(".", "./examples/penstock-arq[tests]")
    with session.chdir("examples/penstock-arq"):
        session.run("mypy")
        session.run(*PYTEST[:4], *session.posargs)


@nox.session
def hugo(session: nox.Session) -> None:
    """Test the front end that is a distribution in `examples/`, with the real Hugo."""
    session.install(".[png]", "./examples/penstock-hugo[tests]")
    with session.chdir("examples/penstock-hugo"):
        session.run("mypy")
        session.run(*PYTEST[:4], *session.posargs)


@nox.session
def twins(session: nox.Session) -> None:
    """Test the pages for machines with the tools that make them.

    In a separate environment: mkdocs-llmstxt asks for an older parser of Markdown than myst-parser.
    """
    session.install(".[mkdocs,sphinx]", *_groups("tests", "twins"))
    session.run(*PYTEST[:4], "tests/twins", *session.posargs)


@nox.session
@nox.parametrize("version", [*PYODIDES])
def pyodide(session: nox.Session, version: str) -> None:
    """Test the runtime on the newest Pythons, which Pyodide brings as packages of npm."""
    folder = Path(session.create_tmp(), version)
    folder.mkdir(exist_ok=True)
    modules = folder / "node_modules" / "pyodide"
    session.run(
        "npm",
        "install",
        "--silent",
        "--prefix",
        str(folder),
        f"pyodide@{PYODIDES[version]}",
        external=True,
    )
    packages = folder / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    session.install("pip")
    # Pyodide has neither threads nor sockets, and no compiler: packages of pure Python alone.
    pure = (f"--python-version={version}", "--platform=any", "--implementation=py", "--abi=none")
    target = ("--only-binary=:all:", *pure, f"--target={packages}")
    session.run("python", "-m", "pip", "install", "--quiet", *target, *_groups("pyodide"))
    session.run("python", "-m", "pip", "install", "--quiet", "--no-deps", *target[-1:], ".")
    chosen = session.posargs or sorted(str(path) for path in _tests_for_pyodide())
    # Passed on 3.14.2 when this was written: less means that something was skipped.
    session.run(
        *("node", "tests/pyodide/run.mjs", str(modules), str(packages), "-q", *chosen),
        env={"PENSTOCK_LEAST_PASSED": "0" if session.posargs else "1600"},
        external=True,
    )


@nox.session
def lowest(session: nox.Session) -> None:
    """Test with the oldest versions of what the extras ask for."""
    _install(session, "--resolution=lowest-direct", EVERYTHING, *_groups("otlp"))
    _install(session, *_guests())
    session.run(*PYTEST, "-m", FAST, *session.posargs)


@nox.session(venv_backend="uv|venv")
@nox.parametrize("version", ["8.1", *BETWEEN])
def sphinx(session: nox.Session, version: str) -> None:
    """Test the Sphinx extension with an older Sphinx; `tests` takes the newest.

    What a browser or a typesetter makes of the pages does not depend on the version that wrote
    them, and takes two thirds of the time.
    """
    session.install(".[sphinx]", f"sphinx=={version}.*", *SPHINX_GUESTS, *_groups("tests"))
    chosen = ("-m", f"not browser and not latex and not mermaid and {FAST}")
    session.run(*PYTEST, "tests/sphinx", *chosen, *session.posargs)


@nox.session
def translations(session: nox.Session) -> None:
    """Bring the translations up to date with the code; `-- fr` begins French."""
    session.install("-e", ".", "babel>=2.16")
    session.run("python", ".ci/translations.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, English, the direction of imports, and the files that only a service reads."""
    session.install("-e", EVERYTHING, *_groups("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", ".ci/prose.py", *PROSE)
    session.run("codespell", *PROSE)
    session.run("lint-imports")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)
    for schema, files in SCHEMAS.items():
        paths = map(str, Path().glob(files))
        session.run("check-jsonschema", "--builtin-schema", schema, *paths, silent=True)
    session.run("zizmor", "--offline", "--no-progress", "--persona=pedantic", ".github")
    session.run("pre-commit", "validate-config")
    session.run("pre-commit", "validate-manifest")
    session.run("python", ".ci/try_hooks.py", silent=True)


@nox.session
def typing(session: nox.Session) -> None:
    """Check types with mypy and pyright, in the packages and as a user sees them."""
    session.install("-e", EVERYTHING, *_groups("typing"))
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, in `build/docs` or the folder that is named; any warning fails."""
    session.install(EVERYTHING, *_groups("docs"))
    target = Path(*session.posargs or ("build", "docs"))
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-b", "html", "docs", str(target))
    session.log(f"open {(target / 'index.html').resolve().as_uri()}")


@nox.session
def images(session: nox.Session) -> None:
    """Draw the images of the README again."""
    session.install(".[png]")
    session.run("python", ".ci/images.py")


@nox.session
def release(session: nox.Session) -> None:
    """Rehearse a release: build, check, publish to a local index, install from it, run the README.

    The files stay in `dist/`. A version of a tag that is not ready to be published fails, and
    `-- --tag v1.2.3` says which tag it has to be.
    """
    session.install(*_groups("release"))
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    # With `readme-renderer[md]` it renders the README as the package index does.
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("python", ".ci/rehearsal.py", "dist", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure what penstock costs, beside its peers: all of it, or the scripts that are named.

    `nox -s bench -- --record` writes the page of figures in the documentation.
    """
    session.install(EVERYTHING, *SPHINX_GUESTS, *_groups("bench"))
    if session.posargs == ["--record"]:
        for name in RECORDED:
            session.run("python", f"benchmarks/{name}.py", "--record")
        return
    for script in session.posargs or sorted(Path("benchmarks").glob("[a-z]*.py")):
        session.run("python", str(script))


def _install(session: nox.Session, *requirements: str) -> None:
    """Install with uv, which takes a fraction of pip's time, where the machine has no uv too."""
    if session.venv_backend == "uv":
        session.install(*requirements)
    else:
        session.install("uv")
        environment = {"VIRTUAL_ENV": session.virtualenv.location}
        session.run_install("uv", "pip", "install", "--quiet", *requirements, env=environment)


def _measure(session: nox.Session, *chosen: str) -> None:
    """Run the tests and measure which lines they reach."""
    session.run("coverage", "erase")
    session.run(
        *(*PYTEST[:3], "coverage", "run", *PYTEST[2:], *chosen, *session.posargs),
        env={"COVERAGE_FILE": str(Path(".coverage").resolve())},
    )


def _combine(session: nox.Session) -> None:
    """Join what each process measured, without what killed processes left half written."""
    for path in Path().glob(".coverage.*"):
        if not path.read_bytes().startswith(b"SQLite format 3\0"):
            session.log(f"{path} was left unfinished by a process that was killed")
            path.unlink()
    session.run("coverage", "combine", "--quiet")
    for path in Path().glob(".coverage.*"):
        session.log(f"{path} was left without its tables by a process that was killed")
        path.unlink()


def _tests_for_pyodide() -> list[Path]:
    """Return the tests whose guests are packages of pure Python, or that have none."""
    names = [f"contrib/test_{name}.py" for name in PURE_GUESTS]
    folders = [Path("tests", folder) for folder in PURE_FOLDERS]
    own = [path for folder in folders for path in folder.glob("test_*.py")]
    pure = [path for path in own if path.stem not in NOT_PURE]
    return [*pure, *(Path("tests", name) for name in names)]


def _groups(*names: str) -> list[str]:
    """Return what installs the dependency groups *names*."""
    return [requirement for name in names for requirement in GROUPS[name]]


def _guests() -> list[str]:
    """Return what tests need beside the extras."""
    groups = ("tests", "servers", "brokers", "builders", "otlp", *_browser_group())
    return [*SPHINX_GUESTS, *_groups(*groups)]


def _browser_group() -> list[str]:
    """Return the group that drives a browser, where there is one to drive."""
    browsers = ("chromium-headless-shell", "chromium", "chromium-browser")
    wanted = os.environ.get("PENSTOCK_REQUIRE") or any(map(shutil.which, browsers))
    return ["browser"] if wanted else []


PROJECT = nox.project.load_toml("pyproject.toml")
GROUPS = PROJECT["dependency-groups"]
EVERYTHING = f".[{','.join(PROJECT['project']['optional-dependencies'])}]"
