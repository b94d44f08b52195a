"""Functions of the standard library that return what they get, or look it up."""

import ast
import re

from penstock.evidence._analysis.attributes import PARSED, attribute_of
from penstock.evidence._analysis.classes import make_class
from penstock.evidence._analysis.doubts import note_properties
from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame, Special
from penstock.evidence._analysis.heap import DEFAULT
from penstock.evidence._analysis.iteration import counted_items
from penstock.evidence._analysis.library import A_MODULE, GOT, KINDS, VERBS, last_of
from penstock.evidence._analysis.overrides import methods_of
from penstock.evidence._analysis.scopes import Arguments
from penstock.evidence._analysis.strings import ends_of
from penstock.evidence._analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Constant,
    Container,
    External,
    Function,
    Further,
    Instance,
    Method,
    Partial,
    Super,
    Unknown,
    Value,
    Values,
    Wrapped,
    join,
)
from penstock.evidence._source.functions import written

__all__ = [
    "cast_of",
    "closing_of",
    "container_of_kind",
    "context_variable",
    "defaults_of_parser",
    "eval_of",
    "getattr_of",
    "getter_of",
    "globals_of",
    "import_module",
    "is_of_kind",
    "made_of",
    "named_tuple_of",
    "partial_of",
    "same",
    "setattr_of",
    "singledispatch_of",
    "super_of",
    "type_of",
    "weak_of",
    "wrapper_of",
]


