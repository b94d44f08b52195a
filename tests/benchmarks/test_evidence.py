"""The ground truth of the check can be read, applied to a checkout and scored."""

import copy
import importlib
import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.docs import read_settings
from penstock.docs.loading import load_in_child
from penstock.evidence._check import check
from penstock.evidence._declared import as_checked, project_of
from penstock.evidence._model import CheckedFlow, CheckedStep
from penstock.evidence._source.project import Project

EVIDENCE = Path(__file__).parents[2] / "benchmarks" / "evidence"
SHOP = tomllib.loads("""
[application]
name = "shop"
address = "https://example.org/shop"
commit = "0000"
licence = "MIT"
style = "functions"
set = "development"
roots = ["src"]

[[flow]]
name = "orders"
steps = [
  { name = "order", at = "shop.flow:order", entrypoint = true },
  { name = "check", at = "shop.flow:Order.check" },
  { name = "charge", at = "shop.flow:charge", sends = ["queue:paid"] },
]
not_edges = ["charge -> check"]

[[flow.edges]]
edge = "order -> check"
kind = "call"
lines = ["src/shop/flow.py:8 check"]

[[flow.edges]]
edge = "check -> charge"
kind = "order"
lines = ["src/shop/flow.py:8 check", "src/shop/flow.py:9 charge"]
through = ["constructor"]

[[flow.drift]]
id = "charge-first"
type = "reordered"
why = "The order is charged before it is checked."
edits = [{ file = "src/shop/flow.py", line = 9, move = 1, before = 8, has = "charge" }]
expect = ["contradicted check -> charge", "undeclared charge -> check"]
allow = ["undeclared order -> charge"]

[[flow.drift]]
id = "charge-card"
type = "renamed"
why = "The function has another name."
edits = [
  { file = "src/shop/flow.py", line = 9, old = "charge", new = "charge_card" },
  { file = "src/shop/flow.py", line = 12, old = "charge", new = "charge_card" },
]
expect = ["renamed charge"]

[[flow.drift]]
id = "other-queue"
type = "channel"
why = "The queue has another name."
sends = { charge = ["queue:sent"] }
needed = false

[[flow.drift]]
id = "in-a-local"
type = "refactoring"
why = "The order has a name."

[[flow.drift.edits]]
file = "src/shop/flow.py"
line = 8
delete = 1
leave = "it = Order()\\nit.check()"
has = "check"
""")
SOURCE = """\
class Order:
    def check(self):
        return self


def order():
    \"\"\"Check and charge.\"\"\"
    Order().check()
    charge()


def charge():
    pass
"""


@pytest.fixture(scope="module")
def evidence():
    """Return the two modules as the scripts import them."""
    sys.path.insert(0, str(EVIDENCE))
    try:
        yield importlib.import_module("cases"), importlib.import_module("score")
    finally:
        sys.path.remove(str(EVIDENCE))
        sys.modules.pop("cases")
        sys.modules.pop("score")
        for name in ("callgraphs", "find", "mutants", "step_idioms"):
            sys.modules.pop(name, None)


@pytest.fixture
def programs(tmp_path):
    """Return a folder with a program of each of two kinds."""
    for name, text, graph in (
        (
            "new calls/one",
            "f = lambda: g()\ndef g(): print()\nf()\n",
            {"main.<lambda1>": ["main.g"]},
        ),
        ("classes/two", "class A:\n    def a(self): self.b()\n    def b(self): ...\n", {}),
    ):
        folder = tmp_path / "programs" / name
        folder.mkdir(parents=True)
        (folder / "main.py").write_text(text)
        truth = tmp_path / "truth" / name.replace(" ", "_")
        truth.mkdir(parents=True)
        true = {"main": ["main.<lambda1>", "main.A.b"], **graph, "main.g": ["<builtin>.print"]}
        (truth / "callgraph.json").write_text(json.dumps(true))
    return tmp_path / "programs"


