"""``penstock check``, run as a user runs it."""

import errno
import json
import sys

import pytest
from command_line import invoke

from penstock.evidence import _touched
from penstock.testing import isolated_registry

SHOP = """
from penstock import entrypoint, flow, step

@flow("checked_orders")
@entrypoint
def pay():
    {}

@flow("checked_orders")
@step(after="pay")
def charge(): ...
"""

ALONE = '@flow("checked_orders")\n@entrypoint\ndef pay(): ...\n'
CATALOG = json.dumps(
    {
        "schema_version": "1.0",
        "flows": [
            {
                "name": "orders",
                "steps": [
                    {
                        "name": "pay",
                        "is_entrypoint": True,
                        "module": "elsewhere",
                        "qualname": "pay",
                    },
                    {"name": "charge", "module": "elsewhere", "qualname": "charge"},
                ],
                "edges": [{"source": "pay", "target": "charge"}],
            }
        ],
    }
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder with a module that declares a flow, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "cli_checked.py").write_text(SHOP.format("charge()"), encoding="utf-8")
    (tmp_path / "cli_none.py").write_text("", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.penstock]\nmodules = ["cli_checked"]\n')
    yield tmp_path
    for name in ("cli_checked", "cli_none"):
        sys.modules.pop(name, None)


def run(*arguments):
    return invoke("check", *arguments)


@pytest.fixture
def drifted(project):
    (project / "cli_checked.py").write_text(SHOP.format("print()"), encoding="utf-8")
    return project


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("names", [(), ("checked_orders",)])
def test_a_flow_that_its_source_has(names):
    """A check that finds each edge ends with 0, and counts."""
    actual = run(*names)

    assert (actual.exit_code, actual.stderr) == (0, "")
    assert actual.stdout == "1 flow, 1 edge: 1 in the source (1 call)\n"


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize(
    ("level", "code"), [("contradicted", 1), ("undeclared", 1), ("unverified", 1), ("none", 0)]
)
def test_a_drift_fails_the_check(level, code):
    """An edge that the source does not have ends with 1, unless nothing may fail."""
    actual = run("--fail-on", level)

    assert actual.exit_code == code
    assert "pay -> charge is not in the source [edge-contradicted]" in actual.stdout


