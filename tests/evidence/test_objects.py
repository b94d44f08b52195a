"""The objects of imported modules, which count where the source does not show what a name is."""

import importlib.util
import sys
from textwrap import dedent

import pytest
from checked_sources import checked_flow

from penstock.catalog._object_reader import ImportedObjects
from penstock.catalog._objects import NOT_IMPORTED, Objects
from penstock.evidence import _reuse
from penstock.evidence._analysis.engine import WorkLimitError
from penstock.evidence._check import check
from penstock.evidence._reuse import check_again
from penstock.evidence._source.project import Project

MARKS = "def step(function): return function\n"


@pytest.fixture
def verdicts(tmp_path, monkeypatch):
    """Return a function that checks an application by its source alone, and by its objects."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))

    def verdicts(files, edges):
        for name, text in {"marks.py": MARKS, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        importlib.invalidate_caches()
        for name in files:
            importlib.import_module(
                name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            )
        found = []
        for objects in (NOT_IMPORTED, ImportedObjects(tmp_path)):
            project = Project.at(tmp_path, (), objects)
            (report,) = check(project, [checked_flow(project, edges)])
            assert not report.failures
            assert not report.undeclared
            found.append(" ".join(edge.verdict for edge in report.edges))
        return found

    return verdicts


STEPS = """
from marks import step
@step
def charge(): ...
@step
def ship(): ...
kept = [charge, ship]
"""

KINDS = {
    "a name in globals()": """
        def add(name, function): globals()[name] = function
        add("_after"[1:], charge)
        @step
        def pay(): after()
    """,
    "a name that another module sets": """
        import setter
        after = None
        setter.set_up(__name__)
        @step
        def pay(): after()
    """,
    "a name from the environment": """
        after = operator.attrgetter(os.environ.get("AFTER", "charge"))(steps)
        @step
        def pay(): after()
    """,
    "a module from the environment": """
        after = getattr(importlib.import_module(os.environ.get("STEPS", "steps")), "charge")
        @step
        def pay(): after()
    """,
    "a function that exec makes": """
        exec("after = charge")
        @step
        def pay(): after()
    """,
    "a dict that a loop fills": """
        HANDLERS = {}
        for name in os.environ.get("NAMES", "charge refund").split():
            HANDLERS[name] = vars(steps).get(name)
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "a list of entry points": """
        HOOKS = [each.load() for each in metadata.entry_points(group="shop.hooks")]
        @step
        def pay():
            for hook in HOOKS: hook()
    """,
    "a registry of modules that are found": """
        from registry import HANDLERS
        for each in pkgutil.iter_modules(plugins.__path__, "plugins."):
            importlib.import_module(each.name)
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "a registry in a class": """
        from registry import Base
        for each in pkgutil.iter_modules(plugins.__path__, "plugins."):
            importlib.import_module(each.name)
        @step
        def pay(kind): Base.known[kind]().run()
    """,
    "a registry in an object": """
        from registry import registry
        for each in pkgutil.iter_modules(plugins.__path__, "plugins."):
            importlib.import_module(each.name)
        @step
        def pay(kind): registry.get(kind)()
    """,
    "implementations of a generic function": """
        from registry import handle
        for each in pkgutil.iter_modules(plugins.__path__, "plugins."):
            importlib.import_module(each.name)
        @step
        def pay(order): handle(order)
    """,
    "a class that a function makes": """
        def run(self): charge()
        Task = operator.call(type, "Task", (), {"run": run})
        @step
        def pay(): Task().run()
    """,
    "a class with a base that a loop chooses": """
        class Base:
            def run(self): charge()
        Task = functools.reduce(lambda base, name: type(name, (base,), {}), "AB", Base)
        @step
        def pay(): Task().run()
    """,
    "a method that a metaclass adds": """
        class Meta(type):
            def __new__(mcs, name, bases, names):
                return super().__new__(mcs, name, bases, {**names, "run": lambda self: charge()})
        class Task(metaclass=Meta): ...
        @step
        def pay(): Task().run()
    """,
    "a method that a decorator of classes adds": """
        def with_run(cls):
            type.__setattr__(cls, "".join(["r", "un"]), staticmethod(charge))
            return cls
        @with_run
        class Task: ...
        @step
        def pay(): Task().run()
    """,
    "a setting": """
        class Settings: ...
        settings = Settings()
        settings.__dict__.update(after=charge, before=ship)
        @step
        def pay(): settings.after()
    """,
    "a setting of a library": """
        settings = types.SimpleNamespace()
        settings.__dict__.update(zip(["after"], [charge]))
        @step
        def pay(): settings.after()
    """,
    "settings of a library in a list": """
        settings = types.SimpleNamespace()
        import build
        settings.__dict__.update(zip(["gone", "after"], [build.gone, charge]))
        several = hidden([settings])
        @step
        def pay(): several[0].after()
    """,
    "a named tuple": """
        Hooks = collections.namedtuple("Hooks", ["before", "after"])
        hooks = Hooks(*map(vars(steps).get, ["ship", "charge"]))
        @step
        def pay(): hooks.after()
    """,
    "an object with slots": """
        class Cashier:
            __slots__ = "after", "before"
        cashier = Cashier()
        object.__setattr__(cashier, "".join(["af", "ter"]), charge)
        @step
        def pay(): cashier.after()
    """,
    "a further key of a dict": """
        HANDLERS = {"a": charge}
        HANDLERS.__setitem__("b", charge)
        @step
        def pay(): HANDLERS["b"]()
    """,
    "a list of modules": """
        MODULES = [
            importlib.import_module(each.name)
            for each in pkgutil.iter_modules(plugins.__path__, "plugins.")
        ]
        MODULES.append(__import__("build"))
        @step
        def pay():
            for module in MODULES: module.first()
    """,
    "a module that is kept": """
        KEPT = {"a": os}
        KEPT["b"] = hidden(steps)
        @step
        def pay(name): KEPT[name].charge()
    """,
    "a partial": """
        after = hidden(functools.partial(charge))
        @step
        def pay(): after()
    """,
    "a bound method": """
        class Cashier:
            def run(self): charge()
        after = operator.attrgetter("run")(operator.call(Cashier))
        @step
        def pay(): after()
    """,
    "an object of a class": """
        class Cashier:
            def run(self): self.then()
        cashier = operator.call(Cashier)
        cashier.__dict__["then"] = charge
        @step
        def pay(): cashier.run()
    """,
    "a function with an argument of the factory": """
        def make(function): return lambda: function()
        HANDLERS = {}
        HANDLERS.__init__(zip("ab", map(make, [charge, print])))
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "a function in a decorator of a library": """
        after = operator.call(functools.lru_cache, charge)
        @step
        def pay(): after()
    """,
    "a view of a dict": """
        HANDLERS = operator.call(types.MappingProxyType, dict(zip("a", [charge])))
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "a dict of a library": """
        HANDLERS = collections.UserDict()
        HANDLERS.update(zip("a", [charge]))
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "a generic function that is made": """
        handle = operator.call(functools.singledispatch, lambda order: None)
        handle.register(int, charge)
        @step
        def pay(order): handle(order)
    """,
    "a method of any object": """
        class Cashier:
            def run(self): charge()
        after = operator.call(types.MethodType, Cashier.run, object())
        @step
        def pay(): after()
    """,
    "further items of a dict": """
        class Cashier:
            def run(self): ...
            @functools.singledispatch
            def print(self): ...
        HANDLERS = {"a": functools.partial(print, ship), "b": Cashier().run, "c": Cashier.print}
        for name in os.environ.get("NAMES", "charge refund").split():
            HANDLERS[name] = vars(steps).get(name)
        import build
        HANDLERS["d"] = build.gone
        @step
        def pay(kind): HANDLERS[kind]()
    """,
    "one item of a list, beside others of which nothing is known": """
        import build
        class Cashier: ...
        Cashier.last = Cashier()
        made = [1.5, build.gone, build.Gone(), build.Gone, None, charge, Cashier()]
        made.append(type("Task", (), {"run": build.gone}))
        vars(made[-2]).update(gone=build.gone)
        HOOKS = hidden(made)
        @step
        def pay():
            for hook in HOOKS: hook()
    """,
    "an object of a class that a function makes": """
        def run(self): charge()
        Task = operator.call(type, "Task", (), {"run": run})
        tasks = hidden([Task(), Task()])
        @step
        def pay(): tasks[0].run()
    """,
    "a class of a factory": """
        def make():
            class Task:
                def run(self): charge()
            return Task
        tasks = hidden([make()])
        @step
        def pay(): tasks[0]().run()
    """,
    "a dict of a class of the project": """
        class Handlers(dict): ...
        handlers = Handlers()
        handlers.update(zip("a", [charge]))
        @step
        def pay(kind): handlers[kind]()
    """,
    "a dict of such a class in a list": """
        class Handlers(dict): ...
        several = hidden([Handlers(a=charge)])
        @step
        def pay(kind): several[0][kind]()
    """,
}
IMPORTS = """
import collections, functools, importlib, operator, os, pkgutil, types
from importlib import metadata
import plugins, steps
from marks import step
from steps import charge, ship
def hidden(value): return eval("".join(["value"[:3], "value"[3:]]))
"""
FILES = {
    "steps.py": STEPS,
    "registry.py": """
        import functools
        HANDLERS = {}
        def handles(name):
            return lambda function: HANDLERS.setdefault(name, function)
        class Base:
            known = {}
            def __init_subclass__(cls): Base.known[cls.__name__] = cls
        class Registry:
            def __init__(self): self.known = {}
            def add(self, function): self.known[function.__name__] = function
            def get(self, name): return self.known[name]
        registry = Registry()
        @functools.singledispatch
        def handle(order): ...
    """,
    "setter.py": """
        import steps, sys
        def set_up(name): vars(sys.modules[name])["after"] = steps.charge
    """,
    "plugins/__init__.py": "",
    "build/__init__.py": """
        # A folder like this is not searched for source.
        def gone(): ...
        class Gone: ...
    """,
    "plugins/first.py": """
        import registry, steps
        @registry.handles("first")
        def first(): steps.charge()
        class First(registry.Base):
            def run(self): first()
        registry.registry.add(first)
        class Order: ...
        @registry.handle.register
        def _(order: Order): first()
    """,
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_counts(verdicts, kind, tmp_path):
    """A value that the source does not show is what it is in the imported module.

    What else it may be in another process stays open.
    """
    info = tmp_path / "shop-1.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[shop.hooks]\ncharge = steps:charge\n")
    (info / "METADATA").write_text("Name: shop\nVersion: 1\n")
    files = {**FILES, "app.py": IMPORTS + dedent(KINDS[kind])}
    alone, found = verdicts(files, "pay -> charge, pay -> ship")
    first, second = alone.split()

    assert first != "supported"
    assert found in {f"supported {second}", "supported unverified"}


