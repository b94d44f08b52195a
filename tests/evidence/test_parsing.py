"""Which files a check parses: those that a flow leads to, and few that only have its names."""

import pytest
from checked_sources import checked_flow, project_with

from penstock.evidence._check import check
from penstock.evidence._source.project import Project


def parsed_by(project: Project, edges: str) -> set[str]:
    """Return the names of the files that a check of a flow parses."""
    flow = checked_flow(project, edges)
    fresh = project_with({file.file: file.raw for file in project.sources})
    check(fresh, [flow])
    return {file.file for file in fresh.sources if file.is_parsed}


def callers(text: str, wanted: str = "charge") -> tuple[list[str], bool]:
    """Return what calls a function of another module, and whether its file was parsed for that."""
    files = {
        "tasks.py": "def charge(): ...\nclass Till:\n    def charge(self): ...\ndef open(): ...\n",
        "app.py": text,
    }
    project = project_with(files)
    found = project.callers_of(project.files["tasks"].find(wanted))
    return [each.label for each in found], project.files["app"].is_parsed


def test_files_with_a_function_of_the_same_name_are_not_parsed():
    """Modules that define and call a function with the name of a step are not read for it."""
    other = "{}\ndef charge():\n    ...\ndef each():\n    charge()\n"
    project = project_with(
        {
            "app.py": "import tasks\n@step\ndef pay(order):\n    tasks.charge(order)\n",
            "tasks.py": "@step\ndef charge(order):\n    order.unknown()\n",
            "use.py": "from tasks import charge\ndef use():\n    charge(1)\n",
            **{f"m{n}.py": other.format(f"from m{n - 1} import charge as c") for n in range(9)},
        }
    )

    assert parsed_by(project, "pay -> charge") == {"app.py", "tasks.py", "use.py"}


@pytest.mark.parametrize(
    "text",
    [
        "from tasks import charge\ndef pay(): charge()\n",
        "from tasks import (\n    charge,\n)\ndef pay(): charge()\n",
        "from tasks import *\ndef charge(): ...\ndef pay(): charge()\n",
        "from tasks import other as charge\ndef pay(): charge()\n",
        "def pay(charge): charge()\n",
        "def pay(): charge()\n",
        "import tasks\ndef pay(): tasks.charge()\n",
        "def pay(tasks): tasks.charge()\n",
        "def pay(): get().charge()\n",
        "import tasks as re\ndef pay(): re.charge()\nimport re\n",
    ],
)
def test_what_a_file_may_have_of_another_may_be_called(text):
    """A function may be called where a file imports its name, gets it, or calls an attribute."""
    assert callers(text) == (["app.pay"], True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def charge(): ...\ndef pay(): charge()\n", "charge"),
        ("class charge(Base): ...\ndef pay(): charge()\n", "charge"),
        ("def charge[T](): ...\ndef pay(): charge()\n", "charge"),
        ("from tasks import charge as c\ndef charge(): ...\ndef pay(): charge()\n", "charge"),
        ("def charge(): ...\ndef pay(till):\n    x = till.charge\n    charge()\n", "charge"),
        ("def pay(): open()\n", "open"),
        ("import re\n\ndef pay(): re.charge()\n", "charge"),
        ("def charge(): ...\ndef pay(): charge()\n", "Till.charge"),
    ],
)
def test_a_file_that_cannot_have_a_function_is_not_parsed(text, wanted):
    """A name is not of another module where the file itself or Python has it, nor of a library."""
    assert callers(text, wanted) == ([], False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def pay(till):\n    charge = till.charge\n    charge()\n", ["app.pay"]),
        ("def pay(till, charge):\n    charge()\n", []),
    ],
)
def test_a_method_is_called_by_its_name_where_a_file_keeps_it(text, found):
    """A file that calls a name alone may call a method if it has got an attribute of the name."""
    assert callers(text, "Till.charge") == (found, True)


def test_only_functions_with_a_name_of_the_flow_in_them_are_read_as_helpers():
    """A function with the name of an unresolved call is read where it mentions the step."""
    project = project_with(
        {
            "app.py": "@step\ndef pay(order):\n    order.process()\n",
            "tasks.py": "@step\ndef charge(): ...\n",
            "a.py": "def process(): ...\n",
            "b.py": "def process(): ...\n# charge is not called here\n",
        }
    )

    assert parsed_by(project, "pay -> charge") == {"app.py", "tasks.py", "b.py"}
