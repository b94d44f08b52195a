"""Steps that are methods of a base class, which a flow calls for objects of one subclass."""

import pytest
from checked_sources import checked, verdicts

UPLOADS = """
class Upload:
    {decorators}
    def create({name}):
        {name}.make()
        {name}.done()
    {method}
    def done({name}): ...
class FileUpload(Upload):
    {method}
    def make({name}): write()
    {method}
    def done({name}): announce()
class ConfigUpload(Upload):
    {method}
    def make({name}): parse()
class ConfigView:
    def put(self): ConfigUpload{call}.create()
@step
def write(): pass
@step
def parse(): pass
@step
def announce(): pass
"""
OF_OBJECTS = UPLOADS.format(decorators="@step", name="self", method="", call="()")
OF_CLASSES = UPLOADS.format(
    decorators="@classmethod\n    @step", name="cls", method="@classmethod", call=""
)
ENTRIES = {
    "a method of the subclass": (
        OF_OBJECTS,
        "class View(FileUpload):\n    @step\n    def post(self): self.create()",
    ),
    "an object": (OF_OBJECTS, "@step\ndef post(): FileUpload().create()"),
    "an object by a helper of the base class": (
        OF_OBJECTS.replace("class Upload:", "class Upload:\n    def run(self): self.create()"),
        "@step\ndef post(): FileUpload().run()",
    ),
    "an object in a thread": (
        f"import threading\n{OF_OBJECTS}",
        "@step\ndef post(): threading.Thread(target=FileUpload().create).start()",
    ),
    "an object, and an argument": (
        OF_OBJECTS.replace("create(self)", "create(self, name)"),
        "@step\ndef post(name): FileUpload().create(name)",
    ),
    "a class": (OF_CLASSES, "@step\ndef post(): FileUpload.create()"),
}
EDGES = "post -> create, create -> write, write -> announce, create -> parse, parse -> announce"


def kinds_of(source, **options):
    """Return the verdict on each edge, without the kind of evidence."""
    report = checked(source, EDGES, **options)
    return {edge: verdict for edge, (verdict, *_) in verdicts(report).items()}


@pytest.mark.parametrize(("source", "entry"), ENTRIES.values(), ids=ENTRIES)
def test_a_method_is_that_of_the_objects_for_which_a_flow_calls_it(source, entry):
    """Methods that another subclass has instead are not in the flow."""
    assert kinds_of(f"{source}{entry}") == {
        "post -> create": "supported",
        "create -> write": "supported",
        "write -> announce": "supported",
        "create -> parse": "contradicted",
        "parse -> announce": "contradicted",
    }


def test_objects_of_two_subclasses_do_not_share_their_methods():
    """Both are in the flow, but what one does instead does not come before what the other does."""
    source = f"{OF_OBJECTS}@step\ndef post(): (FileUpload() if big else ConfigUpload()).create()"

    assert kinds_of(source) == {
        "post -> create": "supported",
        "create -> write": "supported",
        "write -> announce": "supported",
        "create -> parse": "supported",
        "parse -> announce": "contradicted",
    }


@pytest.mark.parametrize("other", ["other.create()", "given(post)"], ids=["a call", "a step"])
def test_a_method_is_that_of_any_object_if_a_flow_does_not_show_of_which(other):
    """A call that is not resolved may be that of another subclass."""
    source = f"{OF_OBJECTS}@step\ndef post(other):\n    FileUpload().create()\n    {other}"

    assert kinds_of(source)["create -> parse"] == (
        "supported" if other == "other.create()" else "contradicted"
    )


def test_a_step_that_the_flow_does_not_reach_has_any_object():
    """Nothing in the source calls a step that receives a message."""
    receives = {"post": {"sends": ("a",)}, "create": {"receives": ("a",)}}

    assert kinds_of(f"{OF_OBJECTS}@step\ndef post(): ...", **receives) == {
        "post -> create": "supported",
        "create -> write": "supported",
        "write -> announce": "supported",
        "create -> parse": "supported",
        "parse -> announce": "supported",
    }