def test_objects_of_libraries_are_not_functions(verdicts):
    """An object of a library counts for its attributes, where the source knows the object."""
    text = """
        import types
        from steps import charge
        from marks import step
        globals()["_after"[1:]] = types.SimpleNamespace(charge=charge)
        @step
        def pay(): after()
    """
    found = verdicts({"steps.py": STEPS, "app.py": text}, "pay -> charge")

    assert found == ["unverified"] * 2


def test_no_object_contradicts_an_edge(verdicts):
    """An order that objects alone show does not disprove the other, which stays unverified."""
    text = IMPORTS + dedent("""
        first = hidden(ship)
        second = hidden(charge)
        @step
        def pay():
            first()
            second()
    """)
    edges = "pay -> charge, pay -> ship, charge -> ship"
    alone, found = verdicts({**FILES, "app.py": text}, edges)

    assert alone == "unverified unverified unverified"
    assert found == "supported supported unverified"


def test_what_the_source_shows_stays(verdicts):
    """Values that the source has all of are all there is."""
    text = """
        from functools import partial
        from steps import charge, ship
        from marks import step
        class Cashier:
            def run(self): charge()
        def decorated(function):
            def wrapper(): function()
            return wrapper
        HANDLERS = {"a": charge, "b": partial(charge), "c": Cashier().run, "d": Cashier}
        HANDLERS["e"] = decorated(charge)
        LISTS = [[charge], {"a": Cashier()}]
        @step
        def pay(kind):
            HANDLERS[kind]()
            LISTS[0][0]()
            LISTS[1]["a"].run()
    """
    found = verdicts({"steps.py": STEPS, "app.py": text}, "pay -> charge, pay -> ship")

    assert found == ["supported contradicted"] * 2


