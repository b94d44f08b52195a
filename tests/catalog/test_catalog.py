"""The catalog: what is in it, and that it comes back from its JSON."""

import inspect
import json
import os
import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock import (
    Flow,
    Problem,
    Step,
    all_of,
    entrypoint,
    flow,
    generate_dag,
    get_flow,
    list_flows,
    loop,
    step,
)
from penstock._declared.step import Edge, FunctionDetails, Location
from penstock.catalog import SCHEMA_VERSION, Catalog, catalog_schema, read_catalog
from penstock.catalog._reading import parse_catalog
from penstock.exceptions import CatalogError, UnknownFlowError
from penstock.testing import isolated_registry

CATALOGS = Path(__file__).parents[1] / "data" / "catalogs"
HERE = Path(__file__).parent


VALIDATOR = jsonschema.Draft202012Validator(catalog_schema())


def is_valid(text: str) -> bool:
    return VALIDATOR.is_valid(json.loads(text))


def parsed(document: object) -> Catalog:
    return parse_catalog(json.dumps(document).encode(), "flows.json")


characters = st.characters(
    exclude_categories=["Cs", "Cc", "Zl", "Zp"],
    exclude_characters=("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"),
)
names = st.text(characters, min_size=1, max_size=8).filter(str.strip)


def declare_orders() -> None:
    orders = flow(
        "orders", title="Orders", description="What\nit is for.", owner="shop", tags=["a"]
    )

    @orders
    @step(after={"receive": "paid", "nowhere": None}, kind="database", title="Pack it")
    async def pack(order: int, *, dry: bool = False) -> None:
        """Pack the order.

        Twice.
        """

    @orders
    @step(after=all_of("pack", "receive"))
    def send(order): ...

    @orders
    @entrypoint
    def receive(order: "dict[str, int]"):
        """Receive."""


def test_schema():
    """The published schema is one of JSON Schema 2020-12."""
    schema = catalog_schema()
    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_one_flow():
    """A catalog has what was declared of each flow and step, as strings."""
    declare_orders()
    document = json.loads(Catalog.from_registry(HERE).to_json())
    (found,) = document["flows"]
    receive, pack, send = found.pop("steps")
    lines = [s.pop("location") for s in (pack, send, receive)]

    assert document["schema_version"] == SCHEMA_VERSION
    assert found == {
        "name": "orders",
        "title": "Orders",
        "description": "What\nit is for.",
        "owner": "shop",
        "tags": ["a"],
        "edges": [
            {"source": "receive", "target": "pack", "label": "paid"},
            {"source": "nowhere", "target": "pack"},
            {"source": "pack", "target": "send"},
            {"source": "receive", "target": "send"},
        ],
    }
    assert pack == {
        "name": "pack",
        "title": "Pack it",
        "kind": "database",
        "is_entrypoint": False,
        "join": "any",
        "module": __name__,
        "qualname": "declare_orders.<locals>.pack",
        "is_async": True,
        "signature": "(order: int, *, dry: bool = False) -> None",
        "docstring": "Pack the order.\n\nTwice.",
    }
    assert (send["join"], receive["is_entrypoint"], receive["signature"]) == (
        "all",
        True,
        "(order: dict[str, int])",
    )
    assert {line["file"] for line in lines} == {"test_catalog.py"}


def test_channels_and_loops():
    """Channels, groups, loops and the reasons of edges that are not checked are in it, if any."""
    made = flow("orders")
    made(entrypoint(name="receive", receives="kafka:orders")(lambda: None))
    made(step(name="pack", after=["receive", loop("send")], group="depot")(lambda: None))
    made(step(name="send", after="pack", sends=["celery:a", "celery:b"], unchecked="x")(print))
    (found,) = json.loads(Catalog.from_registry().to_json())["flows"]
    receive, pack, send = found["steps"]

    assert (receive["receives"], pack["group"]) == (["kafka:orders"], "depot")
    assert (send["sends"], send["unchecked"]) == (["celery:a", "celery:b"], "x")
    assert {"receives", "sends", "group", "unchecked", "uncovered"} & pack.keys() == {"group"}
    assert [edge.get("is_loop") for edge in found["edges"]] == [None, True, None]