def test_a_method_of_very_many_subclasses_has_any_object():
    """There is a limit to the classes for which a method is followed with any arguments."""
    source = OF_OBJECTS.replace("create(self)", "create(self, name=None)")
    classes = "".join(f"class Upload{n}(FileUpload): ...\n" for n in range(9))
    calls = "".join(f"    Upload{n}().create()\n" for n in range(9))

    assert kinds_of(f"{source}{classes}@step\ndef post():\n{calls}")["create -> parse"] == (
        "supported"
    )


def test_a_method_of_such_an_object_has_any_arguments():
    """An argument that a library has given is what the annotation says."""
    uploads = OF_OBJECTS.replace("create(self)", "create(self, disk: Disk)")
    uploads = uploads.replace("self.done()", "disk.put()")
    source = f"""
import store
class Disk:
    def put(self): keep()
{uploads}
@step
def keep(): pass
@step
def post(): FileUpload().create(store.disk())
"""
    assert verdicts(checked(source, "create -> keep"))["create -> keep"] == ("supported", "call")


def test_a_method_of_a_subclass_has_an_object_of_that_subclass():
    """Nothing that another subclass has instead is called by it, whichever of them it is."""
    source = """
class Job:
    def run(self): self.begin()
    def begin(self): pass
    def end(self): pass
class Import(Job):
    def begin(self):
        read()
        self.end()
    def end(self): write()
class Report(Job):
    def end(self): send()
@step
def post(job: Job): job.run()
@step
def read(): pass
@step
def write(): pass
@step
def send(): pass
"""
    assert verdicts(checked(source, "post -> read, read -> write, read -> send")) == {
        "post -> read": ("supported", "call"),
        "read -> write": ("supported", "order"),
        "read -> send": ("contradicted",),
    }


@pytest.mark.parametrize(
    ("bases", "till", "verdict"),
    [
        ("Till, Shop", "till", ("supported", "call")),
        ("Shop, Till", "till", ("unverified",)),
        ("Till, Shop", "Till()", ("unverified",)),
    ],
    ids=["after", "before", "exact"],
)
def test_what_super_is_in_a_class_that_a_subclass_joins_with_another(bases, till, verdict):
    """The subclass has the other one behind it; what an object of the class has is not known."""
    source = f"""
class Till:
    def pay(self): super().pay()
class Shop:
    @step
    def pay(self): pass
class Both({bases}): pass
@step
def buy(till: Till): {till}.pay()
"""
    assert verdicts(checked(source, "buy -> pay")) == {"buy -> pay": verdict}


@pytest.mark.parametrize(
    ("call", "verdict"),
    [("cls()", ("supported", "call")), ("Till()", ("contradicted",))],
)
def test_a_class_method_makes_objects_of_subclasses(call, verdict):
    """Which class it is called for is not known, but in the method itself."""
    source = f"""
class Till:
    def __init__(self): pass
    @classmethod
    @step
    def make(cls): return {call}
class Shop(Till):
    def __init__(self): charge()
@step
def charge(): pass
"""
    assert verdicts(checked(source, "make -> charge")) == {"make -> charge": verdict}


@pytest.mark.parametrize(
    ("shop", "verdict"),
    [("IShop(order)", ("supported", "call")), ("order", ("unverified",))],
)
def test_an_interface_is_that_of_the_classes_with_its_methods(shop, verdict):
    """A call of it looks for an adapter, and an argument may be an object of any of them."""
    source = f"""
from zope.interface import Interface, implementer
class IShop(Interface):
    def find(name): "Find something."
    def open(): "Begin."
@implementer(IShop)
class Shop:
    @step
    def find(self, name): pass
    def open(self): pass
@step
def pay(order): {shop}.find(1)
"""
    assert verdicts(checked(source, "pay -> find")) == {"pay -> find": verdict}