class Failing(Objects):
    """Objects of which one cannot be used."""

    def __init__(self, error):
        super().__init__(["app.py"])
        self.error = error

    def _read(self, file):
        raise self.error


def test_an_error_of_the_check_itself(tmp_path):
    """The source is evidence where objects cannot be used, and the report has the error."""
    (tmp_path / "app.py").write_text(STEPS + "@step\ndef pay(): charge()\n")
    error = "app.py: penstock itself failed at its objects (ValueError: a), please report it"
    for raised, expected in ((ValueError("a"), error), (WorkLimitError(), "the check of this")):
        project = Project.at(tmp_path, (), Failing(raised))
        (report,) = check(project, [checked_flow(project, "pay -> charge")])

        assert report.failures[0].startswith(expected)
        assert (report.edges[0].verdict == "supported") is (expected is error)


def test_modules_of_one_file(verdicts, monkeypatch, tmp_path):
    """Names of which two modules of one file have different values are not taken for either."""
    text = "from steps import charge, ship\nfrom marks import step\n" + dedent(
        KINDS["a name in globals()"]
    )
    files = {"steps.py": STEPS, "app.py": text}
    spec = importlib.util.spec_from_file_location("__other__", tmp_path / "app.py")
    other = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "modules", {**sys.modules, "__other__": other})

    assert verdicts(files, "pay -> charge") == ["unverified"] * 2


