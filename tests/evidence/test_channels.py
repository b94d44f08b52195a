"""Orders before a message that a step sends, which no call shows."""

import pytest
from checked_sources import checked, verdicts

HELPERS = """
from shop import bus, producer, session
def publish(order): producer.send("mail", order)
@step
def check(order): pass
@step
def store(order): producer.send("mail", order)
@step
def mail(order): pass
"""
CHANNEL = {"pay": {"sends": ("kafka:mail",)}, "mail": {"receives": ("kafka:mail",)}}
SUPPORTED, CONTRADICTED, UNVERIFIED = ("supported", "order"), ("contradicted",), ("unverified",)


def order_of(body: str) -> tuple[str, ...]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    report = checked(f"{HELPERS}@step\ndef pay(order):\n{lines}", "check -> mail", **CHANNEL)
    return verdicts(report)["check -> mail"]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("check(order)\nproducer.send('mail', order)", SUPPORTED),
        ("if order: check(order)\nproducer.send('mail', order)", SUPPORTED),
        ("check(order)\npublish(order)", SUPPORTED),
        ("check(order)\nstore(order)", SUPPORTED),
        ("check(order)\nbus.send(order)", SUPPORTED),
        ("producer.send('audit', order)\ncheck(order)\nproducer.send('mail', order)", SUPPORTED),
        ("producer.send('mail', order)\ncheck(order)", CONTRADICTED),
        ("publish(order)\ncheck(order)", CONTRADICTED),
        ("if order: check(order)\nelse: publish(order)", CONTRADICTED),
        ("bus.send(order)\ncheck(order)", UNVERIFIED),
        ("check(order)\nsession.add(order)", UNVERIFIED),
        ("check(order)\norder.events.append(order)", UNVERIFIED),
    ],
)
def test_what_comes_before_a_message(body, verdict):
    """A step that runs before the message is sent is before what the message leads to.

    If no line shows which call sends it, nobody knows that, and it is not contradicted.
    """
    assert order_of(body) == verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [("check(1)\n    pay(1)", SUPPORTED), ("pay(1)\n    check(1)", CONTRADICTED)],
)
def test_what_comes_before_the_step_that_sends(body, verdict):
    """A step that runs before the one that sends is before the message as well."""
    source = HELPERS + f"@step\ndef pay(order): publish(order)\n@step\ndef begin():\n    {body}\n"

    assert verdicts(checked(source, "check -> mail", **CHANNEL))["check -> mail"] == verdict


def test_a_message_that_the_source_shows():
    """A hand-off in the source that is the channel has its order as well."""
    source = """
from celery import shared_task
@step
def check(order): pass
@shared_task
@step
def mail(order): pass
@step
def pay(order):
    if order: check(order)
    else: mail.delay(order)
    order.save()
"""
    assert verdicts(checked(source, "check -> mail", **CHANNEL))["check -> mail"] == CONTRADICTED


def test_an_order_without_a_reason_names_the_step_that_sends():
    """An order that nobody knows is so for the step that sends somewhere."""
    source = f"{HELPERS}@step\ndef pay(order):\n    check(order)\n    session.add(order)\n"
    (edge,) = checked(source, "check -> mail", **CHANNEL).edges

    assert edge.reason == "pay sends to mail, perhaps after check"
    assert str(edge.location) == "app.py:11"


@pytest.mark.parametrize("make", ["actor", "shared_task", "app.task"])
def test_an_object_as_a_task(make):
    """An object that a queue makes a task of is called where the task is sent."""
    source = f"""
from dramatiq import actor
from celery import Celery, shared_task
app = Celery()
class Task:
    def __call__(self, *given): self.run(*given)
    @step
    def run(self, order): pass
task = {make}(Task())
def send(task, *given): task.send(*given)
@step
def check(order): pass
@step
def pay(order):
    check(order)
    send(task, order)
"""
    report = checked(source, "pay -> run, check -> run")

    assert verdicts(report) == {
        "pay -> run": ("supported", "hand-off"),
        "check -> run": ("supported", "order"),
    }
