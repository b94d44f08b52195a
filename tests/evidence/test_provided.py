"""Functions that a framework calls, or objects that it makes, to provide arguments."""

import pytest
from checked_sources import checked, undeclared

SOURCE = """
from typing import Annotated
from fastapi import APIRouter, Depends
router = APIRouter()
@step
def find(): ...
@step
def permit(order=Depends(find)): ...
@step
@router.post("/", dependencies=[Depends(permit)])
def pay({again}): ...
"""


@pytest.mark.parametrize(
    "again", ["order=Depends(find)", "order: Annotated[object, Depends(find)]"]
)
def test_a_provider_is_called_once_for_a_request(again):
    """The second mention of a function calls nothing."""
    source = SOURCE.format(again=again)
    edges = "find -> permit, permit -> pay, permit -> find"

    found = [edge.verdict for edge in checked(source, edges).edges]

    assert found == ["supported", "supported", "contradicted"]


@pytest.mark.parametrize(
    "again",
    [
        "order=Depends(find, use_cache=False)",
        "order: Annotated[object, Depends(find, use_cache=False)]",
    ],
)
def test_a_provider_without_a_cache_is_called_each_time(again):
    """With `use_cache=False`, each mention is a call."""
    report = checked(SOURCE.format(again=again), "find -> permit, permit -> find, find -> pay")

    assert {edge.verdict for edge in report.edges} == {"supported"}


def test_each_request_has_its_own_cache():
    """A function that two views have in common is called for both."""
    source = """
from fastapi import APIRouter, Depends
router = APIRouter()
@step
def find(): ...
@step
@router.post("/")
def pay(order=Depends(find)): ...
@step
@router.post("/back")
def refund(order=Depends(find)): ...
"""
    report = checked(source, "find -> pay, find -> refund")

    assert [edge.verdict for edge in report.edges] == ["supported", "supported"]
    assert undeclared(report) == []


TWO = """
from fastapi import APIRouter, Depends
router = APIRouter()
@step
def find(): ...
@step
def permit(): ...
@step
@router.post("/", dependencies=[Depends(permit)])
def pay(order=Depends(find)):
    {body}
@step
def ship(): ...
"""


@pytest.mark.parametrize(
    ("edges", "body", "found"),
    [
        ("find -> pay, permit -> pay", "pass", []),
        ("permit -> find, find -> pay", "pass", []),
        ("find -> permit, permit -> pay", "pass", ["find -> pay", "permit -> find"]),
        ("find -> pay, permit -> pay", "ship()", ["pay -> ship"]),
    ],
)
def test_the_order_in_which_a_framework_provides_is_not_declared(edges, body, found):
    """It is that of the parameters, by which nobody means anything, and it may be declared."""
    assert undeclared(checked(TWO.format(body=body), edges)) == found


@pytest.mark.parametrize(
    ("decorators", "parameters", "verdict"),
    [
        (["pass_shop"], "shop", "supported"),
        (["pass_shop"], "shop, *, day", "supported"),
        (["pass_named"], "shop", "supported"),
        (["pass_other"], "shop", "contradicted"),
        (["pass_unknown"], "shop", "unverified"),
        (["click.pass_context", "pass_shop"], "shop, context", "supported"),
        (["pass_shop", "click.pass_context"], "context, shop", "supported"),
        (["pass_other", "pass_shop"], "shop, other", "supported"),
        (["pass_shop", "pass_other"], "shop, other", "contradicted"),
        (["click.pass_obj"], "shop", "unverified"),
        ([], "shop", "unverified"),
    ],
)
def test_a_decorator_of_click_passes_an_object_of_its_class(decorators, parameters, verdict):
    """The decorator that is closest to a command passes its first argument."""
    lines = "\n".join(f"@{each}" for each in ["cli.command()", *decorators])
    source = f"""
import click
from lib import unknown
class Shop:
    def collect(self): charge()
class Other:
    def collect(self): ...
pass_shop = click.make_pass_decorator(Shop, ensure=True)
pass_named = click.make_pass_decorator(object_type=Shop)
pass_other = click.make_pass_decorator(Other)
pass_unknown = click.make_pass_decorator(unknown)
@click.group()
def cli(): ...
@step
{lines}
def pay({parameters}): shop.collect()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict
