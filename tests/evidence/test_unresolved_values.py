"""Values, attributes and unknown names that are called, and may be a step."""

import pytest
from checked_sources import EDGE, checked, verdicts


@pytest.mark.parametrize(
    ("shop", "name", "verdict"),
    [
        ("shop", "name", "unverified"),
        ("shop", "'on_' + name", "unverified"),
        ("shop", "'by_' + name", "contradicted"),
        ("shop", "f'{name}_charge'", "unverified"),
        ("shop", "f'{name}_ship'", "contradicted"),
        ("hashlib", "name", "contradicted"),
    ],
)
def test_an_attribute_by_an_unknown_name_may_be_a_step(shop, name, verdict):
    """The attribute that `getattr` looks up by an unknown string may be a step that begins so."""
    source = f"""
import hashlib
@step
def pay(shop, name):
    visit = getattr({shop}, {name}, None)
    if visit is not None:
        visit()
class Shop:
    @step
    def on_charge(self): ...
class Other:
    def on_charge(self): ...
"""
    assert verdicts(checked(source, "pay -> on_charge")) == {"pay -> on_charge": (verdict,)}


def test_a_parameter_with_a_default_may_be_another_function():
    """A function that is the default of a parameter does not hide what else is passed."""
    source = """
from lib import keep
@step
def pay(then=ship):
    then()
@step
def charge(): ...
@step
def ship(): ...
keep(charge)
"""
    report = checked(source, "pay -> charge, pay -> ship")

    assert [edge.verdict for edge in report.edges] == ["unverified", "supported"]


def test_an_unresolved_value_leaves_an_edge_to_what_is_passed_on_unverified():
    """A value that is called may be a step whose function is kept somewhere."""
    source = """
from lib import keep
keep(later)
@step
def pay(after):
    after()
def later():
    charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "after cannot be resolved")


@pytest.mark.parametrize(
    ("source", "call", "verdict"),
    [
        ("keep(helper)", "after(1)", "unverified"),
        ("keep(helper)", "after(order=1)", "unverified"),
        ("keep(helper)", "after(1, 2)", "contradicted"),
        ("keep(helper)", "after(late=1)", "contradicted"),
        ("keep('shop.helper')", "after(1)", "unverified"),
        ("keep('the helper')", "after(1)", "contradicted"),
        ("keep(helper(1))", "after(1)", "contradicted"),
        ("keep(other)\n@step\ndef other(order):\n    charge()", "after(1)", "contradicted"),
        ("'A helper of the shop.'", "after(1)", "contradicted"),
    ],
    ids=[
        "passed on",
        "by name",
        "too many arguments",
        "another argument",
        "named by a string",
        "in prose",
        "called",
        "a step",
        "in a docstring",
    ],
)
def test_a_value_that_is_called_may_be_what_something_keeps(source, call, verdict):
    """A value may be a function that is kept, takes the arguments, and leads to the step itself."""
    source = f"""{source}
from lib import keep
def helper(order):
    charge()
@step
def pay(after): {call}
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("shop.late = False", "contradicted"),
        ("shop.late = find()", "unverified"),
        ("shop.late = f'{find()}'", "contradicted"),
        ("shop.late = len(find(shop))", "contradicted"),
        ("shop.late = str(shop) and find()", "unverified"),
        ("shop.late: int = find()", "contradicted"),
        ("shop.late: Late = find()", "unverified"),
        ("class Shop:\n    late: str", "contradicted"),
        ("class Shop:\n    late: Optional[list[str]] = None", "contradicted"),
        ("class Shop:\n    late: 'datetime.date | None'", "contradicted"),
        ("class Shop:\n    late: Callable[[], str]", "unverified"),
    ],
)
def test_an_attribute_that_is_data_is_not_called(more, verdict):
    """An attribute to which only constants are assigned, or of such a type, is not a function."""
    source = f"""
from lib import shop, find
{more}
keep = [charge]
@step
def pay(order): order.late()
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", "contradicted"),
        ("from functools import partial", "contradicted"),
        ("read(partial=True)", "contradicted"),
        ("late = partial(charge, 1)", "unverified"),
        ("late = functools.partial(\n    charge, 1)", "unverified"),
        ("class Shop: late = partialmethod(charge, 1)", "unverified"),
        ("def other(): ...\nlate = partial(other, 1)", "contradicted"),
        ("import lib\nlate = partial(lib.other, 1)", "contradicted"),
        ("from lib import charge as other\nlate = partial(other, 1)", "unverified"),
        ("def later(function): return partial(function, 1)", "unverified"),
        ("def later(order): return partial(order.function, 1)", "unverified"),
        ("def later(function): return partial(function)", "contradicted"),
        ("def later(function, *given): return partial(function, *given)", "unverified"),
        ("def later(function, **given): return partial(function, **given)", "unverified"),
        ("def later(function): return partial(function, order=1)", "unverified"),
        ("late = partial()", "contradicted"),
        ("from functools import partial as later", "unverified"),
    ],
)
def test_a_partial_may_add_arguments(more, verdict):
    """A function with more parameters may be called where a partial of it may be made."""
    source = f"""
