"""Calls and statements after which a function does not go on."""

import pytest
from checked_sources import checked, verdicts

ENDINGS = {
    "import sys": "sys.exit(1)",
    "import os": 'os.execv("/bin/sh", arguments)',
    "from flask import abort": "abort(404)",
    "from argparse import ArgumentParser": 'ArgumentParser().error("no order")',
    "from click import Context": "context.exit(1)",
    "from typing import assert_never": "assert_never(order)",
    "from typing import NoReturn": "stop()",
    "import typing": "end()",
    "import logging": "assert False",
}


@pytest.mark.parametrize(("imported", "ending"), ENDINGS.items(), ids=ENDINGS.values())
def test_nothing_comes_after_what_does_not_return(imported, ending):
    """A branch with such a call is not before the lines that follow it."""
    source = f"""
{imported}
def stop() -> NoReturn:
    somewhere.stop()
def end() -> "typing.Never":
    somewhere.end()
@step
def pay(order, context: "Context"):
    if not order:
        refuse()
        {ending}
    charge()
@step
def refuse(): pass
@step
def charge(): pass
"""
    assert verdicts(checked(source, "pay -> refuse, pay -> charge, refuse -> charge")) == {
        "pay -> refuse": ("supported", "call"),
        "pay -> charge": ("supported", "call"),
        "refuse -> charge": ("contradicted",),
    }