def test_call_graphs(evidence, programs, capsys):
    """Calls of the project's own functions are compared: those found, those missed, wrong ones."""
    callgraphs = importlib.import_module("callgraphs")
    truth = ["--truth", str(programs.with_name("truth"))]

    assert callgraphs.main([str(programs), *truth, "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "classes/two: missed: main -> main.A.b",
        "classes/two: wrong: main.A.a -> main.A.b",
        "| kind | programs | precision | recall |",
        "| --- | --: | --- | --- |",
        "| classes | 1 | 0.000 (0 of 1) | 0.000 (0 of 1) |",
        "| new_calls | 1 | 1.000 (2 of 2) | 1.000 (2 of 2) |",
        "| all | 2 | 0.667 (2 of 3) | 0.667 (2 of 3) |",
    ]
    assert callgraphs.main([str(programs), *truth, "--only", "no"]) == 2


IDIOMS = """\
=== two modules
# --- mail.py
@step
def send(): ...
# --- shop/app.py
from threading import Thread
from mail import send
@step
def later():
    Thread(target=send).start()
@step
def none(): ...
@step
def pay():
    send()
---
none calls send
pay calls send
later calls send
=== what is wrong
@step
def a(): b()
@step
def b(): ...
---
"""


def test_step_idioms(evidence, tmp_path, capsys):
    """Steps that lead to others are compared: those found, those missed, and wrong ones."""
    step_idioms = importlib.import_module("step_idioms")
    (tmp_path / "some.txt").write_text(IDIOMS)

    assert step_idioms.main(["--programs", str(tmp_path), "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "| idioms | programs | precision | recall | right kind |",
        "| --- | --: | --- | --- | --- |",
        "| some | 2 | 0.667 (2 of 3) | 0.667 (2 of 3) | 0.500 (1 of 2) |",
        "| all | 2 | 0.667 (2 of 3) | 0.667 (2 of 3) | 0.500 (1 of 2) |",
        "two modules: missed: none -> send",
        "what is wrong: wrong: a -> b",
    ]
    assert step_idioms.main(["--programs", str(tmp_path / "none")]) == 2


KNOWN = [
    "a function that is replaced while modules are imported: wrong: run -> charge",
    "generics: missed: typed -> Order.close",
    "nested functions and nonlocal: wrong: run -> load",
]
"""The differences that are left: the check takes both values of what is replaced."""


def test_programs_of_idioms(evidence, capsys):
    """The steps of the idioms lead to what they really lead to, save for three."""
    step_idioms = importlib.import_module("step_idioms")
    step_idioms.main(["--list"])
    lines = capsys.readouterr().out.splitlines()

    assert [line for line in lines if not line.startswith("|")] == KNOWN


EXAMPLES = {
    "payments": {"drop", "undeclare", "rename"},
    "shop": {"drop", "add", "undeclare", "rename", "reorder", "bypass", "branch"},
    "parcels": {"drop", "undeclare", "rename", "reorder", "branch"},
}
"""The kinds of changes that the edges of each example allow."""


def blind(project, flows):
    """Support each edge as the check does, and report nothing."""
    return [
        replace(report, undeclared=(), missing=(), edges=()) for report in check(project, flows)
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_mutants(evidence, name):
    """Each change of an example gives the right error and no other; a blind check scores 0."""
    mutants = importlib.import_module("mutants")
    folder = EVIDENCE.parents[1] / "examples" / name
    settings = read_settings(folder)
    catalog = load_in_child(settings, print).catalog(folder)
    flows = [as_checked(flow, folder) for flow in catalog.flows]
    project = project_of(folder, settings.pythonpath, flows)
    seeing, not_seeing = mutants.Score(), mutants.Score()
    for flow in flows:
        mutants.score(seeing, project, flow)
        original = mutants.mutants(project, flow, check(project, [flow])[0])
        for mutant in original:
            (report,) = blind(mutants.changed(project, mutant.files), [mutant.flow])
            not_seeing.add(mutant, mutants.errors_of(report))

    assert seeing.differences == []
    assert set(seeing.found) == EXAMPLES[name] | {"all"}
    assert {share.value for share in seeing.exact.values()} == {1}
    assert {share.value for share in not_seeing.found.values()} == {0}
    assert len(not_seeing.differences) == not_seeing.exact["all"].all > 0


BOOKS = """
def books():
    check()
    return "booked"


def check():
    charge()


def charge():
    pass
"""


def test_mutants_of_a_package(evidence, tmp_path):
    """A call that moves goes before the step that had it, and no package is renamed."""
    mutants = importlib.import_module("mutants")
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "flow.py").write_text(BOOKS)
    names = ("books", "check", "charge")
    steps = tuple(CheckedStep(name=each, module="books.flow", qualname=each) for each in names)
    edges = (("books", "check", False), ("check", "charge", False))
    flow = CheckedFlow(name="books", steps=steps, edges=edges)
    score = mutants.Score()
    mutants.score(score, Project.at(tmp_path, [tmp_path]), flow)

    assert score.differences == []
    assert score.exact["bypass"].all == 1
    assert score.exact["rename"].all == 2


@pytest.fixture(scope="module")
def shop(evidence):
    """Return an application of one flow."""
    return evidence[0].parse(SHOP)


@pytest.fixture
def checkout(tmp_path):
    """Return a folder with the source of that application."""
    (tmp_path / "src" / "shop").mkdir(parents=True)
    (tmp_path / "src" / "shop" / "flow.py").write_text(SOURCE)
    return tmp_path


def perfect(evidence, application):
    """Return for every case of an application what its truth says."""
    found = {}
    for case in evidence[0].cases([application]):
        pairs = [{**probe, "verdict": "contradicted"} for probe in case.declaration()["probes"]]
        for pair in pairs:
            for edge in case.flow.edges:
                if edge.pair == (pair["from"], pair["to"]):
                    name, _, line = edge.lines[0].partition(" ")[0].rpartition(":")
                    pair |= {"verdict": "supported", "kind": edge.kinds[0]}
                    pair |= {"file": name, "line": int(line)}
        expected = case.drift.expect if case.drift and case.drift.needed else ()
        findings = [{"code": codes[0], "from": a, "to": b} for codes, a, b in expected]
        found[case.id] = {"pairs": pairs, "findings": findings}
    return found


def shares(evidence, application, found, **options):
    """Score findings, and return the shares that have a goal."""
    total = evidence[1].score(found, [application], **options)
    names = ("recall", "precision", "found", "exact", "quiet_flows", "quiet_refactorings")
    return {name: round(getattr(total, name).value, 2) for name in names}


def test_files(evidence):
    """Both halves of the truth have what the goals are measured with."""
    applications = evidence[0].load()
    for name, group in (
        ("development", evidence[0].load("development")),
        ("held_out", evidence[0].load("held_out")),
    ):
        flows = [flow for application in group for flow in application.flows]
        edges = [edge for flow in flows for edge in flow.edges]
        drifts = [drift for flow in flows for drift in flow.drifts]

        assert len(group) >= 6, name
        assert {kind for edge in edges for kind in edge.kinds} == set(evidence[0].KINDS), name
        assert len(edges) >= 120, name
        assert sum(drift.needed for drift in drifts) >= 30, name
        assert sum(drift.type == "refactoring" for drift in drifts) >= 10, name
    ids = [case.id for case in evidence[0].cases(applications)]

    assert len(set(ids)) == len(ids)
    assert evidence[0].table(applications) in (EVIDENCE / "README.md").read_text("utf-8")


def test_silent_tool(evidence, shop):
    """A tool that reports nothing scores 0 in everything."""
    silent = {name: {"pairs": [], "findings": []} for name in perfect(evidence, shop)}

    assert set(shares(evidence, shop, silent).values()) == {0}
    assert set(shares(evidence, shop, {}).values()) == {0}
    assert not any(evidence[1].reached(evidence[1].score({}, [shop])).values())


def test_perfect_tool(evidence, shop):
    """A tool that reports the truth scores 1 in everything."""
    total = evidence[1].score(perfect(evidence, shop), [shop])

    assert set(shares(evidence, shop, perfect(evidence, shop)).values()) == {1}
    assert total.kinds_right.value == total.lines_right.value == 1
    assert (total.missed, total.wrong) == ([], [])
    assert all(evidence[1].reached(total).values())
    assert evidence[1].as_json(total)["goals"] == evidence[1].reached(total)
    assert "| reordered | 1.00 (1 of 1) | 1.00 (1 of 1) |" in evidence[1].markdown(total)


@pytest.mark.parametrize(
    ("case", "change", "expected"),
    [
        ("", {"pairs": {0: "supported"}}, {"precision": 0.67}),
        ("", {"pairs": {2: "unverified"}}, {"recall": 0.5}),
        ("", {"findings": ["undeclared order -> charge"]}, {"quiet_flows": 0, "exact": 1}),
        ("/in-a-local", {"findings": ["contradicted order -> check"]}, {"quiet_refactorings": 0}),
        ("/in-a-local", {"findings": ["unverified order -> check"]}, {}),
        ("/charge-first", {"findings": []}, {"found": 0.5, "exact": 0.5}),
        ("/charge-first", {"findings": ["contradicted check -> charge"]}, {"exact": 0.5}),
        (
            "/charge-first",
            {"findings": ["unverified check -> charge"]},
            {"found": 0.5, "exact": 0.5},
        ),
        (
            "/charge-first",
            {
                "findings": [
                    "contradicted check -> charge",
                    "undeclared charge -> check",
                    "undeclared order -> charge",
                ]
            },
            {},
        ),
        (
            "/charge-first",
            {
                "findings": [
                    "contradicted check -> charge",
                    "undeclared charge -> check",
                    "contradicted order -> check",
                ]
            },
            {"exact": 0.5},
        ),
        ("/charge-card", {"findings": ["missing charge -> "]}, {"exact": 0.5}),
        ("/charge-card", {"findings": ["renamed charge", "undeclared order -> charge"]}, {}),
        (
            "/charge-card",
            {"findings": ["renamed charge", "contradicted order -> check"]},
            {"exact": 0.5},
        ),
    ],
)
def test_one_difference(evidence, shop, case, change, expected):
    """One wrong or missing finding changes the share that is about it, and no other."""
    found = copy.deepcopy(perfect(evidence, shop))
    result = found[f"shop/orders{case}"]
    for index, verdict in change.get("pairs", {}).items():
        result["pairs"][index]["verdict"] = verdict
    if "findings" in change:
        texts = [text.partition(" ") for text in change["findings"]]
        result["findings"] = [
            {"code": code, "from": pair.partition(" -> ")[0], "to": pair.partition(" -> ")[2]}
            for code, _, pair in texts
        ]
    before = shares(evidence, shop, perfect(evidence, shop))

    assert shares(evidence, shop, found) == before | expected


def test_back(evidence, shop):
    """A warning of a way back counts as an undeclared edge if that is asked for."""
    found = perfect(evidence, shop)
    findings = found["shop/orders/charge-first"]["findings"]
    (undeclared,) = (each for each in findings if each["code"] == "undeclared")
    undeclared["code"] = "back"

    assert shares(evidence, shop, found)["exact"] == 0.5
    assert shares(evidence, shop, found, back=True)["exact"] == 1


def test_known_before(evidence, shop):
    """A finding that the flow had before its drift is not counted as found."""
    found = perfect(evidence, shop)
    found["shop/orders"]["findings"] = found["shop/orders/charge-first"]["findings"]

    assert shares(evidence, shop, found)["found"] == 0.5


def test_validate(evidence, shop, checkout):
    """A file that fits its checkout has no problem; each difference has one."""
    assert evidence[0].validate(shop, checkout) == []

    (checkout / "src" / "shop" / "flow.py").write_text(SOURCE.replace("charge", "pay"))
    problems = "\n".join(evidence[0].validate(shop, checkout))

    assert "orders: step charge: shop.flow has no charge" in problems
    assert "src/shop/flow.py:9 does not mention 'charge'" in problems
    assert "'charge' occurs 0 times in the line" in problems


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"line": 2, "old": "b", "new": "B"}, "a\nB\nc\n"),
        ({"line": 2, "has": "b", "insert": "x\ny"}, "a\nx\ny\nb\nc\n"),
        ({"line": 2, "has": "b", "delete": 2}, "a\n"),
        ({"line": 1, "has": "a", "delete": 1, "leave": "x\ny"}, "x\ny\nb\nc\n"),
        ({"line": 3, "has": "c", "move": 1, "before": 1, "shift": 2}, "  c\na\nb\n"),
        (
            {"line": 2, "has": "b", "under": "if x:", "count": 1, "then": "z"},
            "a\nif x:\n    b\nz\nc\n",
        ),
    ],
    ids=["replace", "insert", "delete", "leave", "move", "under"],
)
def test_edits(evidence, tmp_path, edit, expected):
    """Each kind of edit changes the lines that it names."""
    (tmp_path / "m.py").write_text("a\nb\nc\n")

    assert evidence[0].apply([{"file": "m.py", **edit}], tmp_path) == {"m.py": expected}