keep = [charge]
@step
def pay(late): late()
@step
def charge(order): pass
{more}
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


def test_a_partial_of_a_class_may_add_arguments_of_the_method_that_makes_it():
    """A class is called by its own name, and so are partials of it."""
    source = """
keep = [Charge]
@step
def pay(late): late()
class Charge:
    @step
    def __init__(self, order): pass
"""
    more = "later = partial(Charge, 1)"

    assert checked(source, "pay -> __init__").edges[0].verdict == "contradicted"
    assert checked(source + more, "pay -> __init__").edges[0].verdict == "unverified"


@pytest.mark.parametrize(
    ("decorator", "verdict"),
    [("@property", "contradicted"), ("@cached_property", "contradicted"), ("", "unverified")],
)
def test_a_property_is_not_passed_on(decorator, verdict):
    """The attribute that is passed on is the result of a property, and not the property."""
    source = f"""
class Shop:
    {decorator}
    def late(self): charge()
kept = shop.late
@step
def pay(after): after()
@step
def charge(): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


WRAPPER = """
def given(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        {}
        return function(*args, **kwargs)
    return wrapper
"""


@pytest.mark.parametrize(
    ("decorator", "verdict"),
    [
        (WRAPPER.format("log(kwargs.get('order'))"), "contradicted"),
        (WRAPPER.format("log(name_of(function), f'{args}')"), "contradicted"),
        (WRAPPER.format("kwargs['other'] = 1"), "contradicted"),
        (WRAPPER.format("kwargs['order'] = 1"), "unverified"),
        (WRAPPER.format("kwargs[name] = 1"), "unverified"),
        (WRAPPER.format("kwargs.update(found())"), "unverified"),
        (WRAPPER.format("kwargs = found()"), "unverified"),
        (WRAPPER.format("fill(kwargs)"), "unverified"),
        (WRAPPER.format("inject(function, by='name')"), "unverified"),
        (WRAPPER.format("return function(*args, order=1, **kwargs)"), "unverified"),
        (WRAPPER.format("return function(shop, *args, **kwargs)"), "unverified"),
        (WRAPPER.format("return function(*found(), **kwargs)"), "unverified"),
        (WRAPPER.format("return inject.into(function)(*args, **kwargs)"), "unverified"),
        (WRAPPER.replace("(*args", "(shop, *args").format("pass"), "contradicted"),
        ("def given(function):\n    return inject(function)", "unverified"),
        ("from lib import given", "unverified"),
        ("from lib import login_required as given", "contradicted"),
        ("from lib import app\ngiven = app.route", "contradicted"),
        ("from lib import app\nclass shop:\n    given = app.route", "unverified"),
        ("", "unverified"),
        (WRAPPER.format("pass") + "shops = [given]", "unverified"),
        (WRAPPER.format("pass") + "class shop:\n    given = given", "unverified"),
    ],
)
def test_a_decorator_of_the_project_may_add_arguments(decorator, verdict):
    """A decorator that passes on what it gets adds no arguments but those that it names."""
    names = {"class shop": "shop.given", "shops =": "shops[0]"}
    name = next((each for text, each in names.items() if text in decorator), "given")
    source = f"""
{decorator}
keep = [charge]
@step
def pay(late): late()
@step
@{name}
def charge(*, order): pass
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize("given", ["given", "decorators.given", "decorators.given()", "given()"])
def test_a_decorator_of_another_module_is_known(given):
    """A decorator may be called, and be named by its module."""
    factory = "def given():\n    def made(function):\n        def wrapper(**kwargs):\n"
    factory += "            return function(**kwargs)\n        return wrapper\n    return made\n"
    files = {
        "decorators.py": factory if "()" in given else WRAPPER.format("pass"),
        "app.py": f"""
import decorators
from decorators import given
keep = [charge]
@step
def pay(late): late()
@step
@{given}
def charge(*, order): pass
""",
    }
    (edge,) = checked(files, "pay -> charge").edges

    assert edge.verdict == "contradicted"


def test_an_attribute_that_is_called_may_be_any_function_that_is_passed_on():
    """An attribute that is called may be a step that something else gives to it."""
    source = """
class Manager:
    def __init__(self, source): self.source = source
    @step
    def pay(self): self.source()
class App:
    @step
    def charge(self): pass
    def make(self): settings["manager"].update({"source": self.charge})
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "self.source cannot be resolved")
    (edge,) = checked(source.replace("self.charge}", "1}"), "pay -> charge").edges
    assert edge.verdict == "contradicted"
    assign = "def __init__(self, source): self.source = source"
    field = source.replace(assign, "source: object")
    assert checked(field, "pay -> charge").edges[0].verdict == "unverified"
    parameter = source.replace(
        assign, "def __init__(\n        self,\n        source: int,\n    ): ..."
    )
    assert checked(parameter, "pay -> charge").edges[0].verdict == "contradicted"


JOBS = """
class Job:
    def __init__(self, work):
        self.work = work
def free(): ...
@step
def pay(late):
    Job("a"), Job(free), Job(Job), Job([]), Job({}), Job(print), Job(None), Job(len), Job(1.0)
    Job(("a",)), Job(set()), Job(free()), Job(print()), Job(range(1)), Job(abs), Job(all), Job(any)
    def later(): charge()
    job = Job(later)
    if late:
        job.work = ship
    job.work()
@step
def charge(): ...
@step
def ship(): ...
"""


@pytest.mark.parametrize(
    ("edge", "verdict"), [("pay -> ship", "supported"), ("pay -> charge", "unverified")]
)
def test_one_of_many_objects_keeps_what_it_was_made_with(edge, verdict):
    """From some number of objects on, nobody knows what each of them was made with."""
    assert checked(JOBS, edge).edges[0].verdict == verdict


def test_an_attribute_by_an_unknown_name_is_not_a_function_of_a_module():
    """A function outside of all classes is not a method of an object."""
    source = """
class Shop:
    def sell(self, order): ...
@step
def pay(name): getattr(Shop(), name)(1)
@step
def charge(order): ...
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("contradicted",)}


