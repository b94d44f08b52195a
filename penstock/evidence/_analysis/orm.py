"""Models of Django, SQLAlchemy and their like: what managers, queries and relations give."""

import ast

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame, Special
from penstock.evidence._analysis.guesses import methods_of_bases
from penstock.evidence._analysis.library import last_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    External,
    Instance,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.files import Definition

__all__ = [
    "ORM_CALLS",
    "QUERY",
    "Special",
    "manager_of",
    "methods_of_queries",
    "model_attribute",
    "of_manager",
    "queried",
    "query_call",
    "query_of",
]

QUERY = "query"
"""The kind of container that a query is."""


_ONE = {
    "get", "first", "last", "earliest", "latest", "one", "one_or_none", "scalar", "scalar_one",
    "scalar_one_or_none", "create", "acreate", "aget", "afirst", "alast", "first_or_404",
    "get_or_404", "one_or_404", "get_or_none", "pop", "popleft", "get_by_id", "fetchone", "build",
}  # fmt: skip


_PAIR = {"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"}


_NOT_OBJECTS = {"count", "exists", "update", "delete", "aggregate", "values", "values_list", "add"}


_MANAGER_BASES = {"Manager", "BaseManager", "QuerySet", "UserManager", "BaseUserManager"}


_QUERY_BASES = _MANAGER_BASES | {"Query", "BaseQuery"}


_NOT_MODEL = {"Manager", "Form", "ModelForm", "Serializer", "ModelSerializer", "Exception"}


def query_of(engine: Engine, cls: Definition) -> Container:
    """Return a query that gives objects of *cls*."""
    container = Container(QUERY, (cls, "query"))
    engine.put(container, None, (Instance(cls),))
    return container


def query_call(frame: Frame, query: Container, name: str, arguments: Arguments) -> Values:
    """Return what method *name* of a query gives."""
    engine = frame.engine
    if name in _ONE:
        items = engine.items(query)
        return (*items, Constant(None)) if name.startswith(("first", "last", "one_or")) else items
    if name in _PAIR:
        container = Container("tuple", (query, "pair"))
        engine.put(container, Constant(0, int), engine.items(query))
        return (container,)
    if name == "in_bulk":
        container = Container("dict", (query, "bulk"))
        engine.put(container, None, engine.items(query))
        return (container,)
    if name in _NOT_OBJECTS:
        return (External(f"query.{name}()"),)
    return (query,)


def methods_of_queries(frame: Frame, query: Container, name: str) -> Values | None:
    """Return the methods called *name* of the project's queries and managers.

    They are those of one class and its subclasses, or None if several classes have them: which of
    these a model has, `from_queryset()`, ``get_queryset()`` or ``query_class`` says.
    """
    engine = frame.engine
    methods = methods_of_bases(engine, name, _QUERY_BASES)
    for each in methods or ():
        engine.store(each.receiver, "*model", engine.items(query))
    return methods


def model_attribute(engine: Engine, cls: Definition, name: str) -> Values:
    """Return what a model of a library has that its source does not show."""
    if name in {"objects", "query", "_default_manager", "_base_manager", "all_objects"}:
        bases = engine.library_bases(cls)
        if any("odel" in last_of(base) or "Base" in last_of(base) for base in bases):
            return (query_of(engine, cls),)
    if name in {"select", "get_or_none", "get_by_id", "get_or_create"}:
        bases = [last_of(one) for one in engine.library_bases(cls)]
        if "Model" in bases:
            return (Wrapped(f"item:{name}", query_of(engine, cls)),)
    return NOTHING


def manager_of(engine: Engine, manager: Instance, name: str) -> Values:
    """Return the query whose method a manager of the project inherits, if it is one."""
    bases = engine.library_bases(manager.cls)
    is_manager = any(last_of(base) in _MANAGER_BASES or "from_queryset" in base for base in bases)
    if not is_manager or name.startswith("_"):
        return NOTHING
    models = engine.load(manager, "*model") or engine.load(Instance(manager.cls), "*model")
    known = engine.queries.get(models)  # all models may have one manager
    if known is None:
        found = (query_of(engine, each.cls) for each in models if isinstance(each, Instance))
        known = engine.queries[models] = tuple(found)
    return known


def of_manager(engine: Engine, manager: Instance, name: str) -> Values:
    """Return method *name* of the queries of a manager, if it is one."""
    queries = manager_of(engine, manager, name)
    known = engine.queried.get((queries, name))
    if known is None:
        known = tuple(Wrapped(f"item:{name}", query) for query in queries)
        engine.queried[queries, name] = known
    return known


