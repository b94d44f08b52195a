"""Imports of modules of the project, and of libraries."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.values import UNKNOWN, Class, External, Function

__all__ = ["run_import", "run_import_from"]


def run_import(frame: Frame, node: ast.Import) -> None:
    for alias in node.names:
        top = alias.name.partition(".")[0]
        whole = frame.engine.module(alias.name)
        frame.assign(alias.asname or top, whole if alias.asname else frame.engine.module(top))


def run_import_from(frame: Frame, node: ast.ImportFrom) -> None:
    source = frame.activation.definition.source
    name = node.module or ""
    if node.level:
        parts = source.module.split(".")
        drop = node.level - (1 if source.is_package else 0)
        parts = parts[: len(parts) - drop] if drop else parts
        name = ".".join([*parts, *filter(None, [node.module])])
    project = frame.engine.project
    target = project.files.get(name)
    for alias in node.names:
        if alias.name == "*":
            _import_all(frame, name)
            continue
        if target is not None:
            found = frame.engine.member(target, alias.name)
            if not found:
                submodule = project.files.get(f"{name}.{alias.name}")
                if submodule is not None:
                    found = frame.engine.module(submodule.module)
            if not found and frame.engine.contexts[target.root][0].is_running:
                definition = target.find(alias.name)  # of modules that import each other
                if definition is not None and definition.kind == "function":
                    found = (Function(definition, frame.engine.scope_of(target)),)
                elif definition is not None and definition.kind == "class":
                    found = (Class(definition),)
        elif f"{name}.{alias.name}" in project.files:
            found = frame.engine.module(f"{name}.{alias.name}")
        elif name in project.packages or name.partition(".")[0] in project.packages:
            found = UNKNOWN
        else:
            found = (External(f"{name}.{alias.name}"),)
        frame.assign(alias.asname or alias.name, found or UNKNOWN)


def _import_all(frame: Frame, name: str) -> None:
    target = frame.engine.project.files.get(name)
    module = frame.activation.definition.source.module
    if target is None:
        frame.engine.store(External("*" + module), "star", (External(name),))
        return
    scope = frame.engine.scope_of(target)
    listed = _listed(target.tree)
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
