"""Messages of errors: nothing in them differs from one process to the next."""

import functools

import pytest

import penstock
from penstock import exceptions, tracing
from penstock.boundary import Inbound, Outbound
from penstock.testing import isolated_registry

ERRORS = [
    error
    for name in exceptions.__all__
    if issubclass(error := getattr(exceptions, name), exceptions.PenstockError)
    and name != "DiagramTooLargeError"  # its facts are numbers
]
CALLS = {
    "entrypoint of a cached function": lambda: penstock.entrypoint(functools.lru_cache(len)),
    "entrypoint of an object": lambda: penstock.entrypoint(object()),
    "step of an object": lambda: penstock.step(object()),
    "after": lambda: penstock.step(after=object())(lambda: None),
    "after in a list": lambda: penstock.step(after=["a", object()])(lambda: None),
    "kind": lambda: penstock.step(kind=object())(lambda: None),
    "receives": lambda: penstock.step(receives=object())(lambda: None),
    "name of a flow": lambda: penstock.flow(object()),
    "tags": lambda: penstock.flow("f", tags=object()),
    "a flow of an object": lambda: penstock.flow("f")(object()),
    "format": lambda: penstock.generate_dag("f", object()),
    "redact": lambda: penstock.configure(redact=object()),
    "exporter": lambda: tracing.configure(object()),
    "trust": lambda: Inbound(trust=object()),
    "validator": lambda: Inbound(validator=object()),
    "hosts": lambda: Outbound(hosts=object()),
    "values": lambda: Outbound(values=object()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_address_of_a_value(call):
    """An error about a value does not say where the value is in memory."""
    with isolated_registry(), pytest.raises((exceptions.PenstockError, TypeError)) as caught:
        call()

    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_no_address_in_a_fact(error):
    """No error repeats an address from a fact that it is given."""
    fact = "<object object at 0x7f21aa30>"
    code = error.__init__.__code__ if hasattr(error.__init__, "__code__") else None
    needed = code.co_argcount - 1 - len(error.__init__.__defaults__ or ()) if code else 1

    assert "0x" not in str(error(*[fact] * needed))
