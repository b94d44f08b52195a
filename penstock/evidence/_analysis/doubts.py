"""The methods that syntax and built-in functions may call of objects of unknown classes."""

import ast
import re
import sys
from collections.abc import Iterable

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.library import LOGGED, LOGGING_CLASSES, PROPERTIES
from penstock.evidence._analysis.terms import Outside
from penstock.evidence._analysis.values import External, Further, Unknown, Value, Wrapped
from penstock.evidence._source.files import Definition
from penstock.evidence._source.functions import written

__all__ = ["is_of_own_class", "note_logging", "note_methods", "note_properties"]


def note_methods(
    frame: Frame, values: Iterable[Value], names: tuple[str, ...], node: ast.AST
) -> None:
    """Note that a method or property may run, if nobody knows the class of one of *values*.

    Args:
        frame: Where this happens.
        values: What *node* may be.
        names: The methods of which one runs, or a property.
        node: The object, as it is written.
    """
    if not any(map(_is_of_unknown_class, values)):
        return
    if methods := tuple(name for name in names if frame.engine.has_implicit(name)):
        # Nothing is forgotten for it: most objects have no such method.
        text = written(node) if isinstance(node, ast.expr) else "what is used"
        frame.terms.append(Outside(text, frame.location(node), methods=methods))


def note_properties(frame: Frame, cls: Definition, ends: tuple[str, str], node: ast.AST) -> None:
    """Note that a property of *cls* may run whose name begins and ends like *ends*."""
    prefix, suffix = ends
    names = {
        name: None
        for one in frame.engine.project_mro(cls)
        for name, values in frame.engine.info(one).scope.names.items()
        if name.startswith(prefix) and name.endswith(suffix)
        if any(isinstance(v, Wrapped) and v.kind in PROPERTIES for v in values)
    }
    if names:
        frame.terms.append(Outside(written(node), frame.location(node), methods=tuple(names)))


def note_logging(frame: Frame, node: ast.AST) -> None:
    """Note that what logs may call a handler, or another object of a class of the project."""
    if frame.engine.has_subclass_of(LOGGING_CLASSES):
        text = written(node.func) if isinstance(node, ast.Call) else "what logs"
        frame.terms.append(Outside(text, frame.location(node), methods=LOGGED))


def _is_of_unknown_class(value: Value) -> bool:
    """Return whether *value* may be an object of any class of the project.

    What the standard library and libraries for data return is none of these, and an object that
    a call of another library's class makes is of that class.
    """
    if not isinstance(value, External):
        return isinstance(value, (Unknown, Further))
    return "()" in value.name and not is_of_own_class(value.name)


def is_of_own_class(name: str) -> bool:
    """Return whether an object of a library, by its name, is of a class of the library."""
    is_made = _MADE.search(name) is not None and not _LIKE_OTHERS.search(name)
    return is_made or name.partition(".")[0] in _OF_OWN_CLASSES


_MADE = re.compile(
    r"^[a-z_][\w.]*\.[A-Z]\w*[a-z]\w*\(\)(?:\.session)?$"
    r"|^(?:anyio\.create_task_group|trio\.open_nursery)\(\)"
)
"""How an object is called that a class of a library makes, or its session with a database."""

_LIKE_OTHERS = re.compile(r"Proxy|Lazy|Mock|Local\b|Wrap|Delegat|Ref\b|Var\b|Adapter")
"""The names of classes whose objects look like others."""


_OF_OWN_CLASSES = sys.stdlib_module_names | {
    "PIL", "aiofiles", "arrow", "asyncpg", "boto3", "botocore", "bs4",
    "builtins", "croniter", "cryptography", "dateutil", "docker", "elasticsearch", "filelock",
    "git", "grpc", "httpx", "icalendar", "jwt", "ldap3", "lxml", "numpy", "openpyxl",
    "opensearchpy", "packaging", "pandas", "paramiko", "pendulum", "plumbum", "polars",
    "prometheus_client", "psutil", "psycopg", "psycopg2", "pyarrow", "pymongo", "pytz", "redis",
    "requests", "rich", "sentry_sdk", "tomlkit", "tqdm", "urllib3", "watchdog",
    "websockets", "zmq",
}  # fmt: skip
"""The first names of libraries that return no objects of other classes than their own."""