@pytest.mark.usefixtures("drifted")
def test_github_actions_get_commands(monkeypatch):
    """On GitHub Actions the findings are commands."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert run().stdout.startswith("::error file=cli_checked.py,line=")


def test_project_in_a_repository(drifted, monkeypatch):
    """Code hosts name files from the folder of the repository, of which a project is a part."""
    part = drifted / "part"
    part.mkdir()
    for name in ("cli_checked.py", "pyproject.toml"):
        (drifted / name).rename(part / name)
    (drifted / ".git").write_text("gitdir: elsewhere\n")
    monkeypatch.chdir(part)
    github = run("--format", "github").stdout
    sarif = json.loads(run("--format", "sarif").stdout)["runs"][0]["results"][0]

    location = sarif["locations"][0]["physicalLocation"]
    assert github.startswith("::error file=part/cli_checked.py,line=")
    assert location["artifactLocation"]["uri"] == "part/cli_checked.py"
    assert run().stdout.startswith("cli_checked.py:")


def test_several_formats_in_one_run(project):
    """One run writes several formats, of which one goes to standard output."""
    actual = run("--format", "text", "--format", "json:report.json")
    value = json.loads((project / "report.json").read_text(encoding="utf-8"))

    assert value["summary"] == actual.stdout.strip()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "yaml"), "'yaml' is not one of text, json, github, sarif, junit, markdown"),
        (("--format", "text", "--format", "json"), "only one format goes to standard output"),
        (("no_such_flow",), "no_such_flow"),
        (
            ("--format", "text:a", "--format", "json:./a"),
            "two formats go to the same file",
        ),
        (
            ("--explain", "checked_orders.pay:gone"),
            "no flow has the edge 'checked_orders.pay:gone': flow 'checked_orders' has no step "
            "'gone' (it has: pay, charge)",
        ),
        (
            ("--explain", "checked_orders.chrage:pay"),
            "flow 'checked_orders' has no step 'chrage'; did you mean 'charge'?",
        ),
        (
            ("--explain", "cheked_orders.pay:charge"),
            "unknown flow 'cheked_orders'; did you mean 'checked_orders'? (known: checked_orders)",
        ),
        (("--explain", "pay:charge"), "write FLOW.STEP:STEP, with the names of its steps"),
        (
            ("--baseline", "gone.toml"),
            "gone.toml: cannot be read: No such file or directory. To make it, write "
            "--write-baseline",
        ),
        (("-m", "cli_none"), "no flow is declared in these modules: cli_none"),
    ],
)
def test_usage_errors(arguments, message):
    """A format or a flow that is not there is a usage error, as is nothing to check."""
    actual = run(*arguments)

    assert actual.exit_code != 0
    assert message in actual.stderr


def test_a_check_that_looked_at_nothing_fails(project):
    """Flows without edges, and flows whose source is elsewhere, are usage errors: exit code 2."""
    (project / "cli_checked.py").write_text(
        SHOP.split("@flow", maxsplit=1)[0] + ALONE, encoding="utf-8"
    )
    lonely = run()
    (project / "flows.json").write_text(CATALOG, encoding="utf-8")
    elsewhere = run("--catalog", "flows.json")

    assert (lonely.exit_code, elsewhere.exit_code) == (2, 2)
    assert "these flows have no edges, so there is nothing to check" in lonely.stderr
    assert "no function of these flows is in the source in " in elsewhere.stderr
    assert " (elsewhere, with the function of pay, is not a file of " in elsewhere.stderr


def test_a_report_that_cannot_be_written(drifted):
    """A file that cannot be written is not a finding: exit code 2, after what is for people."""
    (drifted / "file").write_text("")
    actual = run("--format", "json:file/report.json", "--format", "text")

    assert actual.exit_code == 2
    assert "pay -> charge is not in the source [edge-contradicted]" in actual.stdout
    assert "file" in actual.stderr


@pytest.mark.usefixtures("drifted")
def test_a_reader_that_has_gone(monkeypatch):
    """A closed pipe ends the check silently, as it ends other commands."""

    def refuse(_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("penstock.cli._check.say", refuse)
    actual = run()

    assert (actual.exit_code, actual.stderr) == (1, "")


def test_a_flow_without_steps(project):
    """A flow that was imported and has no step was imported all the same."""
    (project / "cli_none.py").write_text("from penstock import flow\nempty = flow('cli_empty')\n")
    actual = run("-m", "cli_none", "cli_empty")

    assert actual.exit_code == 1
    assert "[no-entrypoint]" in actual.stdout
    assert "no module was imported" not in actual.stdout


def test_problems_of_the_declaration_are_part_of_the_check(project):
    """A step after an unknown one is reported by the check, too."""
    text = SHOP.format("charge()").replace('after="pay"', 'after="gone"')
    (project / "cli_checked.py").write_text(text, encoding="utf-8")
    actual = run("checked_orders")

    assert actual.exit_code == 1
    assert actual.stdout.startswith("cli_checked.py:9: checked_orders: 'charge' comes after 'gone'")
    assert "    The source leads there from pay: cli_checked.py:7.\n" in actual.stdout
    assert '    Write after="pay", if that is meant.\n' in actual.stdout
    assert actual.stdout.endswith("0 in the source; 1 problem\n")  # one fault is one finding


@pytest.mark.usefixtures("project")
def test_one_edge_is_explained():
    """The lines of an edge are printed, and nothing else."""
    actual = run("--explain", "checked_orders.pay:charge")

    assert (actual.exit_code, actual.stderr) == (0, "")
    assert actual.stdout == (
        "checked_orders: pay -> charge: supported\n  by a call:\n    cli_checked.py:7: charge()\n"
    )


def test_a_baseline(drifted):
    """Findings in the baseline do not fail the check; an entry that is gone does."""
    first = run("--write-baseline")
    baseline = ["--baseline", "penstock-baseline.toml"]
    second = run(*baseline)
    (drifted / "cli_checked.py").write_text(SHOP.format("charge()"), encoding="utf-8")
    sys.modules.pop("cli_checked")
    with isolated_registry():
        third = run(*baseline)
        last = run("--write-baseline", *baseline)

    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 0, 1)
    assert first.stdout == "penstock-baseline.toml: 1 finding, 1 new, 0 gone\n"
    assert second.stdout.endswith("1 contradicted; 1 in the baseline\n")
    assert third.stdout.startswith("penstock-baseline.toml:4: checked_orders: edge-contradicted of")
    assert last.stdout == "penstock-baseline.toml: no findings, 0 new, 1 gone\n"


OTHER = '[[finding]]\ncode = "edge-contradicted"\nflow = "other"\nfrom = "a"\nto = "b"\n'


def test_baseline_of_some_flows(drifted):
    """A check of some flows keeps what the baseline has about the others."""
    (drifted / "known.toml").write_text(OTHER, encoding="utf-8")
    known = ("--baseline", "known.toml")

    some = run("checked_orders", "--write-baseline", *known)
    again = run("checked_orders", *known)
    every = run(*known)
    last = run("--write-baseline", *known)

    assert some.stdout == "known.toml: 2 findings, 1 new, 0 gone\n"
    assert (again.exit_code, every.exit_code) == (0, 1)
    assert every.stdout.startswith("known.toml:10: other: edge-contradicted of a -> b is not found")
    assert last.stdout == "known.toml: 1 finding, 0 new, 1 gone\n"


@pytest.mark.usefixtures("drifted")
def test_the_baseline_may_be_a_setting(project):
    """The baseline of the settings is that of the folder of the settings."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('check.baseline = "known.toml"\n')

    assert run("--write-baseline").stdout.endswith("known.toml: 1 finding, 1 new, 0 gone\n")
    assert run().stdout.endswith("; 1 in the baseline\n")


