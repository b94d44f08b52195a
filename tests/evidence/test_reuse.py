"""Reports that are kept from one check to the next."""

import ast
import json
import os
import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.catalog._states import digest_of
from penstock.docs import read_settings
from penstock.evidence import _reuse, read_flows
from penstock.evidence._check import check
from penstock.evidence._declared import as_checked, project_of
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._reuse import check_again
from penstock.evidence._source.project import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
EDITS_OF_EXAMPLE = 8

APP = """
from shop import tasks
from shop.cards import charge
def pay():
    charge()
    tasks.ship()
    unknown.later(1)
"""
CARDS = "def charge(): log()\ndef log(): ...\n"
FILES = {
    "shop/__init__.py": "",
    "shop/app.py": APP,
    "shop/cards.py": CARDS,
    "shop/tasks.py": "def ship(): ...\n",
    "other.py": "def other(): ...\n",
}
STEPS = {"pay": "shop.app", "charge": "shop.cards", "ship": "shop.tasks"}


@pytest.fixture
def project(tmp_path):
    """Return the folder of a project whose files are older than any clock is coarse."""
    folder = tmp_path / "project"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (10**9, 10**9))
    return folder


@pytest.fixture
def checks(monkeypatch):
    """Return a list that grows with each check that is not reused."""
    found = []
    original = _reuse.check

    def check(*arguments):
        found.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(_reuse, "check", check)
    return found


EDGES = (("pay", "charge", False), ("charge", "ship", False), ("ship", "pay", False))


def flow(*, steps=STEPS, edges=EDGES, **options):
    made = tuple(
        CheckedStep(name=name, module=module, qualname=name, **options)
        for name, module in steps.items()
    )
    return CheckedFlow(name="orders", steps=made, edges=edges)


def reports_on(folder, cache, **options):
    return check_again(Project.at(folder), [flow(**options)], cache)


def test_a_report_is_reused_while_nothing_changes(project, tmp_path, checks):
    """A second check of the same source checks nothing, and returns what the first did."""
    cache = tmp_path / "cache"
    first = reports_on(project, cache)

    assert reports_on(project, cache) == first == reports_on(project, None)
    assert len(checks) == 2  # the first, and that without a cache
    assert (cache / ".gitignore").read_text() == "*\n"
    edges = {(e.source, e.target): e.verdict for e in first[0].edges}
    assert edges["pay", "charge"] == "supported"


EDITS = {
    "a callee": ("shop/cards.py", "def charge(): log(pay)\ndef log(): ...\n"),
    "a step": ("shop/app.py", APP.replace("    charge()\n", "")),
    "two calls on one line": ("shop/app.py", APP.replace("charge()\n    tasks", "charge(); tasks")),
    "an argument on its own line": ("shop/app.py", APP.replace("later(1)", "later(\n1)")),
    "a call on the first line": ("shop/cards.py", f"log = print\n{FILES['shop/cards.py']}"),
    "a comment that a search finds": ("shop/app.py", f"{APP}# unknown.later = ship\n"),
    "a word that classes need": ("shop/app.py", APP.replace("later", "sooner")),
    "a removed import": ("shop/app.py", APP.replace("from shop.cards import charge\n", "")),
    "a module that shadows": ("src/shop/tasks.py", "def ship(): pay()\ndef pay(): ...\n"),
    "a package that shadows": ("shop/tasks/__init__.py", "def ship(): pay()\ndef pay(): ...\n"),
    "a new file": ("new.py", "import shop.app\n"),
    "a name that was looked for": ("other.py", "def other(): unknown.later()\ndef later(): ...\n"),
    "a value that was looked for": ("other.py", "x = later\n"),
    "an error": ("shop/app.py", "def pay(:\n"),
    "a removed file": ("shop/cards.py", None),
    "an unread file that is gone": ("other.py", None),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_seen(project, tmp_path, checks, name):
    """After an edit that may count, a check with a cache finds what one without it does."""
    cache = tmp_path / "cache"
    reports_on(project, cache)
    file, text = EDITS[name]
    path = project / file
    if text is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (10**9, 10**9))  # its time says that nothing happened
    checks.clear()
    found = reports_on(project, cache)

    assert found == reports_on(project, None)
    assert len(checks) == 2
    assert reports_on(project, cache) == found
    assert len(checks) == 2


