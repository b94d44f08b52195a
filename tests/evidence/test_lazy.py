"""Generator expressions, which run where somebody iterates over them."""

import pytest
from checked_sources import checked, verdicts

READING = """
{made}
@step
def read(line): pass
@step
def begin(): pass
@step
def write(item): pass
"""
LATER = {
    "returned by a helper": """
def items(lines): return (read(line) for line in lines)
@step
def post(lines):
    found = items(lines)
    begin()
    for each in found: write(each)
""",
    "returned by a lambda": """
@step
def post(lines):
    stages = [lambda lines: (read(line) for line in lines), list]
    found = stages[0](lines)
    begin()
    for each in found: write(each)
""",
    "assigned": """
@step
def post(lines):
    found = (read(line) for line in lines)
    begin()
    write([each for each in found])
""",
    "over a generator": """
def all_of(lines):
    for line in lines:
        yield read(line)
@step
def post(lines):
    found = (str(each) for each in all_of(lines))
    begin()
    write(list(found))
""",
}


@pytest.mark.parametrize("made", LATER.values(), ids=LATER)
def test_a_generator_that_is_kept_runs_where_it_is_iterated_over(made):
    """It comes after the lines before the loop over it, and before what each round does."""
    report = checked(READING.format(made=made), "begin -> read, read -> write, read -> begin")

    assert verdicts(report) == {
        "begin -> read": ("supported", "order"),
        "read -> write": ("supported", "order"),
        "read -> begin": ("contradicted",),
    }


AT_ONCE = {
    "an argument": "    found = sorted(read(line) for line in lines)\n    begin()",
    "returned": "    return (read(line) for line in begin())",
    "given to a library": "    found = (read(line) for line in lines)\n    send(found)",
}


@pytest.mark.parametrize("body", AT_ONCE.values(), ids=AT_ONCE)
def test_a_generator_is_a_part_of_what_makes_it_if_nothing_else_iterates_over_it(body):
    """So it calls what it calls where it is made."""
    made = f"from library import send\n@step\ndef post(lines):\n{body}"

    assert verdicts(checked(READING.format(made=made), "post -> read")) == {
        "post -> read": ("supported", "call")
    }


def test_the_first_iterable_is_evaluated_at_once():
    """All else waits for the loop."""
    made = """
def lines(): write(1)
@step
def post():
    found = (read(line) for line in lines())
    begin()
    for each in found: log(each)
"""
    report = checked(READING.format(made=made), "write -> begin, begin -> read")

    assert set(verdicts(report).values()) == {("supported", "order")}


def test_the_items_of_a_generator_that_calls_nothing_are_in_order():
    """They are as those of a list."""
    made = """
@step
def post():
    found = (each for each in [read, begin])
    for each in found: each()
"""
    report = checked(READING.format(made=made), "read -> begin, begin -> read")

    assert [edge.verdict for edge in report.edges] == ["supported", "contradicted"]


@pytest.mark.parametrize(
    ("decorator", "verdict"), [("", "contradicted"), ("@inlineCallbacks", "supported")]
)
def test_a_generator_that_is_dropped_does_not_run(decorator, verdict):
    """A decorator of a library may run it."""
    source = f"""
from twisted.internet.defer import inlineCallbacks
{decorator}
def items():
    read()
    yield
@step
def post():
    items()
@step
def read(): pass
"""
    (edge,) = checked(source, "post -> read").edges

    assert edge.verdict == verdict