@pytest.mark.parametrize(
    ("options", "setting", "is_kept"),
    [((), "", True), (("--no-cache",), "", False), ((), "catalog_reuse = false\n", False)],
    ids=["kept", "option", "setting"],
)
def test_reports_are_kept_in_the_project(drifted, options, setting, is_kept):
    """A second run prints what the first did; nothing is kept where nobody wants that."""
    with (drifted / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(setting)
    first, second = run(*options), run(*options)

    assert (first.exit_code, first.stdout) == (second.exit_code, second.stdout)
    assert (drifted / ".cache/penstock/penstock-evidence.json").exists() is is_kept


def test_settings_of_the_check(drifted):
    """Options that are not given on the command line are read from the settings."""
    table = '\n[tool.penstock.check]\nfail_on = "none"\nformat = ["markdown"]\n'
    with (drifted / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(table)
    actual = run()

    assert actual.exit_code == 0
    assert actual.stdout.startswith("**penstock check**")
    assert run("--fail-on", "contradicted").exit_code == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('check = "strict"', "check must be a table, not 'strict'"),
        ("checks = {}", "unknown setting 'checks'; did you mean 'check'? (known: modules, "),
        ('check.fail-on = "none"', "unknown setting 'check.fail-on'; did you mean 'fail_on'?"),
        (
            'check.fail_on = "all"',
            "check.fail_on takes one of contradicted, undeclared, unverified",
        ),
        ('check.format = "text"', "check.format takes a list of strings, not 'text'"),
        ("check.baseline = 1", "check.baseline takes a string, not 1"),
        ("check.no_import = 1", "check.no_import takes true or false, not 1"),
        ('check.format = ["xml"]', "Invalid value for check.format under [tool.penstock]: 'xml'"),
    ],
)
def test_settings_that_are_wrong(project, line, message):
    """A wrong setting is an error that says what is right."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")

    actual = run()

    assert actual.exit_code == 2
    assert message in actual.stderr


def test_files_of_the_settings(project, monkeypatch):
    """A file of a format that the settings name is in the folder of the settings."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('check.format = ["json:report.json", "markdown:-"]\n')
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")

    assert run().stdout == "**penstock check**: 1 flow, 1 edge: 1 in the source (1 call)\n"
    assert json.loads((project / "report.json").read_text(encoding="utf-8"))["findings"] == []


UNIMPORTABLE = f"import nowhere\n{SHOP.format('charge()')}"


def test_declarations_are_read_from_the_source(project):
    """Without an import, a flow is checked whose module cannot be imported."""
    (project / "cli_checked.py").write_text(UNIMPORTABLE, encoding="utf-8")
    actual = run("--no-import")

    assert (actual.exit_code, actual.stderr) == (0, "")
    assert actual.stdout == (
        "no module was imported: what the source does not show is unknown\n"
        "1 flow, 1 edge: 1 in the source (1 call)\n"
    )


