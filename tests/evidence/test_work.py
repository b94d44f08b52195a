"""Work that a check does once, and values that it leaves out."""

from itertools import pairwise
from pathlib import Path

import pytest
from checked_sources import project_with

from penstock import Location
from penstock.evidence._analysis.analysis import Analysis
from penstock.evidence._analysis.binding import bind
from penstock.evidence._analysis.heap import Heap
from penstock.evidence._analysis.kept import kept_values
from penstock.evidence._analysis.orm import of_manager, query_of
from penstock.evidence._analysis.scopes import Activation, Arguments, Scope
from penstock.evidence._analysis.terms import Call, Loop, Outside, Sequence, parts_of
from penstock.evidence._analysis.values import (
    CUT,
    UNKNOWN,
    Constant,
    Container,
    Function,
    Instance,
    Wrapped,
    join,
)
from penstock.evidence._order.runs import FlowRuns
from penstock.evidence._order.states import Summary, outside_of
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project
from penstock.evidence._source.searches import SEARCHES

NONE = Constant(None)


def test_the_items_of_a_container_are_joined_once():
    """All items of a container are one object until another one is stored."""
    heap, container = Heap(), Container("list", "site")
    one, other = Constant(1, int), Constant(2, int)

    heap.put(container, one, (one,))
    found = [heap.all_items(container) for _ in range(2)]
    heap.put(container, other, (other,))

    assert found == [(one,), (one,)]
    assert found[0] is found[1]
    assert heap.all_items(container) == (one, other)


def test_items_that_are_stored_late_are_items():
    """Items that are stored on demand count, also in a container that was empty before."""
    heap, container = Heap(), Container("list", "site")
    one = Constant(1, int)
    before = heap.all_items(container)

    heap.postpone(container, lambda: heap.put(container, None, (one,)))

    assert (before, heap.all_items(container)) == ((), (one,))


def test_no_more_values_are_read_than_are_kept():
    """Values that are left out anyway are not looked at."""
    several = [(Constant(number, int),) for number in range(100)]
    read = []

    class Noted(tuple):
        __slots__ = ()

        def __iter__(self):
            read.append(self)
            return super().__iter__()

    found = join(*map(Noted, several))

    assert found == (*(value for (value,) in several[:40]), *CUT)
    assert len(read) == 44


def test_a_line_of_a_file_is_one_object():
    """Each line of a file has one location, for all who ask."""
    file = SourceFile("app", Path("app.py"), "app.py", "def a(): ...\n")

    assert file.location_at(1) is file.location_at(1) is file.find("a").location


def test_the_parameters_of_a_function_are_looked_at_once():
    """The names and defaults of parameters are known after the first of many calls."""
    file = SourceFile("app", Path("app.py"), "app.py", "def charge(a, b=None, *, c=1): ...\n")
    charge = file.find("charge")
    function = Function(charge, Scope(charge))

    bound = bind(Heap(), lambda *_: (), function, Arguments(((NONE,),)), None)
    arguments = charge.header.args
    arguments.args.clear()
    arguments.defaults.clear()

    assert bound == {"a": (NONE,), "b": UNKNOWN, "c": UNKNOWN}
    assert bind(Heap(), lambda *_: (), function, Arguments(((NONE,),)), None) == bound


@pytest.mark.parametrize(
    ("kind", "ask", "found"),
    [("attribute", Project.is_attribute, True), ("def", Project.classes_with, ("Order",))],
)
def test_a_name_is_looked_for_once(monkeypatch, kind, ask, found):
    """All files are searched once for what has an attribute or a method of a name."""
    source = "class Order:\n    def pay(self): ...\ndef end(order, pay): order.pay = pay\n"
    project = project_with({"app.py": source, "other.py": "class pay: ...  # and not def pay\n"})
    search, searched = SEARCHES[kind], []

    def noted(file, wanted):
        searched.append(file.file)
        return search(file, wanted)

    monkeypatch.setitem(SEARCHES, kind, noted)
    first, second = (ask(project, "pay") for _ in range(2))

    assert first == second
    assert (first is True or tuple(each.name for each in first)) == found
    assert len(searched) == len(set(searched)) > 0


def test_terms_that_many_functions_share_are_looked_at_once():
    """Of terms with equal parts, each part is yielded once, in the order of the first."""
    with kept_values():
        one, other = (Outside(text, Location("app.py", 3)) for text in ("a()", "b()"))
        inner = Sequence((one, other))
        whole = Loop(Sequence((inner, inner, one)))

        found = [*parts_of(whole, one, other)]

    assert found[0] is whole
    assert [each for each in found if isinstance(each, Outside)] == [one, other]
    assert len(found) == len(set(found))


def test_a_call_that_leads_out_of_the_source_is_kept_once():
    """A function keeps its own unresolved calls, and not those of the functions that it calls."""
    text = "".join(f"def f{number}(): ...\n" for number in range(4))
    file = SourceFile("app", Path("app.py"), "app.py", text)
    definitions = [each for each in file.definitions.values() if each.kind == "function"]
    functions = {each: Activation(each, Scope(each), {}) for each in definitions}
    calls = [Outside(f"g{number}", file.location_at(number + 1)) for number in range(4)]
    for (one, inner), call in zip(pairwise(functions.values()), calls, strict=False):
        one.body = Sequence((Call((inner,), one.definition.location), call))
    functions[definitions[-1]].body = calls[-1]
    runs = FlowRuns(lambda _: None, lambda each: [functions[each]], frozenset(), lambda: None)

    whole = runs.body("f0", definitions[0])
    kept = [whole]
    for each in kept:
        kept += [lead for lead in each.leads.values() if isinstance(lead, Summary)]

    assert [*outside_of(whole).items()] == [(call, frozenset()) for call in reversed(calls)]
    assert [len(each.leads) for each in kept] == [1, 2, 2, 2, 1]


def test_a_method_of_the_queries_of_a_manager_is_made_once(tmp_path):
    """A method of the queries of a manager, which many models may have, is one object."""
    text = "from django.db import models\nclass Known(models.Manager): ...\nclass Order: ...\n"
    tmp_path.joinpath("app.py").write_text(text)
    project = Project.at(tmp_path, [tmp_path])
    engine = Analysis(project).engine
    source = project.files["app"]
    engine.scope_of(source)
    manager, order = Instance(source.find("Known")), source.find("Order")
    engine.store(manager, "*model", (Instance(order),))

    found = [of_manager(engine, manager, "filter") for _ in range(2)]

    assert found[0] is found[1]
    assert found[0] == (Wrapped("item:filter", query_of(engine, order)),)