MOVES = {
    "two lines of one call": ("shop/app.py", APP.replace("charge()", "charge(\n)")),
    "a comment that no search finds": ("shop/app.py", f"{APP}# unknown.ship()\n"),
    "a comment above": ("shop/app.py", f"# moved\n{APP}"),
    "comments": ("shop/app.py", APP.replace("    tasks", "    # one\n    # two\n\n    tasks")),
    "a comment on a line": ("shop/app.py", APP.replace("charge()", "charge()  # the card")),
    "empty lines": ("shop/app.py", APP.replace("\n", "\n\n")),
    "spaces": ("shop/app.py", APP.replace("later(1)", "later( 1 )").replace("    ", "  ")),
    "an empty line less": ("shop/app.py", APP.removeprefix("\n")),
    "a docstring": ("shop/app.py", APP.replace("():\n", "():\n    'Pay the\\n rest.'\n")),
    "a body that nobody reads": ("shop/app.py", f"{APP}def unread():\n    return charge, 1\n"),
    "a docstring above imports": ("shop/app.py", f'"""The shop."""{APP}'),
}


@pytest.mark.parametrize("name", MOVES)
def test_moved_lines_are_not_checked_again(project, tmp_path, checks, name):
    """After an edit of comments, docstrings or spaces, reports have the lines as they are now."""
    cache = tmp_path / "cache"
    file, text = MOVES[name]
    before = text
    if "docstring" in name:  # there was another, of fewer lines
        before = text.replace("Pay the\\n rest.", "Pay.").replace("The shop.", "Shop")
    if "body" in name:
        before = text.replace("return charge, 1", "print(1)\n    return 1")
    if before != text:
        (project / file).write_text(before)
    reports_on(project, cache)
    checks.clear()
    (project / file).write_text(text)
    found = reports_on(project, cache)

    assert not checks
    assert found == reports_on(project, None)
    assert reports_on(project, cache) == found
    assert len(checks) == 1


@pytest.mark.parametrize("moved", [3, 7, None])
def test_steps_move_with_their_functions(project, tmp_path, checks, moved):
    """Of two functions of a name, a step is the same one if its line has moved as that has."""
    cache = tmp_path / "cache"
    steps = {"pay": "shop.app"}
    (project / "shop/app.py").write_text(f"{APP}def pay(): ...\n")
    reports_on(project, cache, steps=steps, line=4)
    (project / "shop/app.py").write_text(f"{APP[1:]}def pay(): ...\n")
    checks.clear()
    found = reports_on(project, cache, steps=steps, line=moved)

    assert len(checks) == (moved != 3)
    assert found == reports_on(project, None, steps=steps, line=moved)


@pytest.mark.parametrize(
    ("name", "text"), [("shop/app.py", f"# moved\n{APP}"), ("shop/cards.py", f"{CARDS}\n")]
)
def test_a_renamed_step_is_looked_for_again(project, tmp_path, checks, name, text):
    """A step whose function is gone is looked for by its line, too, after each edit."""
    cache = tmp_path / "cache"
    steps = {"pays": "shop.app", "charge": "shop.cards"}
    first = reports_on(project, cache, steps=steps)
    checks.clear()
    (project / name).write_text(text)
    found = reports_on(project, cache, steps=steps)

    assert first[0].missing
    assert len(checks) == 1
    assert found == reports_on(project, None, steps=steps)


def test_steps_of_other_files_do_not_move(project, tmp_path, checks):
    """A step of another line, in a file that is the same, is checked again."""
    cache = tmp_path / "cache"
    reports_on(project, cache, line=1)
    checks.clear()
    reports_on(project, cache, line=2)

    assert checks


@pytest.mark.parametrize(("comment", "is_checked"), [("now", False), ("the ship", True)])
def test_the_name_of_a_step_on_a_line_counts(project, tmp_path, checks, comment, is_checked):
    """A comment on the line of a call counts if it has the name of the step that is called."""
    cache = tmp_path / "cache"
    text = APP.replace("    tasks.ship()", "    for each in [tasks.ship]:\n        each()")
    (project / "shop/app.py").write_text(text)
    options = {"receives": ("orders",), "edges": EDGES[:1]}
    reports_on(project, cache, **options)
    checks.clear()
    (project / "shop/app.py").write_text(text.replace("each()", f"each()  # {comment}"))
    found = reports_on(project, cache, **options)

    assert bool(checks) == is_checked
    assert found == reports_on(project, None, **options)