def test_a_project_of_django_without_modules(tmp_path, monkeypatch):
    """Without an import, ``manage.py`` leads to the modules where the settings name none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.penstock]\n")
    (tmp_path / "manage.py").write_text("DJANGO_SETTINGS_MODULE = 'cli_site.settings'\n")
    (tmp_path / "cli_site").mkdir()
    (tmp_path / "cli_site" / "settings.py").write_text("INSTALLED_APPS = ['cli_site']\n")
    (tmp_path / "cli_site" / "models.py").write_text(SHOP.format("charge()"))

    assert run("--no-import").stdout.endswith("1 flow, 1 edge: 1 in the source (1 call)\n")
    assert "no modules are configured" in run().stderr
    (tmp_path / "manage.py").unlink()
    assert "no modules are configured" in run("--no-import").stderr


def test_no_import_may_be_a_setting(project):
    """The setting reads declarations from the source, unless an option overrides it."""
    (project / "cli_checked.py").write_text(UNIMPORTABLE, encoding="utf-8")
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("check.no_import = true\n")

    assert run().exit_code == 0
    assert "cannot import 'cli_checked'" in run("--import").stderr


def test_a_check_without_the_application(project):
    """A module that cannot be imported is an error, and its source is checked."""
    text = UNIMPORTABLE.replace("charge()", "print()", 1)
    (project / "cli_checked.py").write_text(text, encoding="utf-8")
    with isolated_registry():
        actual, tolerant = run(), run("--fail-on", "none")
        value = json.loads(run("--format", "json").stdout)

    assert actual.exit_code == tolerant.exit_code == 1
    assert value["not_imported"][0].startswith("cannot import 'cli_checked'")
    assert "error: cannot import 'cli_checked'" in actual.stderr
    assert "note: read from the source, without an import: checked_orders\n" in actual.stderr
    assert "pay -> charge is not in the source [edge-contradicted]" in actual.stdout


def test_flows_that_are_imported_all_the_same(project):
    """A flow that the import has with all its steps, or alone, is taken from it."""
    made = "from penstock import entrypoint, flow\nflow('cli_' + str('made'))(entrypoint(print))\n"
    made += "@flow('cli_read')\n@entrypoint\ndef read(): ...\n"
    (project / "cli_none.py").write_text(made.replace("(print)", "(lambda: 1)"), encoding="utf-8")
    (project / "cli_checked.py").write_text(UNIMPORTABLE, encoding="utf-8")
    with isolated_registry():
        actual = run("--module", "cli_none", "--module", "cli_checked", "--format", "json")

    names = [each["flow"] for each in json.loads(actual.stdout)["flows"]]
    assert names == ["checked_orders", "cli_made", "cli_read"]
    assert "without an import: checked_orders\n" in actual.stderr


def test_nothing_is_read_where_the_import_has_all_flows(project):
    """A module that cannot be imported and declares nothing is an error, and there is no note."""
    (project / "cli_none.py").write_text("import no_such_module\n", encoding="utf-8")
    with isolated_registry():
        actual = run("--module", "cli_checked", "--module", "cli_none")

    assert actual.exit_code == 1
    assert "error: cannot import 'cli_none'" in actual.stderr
    assert "note:" not in actual.stderr


def test_what_cannot_be_read_is_a_warning(project):
    """A declaration that the source does not show is a warning, and nothing is undeclared."""
    text = SHOP.format("charge()").replace('after="pay"', "after=names()")
    text = text.replace("def charge(): ...", "def charge(): pack()")
    text += '\n@flow("checked_orders")\n@step(after="charge")\ndef pack(): ...\n'
    (project / "cli_checked.py").write_text(text, encoding="utf-8")
    actual = run("--no-import")

    assert actual.exit_code == 0
    assert "cli_checked.py:9: warning: checked_orders: charge cannot be read" in actual.stdout
    assert "; 1 declaration not read" in actual.stdout
    assert run("--no-import", "--fail-on", "unverified").exit_code == 1


def test_no_flow_can_be_read(project):
    """Declarations that cannot be read are reported where there is no other."""
    text = SHOP.format("charge()").replace('"checked_orders"', "names()")
    (project / "cli_checked.py").write_text(text, encoding="utf-8")
    actual = run("--no-import")

    assert actual.exit_code == 0
    assert "cli_checked.py:4: warning: pay cannot be read" in actual.stdout


@pytest.fixture
def touched(project):
    """Return a project with a flow that has drifted, and a second one in another file."""
    (project / "cli_checked.py").write_text(SHOP.format("print()"), encoding="utf-8")
    other = SHOP.replace("checked_orders", "cli_other").format("charge()")
    (project / "cli_none.py").write_text(f"{other}\n@step(after=x())\ndef lost(): ...\n")
    (project / "helpers.py").write_text("def help(): ...\n")
    (project / "pyproject.toml").write_text(
        '[tool.penstock]\nmodules = ["cli_checked", "cli_none"]\n'
    )
    return project


@pytest.mark.usefixtures("touched")
def test_flows_of_a_file():
    """A file among the arguments means the flows that have the function of a step in it."""
    actual = run("--no-import", "cli_checked.py")

    assert actual.exit_code == 1
    assert "pay -> charge is not in the source" in actual.stdout
    assert actual.stdout.endswith("\n1 flow, 1 edge: 0 in the source, 1 contradicted\n")


@pytest.mark.usefixtures("touched")
def test_a_file_and_a_flow():
    """Files and flows may be mixed; a declaration without a flow belongs to its file."""
    actual = run("--no-import", "cli_none.py", "checked_orders")

    assert "2 flows, 2 edges" in actual.stdout
    assert "cli_none.py:14: warning: lost cannot be read" in actual.stdout


@pytest.mark.usefixtures("touched")
def test_a_file_without_a_step():
    """A file in which no step is prints nothing and ends with 0, for a hook."""
    actual = run("--no-import", "helpers.py")

    assert (actual.exit_code, actual.stdout, actual.stderr) == (0, "", "")
    assert json.loads(run("--no-import", "helpers.py", "--format", "json").stdout)["flows"] == []


def test_a_file_with_evidence(project):
    """A helper between two steps means their flow, from the check that has found it there."""
    helper = project / "cli_helper.py"
    text = f"import cli_helper\n{SHOP.format('cli_helper.help(charge)')}"
    (project / "cli_checked.py").write_text(text, encoding="utf-8")
    works, broken = "def help(charge): charge()\n", "def help(charge): ...\n"
    helper.write_text(works, encoding="utf-8")
    files = project / ".cache" / "penstock" / "penstock-evidence-files.json"

    assert run("--no-import", "cli_helper.py").stdout == ""  # nobody has looked yet
    assert run("--no-import").exit_code == 0
    helper.write_text(broken, encoding="utf-8")
    assert run("--no-import", "cli_helper.py", "--no-cache").exit_code == 0
    assert run("--no-import", "cli_helper.py").exit_code == 1
    assert run("--no-import", "cli_helper.py").exit_code == 1  # not forgotten with the evidence
    helper.write_text(works, encoding="utf-8")
    assert run("--no-import", "cli_helper.py").stdout.endswith("1 in the source (1 call)\n")
    files.write_text("[]", encoding="utf-8")
    assert run("--no-import", "cli_helper.py").stdout == ""


def test_files_of_evidence_that_cannot_be_written(project, monkeypatch):
    """They are a help for hooks alone: a check does without."""

    def fail(*_):
        raise PermissionError

    (project / "cli_checked.py").write_text(SHOP.format("charge()"), encoding="utf-8")
    monkeypatch.setattr(_touched, "write_whole", fail)

    assert run("--no-import").exit_code == 0
    assert run("--no-import").exit_code == 0


@pytest.mark.usefixtures("touched")
def test_a_file_that_does_not_exist():
    """A file that is not there is neither a file nor a flow."""
    actual = run("--no-import", "gone.py")

    assert actual.exit_code == 2
    assert "gone.py" in actual.stderr


def test_a_flow_without_edges_in_a_file(project):
    """A file whose flow has no edges is not an error: nobody asked for that flow."""
    (project / "cli_checked.py").write_text(
        f"from penstock import entrypoint, flow\n{ALONE}", encoding="utf-8"
    )

    assert run("--no-import", "cli_checked.py").exit_code == 0


def test_a_baseline_without_an_import(touched):
    """An entry is not stale that only an import, or only a check without one, can find."""
    unread = SHOP.format("charge()").replace('after="pay"', "after=str('pay')")
    (touched / "cli_none.py").write_text(unread.replace("checked_orders", "cli_other"))
    codes = ["bypassed-entrypoint", "edge-undeclared", "unreachable"]
    entries = [f'[[finding]]\ncode = "{code}"\nflow = "cli_other"\n' for code in codes]
    (touched / "known.toml").write_text("\n".join(entries), encoding="utf-8")
    options = ("--no-import", "--baseline", "known.toml")

    assert run(*options, "--write-baseline").stdout == "known.toml: 5 findings, 2 new, 0 gone\n"
    assert run(*options).exit_code == 0
    with isolated_registry():
        imported = run("--baseline", "known.toml")

    stale = [line for line in imported.stdout.splitlines() if "[baseline-stale]" in line]
    assert [line.partition(": ")[2].partition(" is ")[0] for line in stale] == [
        f"cli_other: {code}" for code in codes
    ]