def test_problems():
    """Problems are in it with their codes and locations, those of steps without a flow last."""
    declare_orders()

    @step(after="x")
    def astray(): ...

    document = json.loads(Catalog.from_registry(HERE).to_json())

    assert [
        (p["code"], p.get("flow"), p["step"], p["location"]["file"]) for p in document["problems"]
    ] == [
        ("unknown-predecessor", "orders", "pack", "test_catalog.py"),
        ("unclaimed-step", None, "astray", "test_catalog.py"),
    ]


def test_comes_back():
    """A catalog that is written and read is equal to what it was, and is drawn alike."""
    declare_orders()
    catalog = Catalog.from_registry(HERE)
    back = parse_catalog(catalog.to_json().encode(), "flows.json")

    assert back == catalog
    assert back.flow("orders").graph() == get_flow("orders").graph()
    assert [p.code for p in back.problems()] == [p.code for p in get_flow("orders").problems()]
    assert is_valid(catalog.to_json())


def test_holds_no_function():
    """A catalog holds no function, so that it can outlive what it describes."""
    declare_orders()

    assert {s.function for s in Catalog.from_registry(HERE).flow("orders").steps} == {None}


def test_flows_in_order_of_names():
    """Flows are in order of their names, whichever module was imported first."""
    for name in ("b", "c", "a"):
        flow(name)(entrypoint(lambda: None))

    assert [f.name for f in list_flows()] == ["b", "c", "a"]
    assert [f.name for f in Catalog.from_registry().flows] == ["a", "b", "c"]


def test_unknown_flow():
    """The error for a flow that is not in the catalog lists the flows that are."""
    with pytest.raises(UnknownFlowError, match="orders"):
        Catalog(flows=(Flow(name="orders", steps=()),)).flow("order")


def test_public():
    """A public catalog has names, titles and edges, and neither paths nor docstrings."""
    declare_orders()
    public = Catalog.from_registry(HERE).public()
    text = public.to_json()

    assert public.flow("orders").graph().edges == get_flow("orders").edges
    assert re.findall("location|test_catalog.py|signature|Twice", text) == []
    assert json.loads(text)["problems"] == []
    assert {s["qualname"] for s in json.loads(text)["flows"][0]["steps"]} == {
        f"declare_orders.<locals>.{name}" for name in ("pack", "send", "receive")
    }
    assert public.public() == public
    assert is_valid(text)


def test_no_addresses():
    """The address of an object is in no docstring and in no signature."""

    def go(x=object()): ...  # noqa: B008

    go.__doc__ = f"By default {object()!r}."
    flow("f")(entrypoint(go))
    (found,) = Catalog.from_registry().flow("f").steps

    assert found.details.signature == "(x=object())"
    assert found.doc == "By default <object object at 0x…>."


def test_no_paths_of_this_machine():
    """Files outside the project are not named, nor is its own folder, in problems either."""
    flow("f", title="One")(entrypoint(lambda: None))
    scope = {"__name__": "other", "__file__": str(HERE / "deep" / "other.py")}
    exec("import penstock\npenstock.flow('f', title='Two')", scope)
    outside = compile("import penstock\n@penstock.step\ndef lost(): ...", os.__file__, "exec")
    scope_of_os = {"__name__": "os", "__file__": os.__file__}
    exec(outside, scope_of_os)
    catalog = Catalog.from_registry(HERE)

    assert [p.location for p in catalog.unclaimed] == [None]
    assert str(HERE) not in catalog.to_json()
    assert "in test_catalog.py but" in catalog.flow("f").problems()[0].message