SEARCHED = {
    "nothing": ("other.py", "x = later\ny = 1\n", False),
    "a function": ("other.py", "x = later\ndef later(): ...\n", True),
    "a test": ("tests/test_app.py", "def later(): ...\n", False),
}


@pytest.mark.parametrize("name", SEARCHED)
def test_what_searches_find_counts(project, tmp_path, checks, name):
    """An edit of a file that is searched, and not parsed, counts if something else is found."""
    (project / "other.py").write_text("x = later\n")
    (project / "tests").mkdir()
    (project / "tests/test_app.py").write_text("")
    cache = tmp_path / "cache"
    reports_on(project, cache)
    checks.clear()
    file, text, is_checked = SEARCHED[name]
    (project / file).write_text(text)
    found = reports_on(project, cache)

    assert bool(checks) == is_checked
    assert found == reports_on(project, None)


def test_what_a_function_assigns_that_the_flow_does_not_run_counts(tmp_path):
    """A step may be called by another name, so an edit of the body that assigns it is seen."""
    folder, cache = tmp_path / "project", tmp_path / "cache"
    folder.mkdir()
    app = "import lib\ndef pay(): lib.gateway.run()\ndef charge(): return 1\n"
    (folder / "app.py").write_text(app)
    install = "import lib\nfrom app import charge\ndef install():\n    lib.gateway.{} = charge\n"
    options = {"steps": {"pay": "app", "charge": "app"}, "edges": EDGES[:1]}
    verdicts = []
    for name in ("stop", "run"):
        (folder / "other.py").write_text(install.format(name))
        (report,) = reports_on(folder, cache, **options)
        verdicts.append(report.edges[0].verdict)

    assert verdicts == ["contradicted", "unverified"]


@pytest.mark.parametrize("text", ["def other(): return 1\n", "not Python :\n"])
def test_an_edit_elsewhere_checks_nothing_again(project, tmp_path, checks, text):
    """A file that nobody looked into may be edited if it has no name that was looked for."""
    cache = tmp_path / "cache"
    first = reports_on(project, cache)
    (project / "other.py").write_text(text)

    assert reports_on(project, cache) == first == reports_on(project, cache)
    assert len(checks) == 1


def test_a_file_with_another_time_is_compared(project, tmp_path, checks):
    """A file that was written again with the same content is the same."""
    cache = tmp_path / "cache"
    first = reports_on(project, cache)
    os.utime(project / "shop/app.py", (10**9 + 5, 10**9 + 5))

    assert reports_on(project, cache) == first
    assert len(checks) == 1


@pytest.mark.parametrize("change", ["flow", "program", "limit"])
def test_what_is_asked_counts(project, tmp_path, checks, monkeypatch, change):
    """Another flow, another penstock and another limit of Python have their own reports."""
    cache = tmp_path / "cache"
    reports_on(project, cache)
    options = {}
    if change == "flow":
        options["unchecked"] = "by hand"
    elif change == "program":
        monkeypatch.setattr(_reuse, "_program", lambda: "another")
    else:
        monkeypatch.setattr(sys, "getrecursionlimit", lambda: 5)

    assert reports_on(project, cache, **options) == reports_on(project, None, **options)
    assert len(checks) == 3
    reports_on(project, cache, **options)
    assert len(checks) == 3


def test_the_last_sets_of_flows_are_kept(project, tmp_path, checks, monkeypatch):
    """The file has a limited number of reports, of which the first goes first."""
    monkeypatch.setattr(_reuse, "_MOST", 2)
    cache = tmp_path / "cache"
    for reason in "abc":
        reports_on(project, cache, unchecked=reason)
    checks.clear()
    for reason in "cba":
        reports_on(project, cache, unchecked=reason)

    assert len(checks) == 1


def damaged(cache, change):
    """Change the file as somebody would who knows how it is made."""
    file = cache / "penstock-evidence.json"
    found = json.loads(file.read_bytes().partition(b"\n")[2])
    change(found)
    text = json.dumps(found).encode()
    file.write_bytes(digest_of(text).encode() + b"\n" + text)


def entry(found):
    return found["entries"][0][1]


