"""Evidence for the flows of a docs build: where it is from, and what a page says of it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from evident_shop import EVIDENT, count_checks, write_evident

from penstock._declared.step import Edge, EdgeCheck, Location, Step
from penstock._project.settings import Settings
from penstock.catalog import Catalog, read_catalog
from penstock.catalog._checked import CheckedFlows, checks_of
from penstock.catalog._checking import read_result, write_request
from penstock.catalog._loading import LoadedFlows
from penstock.catalog._reading import parse_catalog
from penstock.docs import ENGLISH, FlowPage, Frame, contradictions, fingerprint, words_in
from penstock.docs import _evidence as module
from penstock.docs._revision import find_revision
from penstock.docs.loading import (
    FlowsLoader,
    add_evidence,
    import_recorded,
    load_in_child,
    show_evidence,
)
from penstock.docs.markdown import text_documents
from penstock.evidence import _child
from penstock.exceptions import CatalogError
from penstock.graph import Flow, Revision

pytestmark = pytest.mark.needs("processes")

VERDICTS = {
    ("receive", "check"): ("supported", "call", "evident.py:10"),
    ("receive", "price"): ("contradicted", None, None),
    ("check", "charge"): ("unverified", None, "evident.py:16"),
    ("charge", "pack"): ("supported", "channel", None),
    ("pack", "ship"): ("supported", "call", "evident.py:32"),
    ("pack", "archive"): ("unchecked", None, None),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the settings of a project, and its flows with evidence, made once."""
    folder = tmp_path_factory.mktemp("evident")
    write_evident(folder, "evident")
    settings = Settings(modules=("evident",), root=str(folder), evidence=True)
    before = Path.cwd()
    os.chdir(folder)
    try:
        loader = FlowsLoader(folder / "cache")
        yield settings, loader.load(settings, print), folder
    finally:
        os.chdir(before)


def verdicts(flows):
    return {
        (edge.source, edge.target): (check.verdict, check.kind, str(check.location or "") or None)
        for edge in flows.flow("orders").edges
        if (check := edge.check)
    }  # fmt: skip


def test_made(made):
    """A child makes the flows, another one the evidence; a page has the lines that show it."""
    assert verdicts(made[1].flows) == VERDICTS
    assert made[1].evidence_failure is None


def test_kept(made, monkeypatch):
    """The next build checks nothing, and after an edit of a file that was read it does again."""
    settings, _, folder = made
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(module, "run_module", None)
    kept = FlowsLoader(folder / "cache").load(settings, print)

    assert verdicts(kept.flows) == VERDICTS
    assert isinstance(kept.flows, CheckedFlows)
    (folder / "beside.py").write_text("", encoding="utf-8")
    with pytest.raises(TypeError):  # a new module may be evidence, so that all is made again
        FlowsLoader(folder / "cache").load(settings, print)
    (folder / "beside.py").unlink()


@pytest.mark.parametrize("reuses", [True, False])
def test_checked_once(made, tmp_path, monkeypatch, *, reuses):
    """Flows that are made again are not checked again, unless a file that counts has changed."""
    checks = count_checks(monkeypatch)
    settings, loaded, folder = made
    settings = replace(settings, catalog_reuse=reuses)
    plain = replace(loaded, flows=CheckedFlows(loaded.flows, {}))
    first = add_evidence(plain, settings, tmp_path)
    again = add_evidence(plain, settings, tmp_path)

    assert verdicts(first.flows) == verdicts(again.flows) == VERDICTS
    assert first.inputs == again.inputs
    assert len(checks) == 2 - reuses
    (folder / "evident.py").write_text(f"{EVIDENT}EDITED = True\n", encoding="utf-8")
    add_evidence(plain, settings, tmp_path)
    write_evident(folder, "evident")

    assert len(checks) == 3 - reuses