def test_reports_are_kept_with_objects(tmp_path, monkeypatch, verdicts):
    """A report is used again while what the imported modules have is the same."""
    text = IMPORTS + dedent(KINDS["a name from the environment"])
    verdicts({**FILES, "app.py": text}, "pay -> charge")

    def verdict(objects):
        project = Project.at(tmp_path, (), objects)
        (report,) = check_again(
            project, [checked_flow(project, "pay -> charge")], tmp_path / "kept"
        )
        return report.edges[0].verdict

    def imported():
        return ImportedObjects(tmp_path)

    assert [verdict(NOT_IMPORTED), verdict(imported())] == ["unverified", "supported"]
    monkeypatch.setattr(sys.modules["app"], "after", None)

    assert verdict(imported()) == "unverified"
    monkeypatch.setattr(_reuse, "check", None)

    assert [verdict(NOT_IMPORTED), verdict(imported())] == ["unverified"] * 2


def test_objects_move_with_their_lines(tmp_path, monkeypatch):
    """The functions that an imported module has are the same after an edit that moves them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    checks = []
    monkeypatch.setattr(_reuse, "check", lambda *given: checks.append(given) or check(*given))
    app = tmp_path / "app.py"
    text = "kept = {}\ndef pay():\n    kept['charge']()\n"
    charge = "def charge(): ...\nkept['charge'] = charge\nkept[2] = [(charge, 1)]\n"
    other = "def other(): ...\nkept[0] = other\nkept[1] = lambda: 1\n"
    for name in ("charge", "pay"):
        text = text.replace(f"def {name}", f"@step\ndef {name}")

    def verdict(edited):
        app.write_text(edited)
        sys.modules.pop("app", None)
        importlib.invalidate_caches()
        importlib.import_module("app")
        project = Project.at(tmp_path, (), ImportedObjects(tmp_path))
        flow = checked_flow(project, "pay -> charge")
        (report,) = check_again(project, [flow], tmp_path / "kept")
        assert check(project, [flow]) == (report,)
        return report.edges[0].verdict

    step = "def step(function): return function\n"
    first = verdict(f"{step}{text}@step\n{charge}{other}")
    moved = verdict(f"{step}# moved\n{text}\n@step\n{charge}\n{other}")

    assert (first, moved, len(checks)) == ("supported", "supported", 1)
    verdict(f"{step}# moved\n{text}\n@step\n{charge}\n{other.replace('kept[0]', 'kept[3]')}")

    assert len(checks) == 2
