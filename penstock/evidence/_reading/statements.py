"""The statements of modules and classes, read one after the other."""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from penstock.evidence._reading.calls import Calls
from penstock.evidence._reading.expressions import Expressions
from penstock.evidence._reading.imports import module_of
from penstock.evidence._reading.names import Names, external
from penstock.evidence._reading.values import (
    External,
    Function,
    Namespace,
    Reference,
    Unknown,
    text_of,
)
from penstock.evidence._source.imports import Imported, imported_by

__all__ = ["Statements"]

_FALSE = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
_DOUBT = "it is in a branch that may not run"
_LOOP = "it is in a loop"


class Statements:
    """Reads the statements of modules.

    Args:
        names: The names of the project.
        calls: The calls.
        reached: Called with each module of the project that is imported, and why it may not be.
    """

    def __init__(
        self, names: Names, calls: Calls, reached: Callable[[str, str | None], None]
    ) -> None:
        self._names, self._calls = names, calls
        self._values = Expressions(names, calls)
        self._reached = reached

    def run(self, space: Namespace) -> None:
        """Read a module from its first statement to its last."""
        with self._calls.decorating(is_decorating=False):
            self._all(space.source.tree.body, space)

    def _all(self, body: Sequence[ast.stmt], scope: Namespace, doubt: str | None = None) -> None:
        with self._calls.doubting(self._calls.doubt or doubt):
            for statement in body:
                self._one(statement, scope)

    def _one(self, node: ast.stmt, scope: Namespace) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Assign():
                value = self._values.value(node.value, scope)
                for target in node.targets:
                    self._bind(target, value, scope)
            case ast.AnnAssign(value=ast.expr() as given):
                self._bind(node.target, self._values.value(given, scope), scope)
            case ast.AugAssign():
                self._forget(node.target, scope)
                self._values.value(node.value, scope)
            case ast.Expr():
                self._values.value(node.value, scope)
            case _:
                self._compound(node, scope)

    def _compound(self, node: ast.stmt, scope: Namespace) -> None:
        match node:
            case ast.Delete():
                for target in node.targets:
                    self._forget(target, scope)
            case ast.If():
                self._branch(node, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.With():
                self._with(node, scope)
            case ast.For():
                self._values.value(node.iter, scope)
                self._forget(node.target, scope)
                self._all([*node.body, *node.orelse], scope, _LOOP)
            case ast.While():
                self._all([*node.body, *node.orelse], scope, _LOOP)
            case ast.Match():
                for case in node.cases:
                    self._all(case.body, scope, _DOUBT)

    def _with(self, node: ast.With, scope: Namespace) -> None:
        called = [text_of(item.context_expr).partition("(")[0] for item in node.items]
        for item in node.items:
            self._values.value(item.context_expr, scope)
            if item.optional_vars is not None:
                self._forget(item.optional_vars, scope)
        may_end = any(each.endswith("suppress") for each in called)
        self._all(node.body, scope, _DOUBT if may_end else None)

    def _branch(self, node: ast.If, scope: Namespace) -> None:
        known = self._truth(node.test, scope)
        if known is not False:
            self._all(node.body, scope, None if known else _DOUBT)
        if not known:
            self._all(node.orelse, scope, _DOUBT if known is None else None)

    def _truth(self, test: ast.expr, scope: Namespace) -> bool | None:
        """Return whether a condition is true when the module is imported, if that is known."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            known = self._truth(test.operand, scope)
            return None if known is None else not known
        text = text_of(test)
        if text in _FALSE or text.replace('"', "'") == "__name__ == '__main__'":
            return False
        value = self._values.value(test, scope)
        return bool(value) if isinstance(value, (bool, int, str)) else None

    def _try(self, node: ast.Try | ast.TryStar, scope: Namespace) -> None:
        is_ours = all(_is_import_of_penstock(each) for each in node.body)
        doubt = _DOUBT if node.handlers and not is_ours else None
        self._all(node.body, scope, doubt)
        for handler in [] if is_ours else node.handlers:
            self._all(handler.body, scope, _DOUBT)
        self._all(node.orelse, scope, doubt)
        self._all(node.finalbody, scope)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Namespace) -> None:
        function = Function(scope.source.definitions[node], scope.module)
        self._names.know(function, function)
        self._set(node.name, self._decorated(function, node.decorator_list, scope), scope)

    def _class(self, node: ast.ClassDef, scope: Namespace) -> None:
        definition = scope.source.definitions[node]
        bases = tuple(text_of(each).rpartition(".")[2] for each in node.bases)
        space = Namespace(scope.source, definition, outer=scope.module, bases=bases)
        self._names.know(space, Function(definition, scope.module))
        self._all(node.body, space)
        self._decorated(space, node.decorator_list, scope)
        self._set(node.name, space, scope)

    def _decorated(self, value: Any, decorators: Sequence[ast.expr], scope: Namespace) -> Any:
        with self._calls.decorating():
            found = [(each, self._values.value(each, scope)) for each in decorators]
        for node, decorator in reversed(found):
            value = self._calls.call(decorator, [value], {}, node, scope)
        return value

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Namespace) -> None:
        for each in imported_by(node, scope.source):
            self._bind_import(each, scope)

    def _bind_import(self, each: Imported, scope: Namespace) -> None:
        found = module_of(each, self._names.project)
        is_ours = found is not None
        if found is not None:
            self._reached(found, self._calls.doubt)
        if each.bound is None:
            return
        if each.name == "*":
            self._star(each.module, scope, is_ours=is_ours)
        elif not is_ours:
            name = each.module if each.name is None else f"{each.module}.{each.name}"
            self._set(each.bound, external(name), scope)
        else:
            self._set(each.bound, Reference(each.module, each.name), scope)

    def _star(self, module: str, scope: Namespace, *, is_ours: bool) -> None:
        if not is_ours:
            return
        space = self._names.resolve(Reference(module, None))
        listed = space.names.get("__all__")
        for name in list(space.names):
            if name in listed if isinstance(listed, list) else not name.startswith("_"):
                self._set(name, Reference(module, name), scope)

    def _bind(self, target: ast.expr, value: Any, scope: Namespace) -> None:
        is_several = isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (tuple, list))
        if isinstance(target, ast.Name):
            self._set(target.id, value, scope)
        elif is_several and len(value) == len(target.elts):  # type: ignore[attr-defined]
            for inner, each in zip(target.elts, value, strict=True):  # type: ignore[attr-defined]
                self._bind(inner, each, scope)
        else:
            self._forget(target, scope)

    def _forget(self, target: ast.expr, scope: Namespace) -> None:
        """Know no longer what is assigned to."""
        match target:
            case ast.Name():
                scope.names[target.id] = Unknown(target.id)
            case ast.Tuple() | ast.List():
                for each in target.elts:
                    self._forget(each, scope)
            case ast.Starred():
                self._forget(target.value, scope)
            case ast.Attribute():
                space = self._values.value(target.value, scope)
                if isinstance(space, Namespace):
                    space.names[target.attr] = Unknown(target.attr)

    def _set(self, name: str, value: Any, scope: Namespace) -> None:
        known = scope.names.get(name, value)
        is_same = known is value or (type(known) is type(value) and _is_equal(known, value))
        if self._calls.doubt is not None and not is_same:
            value = Unknown(name)
        scope.names[name] = value


def _is_equal(one: Any, other: Any) -> bool:
    return isinstance(one, (str, int, External, Reference)) and bool(one == other)


def _is_import_of_penstock(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").partition(".")[0] == "penstock"
    return isinstance(node, ast.Import) and all(
        each.name.partition(".")[0] == "penstock" for each in node.names
    )
