"""Context managers that decorate functions, and those that an `ExitStack` enters."""

import pytest
from checked_sources import checked, verdicts

MANAGERS = """
from contextlib import AsyncExitStack, ContextDecorator, ExitStack, contextmanager
@step
def begin(): return 1
@step
def end(): return 1
@step
def charge(): return 1
@contextmanager
def locked():
    begin()
    try: yield
    finally: end()
class Locked(ContextDecorator):
    def __enter__(self): begin()
    def __exit__(self, *error): end()
class Called(Locked):
    def __call__(self, function): return function
class Opened:
    async def __aenter__(self): begin()
    async def __aexit__(self, *error): end()
"""


@pytest.mark.parametrize(
    ("decorator", "verdict"),
    [
        ("locked()", "supported"),
        ("Locked()", "supported"),
        ("Called()", "contradicted"),
        ("given", "contradicted"),
    ],
)
@pytest.mark.parametrize("edge", ["pay -> begin", "begin -> charge", "charge -> end", "pay -> end"])
def test_a_call_of_a_decorated_function_is_a_block(decorator, verdict, edge):
    """A context manager that decorates a function begins before each call, and ends after it."""
    source = f"{MANAGERS}@{decorator}\ndef buy(): charge()\n@step\ndef pay(): buy()\n"

    assert verdicts(checked(source, edge))[edge][0] == verdict


def test_a_method_of_a_class_is_a_block():
    """A context manager may decorate a method that is a step."""
    source = f"{MANAGERS}class Shop:\n    @locked()\n    @step\n    def buy(self): charge()\n"
    source += "@step\ndef pay(): Shop().buy()\n"
    edges = ("pay -> buy", "pay -> begin", "begin -> buy", "buy -> end", "buy -> charge")

    found = verdicts(checked(source, ", ".join(edges)))

    assert [found[each][0] for each in edges] == ["supported"] * 5


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("stack.enter_context(locked())\n        charge()", "supported"),
        ("lock = stack.enter_context(Locked())\n        charge()", "supported"),
        ("stack.callback(end)\n        begin()\n        charge()", "supported"),
        ("charge()\n        stack.enter_context(locked())", "contradicted"),
    ],
)
@pytest.mark.parametrize("edge", ["begin -> charge", "charge -> end", "begin -> end"])
def test_the_block_of_a_context_that_a_stack_enters(body, verdict, edge):
    """A context that a stack has entered ends when the block of the stack does."""
    source = f"{MANAGERS}@step\ndef pay():\n    with ExitStack() as stack:\n        {body}\n"
    if edge != "begin -> charge":
        verdict = "supported"

    assert verdicts(checked(source, edge))[edge][0] == verdict


def test_contexts_are_left_in_the_other_order():
    """A callback that was noted after a context was entered runs before that ends."""
    body = "stack.enter_context(locked())\n        stack.callback(charge)\n"
    source = f"{MANAGERS}@step\ndef pay():\n    with ExitStack() as stack:\n        {body}"
    edges = "begin -> charge, charge -> end"

    assert [each[0] for each in verdicts(checked(source, edges)).values()] == ["supported"] * 2


def test_a_context_that_is_not_always_entered():
    """A context in a condition begins later, as far as the check knows, and need not end."""
    body = "if given: stack.enter_context(locked())\n        charge()\n"
    source = f"{MANAGERS}@step\ndef pay():\n    with ExitStack() as stack:\n        {body}"

    assert verdicts(checked(source, "pay -> begin"))["pay -> begin"] == ("supported", "hand-off")


STACK = """
class Shop:
    def __init__(self): self.stack = {stack}()
    @step
    async def start(self): {enter}
    @step
    async def stop(self): {close}
"""


@pytest.mark.parametrize(
    ("stack", "enter", "close", "edge", "verdict"),
    [
        ("ExitStack", "self.stack.enter_context(Locked())", "self.stack.close()",
         "start -> begin", "supported"),
        ("ExitStack", "self.stack.enter_context(Locked())", "self.stack.close()",
         "stop -> end", "supported"),
        ("ExitStack", "self.stack.enter_context(Locked())", "self.stack.close()",
         "start -> end", "contradicted"),
        ("ExitStack", "self.stack.enter_context(locked())", "pass", "start -> begin", "supported"),
        ("AsyncExitStack", "await self.stack.enter_async_context(Opened())",
         "await self.stack.aclose()", "start -> begin", "supported"),
        ("AsyncExitStack", "await self.stack.enter_async_context(Opened())",
         "await self.stack.aclose()", "stop -> end", "supported"),
        ("ExitStack", "self.stack.callback(end)", "self.stack.close()", "stop -> end", "supported"),
        ("ExitStack", "pass", "self.stack.close()", "stop -> end", "contradicted"),
        ("open", "pass", "self.stack.close()", "stop -> end", "contradicted"),
    ],
)  # fmt: skip
def test_a_stack_that_an_object_has(stack, enter, close, edge, verdict):
    """A method enters contexts, and another one that closes the stack leaves them."""
    source = MANAGERS + STACK.format(stack=stack, enter=enter, close=close)

    assert verdicts(checked(source, edge))[edge][0] == verdict
