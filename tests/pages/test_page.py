"""The page of a flow, as both docs packages show it."""

import inspect
import re
import sys
from functools import partial

import pytest

from penstock import all_of, entrypoint, flow, get_flow, loop, step
from penstock.catalog import Catalog
from penstock.docs import (
    Code,
    FlowPage,
    Link,
    SourceUrl,
    Words,
    anchor_of,
    find_step,
    fingerprint,
    split_docstring,
    summary_of,
)
from penstock.docs._sentences import first_sentence
from penstock.docs.functions import python_name
from penstock.exceptions import UnknownStepError
from penstock.graph import DrawnWords


@pytest.fixture
def page():
    """Return the page of a flow with a branch and a step that nobody declared."""

    @flow("orders")
    @step(after={"validate": "approved", "nowhere": None})
    def charge(order: int, *, dry: bool = False) -> None: ...

    @flow("orders")
    @entrypoint(title="Validate the order")
    def validate(order): ...

    return FlowPage(flow=get_flow("orders"))


def test_sections_stand_in_order(page):
    """A step's section is after those of the steps that lead to it."""
    actual = [section.step.name for section in page.sections]

    assert actual == ["validate", "charge"]


def test_links(page):
    """A section links to the steps before and after it, with the edge's condition."""
    validate, charge = page.sections

    assert validate.after == (Link("charge", "charge", "penstock--orders--charge", "approved"),)
    assert charge.before == (
        Link("validate", "Validate the order", "penstock--orders--validate", "approved"),
        Link("nowhere", "nowhere", None, None),
    )


def remarks_of(page):
    """Return the line of each step as text."""
    return [page.words.dot.join(map(str, section.remarks)) for section in page.sections]


def test_remarks_about_edges():
    """The steps before and after a step are separate from its loops, with their conditions."""
    orders = flow("orders")
    orders(entrypoint(name="a")(print))
    orders(step(name="b", after={"a": None, loop("c"): "no", loop("b"): "partly"})(print))
    orders(step(name="c", after=all_of("a", "b"))(print))

    assert remarks_of(FlowPage(flow=get_flow("orders"))) == [
        "Entrypoint · builtins · leads to b, c",
        "builtins · after a · comes back from c (no) · leads to c · leads back to b (partly)",
        "builtins · after all of a, b · leads back to b (no)",
    ]


def test_remarks_about_options():
    """A step has its kind, its channels and its group in a line, and why edges are unchecked."""
    orders = flow("orders")
    channels = ["kafka:a", "kafka:b"]
    orders(entrypoint(name="a", kind="grpc", receives=channels, group="Intake")(print))
    reasons = {"unchecked": "a hook calls it", "uncovered": "it is for emergencies"}
    orders(step(name="b", after="a", sends="celery:a", **reasons)(print))
    page = FlowPage(flow=get_flow("orders"))

    first, second = page.sections
    assert remarks_of(page) == [
        "Entrypoint · gRPC · builtins · leads to b · receives kafka:a, kafka:b · group Intake",
        "Celery · builtins · after a · sends celery:a · not checked: a hook calls it · "
        "not covered: it is for emergencies",
    ]
    found = {remark.about: remark.pieces for remark in first.remarks}
    assert found["receives"] == ("receives ", Code("kafka:a"), ", ", Code("kafka:b"))
    assert found["leads_to"] == ("leads to ", *first.after)
    assert [remark.about for remark in second.remarks][-2:] == ["unchecked", "uncovered"]


def test_remarks_about_a_flow():
    """The line below a flow has its owner and its tags, and its name if its title is another."""
    titled = flow("orders", title="Orders", owner="Depot", tags=["a", "b"])
    titled(entrypoint(name="a")(print))
    flow("bare")(entrypoint(name="a")(print))

    pages = [FlowPage(flow=get_flow(name)) for name in ("orders", "bare")]

    assert [[*map(str, page.remarks)] for page in pages] == [
        ["Owner Depot", "a, b", "orders"],
        [],
    ]


