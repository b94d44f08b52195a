"""The spelling of penstock 0.1.0: each error shows how to write the same now."""

import pickle

import pytest

import penstock
from penstock import all_of, configure, entrypoint, flow, step
from penstock.exceptions import InvalidArgumentError, UndeclaredFunctionError


def validate(): ...


def written(call):
    """Return the decorators and the hint in the error that *call* raises."""
    step(validate)
    with pytest.raises(InvalidArgumentError, match="import flow from penstock and write") as caught:
        call()

    above, _, hint = str(caught.value).partition("\n    def ...")
    return [line.strip() for line in above.splitlines()[1:]], hint.strip()


@pytest.mark.parametrize(
    ("call", "decorator", "hint"),
    [
        (
            lambda: entrypoint("orders"),
            "@entrypoint",
            "If it is the name of this step, write @entrypoint(name='orders')",
        ),
        (
            lambda: entrypoint("orders", name="receive"),
            "@entrypoint(name='receive')",
            "",
        ),
        (
            lambda: entrypoint("orders", after="send", inherit=False),
            "@entrypoint(after='send', inherit=False)",
            "If it is the name of this step, "
            "write @entrypoint(name='orders', after='send', inherit=False)",
        ),
        (
            lambda: step("orders"),
            "@step",
            "If it is the step before this one, write @step(after='orders')",
        ),
        (
            lambda: step("orders", after="receive"),
            "@step(after='receive')",
            "If it is the name of this step, write @step(name='orders', after='receive')",
        ),
        (
            lambda: step("orders", after=validate, name="charge"),
            "@step(after=validate, name='charge')",
            "",
        ),
        (
            lambda: step("orders", after=["persist", validate], name="audit"),
            "@step(after=['persist', validate], name='audit')",
            "",
        ),
        (
            lambda: step("orders", after={validate: "valid", "b": None}, name="c", kind="http"),
            "@step(after={validate: 'valid', 'b': None}, name='c', kind='http')",
            "",
        ),
        (
            lambda: step("orders", after=all_of("a", validate), name="c", title="C"),
            "@step(after=all_of('a', validate), name='c', title='C')",
            "",
        ),
    ],
)
def test_flow_as_first_argument(call, decorator, hint):
    """A decorator that is called with a flow's name shows both decorators with its options."""
    assert written(call) == (["@flow('orders')", decorator], hint)


def test_flow_on_a_class():
    """A flow on a class names the methods that are declared, and where the class is."""

    class Orders:
        def helper(self): ...

        @entrypoint
        def receive(self): ...

        @staticmethod
        @step(after="receive")
        def validate(): ...

    with pytest.raises(UndeclaredFunctionError) as caught:
        flow("orders")(Orders)

    # Before Python 3.13, a class is where its first method is.
    line = getattr(Orders, "__firstlineno__", Orders.helper.__code__.co_firstlineno)
    assert str(caught.value) == (
        f"{__file__}:{line}: @flow('orders') is on the class 'Orders'. "
        "Put it on each method that is a step: receive, validate; write\n"
        "    class Orders:\n"
        "        @flow('orders')\n"
        '        @step(after="...")    # or @entrypoint\n'
        "        def receive(...): ..."
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_flow_on_a_class_without_steps():
    """A flow on a class of which nothing is declared shows the same."""

    class Orders: ...

    with pytest.raises(
        UndeclaredFunctionError, match="each method that is a step; write"
    ) as caught:
        flow("orders")(Orders)

    assert caught.value.methods == ()


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda: entrypoint(flow_name="orders"),
            "entrypoint() has no option 'flow_name': put @flow(\"...\") above it",
        ),
        (
            lambda: step(flow_name="orders", after="a"),
            "step() has no option 'flow_name': put @flow(\"...\") above it",
        ),
        (
            lambda: configure(backend="otel"),
            "configure() has no option 'backend': "
            "write penstock.tracing.configure(...) with an exporter",
        ),
        (
            lambda: configure("logging"),
            "configure() cannot be called with these arguments: "
            "write configure(id_factory=...), or for spans penstock.tracing.configure(...)",
        ),
    ],
)
def test_options(call, expected):
    """An option that only 0.1.0 has is refused with what to write instead."""
    with pytest.raises(InvalidArgumentError) as caught:
        call()

    assert str(caught.value) == expected


def test_error_inside_configure():
    """An exception of a factory of IDs is not mistaken for a usage error."""

    def broken():
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        configure(id_factory=broken)


NAMES = {
    "set_flow_context_value": "write annotate(name=value)",
    "get_flow_context_value": 'write current_run().values.get("name")',
    "get_flow_context": "write current_run()",
    "backends": "exporters of spans are in penstock.tracing and penstock.contrib.opentelemetry",
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    """A name that only 0.1.0 has is missing, however it is asked for, and the error says why."""
    expected = f"penstock has no {name!r}, which was in 0.1.0: {NAMES[name]}"

    with pytest.raises(AttributeError) as attribute:
        getattr(penstock, name)
    with pytest.raises(ImportError) as imported:
        exec(f"from penstock import {name}", {})

    assert (str(attribute.value), str(imported.value)) == (expected, expected)
    assert not hasattr(penstock, name)


def test_import_of_other_names():
    """Any other name that is not there is reported by Python as it always is."""
    with pytest.raises(ImportError, match="cannot import name 'nothing' from 'penstock'"):
        exec("from penstock import nothing", {})
