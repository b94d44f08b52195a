"""Objects that a flow gets from what makes all objects of an application."""

import pytest
from checked_sources import checked, verdicts

SERVICES = """
from typing import Any
class Orders:
    def __init__(self, mail: Any, log: str = None):
        self.mail, self.log = mail, log
    @step
    def pay(self):
        self.mail.write()
"""
MAIL = """
class Mail:
    @step
    def write(self): ...
class Other:
    def write(self): ...
"""
MODULE = "from services import Orders\nfrom mail import Mail\norders = Orders(Mail())\n"
STATIC = """
from services import Orders
class Build:
    @staticmethod
    def build():
        from mail import Mail
        mail: Mail = Mail()
        return Orders(mail)
"""
FUNCTION = (
    "import services, mail\ndef build(): return services.Orders(log=print, mail=mail.Mail())\n"
)
CONTAINER = """
from dependency_injector import containers, providers
from mail import Mail
from services import Orders
class Container(containers.DeclarativeContainer):
    mail = providers.Singleton(Mail)
    orders = providers.Factory(Orders, mail)
"""


@pytest.mark.parametrize(
    "build",
    [MODULE, STATIC, FUNCTION, CONTAINER],
    ids=["module", "method", "function", "container"],
)
def test_objects_are_those_that_another_module_makes(build):
    """A module that the flow does not import shows what an object is made with."""
    files = {"services.py": SERVICES, "mail.py": MAIL, "build.py": build}

    assert verdicts(checked(files, "pay -> write")) == {"pay -> write": ("supported", "call")}
    files["build.py"] = build.replace("Mail", "Other")
    assert verdicts(checked(files, "pay -> write")) == {"pay -> write": ("contradicted",)}


def test_what_nobody_makes_is_unknown():
    """An object that no module makes, but in tests, may be anything."""
    files = {"services.py": SERVICES, "mail.py": MAIL, "tests/test_orders.py": MODULE}

    assert verdicts(checked(files, "pay -> write")) == {"pay -> write": ("unverified",)}


def test_a_module_that_only_has_the_word_is_no_container():
    """A file about other providers is not read for the objects of a class."""
    files = {"services.py": SERVICES, "mail.py": MAIL, "build.py": "providers = ['a']\n"}

    assert verdicts(checked(files, "pay -> write")) == {"pay -> write": ("unverified",)}