@pytest.mark.parametrize(
    ("owner", "body", "verdict"),
    [
        ("Shop()", "def charge(self, order): ...", "contradicted"),
        ("Till()", "def charge(self, order): ...", "unverified"),
        ("Drawer()", "def charge(self, order): ...", "unverified"),
        (
            "Till()",
            "def other(self, order): self.charge()\n    def charge(self): ...",
            "unverified",
        ),
        ("Till()", "def charge(self): ...", "contradicted"),
        ("given", "def charge(self, order): ...", "unverified"),
    ],
    ids=["another class", "its class", "a subclass", "by a helper", "arguments", "unknown"],
)
def test_an_attribute_by_an_unknown_name_is_one_of_its_object(owner, body, verdict):
    """It may be any method of the class, and of no other."""
    body = body.replace("def charge", "@step\n    def charge")
    source = f"""
class Shop:
    def sell(self, order): ...
class Till:
    {body}
class Drawer(Till):
    pass
@step
def pay(name, given):
    getattr({owner}, name)(1)
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        ("shelf.charge", "unverified"),
        ("[Till.charge]", "unverified"),
        ("'app.Till.charge'", "unverified"),
        ("charge", "contradicted"),
        ("shelf.charge()", "contradicted"),
    ],
)
def test_a_method_is_kept_as_an_attribute(kept, verdict):
    """A variable that has its name is another thing."""
    files = {
        "app.py": """
class Till:
    @step
    def charge(self, order): ...
