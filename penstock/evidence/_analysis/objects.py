"""The objects of imported modules, where the source does not show what a name or an item is.

They are added once all that the flows lead to was evaluated, so they only ever add to what the
source has left open. Beside what they add is any other value: it may be another in another process.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator

from penstock._common.failures import own_failure
from penstock.catalog._objects import Described
from penstock.evidence._analysis.classes import make_class
from penstock.evidence._analysis.engine import Engine, WorkLimitError
from penstock.evidence._analysis.heap import ANY_ITEM, KEYS
from penstock.evidence._analysis.scopes import Scope
from penstock.evidence._analysis.values import (
    FURTHER,
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Method,
    Module,
    Partial,
    Unknown,
    Value,
    Values,
    Wrapped,
    is_vague,
    join,
)
from penstock.evidence._source.files import Definition, SourceFile

__all__ = ["add_objects"]

_CONTAINERS = {"list", "tuple", "set", "dict", "defaultdict"}

_DEEPEST = 4
"""How deep in containers of the source functions are looked for."""

Site = tuple[Hashable, ...]
"""The location of an object: the file and the name, and the way to it from there."""


def add_objects(engine: Engine) -> bool:
    """Add what imported modules have and somebody has asked for; return whether that is news."""
    is_news = False
    for source, scope in engine.modules():
        try:
            is_news = _Added(engine, source, scope).add() or is_news
        except WorkLimitError:
            raise
        except Exception as error:  # the source is evidence without them
            text = own_failure(error, " at its objects")
            engine.failures[f"{source.file}: {text}"] = None
    engine.has_objects = engine.has_objects or is_news
    return is_news


class _Added:
    """The values that are added to the names of one module."""

    def __init__(self, engine: Engine, source: SourceFile, scope: Scope) -> None:
        self._engine, self._source, self._scope = engine, source, scope
        self._is_news = False

    def add(self) -> bool:
        """Add what is asked for, and return whether that is news."""
        for name, found in self._engine.objects.of(self._source.file).items():
            owner, _, last = name.rpartition(".")
            scope = self._scope_called(owner)
            if found is not None and scope is not None and last in scope.was_read:
                self._engine.spend()
                self._name(scope, last, found, (self._source.file, name))
        return self._is_news

    def _scope_called(self, owner: str) -> Scope | None:
        if not owner:
            return self._scope
        cls = self._source.find(owner)
        return self._engine.info(cls).scope if cls is not None and cls.kind == "class" else None

    def _name(self, scope: Scope, name: str, found: Described, site: Site) -> None:
        before = scope.read(name) or NOTHING
        values = self._news(before, found, site)
        if values:
            scope.real[name] = join(scope.real.get(name, NOTHING), values)
            self._is_news = True

    def _news(self, before: Values, found: Described, site: Site) -> Values:
        """Return what *found* has that the source does not show, or put it where that belongs."""
        known = before[0] if len(before) == 1 else None
        if isinstance(known, Container) and found.kind in _CONTAINERS:
            self._fill(known, found, site)
        elif isinstance(known, Instance) and known.site is not None and found.kind == "instance":
            self._attributes(known, found, site)
            if found.items and self._leads_further(before, found):
                return self.container(found, (*site, "items"))
        elif found.kind == "object":  # of which the source knows its class, if anything
            if isinstance(known, External) and known.site is not None:
                self._attributes(known, found, site)
        elif isinstance(known, Wrapped) and found.kind == known.kind == "singledispatch":
            self._fill(known, found, site)
        elif (is_vague(before) or Unknown() in before) and self._leads_further(before, found):
            values = self._values(found, site)
            return join(values, FURTHER) if values else NOTHING
        return NOTHING

    def _leads_further(self, before: Iterable[Value], found: Described) -> bool:
        known = set(_shown(self._engine, before))
        return any(each not in known for each in _named(found))

    def _fill(self, container: Value, found: Described, site: Site) -> None:
        """Add the items of a real container to those that the source shows."""
        engine = self._engine
        before = join(*(v for k, v in engine.peek(container).items() if k != KEYS))
        for number, (key, item) in enumerate(found.items):
            keys = [] if key is None or key.kind != "constant" else [key.value, ANY_ITEM]
            is_new = bool(keys) and engine.peek(container).keys().isdisjoint(keys)
            if item is None or not (is_new or self._leads_further(before, item)):
                continue
            values = self._values(item, (*site, number))
            if values:
                slots = self._values(key, (*site, number, "key"))
                engine.put(container, slots[0] if slots else None, join(values, FURTHER))
                self._is_news = True

    def _attributes(self, instance: Instance | External, found: Described, site: Site) -> None:
        for name, each in found.members:
            if each is not None and self._engine.was_read(instance, name):
                before = self._engine.peek(instance).get(name, NOTHING)
                values = self._news(before, each, (*site, name))
                if values:
                    self._engine.store(instance, name, values)
                    self._is_news = True

    # Values

    def _values(self, found: Described | None, site: Site) -> Values:
        """Return what an object is, or nothing if it is not of the project."""
        return NOTHING if found is None else _RULES[found.kind](self, found, site)

    def constant(self, found: Described, _: Site) -> Values:
        return (Constant(found.value, type(found.value)),)

    def library(self, found: Described, _: Site) -> Values:
        return (External(found.name),)

    def module(self, found: Described, _: Site) -> Values:
        source = self._engine.project.source_of("", found.file)
        return NOTHING if source is None else self._engine.module(source.module)

    def wrapped(self, found: Described, site: Site) -> Values:
        functions = self._values(found.inner, (*site, "function"))
        return tuple(Wrapped(found.kind, each) for each in functions)

    def generic(self, found: Described, site: Site) -> Values:
        wrapped = self.wrapped(found, site)
        for each in wrapped:
            self._fill(each, found, site)
        return wrapped

    def function(self, found: Described, site: Site) -> Values:
        source = self._engine.project.source_of("", found.file)
        return tuple(
            Function(each, self._scope_of(each, found, site))
            for each in (source.find_all(found.name, found.line) if source is not None else ())
            if each.kind in {"function", "lambda"}
        )

    def _scope_of(self, definition: Definition, found: Described, site: Site) -> Scope:
        """Return the scope in which a function was defined, with the names that it uses there."""
        parent = definition.parent
        module = self._engine.scope_of(definition.source)
        if parent is None or parent.kind == "module":
            return module
        if parent.kind == "class":
            return self._engine.info(parent).scope
        names = {name: self._values(each, (*site, name)) for name, each in found.members}
        return Scope(parent, module, {name: each or UNKNOWN for name, each in names.items()})

    def cls(self, found: Described, site: Site) -> Values:
        engine = self._engine
        source = engine.project.source_of("", found.file)
        if source is None:
            return NOTHING
        scope = engine.scope_of(source)
        definition = source.find(found.name)
        if definition is not None and definition.kind == "class":
            return (Class(definition),)
        names = engine.objects.of(found.file)
        whole = names.get(found.name)
        members = dict(found.members)
        if whole is not None and whole.kind == "class" and not members:
            found, site = whole, (found.file, found.name)
            prefix = f"{found.name}."
            members = {n.removeprefix(prefix): v for n, v in names.items() if n.startswith(prefix)}
        if site in engine.made_classes:
            return (Class(engine.made_classes[site]),)
        bases = join(*(self._values(base, (*site, "base")) for _, base in found.items))
        values = {name: self._values(each, (*site, name)) for name, each in members.items()}
        return (Class(make_class(engine, site, found.name, scope, bases=bases, members=values)),)

    def instance(self, found: Described, site: Site) -> Values:
        engine, made = self._engine, NOTHING
        classes = self._values(found.inner, (*site, "class"))
        for cls in (each for each in classes if isinstance(each, Class)):
            instance = Instance(cls.definition, site)
            made = join(made, (instance,))
            for name, each in found.members:
                if values := self._values(each, (*site, name)):
                    engine.store(instance, name, join(values, FURTHER))
        if found.items:  # of a class that is derived from dict
            made = join(made, self.container(found, (*site, "items")))
        return made

    def object(self, found: Described, site: Site) -> Values:
        made = External(f"{found.name}()", site)
        for name, each in found.members:
            if values := self._values(each, (*site, name)):
                self._engine.store(made, name, join(values, FURTHER))
        return (made,)

    def method(self, found: Described, site: Site) -> Values:
        functions = self._values(found.inner, (*site, "function"))
        owners = self._values(found.owner, (*site, "self"))
        return tuple(
            Method(function, owner)
            for function in functions
            for owner in owners or _owners_of(function)
            if isinstance(function, Function)
        )

    def partial(self, found: Described, site: Site) -> Values:
        positional = tuple(
            self._values(each, (*site, number)) or UNKNOWN
            for number, (_, each) in enumerate(found.items)
        )
        named = tuple(
            (name, self._values(each, (*site, name)) or UNKNOWN) for name, each in found.members
        )
        functions = self._values(found.inner, (*site, "function"))
        return tuple(Partial(each, positional, named) for each in functions)

    def container(self, found: Described, site: Site) -> Values:
        engine = self._engine
        container = Container(found.kind if found.kind in _CONTAINERS else "dict", site)
        for number, (key, item) in enumerate(found.items):
            keys = self._values(key, (*site, number, "key"))
            values = self._values(item, (*site, number)) or UNKNOWN
            engine.put(container, keys[0] if keys else None, values)
        engine.put(container, None, FURTHER)
        return (container,)


_RULES: dict[str, Callable[[_Added, Described, Site], Values]] = {
    "constant": _Added.constant,
    "library": _Added.library,
    "function": _Added.function,
    "class": _Added.cls,
    "instance": _Added.instance,
    "object": _Added.object,
    "module": _Added.module,
    "method": _Added.method,
    "partial": _Added.partial,
    "singledispatch": _Added.generic,
    **dict.fromkeys(("property", "cached_property", "staticmethod", "classmethod"), _Added.wrapped),
    **dict.fromkeys(_CONTAINERS, _Added.container),
}


def _owners_of(function: Value) -> Values:
    """Return any object of the class in which a method is."""
    parent = function.definition.parent if isinstance(function, Function) else None
    return (Instance(parent),) if parent is not None and parent.kind == "class" else NOTHING


Names = Iterator[tuple[str, str]]
"""Files, and the qualified names of functions and classes in them."""


def _named(found: Described | None) -> Names:
    """Yield the functions and classes that an object is, or has as items."""
    if found is None:
        return
    if found.kind in {"function", "class", "module"}:
        yield found.file, found.name
    elif found.inner is not None:
        yield from _named(found.inner)
    if found.kind != "class":
        for _, item in (*found.items, *(found.members if found.kind == "object" else ())):
            yield from _named(item)


def _shown(engine: Engine, values: Iterable[Value], depth: int = 0) -> Names:
    """Yield the functions and classes that values of the source are, or have as items."""
    for value in values:
        match value:
            case Function() | Class():
                yield value.definition.source.file, value.definition.qualname
            case Module():
                yield value.source.file, ""
            case Instance():
                yield value.cls.source.file, value.cls.qualname
            case Method() | Wrapped():
                yield from _shown(engine, (value.function,))
            case Partial():
                yield from _shown(engine, (value.callee, *join(*value.positional)))
        if isinstance(value, (Container, Wrapped)) and depth < _DEEPEST:
            for slot, items in engine.peek(value).items():
                if slot != KEYS:
                    yield from _shown(engine, items, depth + 1)