def test_file_through_a_link(tmp_path):
    """A file has the same name whether its project is named by a link or by itself."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    code = compile(
        "import penstock\n@penstock.flow('f')\n@penstock.entrypoint\ndef go(): ...",
        str(real / "shop.py"),
        "exec",
    )
    exec(code, {"__name__": "shop", "__file__": str(real / "shop.py")})
    files = {Catalog.from_registry(root).flow("f").steps[0].location.file for root in (real, link)}

    assert files == {"shop.py"}


def test_library_in_the_project(tmp_path):
    """A library below the folder of the project, as in its environment, is not a file of it."""
    file = str(tmp_path / ".venv" / "lib" / "site-packages" / "library.py")
    code = compile(
        "import penstock\n@penstock.flow('f')\n@penstock.step\ndef s(): ...", file, "exec"
    )
    exec(code, {"__name__": "library", "__file__": file})

    assert Catalog.from_registry(tmp_path).flow("f").steps[0].location is None


def test_project_among_libraries(tmp_path):
    """A project in a folder that is called like that of libraries has its files."""
    root = tmp_path / "site-packages" / "project"
    file = str(root / "shop.py")
    code = compile(
        "import penstock\n@penstock.flow('f')\n@penstock.step\ndef s(): ...", file, "exec"
    )
    exec(code, {"__name__": "shop", "__file__": file})

    assert str(Catalog.from_registry(root).flow("f").steps[0].location) == "shop.py:2"


def test_hostile_docstrings():
    """Docstrings that UTF-8 cannot hold, or that are huge, come back as any file can hold them."""
    flow("f")(entrypoint(name="a")(lambda: None))
    huge = "x" * 1_000_000
    bodies = {"b": "half \udc80 of \ud83d", "c": huge, "d": "</script>\x00\x1b[0m\u2028\r\n"}
    for name, doc in bodies.items():

        def body(): ...

        body.__doc__ = doc
        flow("f")(step(name=name, after="a")(body))
    catalog = Catalog.from_registry()
    back = parse_catalog(catalog.to_json().encode(), "flows.json")

    assert back == catalog
    assert [s.doc for s in back.flow("f").steps][1:3] == ["half \\udc80 of \\ud83d", huge]


@given(doc=st.text(), title=names, default=st.text())
@settings(max_examples=30)
def test_declared_round_trip(doc, title, default):
    """Whatever a docstring or a title has comes back from the catalog of what was declared."""

    def body(): ...

    body.__doc__ = doc
    body.__qualname__ = default or "x"
    with isolated_registry():
        flow(title, title=title)(entrypoint(name=title, title=title)(body))
        catalog = Catalog.from_registry()

    assert parse_catalog(catalog.to_json().encode(), "flows.json") == catalog


def test_odd_file(tmp_path, monkeypatch):
    """A file of any name comes back; folders of the path may be paths, not strings."""
    monkeypatch.setattr(sys, "path", [*sys.path, tmp_path])
    file = str(tmp_path / "a\nb\x1b\udc80.py")
    code = compile("import penstock\n@penstock.entrypoint\ndef go(): ...", file, "exec")
    scope = {"__name__": "shop", "__file__": file}
    exec(code, scope)
    catalog = Catalog.from_registry(tmp_path)

    assert catalog.unclaimed[0].location.file == "a\nb\\x1b\\udc80.py"
    assert parse_catalog(catalog.to_json().encode(), "flows.json") == catalog


def test_fixture_of_version_1():
    """A catalog that the first version wrote is read, and written as it was."""
    path = CATALOGS / "orders-1.0.json"
    catalog = read_catalog(path)
    orders = catalog.flow("orders")

    assert catalog.to_json().replace(SCHEMA_VERSION, "1.0") == path.read_text(encoding="utf-8")
    assert is_valid(path.read_text(encoding="utf-8"))
    assert [s.name for s in orders.steps] == ["receive", "pack", "send"]
    assert orders.step("pack").summary == "Pack the order."
    assert orders.step("send").sends == ("celery:emails", "kafka:sent")
    assert [edge.label for edge in orders.edges if edge.is_loop] == ["refused"]
    assert orders.problems()[0].location == Location("shop/orders.py", 9)


def test_diagram_as_json():
    """The JSON of a diagram is a view of the catalog: what both have has one name and one value."""
    path = CATALOGS / "orders-1.0.json"
    (flow_,) = json.loads(path.read_text(encoding="utf-8"))["flows"]
    drawn = json.loads(generate_dag(read_catalog(path).flow("orders"), "json"))
    stored = {step["name"]: step for step in flow_["steps"]}
    nodes = [node for node in drawn["nodes"] if node["role"] != "missing"]

    assert {key: drawn[key] for key in drawn.keys() & flow_.keys() - {"edges"}} == {
        key: flow_[key] for key in ("name", "title", "description")
    }
    assert sorted(drawn["edges"], key=str) == sorted(flow_["edges"], key=str)
    for node in nodes:
        step = stored.pop(node["name"])
        common = {"name", "title", "kind", "join", "group", "receives", "sends"} & step.keys()
        assert {key: node[key] for key in common} == {key: step[key] for key in common}
        assert node.get("is_entrypoint", False) == step["is_entrypoint"]
    assert stored == {}


def test_diagram_of_all_of_one():
    """To wait for all of one step is to wait for it, in the catalog as in a diagram."""
    orders = flow("orders")
    orders(entrypoint(name="receive")(lambda: None))
    orders(step(name="ship", after=all_of("receive"))(lambda: None))

    (stored,) = json.loads(Catalog.from_registry().to_json())["flows"]
    drawn = json.loads(generate_dag("orders", "json"))

    assert [step["join"] for step in stored["steps"]] == ["any", "any"]
    assert [node["join"] for node in drawn["nodes"]] == ["any", "any"]


def test_diagram_is_the_same_in_each_process():
    """A docstring with the address of an object, or half a character, does as in the catalog."""

    def receive(): ...

    receive.__doc__ = f"Reads {object()!r} and \ud800."
    flow("orders")(entrypoint(receive))
    drawn = generate_dag("orders", "json")

    assert json.loads(drawn)["nodes"][0]["summary"] == ("Reads <object object at 0x…> and \\ud800.")
    for format_ in ("json", "mermaid", "dot", "text"):
        there = generate_dag(Catalog.from_registry().flow("orders"), format_)
        assert there == generate_dag("orders", format_)


def test_unknown_members():
    """A later minor version has members that are ignored, also in what is known."""
    path = CATALOGS / "later-1.7.json"

    assert is_valid(path.read_text(encoding="utf-8"))
    assert (
        read_catalog(path).flow("orders").edges
        == read_catalog(CATALOGS / "orders-1.0.json").flow("orders").edges
    )


def test_newer_major_version():
    """A newer major version is refused by name."""
    with pytest.raises(CatalogError) as caught:
        parsed({"schema_version": "2.0", "flows": []})

    assert str(caught.value) == (
        "flows.json: a catalog of version 2.0, but this penstock reads versions 1.x: export it "
        "with this version of penstock, or install the one that wrote it"
    )


STEP = {"name": "a"}
GOOD = {"schema_version": "1.0", "flows": [{"name": "f", "steps": [STEP], "edges": []}]}


def flawed(**changes: object) -> object:
    return {**GOOD, "flows": [{**GOOD["flows"][0], **changes}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "flows.json: must be an object, not an array"),
        ({"flows": []}, 'flows.json: not a catalog of penstock: it has no "schema_version" like'),
        ({"schema_version": "one"}, "flows.json: not a catalog of penstock: it has no"),
        ({"schema_version": 1}, "flows.json: its schema_version must be a string, not a number"),
        ({"schema_version": "1.0"}, "flows.json: it has no flows"),
        ({**GOOD, "flows": [{"name": "f", "steps": []}]}, "flows.json: flows[0]: it has no edges"),
        ({**GOOD, "flows": {}}, "flows.json: its flows must be an array, not an object"),
        ({**GOOD, "flows": GOOD["flows"] * 2}, "flows.json: two of its flows are called 'f'"),
        (flawed(name=None), "flows.json: flows[0]: its name must be a string, not nothing"),
        (flawed(name=" "), "flows.json: flows[0]: its name is empty"),
        (
            flawed(name="a\x1b[0m"),
            r"flows.json: flows[0]: its name 'a\x1b[0m' has the control character '\x1b'",
        ),
        (flawed(tags=["a", 1]), "flows.json: flows[0]: its tags[1] must be a string, not a number"),
        (flawed(steps=[STEP, STEP]), "flows.json: flows[0]: two of its steps are called 'a'"),
        (
            flawed(steps=[{**STEP, "join": "one"}]),
            "flows.json: flows[0].steps[0]: its join must be one of any, all, not 'one'",
        ),
        (
            flawed(steps=[{**STEP, "is_async": "yes"}]),
            "flows.json: flows[0].steps[0]: its is_async must be true or false, not a string",
        ),
        (
            flawed(steps=[{**STEP, "location": {"file": "a.py", "line": True}}]),
            "flows.json: flows[0].steps[0].location: its line must be an integer of at least 1, "
            "not True",
        ),
        (
            flawed(edges=[{"source": "a", "target": "z"}]),
            "flows.json: flows[0].edges[0]: its target 'z' is not a step of the flow 'f'",
        ),
    ],
)
def test_malformed(document, message):
    """The error for an invalid file of another program names the problem and its position."""
    with pytest.raises(CatalogError) as caught:
        parsed(document)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b"<html>", b'{"line": ' + b"9" * 5000]
)
def test_not_json(data):
    """A file that is not JSON is refused with the reason, whatever it contains."""
    with pytest.raises(CatalogError, match=r"^flows\.json: not JSON: "):
        parse_catalog(data, "flows.json")


def test_no_file(tmp_path):
    """A file that is not there, or cannot be, is named."""
    with pytest.raises(CatalogError, match="cannot be read: embedded null"):
        read_catalog("flows\0.json")
    with pytest.raises(CatalogError, match=r"flows\.json: cannot be read: No such file"):
        read_catalog(tmp_path / "flows.json")


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
locations = st.none() | st.builds(Location, names, st.integers(1, 10**9))
details = st.builds(
    FunctionDetails,
    module=anything,
    qualname=anything,
    is_async=st.booleans(),
    signature=st.none() | anything,
    doc=st.none() | anything,
)
steps = st.builds(
    Step,
    name=names,
    function=st.none(),
    is_entrypoint=st.booleans(),
    after=st.lists(st.builds(Edge, names, names, st.none() | names, st.booleans()), max_size=3).map(
        tuple
    ),
    join=st.sampled_from(["any", "all"]),
    title=st.none() | names,
    kind=st.none() | names,
    location=locations,
    details=details,
    group=st.none() | names,
    receives=st.lists(names, max_size=2).map(tuple),
    sends=st.lists(names, max_size=2).map(tuple),
    unchecked=st.none() | names,
    uncovered=st.none() | names,
).map(lambda s: replace(s, after=tuple(replace(edge, target=s.name) for edge in s.after)))


def problems(**fixed: object):
    return st.lists(
        st.builds(
            Problem,
            code=names,
            step=st.none() | names,
            message=names,
            location=locations,
            **{name: st.just(value) for name, value in fixed.items()},
        ),
        max_size=2,
    ).map(tuple)


@st.composite
def flows(draw, name):
    found = draw(st.lists(steps, max_size=3, unique_by=lambda one: one.name))
    return Flow(
        name=name,
        steps=tuple(found),
        title=draw(st.none() | names),
        description=draw(st.none() | names),
        owner=draw(st.none() | names),
        tags=tuple(draw(st.lists(names, max_size=2))),
        _found=draw(problems(flow=name)),
    )


@st.composite
def catalogs(draw):
    found = sorted(draw(st.sets(names, max_size=2)))
    return Catalog(
        flows=tuple(draw(flows(name)) for name in found),
        unclaimed=draw(problems(flow=None)),
    )


@given(catalogs())
@settings(max_examples=60)
def test_round_trip(catalog):
    """Whatever is in a catalog comes back from its JSON, which its schema allows."""
    text = catalog.to_json()

    assert parse_catalog(text.encode(), "flows.json") == catalog
    assert is_valid(text)


def positional(a, /, b: "list[str]" = [], *rest: int, c="…", d=lambda x: x, **more): ...  # noqa: B006


@pytest.mark.parametrize(
    "function",
    [positional, partial(positional, 1), inspect.unwrap, lambda: None],
    ids=["all kinds", "partial", "of a library", "lambda"],
)
def test_parsed_signature(function):
    """A signature that is read from a catalog is that of the function, part by part."""
    flow("f")(step(name="s")(function))
    live = get_flow("f").steps[0]
    stored = Catalog.from_registry().flow("f").steps[0]
    from penstock.graph._functions import signature_of, signature_string

    assert signature_of(stored) == signature_of(live)
    assert signature_string(stored) == signature_string(live)


def test_unknown_signature():
    """A signature that nobody knows is not known from a catalog either."""
    from penstock.graph._functions import signature_of

    assert signature_of(Step(name="s", details=FunctionDetails(module="", qualname="s"))) is None