def partial_of(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    functions = arguments.first
    kind = "method" if "partialmethod" in callee.name else "partial"
    rest = arguments.positional[1:], tuple(arguments.named.items())
    return tuple(Partial(f, *rest, kind=kind) for f in functions) or None


def getter_of(kind: str) -> Special:
    def made(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
        return (
            Partial(External(kind), arguments.positional, tuple(arguments.named.items()), kind),
        )

    return made


def made_of(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return the classes that a metaclass makes, if the first argument is one."""
    return join(*(frame.engine.load(each, "*made") for each in arguments.first)) or None


def named_tuple_of(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Return a class of tuples whose items have names."""
    for value in join(*arguments.positional[1:2]):
        items: Values = (value,)
        if isinstance(value, Container):
            items = join(*(each for each in counted_items(frame, (value,)) or ()))
        written = " ".join(str(each.value) for each in items if isinstance(each, Constant))
        return (Wrapped("namedtuple", Constant(tuple(written.replace(",", " ").split()), tuple)),)
    return None


def weak_of(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    """Return a weak reference, which is called for its object."""
    if not callee.name.startswith("weakref."):
        return None
    return tuple(Wrapped("weak", each) for each in arguments.first) or None


def wrapper_of(kind: str) -> Special:
    def made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
        return tuple(Wrapped(kind, f) for f in arguments.first) or None

    return made


def context_variable(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Keep the value that a context variable is set to, or return those that it was set to."""
    owner = callee.owner
    if owner.name != "contextvars.ContextVar()":
        return None
    if last_of(callee.name) == "set":
        frame.engine.store(owner, "value", arguments.first)
        return UNKNOWN
    return join(frame.engine.load(owner, "value"), arguments.first) or UNKNOWN


def defaults_of_parser(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    """Keep the defaults of a command of `argparse`, which are attributes of what it parses."""
    if not callee.name.startswith("argparse."):
        return None
    for name, values in arguments.named.items():
        frame.engine.store(PARSED, name, values)
    return UNKNOWN


def getattr_of(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) < 2:  # noqa: PLR2004 - of getattr
        return None
    owners, names, *default = arguments.positional
    found: Values = join(*default)
    for owner in owners:
        for name in names:
            if isinstance(name, Constant) and isinstance(name.value, str):
                found = join(found, attribute_of(frame, owner, name.value, node))
                continue
            found = join(found, _attributes_by(frame, owner, ends_of(name), node))
    return found or UNKNOWN


_VERB = re.compile(r"\bmethod\b|verb")
"""How code writes the verb of a request, as in ``getattr(self, request.method.lower())``."""


_LOADING = ("import_module()", "__import__()")
"""How the names of modules end that a string names."""


def _attributes_by(frame: Frame, owner: Value, ends: tuple[str, str], node: ast.AST) -> Values:
    """Return what attributes of *owner* may be whose names begin and end so."""
    prefix, suffix = ends
    if isinstance(owner, External) and owner.site is None and not owner.name.endswith("settings"):
        return (External(f"{owner.name}.{prefix}*"),)  # of a module of a library
    methods: Values = NOTHING
    if prefix or suffix:
        methods = methods_of(
            frame.engine, owner, lambda name: name.startswith(prefix) and name.endswith(suffix)
        )
    elif isinstance(node, ast.Call) and _VERB.search(written(node.args[1])):
        methods = methods_of(frame.engine, owner, VERBS.__contains__)
    # Of an object of the project, it is what its class has, and a property runs.
    if isinstance(owner, Instance):
        note_properties(frame, owner.cls, ends, node)
    owned = f"{owner.cls.label}, " if isinstance(owner, Instance) else ""
    if isinstance(owner, External) and owner.name.endswith(_LOADING):
        owned = f"{A_MODULE}, "
    return methods or (*UNKNOWN, External(f"{GOT}{owned}{prefix}*{suffix})"))


def setattr_of(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) != 3:  # noqa: PLR2004 - of setattr
        return None
    owners, names, values = arguments.positional
    for owner in owners:
        for name in names:
            if isinstance(name, Constant) and isinstance(owner, Class):
                engine = frame.engine
                engine.assign(engine.info(owner.definition).scope, name.value, values)
            elif isinstance(name, Constant) and not isinstance(owner, (Unknown, Further, Constant)):
                frame.engine.store(owner, name.value, values)
    return (Constant(None),)


def type_of(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) == 3:  # noqa: PLR2004 - name, bases and names
        return _made_class(frame, arguments, node)
    if len(arguments.positional) != 1:
        return None
    found = [
        Class(v.cls, is_any=v.site is None) if isinstance(v, Instance) else Unknown()
        for v in arguments.positional[0]
    ]
    return join(found)


def _made_class(frame: Frame, arguments: Arguments, node: ast.AST) -> Values:
    """Return the class that ``type()`` makes."""
    engine = frame.engine
    _, bases, spaces = arguments.positional
    members: dict[str, Values] = {}
    for space in spaces:
        slots = engine.slots(space)
        members.update({k: v for k, v in slots.items() if isinstance(k, str) and k.isidentifier()})
    inner = join(*(engine.items(each) for each in bases))
    if not all(isinstance(each, (Class, External)) for each in inner):
        return UNKNOWN
    name = f"<{getattr(node, 'lineno', 0)}>"
    site, scope = frame.site(node), frame.scope.module
    return (Class(make_class(engine, site, name, scope, bases=inner, members=members)),)


def is_of_kind(frame: Frame, callee: External, arguments: Arguments, _: ast.AST) -> Values | None:
    """Return whether functions of the project are coroutine functions, or generator functions."""
    functions = [v.function if isinstance(v, Method) else v for v in arguments.first]
    known = [v.definition for v in functions if isinstance(v, Function)]
    kinds = {(isinstance(d.header, ast.AsyncFunctionDef), d.is_generator) for d in known}
    if len(kinds) != 1 or len(known) != len(functions):
        return None
    is_kind = kinds.pop() == _KINDS[last_of(callee.name)]
    return (Constant(is_kind, bool),)


_KINDS: dict[str, tuple[bool, bool]] = dict(
    zip(KINDS, [(True, False), (True, True), (False, True)], strict=True)
)
"""Whether functions of a kind are asynchronous, and whether they are generators."""


def super_of(frame: Frame, _: External, arguments: Arguments, node: ast.AST) -> Values | None:
    if len(arguments.positional) != 2:  # noqa: PLR2004 - super(cls, self)
        return None
    classes, receivers = arguments.positional
    return tuple(Super(c.definition, r) for c in classes if isinstance(c, Class) for r in receivers)


def container_of_kind(kind: str) -> Special:
    def made(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
        if callee.name != f"builtins.{kind}" and "collections" not in callee.name:
            return None
        if arguments.positional and kind != "defaultdict":
            return None
        container = Container(kind, frame.site(node))
        for key, values in arguments.named.items():
            frame.engine.put(container, Constant(key, str), values)
        for factory in arguments.first:
            if isinstance(factory, External):
                empty = Container(last_of(factory.name), (*frame.site(node), "default"))
                frame.engine.store(container, DEFAULT, (empty,))
            else:
                frame.engine.put(container, None, frame.apply((factory,), Arguments(), node))
        return (container,)

    return made


_MOST_MODULES = 20
"""Of how many modules an f-string may name any."""


def import_module(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    engine = frame.engine
    found: Values = NOTHING
    for value in arguments.first:
        if isinstance(value, Constant) and isinstance(value.value, str):
            found = join(found, engine.module(value.value))
        else:
            found = join(found, *map(engine.module, _modules_below(engine, *ends_of(value))))
    return found or None


def _modules_below(engine: Engine, beginning: str, end: str) -> list[str]:
    """Return the names of modules that begin and end so, and have no further dot."""
    names = [name for name in engine.project.files if beginning and name.startswith(beginning)]
    found = [name for name in names if name.endswith(end) and "." not in name[len(beginning) :]]
    return found if len(found) <= _MOST_MODULES else []


def same(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    frame.engine.single.difference_update(arguments.first)  # of which this may be a copy
    return arguments.first or None


def globals_of(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    if arguments.positional:
        return None
    module = frame.scope.module
    container = Container("dict", (module.definition.header, "globals"))
    for name, values in list(module.names.items()):
        frame.engine.put(container, Constant(name, str), values)
    return (container,)


def cast_of(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    values = arguments.positional[-1] if arguments.positional else NOTHING
    known = tuple(each for each in values if not isinstance(each, (External, Unknown)))
    call = node if isinstance(node, ast.Call) else None
    typed = frame.engine.annotation(frame.scope, call.args[0]) if call and call.args else NOTHING
    # What the source shows is returned as it is, whichever type somebody gives to it.
    return values if known == values else join(known, typed) or values


def closing_of(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    return tuple(Wrapped("closing", each) for each in arguments.first) or None


def singledispatch_of(
    frame: Frame, callee: External, arguments: Arguments, node: ast.AST
) -> Values | None:
    kind = "singledispatchmethod" if "method" in callee.name else "singledispatch"
    return tuple(Wrapped(kind, f) for f in arguments.first) or None


def eval_of(frame: Frame, callee: External, arguments: Arguments, node: ast.AST) -> Values | None:
    is_known = callee.name == "builtins.eval"
    given = [v.value for v in arguments.first if isinstance(v, Constant) and is_known]
    for value in given:
        try:
            parsed = ast.parse(str(value), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        for each in ast.walk(parsed):
            if hasattr(each, "lineno"):
                ast.copy_location(each, node)
        return frame.evaluate(parsed)
    return None