@step
def pay(given): given(1)
""",
        "other.py": f"import shelf\nfrom app import Till\nfound = {kept}\n",
    }
    assert verdicts(checked(files, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("from app import charge\nqueue = [charge]", "unverified"),
        ("from app import charge as sell\nqueue = [sell]", "unverified"),
        ("import app\nqueue = [app.charge]", "unverified"),
        ("from app import *\nqueue = [charge]", "unverified"),
        ("def sell(charge): return [charge]", "contradicted"),
    ],
)
def test_a_function_is_kept_where_it_is_imported(other, verdict):
    """A parameter of another module that has its name is another thing."""
    app = "@step\ndef pay(given): given(1)\n@step\ndef charge(order): ...\n"

    assert verdicts(checked({"app.py": app, "other.py": other}, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("helper", "verdict"),
    [
        ("def sell(order): Till().charge()", "unverified"),
        ("def sell(order): app.charge()", "unverified"),
        ("def sell(order): made(1).till.charge()", "unverified"),
        ("def sell(order):\n    charge = Till().charge\n    charge()", "unverified"),
        ("def sell(order): subprocess.charge()", "contradicted"),
        ("def sell(order): charge()", "contradicted"),
    ],
)
def test_a_helper_that_is_kept_calls_a_step(helper, verdict):
    """A function of a library, or one without an object, is not the method of that name."""
    source = f"""
import app, subprocess
class Till:
    @step
    def charge(self): ...
@step
def pay(given): given(1)
{helper}
queue = [sell]
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


@pytest.mark.parametrize(
    ("helper", "verdict"),
    [
        ("class Seller:\n    def __call__(self, order): charge()", "unverified"),
        ("class Seller:\n    def __init__(self, order): charge()\nkept = [Seller]", "unverified"),
        ("class Seller:\n    def __init__(self, order): charge()\nSeller(1)", "contradicted"),
    ],
)
def test_a_value_that_is_called_may_be_an_object_or_a_class(helper, verdict):
    """Its class calls the step."""
    source = f"@step\ndef pay(given): given(1)\n@step\ndef charge(): ...\n{helper}\n"

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


def test_an_attribute_that_is_only_none_is_set_elsewhere():
    """Whatever sets it, None has no methods."""
    source = """
class Till:
    def __init__(self, shop=None):
        self.shop = shop
class Shop:
    @step
    def charge(self): ...
class Other:
    def charge(self): ...
@step
def pay():
    Till().shop.charge()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


@pytest.mark.parametrize(
    ("method", "verdict"),
    [
        ("def charge(self): raise NotImplementedError", "unverified"),
        ("@abstractmethod\n    def charge(self): ...", "unverified"),
        ("def charge(self): print()\n    def open(self): self.__class__ = load()", "unverified"),
        ("def charge(self): pass", "contradicted"),
        ("def charge(self): print()", "contradicted"),
    ],
)
@pytest.mark.parametrize("till", ["Till()", "make()"])
def test_an_object_of_another_class_than_the_source_shows(method, verdict, till):
    """A method that a subclass has to have is not the one that is called."""
    source = f"""
from abc import abstractmethod
class Till:
    {method}
def make() -> Till: return load()
till = {till}
@step
def pay(): till.charge()
class Other:
    @step
    def charge(self): ...
"""

    assert verdicts(checked(source, EDGE)) == {EDGE: (verdict,)}


LOADED = """
kept = load()
kept["charge"] = charge
def nothing(): pass
@step
def charge(*given): pass
"""


@pytest.mark.parametrize(
    "body",
    [
        "(order.hook or nothing)()",
        "one = order.hook if order else nothing\n    one()",
        "try: one = order.hook\n    except AttributeError: one = nothing\n    one()",
        "one = getattr(order, 'hook', nothing)\n    one()",
        "for one in [nothing] + kept: one()",
        "known = {'a': nothing}\n    known.update(kept)\n    known[order]()",
        "list(map(kept[order], [1]))",
        "return sorted([1], key=kept[order])",
        "threading.Thread(target=kept[order]).start()",
        "asyncio.get_event_loop().call_later(1, kept[order])",
    ],
)
def test_a_value_beside_those_that_are_known(body):
    """A call may be of a value that the source does not show, beside those that it does."""
    hook = "class Hooks:\n    hook = charge\nclass Orders:\n    def set(self): self.hook = charge\n"
    source = f"import asyncio, threading\n{LOADED}{hook}@step\ndef pay(order):\n    {body}\n"

    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


def test_what_is_sorted_is_not_called():
    """A function of the standard library calls its key, and not what it gets besides."""
    source = f"{LOADED}@step\ndef pay(order):\n    sorted(kept[order])\n"

    assert verdicts(checked(source, EDGE)) == {EDGE: ("contradicted",)}


def test_a_parameter_of_a_step_with_a_function_as_default():
    """The function of a step, which something else calls, may get another than the default."""
    source = LOADED + "@step\ndef pay(one=nothing): one()\n"

    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


def test_an_attribute_with_a_function_as_default():
    """An object that a flow gets may be made with another function than the default."""
    source = """