def test_remarks_in_other_words():
    """A translation puts values wherever its language has them."""
    orders = flow("orders")
    orders(entrypoint(name="a", kind="Database")(print))
    orders(step(name="b", after={"a": "ok"})(print))
    drawn = DrawnWords(kinds=(("database", "DB"),))
    turned = Words(after="{} の後", condition="「{}」{}", drawn=drawn, entrypoint="EINSTIEG")

    page = FlowPage(flow=get_flow("orders"), words=turned)

    assert remarks_of(page) == [
        "EINSTIEG · DB · builtins · leads to 「b」ok",
        "builtins · 「a」ok の後",
    ]


def test_source(tmp_path):
    """A line links to the source of a function that is in the project."""
    (tmp_path / "a b.py").write_text("def inside(): ...\n")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    scope = {}
    for name in ("a b.py", "link/a b.py"):
        file = str(tmp_path / name)
        exec(compile("def inside(): ...", file, "exec"), scope)
        flow("orders")(entrypoint(name=name)(scope["inside"]))
    flow("orders")(entrypoint(name="outside")(remarks_of))
    flow("orders")(entrypoint(name="builtin")(print))
    exec(compile("def typed(): ...", "<stdin>", "exec"), scope)
    flow("orders")(entrypoint(name="typed")(scope["typed"]))
    source_of = SourceUrl("https://x.test/{file}#L{line}", str(tmp_path / "link"))
    page = FlowPage(flow=get_flow("orders"), source_of=source_of)

    found = [page.section(step).source for step in page.steps]
    of_files = {step.name for step, url in zip(page.steps, found, strict=True) if url}

    assert {*filter(None, found)} == {"https://x.test/a%20b.py#L1"}
    assert of_files == {"a b.py", "link/a b.py"}
    assert str(page.sections[0].remarks[1]) == "[source]"
    catalog = Catalog.from_registry(tmp_path)
    assert FlowPage(flow=catalog.flow("orders"), source_of=source_of).sections[0].source == found[0]


def test_signature(page):
    """A section shows the signature as it was written, of an entrypoint too."""
    actual = [section.signature for section in page.sections]

    assert actual == ["(order)", "(order: int, *, dry: bool = False) -> None"]


def test_target(page):
    """A section names the function as autodoc and mkdocstrings do."""
    (actual,) = {section.target.rpartition(".")[0] for section in page.sections}

    assert actual == f"{__name__}.page.<locals>"


def test_nodes_lead_to_sections(page):
    """A node of the diagram leads to its section; one that nobody declared leads nowhere."""
    actual = {node.name: node.href for node in page.graph.nodes}

    assert actual == {
        "charge": "#penstock--orders--charge",
        "validate": "#penstock--orders--validate",
        "nowhere": None,
    }


def test_call():
    """A page says how a function is called: a method without its self, a coroutine as one."""

    class Shop:
        @flow("calls")
        @entrypoint
        async def receive(self, order: int = 1): ...

        @flow("calls")
        @step(after="receive")
        def close(self): ...

    @flow("calls")
    @step(after="close", name="named")
    async def stream(*orders):
        yield orders

    flow("calls")(step(after="named", name="last")(print))
    actual = [section.call for section in FlowPage(flow=get_flow("calls")).sections]

    assert actual[:3] == [
        "async Shop.receive(order: int = 1)",
        "Shop.close()",
        "async stream(*orders)",
    ]
    assert actual[3].startswith("print(")


def test_callable_without_signature():
    """A signature that nobody can know does not look like an empty one."""
    flow("types")(step(name="make")(type))

    (actual,) = FlowPage(flow=get_flow("types")).sections

    assert (actual.signature, actual.target) == ("(…)", "builtins.type")


def test_callable_without_module():
    """A callable that belongs to no module is called by its step's name."""

    class Send:
        __module__ = None

        def __call__(self): ...

    flow("mail")(step(name="send")(Send()))

    (actual,) = FlowPage(flow=get_flow("mail")).sections

    assert actual.target == "send"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(("bom_sync",), "penstock--bom-sync", id="flow"),
        pytest.param(("bom_sync", "fetch"), "penstock--bom-sync--fetch", id="step"),
    ],
)
def test_anchor_reads_like_the_name(names, expected):
    """The anchor of a plain name is that name."""
    assert anchor_of(*names) == expected


NAMES = ["a_b", "a-b", "A_b", "a b", "a__b", "_a_b", "ä", "日本", "a/b", "a.b", "a_b ", "-"]


