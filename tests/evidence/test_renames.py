"""The function that a step is now, where that of its name is gone."""

import pytest
from checked_sources import checked, project_with, verdicts

from penstock.docs import Settings
from penstock.evidence import check_flows, explain_unchecked, read_flows
from penstock.evidence._check import check
from penstock.evidence._model import CheckedFlow, CheckedStep


def test_a_renamed_function_is_found_in_its_module():
    """A function that is gone is looked for by a similar name, or near its line."""
    options = {"send": {"module": "app", "qualname": "send_message", "line": 1}}
    report = checked("def send_messages(): ...\ndef other(): ...\n", "", **options)

    assert [(m.step, m.renamed_to, str(m.location)) for m in report.missing] == [
        ("send", "app.send_messages", "app.py:1")
    ]


def test_a_name_whose_words_have_changed_places_is_similar():
    """A function is found by its words, in whatever order these are now."""
    options = {"check": {"module": "app", "qualname": "command_check"}}
    report = checked("def check_command(): ...\ndef other(): ...\n", "", **options)

    assert [missing.renamed_to for missing in report.missing] == ["app.check_command"]


def test_a_renamed_function_still_calls_what_it_did():
    """An order in the function of a step that is called otherwise now is there as before."""
    source = """
def take_orders():
    pay()
    ship()
@step
def pay(): ...
@step
def ship(): ...
"""
    options = {"take": {"module": "app", "qualname": "take_order", "is_entrypoint": True}}
    report = checked(source, "take -> pay, pay -> ship", **options)

    assert [missing.renamed_to for missing in report.missing] == ["app.take_orders"]
    assert verdicts(report) == {
        "take -> pay": ("unverified",),
        "pay -> ship": ("supported", "order"),
    }
    assert report.undeclared == ()


def test_a_moved_function_is_found_in_another_module():
    """A function that is gone is looked for by its name in other modules."""
    options = {"send": {"module": "app", "qualname": "send"}}
    report = checked({"app.py": "x = 1", "mail.py": "def send(): ...\n"}, "", **options)

    assert [missing.renamed_to for missing in report.missing] == ["mail.send"]


RENAMED = """
@step
def pay(order):
    log(order)
    settle(order)
    ship(order)
@step
def ship(order): log(order)
def log(order): ...
def __getattr__(name): ...
def charged(): ...
def settle(order): notify(order)
@step
def notify(order): ...
"""


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ("pay -> charge, charge -> notify", "app.settle"),
        ("pay -> charge, charge -> notify, charge -> ship", "app.settle"),
        ("pay -> charge", "app.charged"),
        ("ship -> charge, charge -> notify", "app.charged"),
        ("", "app.charged"),
    ],
    ids=["calls", "call and order", "one edge", "half of the edges", "no edge"],
)
def test_a_function_of_another_name_is_found_by_its_edges(edges, found):
    """It has most edges of the step, and two at least; else the names decide."""
    report = checked(RENAMED, edges, charge={"module": "app", "qualname": "charge"})

    assert [missing.renamed_to for missing in report.missing] == [found]


@pytest.mark.parametrize(
    ("edges", "found"), [("pay -> charge", "app.recharge_x"), ("", "mail.charge")]
)
def test_a_function_beside_may_have_more_edges_than_one_of_the_same_name(edges, found):
    """A function of the same name elsewhere is not the step if one beside has its edge."""
    files = {
        "app.py": "@step\ndef pay(): recharge_x()\ndef recharge_x(): ...\n",
        "mail.py": "def charge(): ...\n",
    }
    report = checked(files, edges, charge={"module": "app", "qualname": "charge"})

    assert [missing.renamed_to for missing in report.missing] == [found]


@pytest.mark.parametrize(
    ("edges", "found"), [("pay -> ask", "app.ask_twice"), ("ship -> ask", None)]
)
def test_a_less_similar_name_is_enough_with_an_edge(edges, found):
    """The name of a function that has the edge of the step may differ more."""
    source = "@step\ndef pay(): ask_twice()\n@step\ndef ship(): ...\ndef ask_twice(): ...\n"
    report = checked(source, edges, ask={"module": "app", "qualname": "ask"})

    assert [missing.renamed_to for missing in report.missing] == [found]


DESCRIBED = """
class Shop:
    def take(self, order):
        self.look_at(order)
        self.{called}(order)
        ship(order)
    def look_at(self, order): ...
    def check_card(self, order):
        \"\"\"{docstring}\"\"\"
    def close(self): ...
@step
def ship(order): ...
"""


@pytest.mark.parametrize(
    ("called", "docstring", "found"),
    [
        ("check_card", "A charge needs an authorized order.", "app.Shop.check_card"),
        ("check_card", "Look at the card.", None),
        ("close", "A charge needs an authorized order.", None),
    ],
    ids=["described", "not described", "not called"],
)
def test_a_function_that_has_an_edge_and_the_words_of_the_step_is_the_step(
    called, docstring, found
):
    """Its docstring has the words of the name, and something calls it before what comes after."""
    options = {"pay": {"module": "app", "qualname": "Shop.authorize_charge"}}
    text = DESCRIBED.format(called=called, docstring=docstring)
    report = checked(text, "pay -> ship", **options)

    assert [missing.renamed_to for missing in report.missing] == [found]


def test_no_special_method_is_a_renamed_step():
    """Its name is that of Python, and nobody gives it another."""
    source = "class Task:\n    def __call__(self): ...\n"
    report = checked(source, "", call={"module": "app", "qualname": "Task._call_"})

    assert [missing.renamed_to for missing in report.missing] == [None]


