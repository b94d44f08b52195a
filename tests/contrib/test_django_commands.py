"""Django: ``manage.py penstock``, and the system check of the flows."""

import importlib
import json
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from command_line import invoke
from django.core import checks
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from django.test import override_settings

import penstock
from penstock.contrib.django import _checks, _flow_checks
from penstock.contrib.django._checks import check_flows
from penstock.contrib.django._flow_checks import NUMBERS
from penstock.contrib.django.management.commands.penstock import Command
from penstock.evidence import CODES
from penstock.evidence._help import MEANINGS

pytestmark = pytest.mark.usefixtures("django_project")

VIEWS = """
from penstock import entrypoint, flow
from django_flow_tasks import prepare

@flow("reservation")
@entrypoint
def reserve(request):
    prepare(request)

urlpatterns = []
"""

TASKS = """
from penstock import flow, step

@flow("reservation")
@step(after="reserve")
def prepare(bicycle):
    {}

@flow("reservation")
@step(after="{}")
def send_code(bicycle): ...
"""

SETTINGS = """
[tool.penstock]
modules = ["django_flow_tasks"]
setup = "django_flow_setup:setup"
"""

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "check"

MODULES = ("django_flow_tasks", "django_flow_views")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the folder of a project whose flow its source has, which is the current one."""
    (tmp_path / "django_flow_views.py").write_text(VIEWS, encoding="utf-8")
    (tmp_path / "django_flow_tasks.py").write_text(TASKS.format("send_code(1)", "prepare"), "utf-8")
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file changes within a second
    with override_settings(ROOT_URLCONF="django_flow_views"):
        yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def drifted(project):
    """Return a project in whose source the last step is not called."""
    (project / "django_flow_tasks.py").write_text(TASKS.format("print()", "prepare"), "utf-8")
    return project


@pytest.fixture
def misnamed(project):
    """Return a project with a step after one that there is not."""
    (project / "django_flow_tasks.py").write_text(TASKS.format("print()", "prepaer"), "utf-8")
    return project


def manage(capfd, *arguments):
    """Return how ``manage.py`` ends: its exit code, and what it printed."""
    try:
        ManagementUtility(["/srv/manage.py", *arguments]).execute()
        code = 0
    except SystemExit as ended:
        code = ended.code
    return (code, *capfd.readouterr())


def run_checks(*, deploy=True):
    """Return the messages of the flows that are not silenced."""
    found = checks.run_checks(tags=["penstock"], include_deployment_checks=deploy)
    return [message for message in found if not message.is_silenced()]


class TestCommand:
    """`manage.py penstock` is the command line of penstock, with the project loaded."""

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("names", [(), ("reservation",)])
    def test_check(self, names, capfd):
        """A check of a project that its source agrees with counts, and ends with 0."""
        counted = "1 flow, 2 edges: 2 in the source (2 calls)\n"

        assert manage(capfd, "penstock", "check", *names) == (0, counted, "")

    @pytest.mark.parametrize(
        "arguments",
        [(), ("--format", "github"), ("--fail-on", "none"), ("--format", "json", "reservation")],
    )
    def test_as_the_program(self, arguments, drifted, capfd):
        """It prints what `penstock check` prints, and ends as that does."""
        (drifted / "pyproject.toml").write_text("[tool.penstock]\n")
        code, stdout, stderr = manage(capfd, "penstock", "check", *arguments)
        other = invoke("check", "-m", "django_flow_views", *arguments)

        assert "prepare -> send_code" in stdout
        assert (code, stdout, stderr) == (other.exit_code, other.stdout, other.stderr)

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("check", "no_such"), "unknown flow 'no_such' (known: reservation)\nTry 'manage.py "
             "penstock check --help' for help."),
            (("checked",), "Try 'manage.py penstock --help' for help."),
            (("check", "--format", "yaml"), "'yaml' is not one of text, json"),
        ],
    )  # fmt: skip
    def test_usage_errors(self, arguments, message, capfd):
        """A usage error is a `CommandError`, and ends with 2."""
        code, stdout, stderr = manage(capfd, "penstock", *arguments)
        with pytest.raises(CommandError) as raised:
            call_command("penstock", *arguments)

        assert (code, stdout, stderr.startswith("CommandError: ")) == (2, "", True)
        assert message in stderr
        assert raised.value.returncode == 2

    @pytest.mark.parametrize("settings", [None, "django_flow_views"])
    def test_settings_that_are_wrong(self, settings, project, capfd):
        """A wrong setting ends with 2, as a usage error does."""
        importlib.import_module("django_flow_views")
        (project / "pyproject.toml").write_text("[tool.penstock]\nmodule = 1\n")
        with override_settings(SETTINGS_MODULE=settings):
            code, _, stderr = manage(capfd, "penstock", "check")

        assert code == 2
        assert "unknown setting 'module'; did you mean 'modules'?" in stderr

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("where", ["before", "after"])
    def test_options_of_django(self, where, capfd):
        """The options that all commands have may come before those of penstock, or after."""
        options = [f"--settings={os.environ['DJANGO_SETTINGS_MODULE']}", "--no-color", "-v", "1"]
        own = ["draw", "-f", "text", "reservation"]
        arguments = [*options, *own] if where == "before" else [*own, *options]

        assert manage(capfd, "penstock", *arguments)[:2] == (
            0,
            "reservation\nreserve (entrypoint)\n└── prepare\n    └── send_code\n",
        )

    @pytest.mark.usefixtures("drifted")
    def test_verbosity(self, capfd):
        """At verbosity 0 a check prints findings alone, and data all the same."""
        check = ["penstock", "check", "-v0", "--baseline", "known.toml"]
        manage(capfd, *check, "--write-baseline")
        data = manage(capfd, *check, "--format", "json")

        assert "[edge-contradicted]" in manage(capfd, "penstock", "check", "-v", "0")[1]
        assert manage(capfd, *check) == (0, "", "")
        assert json.loads(data[1])["findings"] == []

    @pytest.mark.usefixtures("drifted")
    def test_call_command(self):
        """A call from a program writes to its streams, and raises for an exit code above 0."""
        stdout, stderr = StringIO(), StringIO()
        with pytest.raises(CommandError, match=r"check ended with exit code 1$") as raised:
            call_command("penstock", "check", stdout=stdout, stderr=stderr)

        assert raised.value.returncode == 1
        assert "[edge-contradicted]" in stdout.getvalue()
        assert call_command("penstock", "list", stdout=stdout) is None
        assert "reservation  3 steps" in stdout.getvalue()

    @pytest.mark.usefixtures("misnamed")
    def test_problems(self, capfd):
        """The hint of `problems` names the program that runs."""
        code, stdout, stderr = manage(capfd, "penstock", "problems")

        assert (code, "did you mean 'prepare'?" in stdout) == (1, True)
        assert "manage.py penstock check has these problems" in stderr

    def test_pages(self, project):
        """It writes pages, as files of the current folder."""
        call_command("penstock", "pages", "flows", "--blocks", stderr=StringIO())

        assert "::: penstock-flow" in (project / "flows" / "reservation.md").read_text("utf-8")

    def test_copy_without_metadata(self, monkeypatch, capfd):
        """A copy of penstock that nobody installed has no version."""

        def fail(_):
            raise PackageNotFoundError

        monkeypatch.setattr("penstock.contrib.django.management.commands.penstock.version", fail)

        assert manage(capfd, "penstock", "--version") == (0, "unknown\n", "")

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize(
        ("arguments", "shown"),
        [
            (("penstock",), "Usage: manage.py penstock [OPTIONS] COMMAND"),
            (("penstock", "-h"), "Usage: manage.py penstock [OPTIONS] COMMAND"),
            (("help", "penstock"), "Usage: manage.py penstock [OPTIONS] COMMAND"),
            (("penstock", "check", "--help"), "Usage: manage.py penstock check [OPTIONS]"),
            (("penstock", "--version"), penstock.__version__),
        ],
    )
    def test_help(self, arguments, shown, capfd):
        """Help and version are those of penstock, under the name of the command."""
        code, stdout, stderr = manage(capfd, *arguments)

        assert (code, stderr, stdout.startswith(shown)) == (0, "", True)

    def test_without_an_import(self, project, capfd):
        """The option to import nothing reads the source; the setting is for other programs."""
        check = '[tool.penstock]\nmodules = ["django_flow_tasks"]\n[tool.penstock.check]\n'
        (project / "pyproject.toml").write_text(f"{check}no_import = true\n")
        by_option = manage(capfd, "penstock", "check", "--no-import")
        by_setting = manage(capfd, "penstock", "check")

        assert (by_option[0], "[unknown-predecessor]" in by_option[1]) == (1, True)
        assert by_setting == (0, "1 flow, 2 edges: 2 in the source (2 calls)\n", "")

    def test_broken_urls(self, project, capfd):
        """Views that cannot be imported are reported, and what else declares flows is checked."""
        (project / "django_flow_views.py").write_text("import django_flow_gone")
        code, stdout, stderr = manage(capfd, "penstock", "check")

        assert (code, "reservation: " in stdout) == (1, True)
        assert stderr.startswith("error: cannot import 'django_flow_views' (ROOT_URLCONF): Module")

    @pytest.mark.parametrize("table", [SETTINGS, ""], ids=["settings", "none"])
    @pytest.mark.parametrize(
        ("name", "file"),
        [
            ("django_flow_settings", "django_flow_settings.py"),
            ("config.settings.local", "config/settings/local.py"),
            ("config.settings", "config/settings/__init__.py"),
        ],
    )
    def test_elsewhere(self, name, file, table, project, monkeypatch):
        """In a folder without settings, that from which Django's are imported counts."""
        monkeypatch.chdir(project.anchor)
        (project / "pyproject.toml").write_text(table)
        module = ModuleType(name)
        module.__file__ = str(project / file)
        monkeypatch.setitem(sys.modules, name, module)
        stdout = StringIO()
        with override_settings(SETTINGS_MODULE=name):
            call_command("penstock", "check", stdout=stdout)
            found = run_checks()

        assert stdout.getvalue() == "1 flow, 2 edges: 2 in the source (2 calls)\n"
        assert found == []

    def test_broken_settings(self, project):
        """Settings of penstock that are wrong are an error of the command."""
        (project / "pyproject.toml").write_text("[tool.penstock]\nmodule = []\n")

        with pytest.raises(CommandError, match="did you mean 'modules'"):
            call_command("penstock", "check")

    def test_program_without_django(self, project):
        """The program `penstock`, which cannot import models, names `manage.py penstock`."""
        text = "from django.core.exceptions import ImproperlyConfigured\nraise ImproperlyConfigured"
        (project / "django_flow_views.py").write_text(text)
        (project / "pyproject.toml").unlink()

        assert (
            "a function that calls django.setup(), or run manage.py penstock, with "
            '"penstock.contrib.django" in INSTALLED_APPS'
        ) in invoke("list", "-m", "django_flow_views").stderr

    @pytest.mark.usefixtures("project")
    def test_interrupted(self, monkeypatch):
        """Ctrl-C ends the command."""

        def stop(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr("penstock.cli._check.check_flows", stop)

        with pytest.raises(CommandError, match="aborted"):
            call_command("penstock", "check")

    def test_without_click(self, monkeypatch):
        """Without the extra, it says what to install."""
        monkeypatch.delitem(sys.modules, "penstock.cli", raising=False)
        monkeypatch.setitem(sys.modules, "click", None)

        with pytest.raises(CommandError, match=r'pip install "penstock\[cli\]"'):
            call_command("penstock", "list")


class TestChecks:
    """`manage.py check --deploy --tag penstock` reports what `penstock check` does."""

    @pytest.mark.usefixtures("project")
    def test_a_project_that_agrees(self):
        """A flow that its source has is nothing to report."""
        assert run_checks() == []

    @pytest.mark.usefixtures("drifted")
    def test_only_for_deployment(self):
        """The source is not read at each start."""
        assert run_checks(deploy=False) == []
        assert "django_flow_tasks" not in sys.modules

    @pytest.mark.usefixtures("drifted")
    def test_finding(self):
        """A finding is an error at its line, with its code, the facts and the fix."""
        (found,) = run_checks()

        assert (found.id, found.level) == ("penstock.E101", checks.ERROR)
        assert (found.obj.file, found.obj.line) == ("django_flow_tasks.py", 10)
        assert found.msg == (
            "reservation: prepare -> send_code is not in the source [edge-contradicted]\n"
            "    prepare (django_flow_tasks.py:4) does not lead to send_code "
            "(django_flow_tasks.py:9)."
        )
        assert found.hint.startswith("Call send_code after prepare, correct after= of send_code")
        assert found.hint.endswith("/reference/check/edge-contradicted.md")

    @pytest.mark.usefixtures("misnamed")
    def test_problem(self):
        """A problem of the declarations is a finding, too."""
        (found, *_) = run_checks()

        assert (found.id, found.level) == ("penstock.E201", checks.ERROR)
        assert "did you mean 'prepare'?" in found.msg
        assert found.hint.startswith("See https://")

    @pytest.mark.usefixtures("drifted")
    def test_silenced(self):
        """Django's setting silences a code."""
        with override_settings(SILENCED_SYSTEM_CHECKS=["penstock.E101"]):
            assert run_checks() == []

    def test_fail_on(self, drifted):
        """A finding that the settings do not fail on is a warning."""
        with (drifted / "pyproject.toml").open("a") as file:
            file.write('[tool.penstock.check]\nfail_on = "none"\n')
        (found,) = run_checks()

        assert (found.id, found.level) == ("penstock.W101", checks.WARNING)

    def test_baseline(self, drifted):
        """A finding in the baseline is not reported; an entry that is gone is."""
        with (drifted / "pyproject.toml").open("a") as file:
            file.write('[tool.penstock.check]\nbaseline = "known.toml"\n')
        entry = (
            '[[finding]]\ncode = "{}"\nflow = "reservation"\nfrom = "prepare"\nto = "send_code"\n'
        )
        baseline = drifted / "known.toml"
        baseline.write_text(entry.format("edge-contradicted"))
        known = run_checks()
        baseline.write_text(entry.format("edge-contradicted") + entry.format("edge-mixed"))
        (stale,) = run_checks()

        assert known == []
        assert (stale.id, str(stale.obj)) == ("penstock.E107", "known.toml:6")

    def test_modules_that_cannot_be_imported(self, project):
        """They are errors, and the baseline may know findings in their flows."""
        with (project / "pyproject.toml").open("a") as file:
            file.write('[tool.penstock.check]\nbaseline = "known.toml"\n')
        (project / "known.toml").write_text('[[finding]]\ncode = "cycle"\nflow = "other"\n')
        (project / "django_flow_views.py").write_text("import django_flow_gone")
        found = run_checks()

        assert "penstock.E107" not in {each.id for each in found}
        assert [str(each) for each in found if each.id == "penstock.E003"] == [
            "django_flow_views: (penstock.E003) cannot be imported: ModuleNotFoundError: No module "
            "named 'django_flow_gone' (django_flow_views.py:1)\n\tHINT: Its flows are not checked."
        ]

    @pytest.mark.parametrize(
        ("settings", "views", "expected"),
        [
            ("", "", ("penstock.I005", "no flow is declared in what this project imports")),
            ('modules = ["django_flow_views"]', "", ("penstock.W005", "no flow is declared in")),
            ("", VIEWS.partition("def")[0].replace("from django_flow_tasks import prepare", "")
             + "def reserve(request): ...", ("penstock.W005", "these flows have no edges")),
            ('modules = ["django_flow_gone"]', "", ("penstock.E003", "cannot be imported: Mod")),
            ("modules = 1", "", ("penstock.E004", "modules takes a list of strings, not 1")),
            ('[tool.penstock.check]\nbaseline = "gone.toml"', VIEWS,
             ("penstock.E004", "cannot be read")),
        ],
        ids=["nothing", "no flow", "no edge", "no module", "settings", "baseline"],
    )  # fmt: skip
    def test_cannot_look(self, settings, views, expected, project):
        """A check that cannot look says so, and does not raise."""
        (project / "pyproject.toml").write_text(f"[tool.penstock]\n{settings}\n")
        (project / "django_flow_views.py").write_text(views)
        (found,) = run_checks()

        assert (found.id, found.msg[: len(expected[1])]) == expected

    @pytest.mark.usefixtures("project")
    def test_error_of_penstock(self, monkeypatch):
        """An error of penstock is a warning."""

        def fail(*_, **__):
            message = "no"
            raise RuntimeError(message)

        monkeypatch.setattr("penstock.contrib.django._flow_checks.check_project", fail)
        (found,) = check_flows()

        assert (found.id, found.level) == ("penstock.W006", checks.WARNING)
        assert found.msg == "penstock itself failed (RuntimeError: no), please report it"

    @pytest.mark.usefixtures("project")
    def test_error_of_the_analysis(self, monkeypatch):
        """An error of penstock in a flow is a warning, beside the edges that it hides."""

        def fail(*_):
            message = "no"
            raise RuntimeError(message)

        monkeypatch.setattr("penstock.evidence._check._check_together", fail)
        found = run_checks()

        assert [each.id for each in found] == ["penstock.W104", "penstock.W104", "penstock.W006"]
        assert found[-1].msg.startswith("penstock itself failed (RuntimeError: no)")

    def test_each_code_has_a_number(self):
        """Each code of the check with an import has a number, and no two have one."""
        assert NUMBERS.keys() == MEANINGS.keys() - {"declaration-unread"}
        assert len(set(NUMBERS.values())) == len(NUMBERS)

    def test_ids_in_the_documentation(self):
        """The table has all IDs, and each code with that of its default level links to it."""
        letters = {code: CODES.get(code, "error")[0].upper() for code in NUMBERS}
        ids = {code: f"penstock.{letters[code]}{number}" for code, number in NUMBERS.items()}
        modules = (_checks, _flow_checks)
        source = "".join(Path(each.__file__).read_text(encoding="utf-8") for each in modules)
        setup = re.findall(r'id="(penstock\.[A-Z]\d{3})"', source)
        rows = re.findall(r"^\| `(penstock\.\w+)` \| (?:\[`([\w-]+)`\])?",
                          (PAGES / "django.md").read_text("utf-8"), re.MULTILINE)  # fmt: skip

        assert {code: each for each, code in rows if code} == ids
        assert {each for each, code in rows if not code} == {*setup}
        for code, each in ids.items():
            page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
            assert f"{{doc}}`{each} <django>`" in page


LOADED = """
import sys
from django.conf import settings
settings.configure(INSTALLED_APPS=["penstock.contrib.django"])
import django
django.setup()
print({"penstock.docs", "penstock.evidence", "penstock.graph"} & set(sys.modules))
"""


@pytest.mark.needs("processes")
def test_a_server_loads_no_check():
    """A project that starts does not load what checks flows."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"


def test_parser():
    """The parser of the command takes what it does not know as arguments of penstock."""
    options = Command().create_parser("manage.py", "penstock").parse_args(["draw", "-d", "LR", "x"])

    assert (options.args, options.program) == (["draw", "-d", "LR", "x"], "manage.py penstock")
