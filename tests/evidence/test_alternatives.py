"""One of several objects runs its method, and the source does not show which one it is."""

import pytest
from checked_sources import checked, verdicts

USES = {
    "property": ("@property\n    def url(self)", "shop.url"),
    "setter": (
        "@property\n    def url(self): ...\n    @url.setter\n    def url(self, value)",
        "shop.url = 1",
    ),
    "item": ("def __getitem__(self, key)", "shop[1]"),
    "item that is set": ("def __setitem__(self, key, value)", "shop[1] = 2"),
    "operator": ("def __add__(self, other)", "shop + 1"),
    "iteration": ("def __iter__(self)", "[*shop]"),
    "context": ("def __enter__(self)", "with shop: ..."),
    "end of a context": ("def __exit__(self, *args)", "with shop: ..."),
    "await": ("def __await__(self)", "await shop"),
}


@pytest.mark.parametrize(("method", "use"), USES.values(), ids=USES)
def test_the_methods_of_several_objects_do_not_run_one_after_the_other(method, use):
    """Of two objects of which one is used, neither comes after the other, nor ends the way."""
    source = f"""
class Shop:
    {method}:
        collect()
class Closed:
    {method}:
        refuse()
        raise RuntimeError
@step
def collect():
    log()
@step
def refuse():
    log()
@step
def send():
    log()
def log(): ...
@step
async def pay(is_open):
    shop = Shop() if is_open else Closed()
    {use}
    send()
"""
    report = checked(source, "collect -> refuse, refuse -> collect, collect -> send")

    assert verdicts(report) == {
        "collect -> refuse": ("contradicted",),
        "refuse -> collect": ("contradicted",),
        "collect -> send": ("supported", "order"),
    }


def test_a_property_that_a_subclass_refuses_does_not_end_the_way():
    """The line after a property is reached, though a subclass raises an error instead."""
    source = """
class Shop:
    @property
    def url(self): return "/"
class Closed(Shop):
    @property
    def url(self): raise NotImplementedError("closed")
@step
def pay(shop: Shop):
    log(shop.url)
    collect()
def log(text): ...
@step
def collect(): ...
"""
    assert verdicts(checked(source, "pay -> collect")) == {"pay -> collect": ("supported", "call")}