def test_switched_off(made):
    """Without the setting nothing is checked, and a catalog's is shown unless it is False."""
    settings, loaded, _ = made
    catalog = LoadedFlows(loaded.catalog())
    plain = LoadedFlows(CheckedFlows(catalog.flows, {}))

    assert add_evidence(plain, replace(settings, evidence=None)) is plain
    assert show_evidence(catalog, replace(settings, evidence=None)) is catalog
    assert verdicts(show_evidence(catalog, replace(settings, evidence=False)).flows) == {}


def test_from_file(made, tmp_path):
    """A catalog has the evidence and its revision; one without evidence is reported."""
    settings, loaded, _ = made
    revision = Revision(name="abc", date="2026-11-27", is_dirty=True)
    loaded = LoadedFlows(CheckedFlows(loaded.flows, None, revision))
    file = tmp_path / "flows.json"
    file.write_text(loaded.catalog().to_json(), encoding="utf-8")
    catalog = read_catalog(file)
    settings = replace(settings, catalog=str(file))
    without = LoadedFlows(Catalog(flows=CheckedFlows(catalog, {}).flows))

    assert verdicts(catalog) == VERDICTS
    assert catalog.flow("orders").revision == revision
    assert checks_of(catalog.public()) == {}
    assert catalog.public().flow("orders").revision is None
    assert add_evidence(LoadedFlows(catalog), settings).flows is catalog
    assert show_evidence(LoadedFlows(catalog), settings).flows is catalog
    assert show_evidence(without, settings).evidence_failure == (
        f"{file} has none: write it with penstock export --evidence"
    )


def test_wrong_verdict():
    """A verdict that nobody knows is refused."""
    edge = '{"source": "a", "target": "a", "evidence": {"verdict": "maybe"}}'
    flow = '{"name": "f", "steps": [{"name": "a"}], "edges": [%s]}'
    text = f'{{"schema_version": "1.1", "flows": [{flow}]}}'

    with pytest.raises(CatalogError, match="its verdict must be one of supported"):
        parse_catalog((text % edge).encode(), "flows.json")


@pytest.mark.parametrize(
    ("code", "printed", "expected"),
    [
        (None, "", "it was ended after 60 seconds: change timeout"),
        (1, "Traceback\nMemoryError\n", "MemoryError"),
        (3, "", "exit code 3"),
        (OSError(11, "no room"), "", "no process can be started: no room"),
    ],
    ids=["slow", "failed", "silent", "no process"],
)
def test_failure(made, monkeypatch, code, printed, expected):
    """A check that fails leaves the flows without evidence, says why, and is tried again."""
    settings, loaded, _ = made
    plain = replace(loaded, flows=CheckedFlows(loaded.flows, {}))

    def run(_module, _folder, output, _timeout):
        output.write_text(printed, encoding="utf-8")
        if isinstance(code, OSError):
            raise code
        return code

    monkeypatch.setattr(module, "run_module", run)
    found = add_evidence(plain, settings)

    assert (found.flows, found.inputs, found.evidence_failure) == (plain.flows, None, expected)


def test_child(made, tmp_path):
    """The child reads a catalog, and writes the verdicts and the state of what it has read."""
    _, loaded, folder = made
    write_request(tmp_path, loaded.catalog(), str(folder), [], None)
    _child.run(str(tmp_path), 0)
    checks, failures, inputs = read_result(tmp_path)

    assert checks["orders", "receive", "check"].location == Location("evident.py", 10)
    assert failures == []
    assert [Path(state.path).name for state in inputs.files] == ["evident.py"]
    assert [(state.path, state.has_modules) for state in inputs.folders] == [(str(folder), True)]


CHOSEN = """
from functools import reduce
from penstock import entrypoint, flow, step

orders = flow("chosen")

def choose(*found):
    return reduce(lambda one, other: other, found)

@orders
@step(after="receive")
def check(order): ...

after = choose(None, [check])

@orders
@entrypoint
def receive(order):
    after[0](order)
"""


@pytest.mark.parametrize("load", [load_in_child, lambda settings, _: import_recorded(settings)])
def test_objects(tmp_path, monkeypatch, load):
    """The objects of the modules count, whichever process has imported these."""
    name = f"chosen_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(CHOSEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = Settings(modules=(name,), root=str(tmp_path), evidence=True)
    (edge,) = add_evidence(load(settings, print), settings).flows.flow("chosen").edges

    assert edge.check.verdict == "supported"


def test_outside():
    """A line outside of the project is not shown."""
    assert _child._location(Location(str(Path("/lib/a.py").absolute()), 1)) is None


def test_declared_later(made):
    """Flows that change have the evidence for the edges that they still have."""
    flows = made[1].flows

    class Live:
        def __init__(self):
            self.flows = (Flow(name="orders", steps=(Step(name="receive"),)),)

        def flow(self, _name):
            return self.flows[0]

        def problems(self):
            return ()

    checked = CheckedFlows(Live(), checks_of(flows))

    assert checked.flow("orders") is checked.flow("orders")
    assert (checked.flow("orders").edges, checked.problems()) == ((), ())


def git(folder, *arguments, **variables):
    identity = {
        f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, **variables}
    subprocess.run(["git", "-C", folder, *arguments], check=True, env=environment)


def test_revision(tmp_path, monkeypatch):
    """It is the commit with its date, never the clock; an edit of code says so."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert find_revision(tmp_path) == Revision()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert find_revision(tmp_path) == Revision(date="1970-01-02")
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "a.py")
    date = "2026-11-27T12:00:00+00:00"
    git(tmp_path, "commit", "-q", "-m", "x", GIT_COMMITTER_DATE=date, GIT_AUTHOR_DATE=date)
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    clean = find_revision(tmp_path)
    (tmp_path / "a.py").write_text("a = 1", encoding="utf-8")

    assert (len(clean.name), clean.date, clean.is_dirty) == (10, "2026-11-27", False)
    assert find_revision(tmp_path) == replace(clean, is_dirty=True)


UNDECLARED = """from penstock import entrypoint, flow, step

orders = flow("orders")


@orders
@entrypoint
def receive(order):
    check(order)
    pack(order)


@orders
@step(after="receive")
def check(order):
    pack(order)