@step
def charge(): pass
def nothing(): pass
class Shop:
    def __init__(self, one=nothing): self.one = one
def build(): return Shop(charge)
@step
def pay(shop: Shop): shop.one()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("supported", "call")}


@pytest.mark.parametrize(
    ("call", "kept", "verdict"),
    [
        ("order.on_paid()", "order.on_paid = lambda: charge()", "unverified"),
        ("order.on_paid()", "order.on_paid = lambda: settle()", "unverified"),
        ("order.on_paid()", "order.on_paid = lambda: other()", "contradicted"),
        ("kept[order]()", "kept['a'] = settle_all", "unverified"),
        ("kept[order]()", "kept['a'] = other", "contradicted"),
        ("order.settle_all()", "", "unverified"),
        ("order.process()", "", "unverified"),
        ("order.execute()", "", "contradicted"),
        ("order.keys()", "", "contradicted"),
        ("order.state.hook()", "order.state.hook = settle_all", "unverified"),
        ("flask.g.hook()", "flask.g.hook = settle_all", "unverified"),
        ("flask.g.get('hook')", "flask.g.hook = lambda name: charge()", "contradicted"),
        ("flask.g.maker.add(order)", "flask.g.hook = settle_all", "contradicted"),
        ("flask.g.shop.settle_all()", "", "unverified"),
        ("flask.g.shop.other()", "", "contradicted"),
    ],
)
def test_a_helper_of_a_helper(call, kept, verdict):
    """A call may lead to a step over several helpers, but not by a name that many classes have."""
    source = f"""
import flask
kept = load()
def other(): pass
def settle(): charge()
def settle_all(): settle()
class Orders:
    def execute(self): settle_all()
    def process(self): settle_all()
    def keys(self): settle_all()
class Others:
    def keys(self): pass
    def execute(self): pass
    def process(self): pass
def keep(order):
    {kept or "pass"}
@step
def charge(): pass
@step
def pay(order): {call}
"""
    (edge,) = checked(source, EDGE).edges

    assert edge.verdict == verdict


def test_a_name_that_a_function_may_assign_again():
    """A name of a module may be another value where nothing calls what assigns it."""
    source = """
def nothing(): pass
hook = nothing
def set_hook(function):
    global hook
    hook = function
set_by_others(charge)
@step
def charge(): pass
@step
def pay(): hook()
"""
    assert verdicts(checked(source, EDGE)) == {EDGE: ("unverified",)}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ("cls()", "contradicted"),
        ("shop.order_class()", "contradicted"),
        ("shop.OrderClass()", "contradicted"),
        ("type(shop)()", "contradicted"),
        ("shop.__class__()", "contradicted"),
        ("shop()", "unverified"),
        ("shop.classify()", "unverified"),
    ],
)
def test_a_call_of_a_class_runs_no_function_that_is_passed_on(call, verdict):
    """A class makes objects, and what something keeps may be a function."""
    source = f"""
from lib import keep
keep(later)
shop.order_class = shop.OrderClass = shop.classify = keep()
@step
def pay(cls, shop): {call}
def later():
    charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("definition", "call", "verdict"),
    [
        ("class Order:\n    def __init__(self): charge()", "cls()", "unverified"),
        ("class Order:\n    def __init__(self, item): charge()", "cls()", "contradicted"),
        ("class Order:\n    def __post_init__(self): charge()", "cls()", "unverified"),
        ("class Order:\n    def __call__(self): charge()", "cls()", "contradicted"),
        ("class Maker(type):\n    def __call__(self): charge()", "cls()", "unverified"),
    ],
)
def test_a_call_of_a_class_runs_what_makes_its_objects(definition, call, verdict):
    """The class may be any that takes the arguments, and its metaclass may have the call."""
    source = f"""
{definition}
@step
def pay(cls): {call}
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        ("lambda order: charge()", "unverified"),
        ("lambda: charge()", "contradicted"),
        ("lambda order, more: charge()", "contradicted"),
        ("lambda *orders: charge()", "unverified"),
    ],
)
def test_a_lambda_counts_if_it_takes_the_arguments(kept, verdict):
    """A lambda without a parameter is not what is called with an argument."""
    source = f"""
from lib import keep
keep({kept})
@step
def pay(after, order): after(order)
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("function", "call", "verdict"),
    [
        ("async def", "after()", "contradicted"),
        ("async def", "shop.charge()", "contradicted"),
        ("async def", "await after()", "unverified"),
        ("async def", "run(after())", "unverified"),
        ("async def", "task = after()", "unverified"),
        ("@task\n    async def", "after()", "unverified"),
        ("def", "after()", "unverified"),
    ],
)
def test_a_call_of_which_nobody_has_the_result_runs_no_coroutine(function, call, verdict):
    """A coroutine that nobody can await does not run, unless a decorator makes something of it."""
    source = f"""