@pytest.mark.parametrize("name", NAMES)
def test_anchor_is_an_identifier(name):
    """Any name gives an anchor that HTML, LaTeX and docutils take as it is."""
    assert re.fullmatch(r"[a-z](-{0,2}[a-z0-9])*", anchor_of(name, name))


def test_anchors_differ():
    """Different names never come to the same anchor, however they are split."""
    pairs = [(flow_, step_) for flow_ in NAMES for step_ in [*NAMES, None]]

    anchors = {anchor_of(*pair) for pair in pairs}

    assert len(anchors) == len(pairs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One. Two.", "One.", id="two"),
        pytest.param("One\nline", "One line", id="no end"),
        pytest.param(
            "It is, e.g. this, i.e. that. More", "It is, e.g. this, i.e. that.", id="e.g."
        ),
        pytest.param("Why? So.", "Why?", id="question"),
        pytest.param("Version 1.2 is out. More.", "Version 1.2 is out.", id="number"),
        pytest.param("One\n\nTwo.", "One", id="paragraph"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_first_sentence(text, expected):
    """The first sentence ends where a reader would say that it does."""
    assert first_sentence(text) == expected


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        pytest.param("One.\n\nTwo.\n", ("One.\n\nTwo.", ""), id="text"),
        pytest.param("One.\n\nArgs:\n    a: A.\n", ("One.", "Args:\n    a: A."), id="google"),
        pytest.param("One.\n\n:param a: A.", ("One.", ":param a: A."), id="fields"),
        pytest.param("One.\n\nNotes\n-----\nTwo.", ("One.", "Notes\n-----\nTwo."), id="numpy"),
        pytest.param("Args:\n    a: A.", ("", "Args:\n    a: A."), id="sections alone"),
        pytest.param("", ("", ""), id="nothing"),
    ],
)
def test_split_docstring(doc, expected):
    """The sections of a docstring begin at the first line that any style would see as one."""
    assert split_docstring(doc) == expected


def test_gist():
    """The gist of a flow is in its description, or else in its first entrypoint's docstring."""
    flow("described", description="Described. More.")(entrypoint(name="a")(lambda: None))
    flow("silent")(step(name="b")(lambda: None))

    @flow("shown")
    @entrypoint
    def begin():
        """Begins. And so on."""

    actual = [summary_of(get_flow(name)) for name in ("described", "silent", "shown")]

    assert actual == ["Described.", "", "Begins."]


@pytest.fixture
def dotted():
    """Flows and steps whose names have dots, and a step that two flows have."""
    for name, steps in {"a": ("b.c", "d"), "a.b": ("c", "x"), "e": ("d",)}.items():
        for each in steps:
            flow(name)(entrypoint(name=each)(lambda: None))


@pytest.mark.usefixtures("dotted")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.d", ("a", "d")), ("e.d", ("e", "d")), ("x", ("a.b", "x")), ("a.b.x", ("a.b", "x"))],
)
def test_find_step(name, expected):
    """A step is found by its flow and its name, or by its name if no other has that."""
    found, step_ = find_step(name)

    assert (found.name, step_.name) == expected


@pytest.mark.usefixtures("dotted")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("d", "ambiguous step 'd': there are a.d, e.d. Write which", id="several"),
        pytest.param(
            "a.f", "unknown step 'a.f'; did you mean 'a.d'? (known: a.b.c, a.d,", id="none"
        ),
    ],
)
def test_no_step(name, expected):
    """A name of no step, or of several, is an error that lists the steps there are."""
    with pytest.raises(UnknownStepError) as caught:
        find_step(name)

    assert str(caught.value).startswith(expected)


def test_no_step_at_all():
    """Without any step, the error says what is missing."""
    with pytest.raises(UnknownStepError, match=r"no step is declared\. Import the modules"):
        find_step("a.b")


def test_signature_of_find_step():
    """The default of the flows is called by its public name."""
    assert repr(inspect.signature(find_step).parameters["source"].default) == "DECLARED"


def test_many_steps():
    """However many steps there are, the error can be read."""
    known = [f"a.s{number}" for number in range(50)]

    assert str(UnknownStepError("q", known)).endswith("a.s18, a.s19 and 30 more)")


