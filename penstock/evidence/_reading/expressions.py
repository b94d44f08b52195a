"""The values of expressions in the source: constants, names, and calls of penstock."""

import ast
from typing import Any

from penstock.evidence._reading.calls import Calls
from penstock.evidence._reading.names import Names
from penstock.evidence._reading.values import Namespace, Unknown, text_of

__all__ = ["Expressions"]

_UNKNOWN = Unknown("")


class Expressions:
    """Evaluates expressions, as far as no code of the application has to run.

    Args:
        names: The names of the project.
        calls: The calls.
    """

    def __init__(self, names: Names, calls: Calls) -> None:
        self._names, self._calls = names, calls

    def value(self, node: ast.expr, scope: Namespace) -> Any:
        """Return the value of an expression, which may be `Unknown`."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._names.lookup(node.id, scope)
        found = self._inner(node, scope)
        if not isinstance(found, Unknown):
            return found
        is_read = isinstance(node, (ast.Attribute, ast.Call))
        declares = found.declares or (not is_read and self._names.mentions(node, scope))
        return Unknown(text_of(node), declares)

    def _inner(self, node: ast.expr, scope: Namespace) -> Any:
        """Return the value of an expression with others in it."""
        found: Any = _UNKNOWN
        match node:
            case ast.Attribute():
                found = self._names.attribute(self.value(node.value, scope), node.attr)
            case ast.Call():
                found = self._call(node, scope)
            case ast.Tuple() | ast.List() | ast.Dict():
                found = self._container(node, scope)
            case ast.JoinedStr():
                found = self._joined(node, scope)
            case ast.BinOp(op=ast.Add()):
                found = _sum(self.value(node.left, scope), self.value(node.right, scope))
            case ast.Subscript():
                found = self._item(node, scope)
        return found

    def _call(self, node: ast.Call, scope: Namespace) -> Any:
        called = self.value(node.func, scope)
        arguments = self._items(node.args, scope)
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(each, str) for each in value):
                options.update(value)
            else:  # any option may be in it
                options["after"] = Unknown(f"**{text_of(keyword.value)}")
        return self._calls.call(called, arguments, options, node, scope)

    def _items(self, nodes: list[ast.expr], scope: Namespace) -> list[Any]:
        found: list[Any] = []
        for node in nodes:
            if not isinstance(node, ast.Starred):
                found.append(self.value(node, scope))
                continue
            value = self.value(node.value, scope)
            is_known = isinstance(value, (list, tuple))
            found += value if is_known else [Unknown(text_of(node))]
        return found

    def _container(self, node: ast.Tuple | ast.List | ast.Dict, scope: Namespace) -> Any:
        if not isinstance(node, ast.Dict):
            items = self._items(node.elts, scope)
            return items if isinstance(node, ast.List) else tuple(items)
        found: dict[Any, Any] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.value(value_node, scope)
            if key_node is None:
                if not isinstance(value, dict):
                    return _UNKNOWN
                found.update(value)
                continue
            key = self.value(key_node, scope)
            try:
                found[key] = value
            except TypeError:
                return _UNKNOWN
        return found

    def _joined(self, node: ast.JoinedStr, scope: Namespace) -> Any:
        parts: list[str] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
                continue
            if not isinstance(part, ast.FormattedValue) or part.format_spec is not None:
                return _UNKNOWN
            value = self.value(part.value, scope)
            if type(value) not in {str, int} or part.conversion != -1:
                return _UNKNOWN
            parts.append(str(value))
        return "".join(parts)

    def _item(self, node: ast.Subscript, scope: Namespace) -> Any:
        container, key = self.value(node.value, scope), self.value(node.slice, scope)
        if not isinstance(container, (dict, list, tuple)) or type(key) not in {str, int}:
            return _UNKNOWN
        try:
            return container[key]
        except (LookupError, TypeError):
            return _UNKNOWN


def _sum(left: Any, right: Any) -> Any:
    is_same = type(left) is type(right) and type(left) in {str, list, tuple}
    return left + right if is_same else _UNKNOWN