from lib import keep, run, task
class Shop:
    @step
    {function} charge(self): ...
class Other:
    def charge(self): ...
keep(Shop().charge)
@step
async def pay(after, shop):
    {call}
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("order.late", "unverified"),
        ("1 == order.late", "contradicted"),
        ("~order.late", "contradicted"),
        ("1 + order.late", "contradicted"),
        ("[order.late]", "contradicted"),
        ("f'{order.late}'", "contradicted"),
    ],
)
def test_a_condition_that_a_library_gets_is_not_called(given, verdict):
    """The method of a query that is called as a function of Python gets no function."""
    source = f"""
from lib import keep, query
keep(later)
class Order:
    def __init__(self): self.late = keep()
@step
def pay(order): query.filter({given})
def later(item): charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("after", "unverified"),
        ("result", "contradicted"),
        ("date", "contradicted"),
        ("total_seconds", "contradicted"),
        ("info", "contradicted"),
    ],
)
def test_an_attribute_with_the_name_of_a_future_is_a_method(name, verdict):
    """A future, a time or a logger has it, and that others keep data by that name says nothing."""
    source = f"""
from lib import keep, find
keep(later)
class Shop:
    def __init__(self): self.{name} = find()
@step
def pay(future): future.{name}()
def later(): charge()
@step
def charge(): ...
"""
    (edge,) = checked(source, "pay -> charge").edges

    assert edge.verdict == verdict


@pytest.mark.parametrize(
    ("module", "name", "verdict"),
    [
        ("importlib.import_module(path)", "charge", "unverified"),
        ("importlib.import_module(path)", "ship", "contradicted"),
        ("importlib.import_module(path)", "__init__", "unverified"),
        ("__import__(path)", "ship", "contradicted"),
        ("find(path)", "ship", "unverified"),
    ],
)
def test_an_attribute_of_a_module_is_not_a_method(module, name, verdict):
    """The attribute of a module that `getattr` looks up is a function or a class."""
    source = f"""
import importlib
from lib import find
@step
def pay(path, name):
    getattr({module}, name)()
@step
def charge(): ...
class Shop:
    @step
    def ship(self): ...
    @step
    def __init__(self): ...
"""
    (edge,) = checked(source, f"pay -> {name}").edges

    assert edge.verdict == verdict


def test_a_module_that_leads_to_a_step_is_not_an_attribute_of_an_object():
    """An object has no attribute that is a module which calls the step when it is imported."""
    source = """
class Shop:
    def open(self, hour): ...
@step
def pay(name): getattr(Shop(), name)(1)
@step
def charge(): ...
charge()
"""
    report = checked(source, EDGE)

    assert ([edge.verdict for edge in report.edges], report.failures) == (["contradicted"], ())


@pytest.mark.parametrize(
    "call", ["after(1)", "cls()", "getattr(importlib.import_module(path), path)()"]
)
def test_an_unknown_value_may_be_a_class_that_is_a_step(call):
    """A class that something keeps may be called, whatever the arguments are."""
    source = f"""
import importlib
from lib import keep
keep(Order)
@step
def pay(after, cls, path): {call}
@step
class Order:
    def __init__(self, item): ...
