"""Functions without a body, which are declared in place of those of the source."""

import __future__

import ast
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from penstock.evidence._source.files import Definition

__all__ = ["caller_in", "make_class", "make_function"]


def make_function(definition: Definition, names: dict[str, Any]) -> FunctionType:
    """Return a function with the name, parameters, docstring and kind of one in the source.

    Of the source nothing is run: it has no decorators, a default that is not a constant is
    None, and annotations are strings.

    Args:
        definition: The function in the source.
        names: The globals that it is to have.
    """
    node: Any = definition.node
    body: list[ast.stmt] = node.body[:1] if ast.get_docstring(node, clean=False) else []
    if definition.is_generator:
        body = [*body, ast.Expr(ast.Yield())]
    made = type(node)(
        name=node.name,
        args=_with_constants(node.args),
        body=[*body, ast.Pass()],
        decorator_list=[],
        returns=node.returns,
        type_params=[],
    )
    tree = ast.Module([ast.copy_location(made, node)], [])
    flags = __future__.annotations.compiler_flag
    tree = ast.fix_missing_locations(tree)
    file = str(definition.source.path)
    code = compile(tree, file, "exec", flags=flags, dont_inherit=True)
    found: dict[str, Any] = {}
    exec(code, names, found)  # noqa: S102 - it has a `def` and constants
    function: FunctionType = found[node.name]
    # Python counts a function from its first decorator.
    function.__code__ = function.__code__.replace(co_firstlineno=definition.line)
    function.__qualname__ = definition.qualname
    return function


def _with_constants(given: ast.arguments) -> ast.arguments:
    return ast.arguments(
        posonlyargs=given.posonlyargs,
        args=given.args,
        vararg=given.vararg,
        kwonlyargs=given.kwonlyargs,
        kw_defaults=[each and _constant(each) for each in given.kw_defaults],
        kwarg=given.kwarg,
        defaults=[_constant(each) for each in given.defaults],
    )


def _constant(node: ast.expr) -> ast.expr:
    return node if isinstance(node, ast.Constant) else ast.Constant(None)


def make_class(definition: Definition, names: dict[str, Any]) -> type:
    """Return a class with the name and docstring of one in the source, and nothing else."""
    node: Any = definition.node
    known = {
        "__module__": names["__name__"],
        "__qualname__": definition.qualname,
        "__doc__": ast.get_docstring(node),
    }
    return type(node.name, (), known)


def _call(function: Any, arguments: Any, options: Any) -> Any:
    return function(*arguments, **options)


_CODE: CodeType = _call.__code__


def caller_in(names: dict[str, Any]) -> Callable[..., Any]:
    """Return a function that calls another one as code with the globals *names* does."""
    return FunctionType(_CODE, names)