@pytest.mark.parametrize("name", ["parcels", "payments", "shop"])
def test_random_edits_of_examples(name, tmp_path, checks):
    """After any edit of an example, what is used again is what a check finds."""
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("docs", ".*"))
    settings = replace(read_settings(folder), folder=str(folder))
    flows = [as_checked(each, folder) for each in read_flows(settings).catalog.flows]
    chosen = random.Random(name)
    reused = 0

    def read():
        return project_of(folder, settings.pythonpath, flows)

    first = read()
    reports = check_again(first, flows, tmp_path / "cache")
    kept = (tmp_path / "cache/penstock-evidence.json").read_bytes()
    files = [source.path for source in first.sources if source.is_parsed]
    for _ in range(EDITS_OF_EXAMPLE):
        file = chosen.choice(files)
        text = file.read_text()
        file.write_text(edited(text, chosen))
        checks.clear()
        found = check_again(read(), flows, tmp_path / "cache")
        if not checks:
            reused += 1
            assert found == check(read(), flows)
        file.write_text(text)
        (tmp_path / "cache/penstock-evidence.json").write_bytes(kept)

    assert check_again(read(), flows, tmp_path / "cache") == reports
    assert reused > EDITS_OF_EXAMPLE / 5


def edited(text, chosen):
    """Return source with one line more, or one less."""
    lines = text.splitlines(keepends=True)
    functions = [
        each
        for each in ast.walk(ast.parse(text))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    kind = chosen.choice(["comment", "comment", "deletion", "statement"])
    if kind == "statement" and functions:
        function = chosen.choice(functions)
        indent = " " * function.body[0].col_offset
        lines.insert(function.end_lineno, f"{indent}{chosen.choice(STATEMENTS)}\n")
    elif kind == "deletion" and lines:
        del lines[chosen.randrange(len(lines))]
    else:
        number = chosen.randint(0, len(lines))
        lines.insert(number, chosen.choice(["\n", "# nothing\n", "    # order.status = 1\n"]))
    return "".join(lines)


STATEMENTS = ("x = 1", "yield x", "self.x = y", "def x(): ...", "global x", "return", "print(x)")


DAMAGES = {
    "nothing": lambda cache: (cache / "penstock-evidence.json").write_bytes(b""),
    "a part": lambda cache: os.truncate(cache / "penstock-evidence.json", 200),
    "no file": lambda cache: (cache / "penstock-evidence.json").unlink(),
    "another byte": lambda cache: (
        file := cache / "penstock-evidence.json",
        file.write_bytes(file.read_bytes().replace(b"supported", b"mixed1234")),
    ),
    "another format": lambda cache: damaged(cache, lambda f: f.update(format=0)),
    "no reports": lambda cache: damaged(cache, lambda f: entry(f).pop("reports")),
    "a verdict": lambda cache: damaged(
        cache, lambda f: entry(f)["reports"][0]["edges"][0].update(verdict="verified")
    ),
    "a type": lambda cache: damaged(cache, lambda f: entry(f)["reports"][0].update(flow=1)),
    "a file outside": lambda cache: damaged(
        cache,
        lambda f: entry(f)["reports"][0]["edges"][0]["evidence"][0]["path"][0].update(
            file="/etc/passwd"
        ),
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_not_used(project, tmp_path, checks, name):
    """A file that is not whole, or that this penstock did not write, is made again."""
    cache = tmp_path / "cache"
    first = reports_on(project, cache)
    DAMAGES[name](cache)

    assert reports_on(project, cache) == first
    assert len(checks) == 2
    assert reports_on(project, cache) == first
    assert len(checks) == 2


def test_a_folder_that_cannot_be_written_is_no_error(project, tmp_path, checks):
    """Each check is made if nothing can be kept."""
    cache = tmp_path / "cache"
    cache.write_text("a file")

    assert reports_on(project, cache) == reports_on(project, cache)
    assert len(checks) == 2


def test_a_check_that_failed_is_not_kept(project, tmp_path, checks, monkeypatch):
    """A check that penstock itself failed at may work the next time."""
    monkeypatch.setattr("penstock.evidence._check.judge", lambda *_: 1 / 0)
    cache = tmp_path / "cache"

    assert reports_on(project, cache)[0].failures
    assert not cache.exists()


def test_a_file_that_changes_meanwhile_is_not_kept(project, tmp_path, monkeypatch):
    """A report on a file that somebody edits during the check is not one on its content."""
    original = _reuse.check

    def check(*arguments):
        found = original(*arguments)
        Path(project, "shop/app.py").write_text(APP + "# edited\n")
        return found

    monkeypatch.setattr(_reuse, "check", check)
    cache = tmp_path / "cache"
    reports_on(project, cache)

    assert not cache.exists()