"""
    report = checked(source, "pay -> Order")

    assert ([edge.verdict for edge in report.edges], report.failures) == (["unverified"], ())


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("keep(Shop)", "unverified"),
        ("isinstance(keep, Shop)", "contradicted"),
        ("issubclass(keep, (int, Shop))", "contradicted"),
        ("try: keep()\nexcept (OSError, Shop): pass", "contradicted"),
        ("def late(shop: Shop) -> list[Shop]: ...", "contradicted"),
        ("late: Shop | None = None", "contradicted"),
        ("from typing import get_type_hints\ndef late(shop: Shop): ...", "unverified"),
    ],
)
def test_a_class_that_is_only_compared_or_annotates_is_made_nowhere(line, verdict):
    """A value that is called may be a class that something keeps, not one that a check names."""
    source = f"""
from lib import keep
@step
def pay(given): given()
class Shop:
    def __init__(self): charge()
@step
def charge(): ...
{line}
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        ("shop.helper", "unverified"),
        ("self.helper", "contradicted"),
        ("self.shop.helper", "contradicted"),
        ("late().helper", "unverified"),
        ("plugin.helper", "unverified"),
        ("found.helper", "contradicted"),
        ("import_module(self.name); found.helper", "unverified"),
        ("Late.helper", "contradicted"),
    ],
)
def test_an_attribute_that_is_kept_is_a_function_of_a_module_only_if_it_may_be_of_one(
    kept, verdict
):
    """The attribute of an object, of the name of a function, is not that function."""
    sources = {
        "shop.py": "from steps import charge\ndef helper(): charge()\n",
        "steps.py": "@step\ndef charge(): ...\n@step\ndef pay(given): given()\n",
        "app.py": f"""
import shop
class Late:
    def keep(self, plugin, found):
        keep({kept.replace("; ", "); keep(")})
""",
    }
    assert verdicts(checked(sources, "pay -> charge")) == {"pay -> charge": (verdict,)}


ANNOTATED = """
import collections.abc, types, typing
from typing import Any, Awaitable, Callable, Hashable, NewType, Optional, Protocol, TypeVar
from lib import get
T = TypeVar("T", bound=Callable[..., Any])
Named = NewType("Named", object)
Hook = Callable[[int], None]
class Handler(Protocol):
    def __call__(self): ...
@step
def pay(function: {annotation}): function()
def charge_all(): charge()
get([charge_all])
def main(): pay(get())
@step
def charge(): ...
"""


@pytest.mark.parametrize(
    "annotation",
    [
        "Any", "object", "type", "Callable", "typing.Callable", "Callable[[], None]", "Hook", "T",
        "collections.abc.Callable", "'T'", "Optional[T]", "Named", "Handler", "Awaitable",
        "types.FunctionType", "types.MethodType", "Hashable", "Optional[Callable]", "'Callable'",
    ],
)  # fmt: skip
def test_a_type_that_does_not_say_what_is_called(annotation):
    """A parameter of such a type may be any function that somebody passes on."""
    (edge,) = checked(ANNOTATED.format(annotation=annotation), "pay -> charge").edges

    assert (edge.verdict, edge.reason) == ("unverified", "function cannot be resolved")


def test_a_type_that_says_what_is_called():
    """An object of a class of a library is not a function of the project."""
    source = f"import datetime\n{ANNOTATED.format(annotation='datetime.datetime')}"

    assert [e.verdict for e in checked(source, "pay -> charge").edges] == ["contradicted"]


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        ("shop.find = charge", "unverified"),
        ("Shop.find = shop.other = charge", "unverified"),
        ("setattr(shop, 'find', charge)", "unverified"),
        ("shop.other = charge", "contradicted"),
        ("setattr(shop, 'other', charge)", "contradicted"),
        ("setattr(shop, 'find', print)", "contradicted"),
        ("find = charge", "contradicted"),
        ("print(charge)", "contradicted"),
        ("charge()", "contradicted"),
    ],
)
def test_a_function_that_somebody_replaces(setting, verdict):
    """A function that the flow does not run may have assigned another one to the name."""
    source = f"""
class Shop:
    def find(self): pass
shop = Shop()
@step
def charge(*args): pass
def setup():
    {setting}
@step
def pay(): shop.find()
"""
    assert verdicts(checked(source, "pay -> charge")) == {"pay -> charge": (verdict,)}