@orders
@step(after="receive")
def pack(order): ...
"""


def test_undeclared(tmp_path, monkeypatch):
    """An edge that only the source has is in the catalog, in the diagram and in the table."""
    (tmp_path / "hidden.py").write_text(UNDECLARED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = Settings(modules=("hidden",), root=str(tmp_path), evidence=True)
    loaded = FlowsLoader(tmp_path / "cache").load(settings, print)
    found = loaded.flows.flow("orders")
    check = EdgeCheck(verdict="undeclared", kind="call", location=Location("hidden.py", 16))
    edge = Edge("check", "pack", check=check)
    written = loaded.catalog()
    page = FlowPage(flow=replace(found, revision=None))

    assert found.undeclared == (edge,)
    assert edge not in found.edges
    assert found.graph().edges == (*found.edges, edge)
    assert page.edges.sentence == "The source supports 2 of 2 edges, 1 not declared."
    assert page.edges.rows[-1].text == "check \u2192 pack: + call, not declared (hidden.py:16)"
    assert parse_catalog(written.to_json().encode(), "f").flow("orders").undeclared == (edge,)
    assert written.public().flow("orders").undeclared == ()
    assert fingerprint(found) != fingerprint(replace(found, undeclared=()))
    assert CheckedFlows(loaded.flows, {}).flow("orders").undeclared == ()


@pytest.mark.parametrize(
    ("source", "verdict"), [("b", "undeclared"), ("a", "supported")], ids=["unknown", "supported"]
)
def test_wrong_undeclared(source, verdict):
    """An undeclared edge leads between steps of the flow, and has that verdict."""
    edge = f'{{"source": "{source}", "target": "a", "evidence": {{"verdict": "{verdict}"}}}}'
    flow = f'{{"name": "f", "steps": [{{"name": "a"}}], "edges": [], "undeclared": [{edge}]}}'
    text = f'{{"schema_version": "1.1", "flows": [{flow}]}}'

    with pytest.raises(CatalogError, match="it must have the verdict undeclared"):
        parse_catalog(text.encode(), "flows.json")


def page_of(made, **changes):
    flow = replace(made[1].flows.flow("orders"), revision=None)
    return FlowPage(flow=replace(flow, **changes))


def test_sentence(made):
    """One sentence counts the edges, and one names the revision."""
    revision = Revision(name="3f2c1a9", date="2026-11-27", is_dirty=True)
    counted = (
        "The source supports 3 of 6 edges, 1 of them by a channel, 1 unverified, 1 contradicted, "
        "1 not checked."
    )

    assert page_of(made).edges.sentence == counted
    assert page_of(made, revision=Revision()).edges.sentence == counted
    assert page_of(made, revision=revision).edges.sentence == (
        f"{counted} Revision 3f2c1a9, 2026-11-27, with changes that are not committed."
    )


def test_table(made):
    """The table has a row for each edge, with its kind, its sign, and a link to the line."""
    page = replace(page_of(made), source_of=lambda step: f"https://a.example/{step.location}")
    html = Frame(graph=page.unlinked, edges=page.edges).around("")

    assert [(r.source, r.target, r.sign, r.evidence, r.location) for r in page.edges.rows] == [
        ("receive", "check", None, "call", "evident.py:10"),
        ("check", "charge", "?", "unverified: check has no body yet", "evident.py:16"),
        ("charge", "pack", None, "channel kafka:paid", None),
        ("pack", "archive", "~", "not checked: a person does it", None),
        ("pack", "ship", None, "call", "evident.py:32"),
        ("receive", "price", "\N{MULTIPLICATION SIGN}", "the source shows otherwise", None),
    ]
    assert (
        '<td><a href="https://a.example/evident.py:10"><code>evident.py:10</code></a></td>' in html
    )
    assert '<td><b aria-hidden="true">~</b> not checked: a person does it</td>' in html


def test_words():
    """Each verdict has words, also where no reason is known, and in German."""
    words, german = ENGLISH.evidence, words_in("de").evidence
    mixed = EdgeCheck(verdict="mixed", kind="order")

    assert words.of(EdgeCheck(verdict="supported", kind="hand-off")) == "hand-off"
    assert words.of(mixed) == "order, reversed in another caller"
    assert words.of(EdgeCheck(verdict="unverified")) == "unverified: the source does not show it"
    assert german.of(mixed) == "Reihenfolge, in einem anderen Aufrufer umgekehrt"


def test_without():
    """A flow that nobody has checked has no table and no warning."""
    steps = (Step(name="a"), Step(name="b", after=(Edge("a", "b"),)))
    page = FlowPage(flow=Flow(name="f", steps=steps))

    assert (page.edges, [*contradictions(page.flow)]) == (None, [])


def test_warning(made):
    """A contradicted edge is a warning with the line of its declaration."""
    flow = made[1].flows.flow("orders")
    (message,) = contradictions(flow)
    steps = tuple(replace(step, location=None) for step in flow.steps)
    (unlocated,) = contradictions(replace(flow, steps=steps))

    assert message == (
        "evident.py:19: flow 'orders': receive -> price is not in the source: run `penstock check "
        "orders` to see what it has [edge-contradicted]"
    )
    assert unlocated.startswith("flow 'orders': receive -> price")


def test_markdown(made):
    """A page of Markdown has the sentence, and a table that a forge folds."""
    page = text_documents(
        [replace(made[1].flows.flow("orders"), revision=None)],
        source_of=lambda step: f"https://a.example/{step.location.line}",
    )["orders.md"]

    assert "\n\nThe source supports 3 of 6 edges, 1 of them by a channel" in page
    assert "<details>\n<summary>Evidence for each edge</summary>\n\n| Edge | Evidence |" in page
    assert (
        "| check \u2192 charge | ? unverified: check has no body yet | "
        "[<code>evident.py:16</code>](https://a.example/16) |" in page
    )
    assert EVIDENT.count("@step") == page.count("\u2192")


def test_in_child(made):
    """The flows that a child imports have no evidence until somebody asks."""
    assert verdicts(load_in_child(made[0], print).flows) == {}