def _classes(frame: Frame, values: Values) -> list[Definition]:
    """Return the classes that *values* are or name."""
    found: list[Definition] = []
    for value in values:
        if isinstance(value, Class):
            found.append(value.definition)
        elif isinstance(value, Constant) and isinstance(value.value, str):
            name = value.value.rpartition(".")[2]
            own = frame.scope.definition
            if name == "self" and own.kind == "class":
                found.append(own)
                continue
            for file in frame.engine.project.mentioning(name):
                definition = file.find(name)
                if definition is not None and definition.kind == "class":
                    frame.engine.scope_of(file)
                    found.append(definition)
                    break
    return found


def _relation(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return what ``ForeignKey(Order)`` and the like give an object."""
    engine, own = frame.engine, frame.scope.definition
    if own.kind != "class":
        return None
    kind, named = last_of(callee.name), arguments.named
    to = join(*arguments.positional[:1]) or named.get("to", NOTHING)
    targets = _classes(frame, to)
    names = named.get("related_name", NOTHING) or named.get("backref", NOTHING)
    backs = [v.value for v in names if isinstance(v, Constant) and isinstance(v.value, str)]
    is_one = kind == "OneToOneField"
    back = Instance(own) if is_one else query_of(engine, own)
    default = own.name.lower() if is_one else f"{own.name.lower()}_set"
    instances: Values = (
        *(Instance(each) for each in targets),
        *(External(f"{each.name}()") for each in to if isinstance(each, External)),
    )
    for each in instances:
        for name in backs or [default]:
            engine.store(each, name, (back,))
    if kind not in {"ManyToManyField", "relationship", "GenericRelation"}:
        return instances or None
    queries = tuple(query_of(engine, each) for each in targets)
    return join(queries, instances if kind == "relationship" else NOTHING) or None


def _select(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the query that a call with a class makes, like ``session.query(Order)``."""
    first = arguments.first
    managers = (v for v in first if isinstance(v, Instance))
    several = (*first, *(q for each in managers for q in manager_of(frame.engine, each, "all")))
    queries = [v for v in several if isinstance(v, Container) and v.kind == QUERY]
    name = last_of(callee.name)
    if queries:
        if name in {"scalar", "get_object_or_404", "aget_object_or_404", "first_or_404", "one"}:
            return tuple(item for query in queries for item in frame.engine.items(query))
        return tuple(queries)
    classes = [v.definition for v in first if isinstance(v, Class)]
    if not classes:
        return None
    if name in {"get", "get_object_or_404", "aget_object_or_404", "get_or_404", "get_one"}:
        return tuple(Instance(each) for each in classes)
    if len(arguments.positional) > 1 and name in {"query", "select"}:
        return _rows(frame, arguments, node)
    return tuple(query_of(frame.engine, each) for each in classes)


def _rows(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    """Return a query whose rows have several values, such as an object of each of two classes."""
    several = [
        tuple(Instance(v.definition) for v in values if isinstance(v, Class)) or UNKNOWN
        for values in arguments.positional
    ]
    row, query = Container("tuple", (node, "row")), Container(QUERY, (node, "rows"))
    for number, values in enumerate(several):
        frame.engine.put(row, Constant(number, int), values)
    frame.engine.put(query, None, (row,))
    return (query,)


def queried(frame: Frame, name: str, arguments: Arguments, node: ast.AST) -> Values:
    """Return what method *name* of something unknown gives, if it looks like a session's."""
    if name not in _OF_SESSIONS:
        return NOTHING
    return ORM_CALLS[name](frame, External(f"session.{name}"), arguments, node) or NOTHING


_OF_SESSIONS = {
    "get", "get_one", "query", "scalars", "scalar", "execute", "exec", "stream", "stream_scalars",
    "merge",
}  # fmt: skip
"""Methods of sessions, whose class the source often does not show."""


def _merged(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the object that ``session.merge(order)`` gives."""
    return tuple(v for v in arguments.first if isinstance(v, Instance)) or None


def _paged(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the query whose objects a paginator gives."""
    return tuple(v for v in arguments.first if isinstance(v, Container)) or None


def _model_called(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return the model that ``apps.get_model("shop", "Order")`` names."""
    if not callee.name.startswith("django.apps."):
        return None
    return tuple(map(Class, _classes(frame, join(*arguments.positional[-1:])))) or None


ORM_CALLS: dict[str, Special] = {
    "ForeignKey": _relation,
    "OneToOneField": _relation,
    "ManyToManyField": _relation,
    "ParentalKey": _relation,
    "relationship": _relation,
    "query": _select,
    "select": _select,
    "scalars": _select,
    "scalar": _select,
    "exec": _select,
    "execute": _select,
    "get_object_or_404": _select,
    "aget_object_or_404": _select,
    "get_list_or_404": _select,
    "get_or_404": _select,
    "get": _select,
    "get_one": _select,
    "stream": _select,
    "stream_scalars": _select,
    "merge": _merged,
    "Paginator": _paged,
    "paginate": _paged,
    "get_model": _model_called,
}
"""Functions of libraries that models are for, by their last names."""
