"""Imports of modules of the project, and of libraries."""

import ast

from penstock.evidence._analysis.engine import Engine
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.library import UNREAD
from penstock.evidence._analysis.terms import Call
from penstock.evidence._analysis.values import NOTHING, UNKNOWN, Class, External, Function, Values
from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.imports import absolute_name

__all__ = ["compute", "run_import", "run_import_from"]


def run_import(frame: Frame, node: ast.Import) -> None:
    """Execute ``import shop.orders``."""
    frame.forget_objects()
    for alias in node.names:
        top = alias.name.partition(".")[0]
        whole = frame.engine.module(alias.name)
        frame.assign(alias.asname or top, whole if alias.asname else frame.engine.module(top))


def run_import_from(frame: Frame, node: ast.ImportFrom) -> None:
    """Execute ``from shop import orders``."""
    frame.forget_objects()
    name = absolute_name(node, frame.activation.definition.source)
    for alias in node.names:
        if alias.name == "*":
            _import_all(frame, name)
        else:
            if (source := frame.engine.project.files.get(name)) is not None:
                compute(frame, source, alias.name, node)
            found = _imported(frame.engine, name, alias.name)
            frame.assign(alias.asname or alias.name, found or UNKNOWN)


def compute(frame: Frame, source: SourceFile, name: str, node: ast.AST) -> None:
    """Call ``__getattr__`` of a module that has nothing called *name*, and no such module."""
    is_module = f"{source.module}.{name}" in frame.engine.project.files
    if not is_module and (getters := frame.engine.getters_of(source, name)):
        frame.emit(Call(getters, frame.location(node)))


def _imported(engine: Engine, module: str, name: str) -> Values:
    project = engine.project
    target = project.files.get(module)
    whole = f"{module}.{name}"
    if target is not None and (found := engine.member(target, name)):
        return found
    if whole in project.files:
        return engine.module(whole)
    if target is not None:
        return _not_there_yet(engine, target, name)
    is_own = module in project.packages or module.partition(".")[0] in project.packages
    return UNKNOWN if is_own else (External(whole),)


def _not_there_yet(engine: Engine, target: SourceFile, name: str) -> Values:
    """Return what a module defines that imports, directly or not, the one that imports it."""
    definition = target.find(name) if engine.is_running(target) else None
    if definition is None:
        return NOTHING
    if definition.kind == "class":
        return (Class(definition),)
    return (Function(definition, engine.scope_of(target)),)


def _import_all(frame: Frame, name: str) -> None:
    target = frame.engine.project.files.get(name)
    module = frame.activation.definition.source.module
    listed = _listed(target.tree) if target is not None else None
    if target is None or target.error is not None:
        unread = UNREAD if target is not None else ""
        frame.engine.store(External("*" + module), "star", (External(f"{unread}{name}"),))
        return
    scope = frame.engine.scope_of(target)
    local, frame.local = frame.local, frame.local | set(scope.names)
    for each in list(scope.names):
        if each in listed if listed is not None else not each.startswith("_"):
            frame.assign(each, frame.engine.member(target, each))
    for each in listed or ():
        if each not in scope.names:
            frame.assign(each, frame.engine.member(target, each) or UNKNOWN)
    frame.local = local


def _listed(tree: ast.Module) -> list[str] | None:
    """Return ``all__`` of a module, if it has one."""
    found: list[str] | None = None
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            value = getattr(node, "value", None)
            if isinstance(value, (ast.List, ast.Tuple)):
                names = [e.value for e in value.elts if isinstance(e, ast.Constant)]
                found = [*(found or []), *map(str, names)]
    return found
