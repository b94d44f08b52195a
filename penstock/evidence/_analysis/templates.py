"""Methods of the forms, serializers and views of frameworks, which call those of subclasses."""

import ast
from collections.abc import Callable

from penstock.evidence._analysis.attributes import attribute_of
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import callee_text
from penstock.evidence._analysis.library import VALIDATORS
from penstock.evidence._analysis.orm import query_of
from penstock.evidence._analysis.overrides import methods_of
from penstock.evidence._analysis.passed import decorators_of
from penstock.evidence._analysis.registrations import announce
from penstock.evidence._analysis.scopes import OPEN, Arguments
from penstock.evidence._analysis.terms import Loop, Outside, Term, choice, sequence
from penstock.evidence._analysis.values import (
    UNKNOWN,
    Class,
    Container,
    External,
    Instance,
    Value,
    Values,
    join,
)
from penstock.evidence._source.files import Definition

__all__ = ["call_template", "run_validators"]

Rule = Callable[[Frame, Instance, Arguments, ast.AST], Values]


def call_template(
    frame: Frame, owner: Instance, name: str, arguments: Arguments, node: ast.AST
) -> Values:
    """Return what a method returns that a class has of a framework, and note what it calls."""
    found = _RULES[name](frame, owner, arguments, node)
    return found or frame.apply((External(f"framework.{name}"),), arguments, node)


def run_validators(frame: Frame, made: Instance, node: ast.AST) -> None:
    """Call what checks an object when it is made, as with `pydantic`.

    The fields are checked in their own order, and not in that of the methods.
    """
    first: list[Term] = []
    fields: list[Term] = []
    last: list[Term] = []
    for cls in frame.engine.mro(made.cls):
        for each in cls.source.definitions.values() if isinstance(cls, Definition) else ():
            marks = decorators_of(each) & VALIDATORS
            if each.parent is cls and marks:
                with frame.collected() as terms:
                    frame.apply(attribute_of(frame, made, each.name, node), OPEN, node)
                mode = "field" if marks - _OF_MODELS else _mode_of(each)
                {"before": first, "after": last}.get(mode, fields).append(sequence(terms))
    if len(fields) > 1:
        fields = [Loop(choice(fields))]
    for term in (*first, *fields, *last):
        frame.emit(term)


_OF_MODELS = {"model_validator", "root_validator"}


def _mode_of(validator: Definition) -> str:
    """Return when a validator of a whole model runs."""
    calls = (each for each in validator.decorators if isinstance(each, ast.Call))
    given = {k.arg: ast.unparse(k.value).strip("'") for call in calls for k in call.keywords}
    return given.get("mode", "before" if given.get("pre") == "True" else "after")


def _call(
    frame: Frame, owners: Values, name: str, node: ast.AST, arguments: Arguments = OPEN
) -> Values:
    """Return what a method of objects returns, which the project may have instead."""
    known = [each for each in owners if isinstance(each, Instance)]
    methods = join(*(attribute_of(frame, each, name, node) for each in known))
    return frame.apply(methods, arguments, node)


def _either(frame: Frame, owner: Value, names: tuple[str, ...], node: ast.AST) -> Values:
    """Return what one of several methods returns."""
    options, returned = [], []
    for name in names:
        with frame.collected() as terms:
            returned.append(_call(frame, (owner,), name, node))
        options.append(sequence(terms))
    frame.emit(choice(options))
    return join(*returned)


