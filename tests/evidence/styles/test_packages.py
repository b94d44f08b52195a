"""Packages of a project, with an ``__init__.py`` and without."""

import pytest
from checked_sources import checked, verdicts

SOURCE = "import shop.mail.letters\n@step\ndef pay(): shop.mail.letters.charge()\n"


@pytest.mark.parametrize("packages", [[], ["shop"], ["shop", "shop/mail"]], ids=len)
def test_modules_of_packages_without_a_file_are_found_by_their_whole_name(packages):
    """A package needs no ``__init__.py`` for its modules to be attributes of it."""
    files = {f"{package}/__init__.py": "" for package in packages}
    files |= {"app.py": SOURCE, "shop/mail/letters.py": "@step\ndef charge(): ...\n"}

    assert verdicts(checked(files, "pay -> charge")) == {"pay -> charge": ("supported", "call")}