def test_a_step_of_another_flow_is_not_a_renamed_step():
    """A function that another flow declares had its name before."""
    project = project_with({"app.py": "def charge_card(): ...\n"})
    steps = [CheckedStep(name=n, module="app", qualname=n) for n in ("charge_cards", "charge_card")]
    flows = [CheckedFlow(name=step.name, steps=(step,), edges=()) for step in steps]

    assert check(project, flows)[0].missing[0].renamed_to is None


def test_of_several_moved_functions_that_with_the_edges_is_the_step():
    """Two functions have its name, and one calls what comes after it."""
    files = {
        "app.py": "@step\ndef pack(): ...\n",
        "mail.py": "import app\ndef send(): app.pack()\n",
        "wire.py": "def send(): ...\n",
    }
    report = checked(files, "send -> pack", send={"module": "app", "qualname": "send"})

    assert [missing.renamed_to for missing in report.missing] == ["mail.send"]


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ("from .mail import Sender", ["shop.mail.Sender.send"]),
        ("from shop.post import Sender", ["shop.post.Sender.send"]),
        ("from .mail import Sender as Other", [None]),
        ("import shop.mail", [None]),
        ("", [None]),
    ],
)
def test_of_several_moved_functions_that_which_the_old_module_imports_is_the_step(imports, found):
    """The name is there still, for all that use the old module."""
    files = {
        f"shop/{name}.py": "class Sender:\n    def send(self): ...\n" for name in ("mail", "post")
    }
    files |= {"shop/__init__.py": "", "shop/app.py": f"{imports}\n"}
    report = checked(files, "", send={"module": "shop.app", "qualname": "Sender.send"})

    assert [missing.renamed_to for missing in report.missing] == found


def test_a_method_of_the_same_name_is_not_a_moved_function():
    """A function of a module is moved to a module, and a method to a class."""
    files = {"app.py": "x = 1", "mail.py": "class Mail:\n    def send(self): ...\n"}
    report = checked(files, "", send={"module": "app", "qualname": "send"})

    assert [missing.renamed_to for missing in report.missing] == [None]


def test_a_function_that_is_gone_is_missing():
    """A step has no function if nothing is like it."""
    options = {"send": {"module": "app", "qualname": "send"}}
    report = checked("def entirely_different(): ...\n", "", **options)

    assert [missing.renamed_to for missing in report.missing] == [None]


SHOP = "class Shop:\n    def charge(self): pass\n    def __call__(self): pass\n"
OTHER = "class Other:\n    def charge(self): pass\n    def __call__(self): pass\n"


@pytest.mark.parametrize(
    ("qualname", "files", "found"),
    [
        ("Shop", {"new.py": SHOP + OTHER}, "new.Shop"),
        ("Shop.charge", {"new.py": SHOP, "other.py": OTHER}, "new.Shop.charge"),
        ("Shop.__call__", {"new.py": SHOP + OTHER}, "new.Shop.__call__"),
        ("Shops.charge", {"old.py": SHOP + OTHER}, "old.Shop.charge"),
        ("Store.charge", {"old.py": SHOP + OTHER}, None),
        ("Store.charge", {"other.py": SHOP + OTHER}, None),
        ("charge", {"old.py": SHOP}, "old.Shop.charge"),
        ("charge", {"other.py": SHOP}, None),
        ("Shop.charge", {"old.py": "def charge(): pass\n"}, "old.charge"),
    ],
)
def test_a_class_that_is_elsewhere(qualname, files, found):
    """A step is found in a class that is in another module, or has a similar name."""
    report = checked({"old.py": "", **files}, "", pay={"module": "old", "qualname": qualname})

    assert [missing.renamed_to for missing in report.missing] == [found]


DECLARED = """
from penstock import entrypoint, flow, step

@flow("orders")
@entrypoint
def take():
    pay()
    notify()

@flow("orders")
@step(after="take")
def pay(): print()

def notify():
    for each in (confirm,): each()

@flow("orders")
@step(after="pay")
def confirm(): print()
"""


def after_a_change(folder, files):
    """Return the settings, and the report on the flow of DECLARED once *files* are in *folder*."""
    settings = Settings(modules=("shop",), root=str(folder), folder=str(folder))
    (folder / "shop.py").write_text(DECLARED)
    flows = read_flows(settings).catalog.flows
    (folder / "shop.py").unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return settings, check_flows(flows, folder)


@pytest.mark.parametrize("above", ["", "@trace\n", "@trace\n@trace\n"])
def test_a_function_that_is_declared_is_rather_a_step(tmp_path, above):
    """A helper that has more edges is not the step if another function has the decorators."""
    text = DECLARED.replace("pay()", "pay_all()").replace("@flow", f"{above}@flow")
    _, report = after_a_change(tmp_path, {"shop.py": text})

    assert [missing.renamed_to for missing in report.flows[0].missing] == ["shop.pay_all"]


def test_all_functions_have_moved(tmp_path):
    """Each function of a flow that is in another module now is reported."""
    files = {"shop/__init__.py": "", "shop/orders.py": DECLARED}
    settings, report = after_a_change(tmp_path, files)

    assert explain_unchecked(report, settings) is None
    assert [finding.code for finding in report.findings] == ["step-renamed"] * 3
    assert report.flows[0].missing[0].renamed_to == "shop.orders.take"