def _validated(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    """Call what checks each field, and then what checks the whole, and the object of a model."""
    _check_fields(frame, owner, node, "clean_", "validate_")
    for name in ("to_internal_value", "clean", "validate"):
        frame.apply(methods_of(frame.engine, owner, name.__eq__), OPEN, node)
    for each in _model(frame, owner, node) if _is_form(frame, owner) else ():
        frame.apply(methods_of(frame.engine, each, "clean".__eq__), OPEN, node)
    return UNKNOWN


def _is_form(frame: Frame, owner: Instance) -> bool:
    return any(one.endswith("Form") for one in frame.engine.library_bases(owner.cls))


def _check_fields(frame: Frame, owner: Instance, node: ast.AST, *prefixes: str) -> None:
    for each in methods_of(frame.engine, owner, lambda name: name.startswith(prefixes)):
        frame.apply((each,), OPEN, node)


def _fields_validated(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    _check_fields(frame, owner, node, "validate_")
    return UNKNOWN


def _submitted(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    return _call(frame, (owner,), "validate", node)


def _model(frame: Frame, owner: Instance, node: ast.AST) -> list[Instance]:
    """Return an object of the model that the class of a form, or its ``Meta``, names."""
    found = [*attribute_of(frame, owner, "model", node)]
    for meta in attribute_of(frame, owner, "Meta", node):
        if isinstance(meta, Class):
            found += attribute_of(frame, meta, "model", node)
    return [Instance(each.definition) for each in found if isinstance(each, Class)]


def _stored(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    """Return the object that a form or a serializer saves."""
    models = _model(frame, owner, node)
    if models:
        frame.emit(Outside(callee_text(node), frame.location(node), "model.save"))
    for each in models:
        frame.apply(methods_of(frame.engine, each, "save".__eq__), OPEN, node)
        announce(frame, each, "save", node)
    return tuple(models)


def _saved(frame: Frame, owner: Instance, arguments: Arguments, node: ast.AST) -> Values:
    """Return the object that a form saves, or that a serializer makes or changes."""
    if methods_of(frame.engine, owner, {"create", "update"}.__contains__):
        return _either(frame, owner, ("create", "update"), node)
    return _stored(frame, owner, arguments, node)


def _made_of(attribute: str) -> Rule:
    """Return a rule for the object of the class that a view has, or that it returns."""

    def rule(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
        found = attribute_of(frame, owner, attribute, node)
        getters = methods_of(frame.engine, owner, f"get_{attribute}".__eq__)
        classes = join(found, frame.apply(getters, Arguments(), node))
        return frame.apply(tuple(v for v in classes if isinstance(v, Class)), OPEN, node)

    return rule


def _query(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    queries = attribute_of(frame, owner, "queryset", node)
    known = tuple(each for each in queries if isinstance(each, Container))
    return known or tuple(query_of(frame.engine, each.cls) for each in _model(frame, owner, node))


def _instance(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    return tuple(_model(frame, owner, node))


def _same(_: Frame, __: Instance, arguments: Arguments, ___: ast.AST) -> Values:
    return arguments.first


def _on_second(name: str) -> Rule:
    """Return a rule for a method that calls method *name* of its second argument."""

    def rule(frame: Frame, _: Instance, arguments: Arguments, node: ast.AST) -> Values:
        given = join(*arguments.positional[1:2], arguments.rest, arguments.named.get("obj", ()))
        return _call(frame, given, name, node, Arguments())

    return rule


def _object(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    queries = _call(frame, (owner,), "get_queryset", node, Arguments())
    return join(*(frame.engine.items(each) for each in queries if isinstance(each, Container)))


def _posted(frame: Frame, owner: Instance, _: Arguments, node: ast.AST) -> Values:
    form = _call(frame, (owner,), "get_form", node, Arguments())
    _call(frame, form, "is_valid", node, Arguments())
    return _either(frame, owner, ("form_valid", "form_invalid"), node)


def _on_first(name: str) -> Rule:
    """Return a rule for a method that calls method *name* of what it gets."""

    def rule(frame: Frame, _: Instance, arguments: Arguments, node: ast.AST) -> Values:
        return _call(frame, join(*arguments.positional[:1]), name, node, Arguments())

    return rule


def _form_accepted(frame: Frame, owner: Instance, arguments: Arguments, node: ast.AST) -> Values:
    """Save the form, and call what returns the address of the next page."""
    saved = _call(frame, arguments.first, "save", node, Arguments())
    frame.apply(methods_of(frame.engine, owner, "get_success_url".__eq__), Arguments(), node)
    return saved


def _performing(name: str) -> Rule:
    """Return a rule for a method that checks what was sent, and then performs *name* with it."""

    def rule(frame: Frame, owner: Instance, arguments: Arguments, node: ast.AST) -> Values:
        if models := _stored(frame, owner, arguments, node):  # of a serializer
            return models
        serializer = _call(frame, (owner,), "get_serializer", node)
        _call(frame, serializer, "is_valid", node, Arguments())
        return _call(frame, (owner,), name, node, Arguments((serializer,)))

    return rule


_RULES: dict[str, Rule] = {
    "is_valid": _validated,
    "full_clean": _validated,
    "run_validation": _validated,
    "validate": _fields_validated,
    "validate_on_submit": _submitted,
    "save": _saved,
    "get_form": _made_of("form_class"),
    "get_serializer": _made_of("serializer_class"),
    "get_queryset": _query,
    "get_object": _object,
    "filter_queryset": _same,
    "paginate_queryset": _same,
    "instance": _instance,
    "save_model": _on_second("save"),
    "delete_model": _on_second("delete"),
    "post": _posted,
    "form_valid": _form_accepted,
    "create": _performing("perform_create"),
    "update": _performing("perform_update"),
    "partial_update": _performing("perform_update"),
    "perform_create": _on_first("save"),
    "perform_update": _on_first("save"),
}