def test_moved_to_a_file(evidence, tmp_path):
    """Lines can move to a new file, and later edits count lines as before."""
    (tmp_path / "m.py").write_text("a\nb\nc\n")
    edits = [
        {"file": "m.py", "line": 1, "has": "a", "move": 1, "to": "n.py", "head": "x\n"},
        {"file": "m.py", "line": 3, "old": "c", "new": "C"},
    ]

    assert evidence[0].apply(edits, tmp_path) == {"m.py": "b\nC\n", "n.py": "x\na\n"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges": [{"edge": "order -> pay", "kind": "call", "lines": ["m.py:1 x"]}]}, "names"),
        ({"edges": [{"edge": "order", "kind": "call", "lines": ["m.py:1 x"]}]}, "'a -> b'"),
        ({"edges": [{"edge": "order -> check", "kind": "calls", "lines": []}]}, "kind"),
        ({"not_edges": ["order -> check"]}, "are edges and are not"),
        ({"drift": [{"id": "x", "type": "removed", "why": "y"}]}, "nothing is expected"),
        ({"steps": [{"name": "order", "at": "shop.flow:order"}]}, "no entrypoint"),
        ({"colour": 1}, "are unknown"),
    ],
    ids=["step", "arrow", "kind", "both", "drift", "entrypoint", "key"],
)
def test_refused(evidence, change, message):
    """A file that is not as the format requires is refused with the reason."""
    data = copy.deepcopy(SHOP)
    data["flow"][0] |= change

    with pytest.raises(evidence[0].CaseError, match=message):
        evidence[0].parse(data)


def test_written_cases(evidence, shop, checkout, tmp_path_factory):
    """A case is a declaration and the source with its drift; findings are read beside them."""
    out = tmp_path_factory.mktemp("out")
    for case in evidence[0].cases([shop]):
        (out / case.id).mkdir(parents=True, exist_ok=True)
        case.write(checkout, out / case.id / "source")
        found = perfect(evidence, shop)[case.id]
        (out / case.id / "findings.json").write_text(json.dumps(found))
    (out / "all.json").write_text(json.dumps({"cases": perfect(evidence, shop)}))
    renamed = (out / "shop/orders/charge-card/source/src/shop/flow.py").read_text()
    case = list(evidence[0].cases([shop]))[3]

    assert "def charge_card" in renamed
    assert (checkout / "src/shop/flow.py").read_text() == SOURCE
    assert case.declaration()["steps"][2]["sends"] == ["queue:sent"]
    assert case.declaration(channels=False)["steps"][2]["sends"] == []
    assert evidence[1].read(out) == evidence[1].read(out / "all.json")
