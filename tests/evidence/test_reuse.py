"""Reports that are kept from one check to the next."""

import json
import os
import sys
from pathlib import Path

import pytest

from penstock.catalog._states import digest_of
from penstock.evidence import _reuse
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._reuse import check_again
from penstock.evidence._source.project import Project

APP = """
from shop import tasks
from shop.cards import charge
def pay():
    charge()
    tasks.ship()
    unknown.later(1)
"""
FILES = {
    "shop/__init__.py": "",
    "shop/app.py": APP,
    "shop/cards.py": "def charge(): log()\ndef log(): ...\n",
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


def flow(*, steps=STEPS, **options):
    edges = (("pay", "charge", False), ("charge", "ship", False), ("ship", "pay", False))
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
        (project / file).write_text(before)
    reports_on(project, cache)
    checks.clear()
    (project / file).write_text(text)
    found = reports_on(project, cache)

    assert not checks
    assert found == reports_on(project, None)
    assert reports_on(project, cache) == found
    assert len(checks) == 1


@pytest.mark.parametrize("moved", [3, 4, None])
def test_steps_move_with_their_functions(project, tmp_path, checks, moved):
    """A step is where it was if its line has moved as the line of its function has."""
    cache = tmp_path / "cache"
    steps = {"pay": "shop.app"}
    reports_on(project, cache, steps=steps, line=4)
    (project / "shop/app.py").write_text(APP.removeprefix("\n"))
    checks.clear()
    found = reports_on(project, cache, steps=steps, line=moved)

    assert len(checks) == (moved != 3)
    assert found == reports_on(project, None, steps=steps, line=moved)


@pytest.mark.parametrize(("receives", "is_checked"), [((), False), (("orders",), True)])
def test_the_line_of_a_message_counts(project, tmp_path, checks, receives, is_checked):
    """A comment on a line that leads to a step may name it, which counts where it receives."""
    cache = tmp_path / "cache"
    reports_on(project, cache, receives=receives)
    checks.clear()
    (project / "shop/app.py").write_text(APP.replace("charge()", "charge()  # now"))
    found = reports_on(project, cache, receives=receives)

    assert bool(checks) == is_checked
    assert found == reports_on(project, None, receives=receives)


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