class Odd:
    """An object that is not a name and has no representation."""

    def __repr__(self):
        raise RuntimeError


def described(function):
    return fingerprint_of(lambda: flow("f")(step(name="f")(function)))


def fingerprint_of(declare) -> str:
    from penstock.testing import isolated_registry

    with isolated_registry():
        declare()
        return fingerprint(get_flow("f"))


def test_fingerprint_of_signatures():
    """Each difference that a signature shows is one in the fingerprint."""
    lists = ["", "a", "b", "a=1", "*a", "**a", "a, b", "a, /", "*, a", "a: int", "a: str"]
    heads = [f"({parameters})" for parameters in lists] + ["() -> int"]
    made = {}
    for head in [f"{kind} f{head}" for kind in ("def", "async def") for head in heads]:
        scope = {"__name__": "m"}
        exec(f"{head}: ...", scope)
        made[head] = described(scope["f"])

    assert len(set(made.values())) == len(made)


def test_fingerprint_of_declarations():
    """Each difference in the declaration of a step is one in the fingerprint."""
    declarations = [
        *({}, {"after": "a"}, {"after": loop("a")}, {"title": "F"}, {"kind": "http"}),
        *({"sends": "http:GET /"}, {"receives": "http:GET /"}, {"group": "F"}),
        *({"unchecked": "F"}, {"uncovered": "F"}),
    ]
    made = {fingerprint_of(lambda s=s: flow("f")(step(name="f", **s)(max))) for s in declarations}

    assert len(made) == len(declarations)


def test_fingerprint_of_a_body():
    """The body of a function and its line in the file are not in the fingerprint of a page."""
    codes = ["def f(a): return a", "\n\ndef f(a):\n    b = 1\n    return b"]
    made = []
    for code in codes:
        scope = {"__name__": "m"}
        exec(code, scope)
        made.append(described(scope["f"]))

    assert made[0] == made[1]


def test_fingerprint_without_addresses():
    """The address of a default is not in the fingerprint, nor is a default without `repr()`."""

    def make(default):
        def f(a=default): ...

        return f

    assert described(make(object())) == described(make(object()))
    assert described(make(Odd())) == described(make(Odd()))


def test_fingerprint_of_callables():
    """Callables that are not functions have fingerprints too."""
    assert len({described(partial(int, "a")), described(max), described(len)}) == 3


def test_python_name():
    """A function that code cannot name has no name for other tools."""
    flow("f")(entrypoint(name="a")(lambda: None))
    flow("f")(step(name="b", after="a")(test_python_name))

    assert [python_name(s) for s in get_flow("f").steps] == [
        (__name__, ""),
        (__name__, "test_python_name"),
    ]


def test_docstring_that_is_none():
    """A `__doc__` that is not a string is ignored."""

    def described(order): ...

    described.__doc__ = 42

    class Odd:
        __doc__ = property(lambda self: sys.exit(3))

        def __call__(self): ...

    flow("f")(entrypoint(described))
    flow("f")(step(name="odd", after="described")(Odd()))
    first, second = get_flow("f").steps

    assert (first.doc, first.summary, second.doc) == (None, None, None)


def test_names_that_are_none():
    """A callable whose `__name__` is not a string is called by the name of its step."""

    class Odd:
        __name__ = __module__ = 42

        def __call__(self): ...

    flow("f")(entrypoint(name="a")(lambda: None))
    flow("f")(step(name="odd", after="a")(Odd()))
    section = FlowPage(flow=get_flow("f")).sections[1]

    assert (section.target, section.call) == ("odd", "odd()")


def test_free_anchors(page):
    """A page that shows a flow again has other anchors: the first number that nothing has."""
    flow, steps = page.flow, [page.flow.step("charge")]
    drawn = FlowPage.with_free_anchors(flow, steps, {page.anchor, f"{page.anchor}--2"})
    undrawn = FlowPage.with_free_anchors(
        flow, steps, {page.anchor, page.anchors["charge"]}, suffix="--x", shows_diagram=False
    )

    assert drawn.anchors_of(steps) == {"penstock--orders--3", "penstock--orders--charge--3"}
    assert undrawn.anchors_of(steps, shows_diagram=False) == {"penstock--orders--charge--x"}
