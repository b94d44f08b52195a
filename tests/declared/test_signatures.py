"""Signatures as the source has them."""

# What is unusual in a signature is what these tests are about.
# ruff: noqa: B006, B008, C408, E501, F722, PYI063, UP045

import functools
import inspect
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest

from penstock._common.callables import attempt
from penstock._declared.signatures import read_signature, why_unreadable
from penstock._declared.source import find_decorators


class Unlucky:
    """An object that cannot be shown, compared or hashed."""

    def __repr__(self):
        sys.exit(3)

    __eq__ = __hash__ = __str__ = __repr__


UNLUCKY: Any = Unlucky()


def start(password=os.environ.get("DB_PASSWORD"), base=Path(__file__).parent, x={"a","b"}): ...  # fmt: skip


def mixed(a: int, /, b: "Optional[int]" = 1, *c: list[int], d: dict[str,int] = {}, e, **f: None) -> "list[ int ]": ...  # fmt: skip


# fmt: off
def lines(a=dict(
    x=1,  # a remark
    y="b\nc",
), b: list[
    int
] = [], c: "int |\n str" = 0): ...
# fmt: on


def unlucky(a=UNLUCKY, *, b: UNLUCKY = UNLUCKY) -> UNLUCKY: ...


def tick(a=2.0, b="ü", c=b"d", d=-1, e=...): ...


class Shop:
    def method(self, order: int = 1): ...

    @classmethod
    def of_class(cls, order=os.sep): ...

    @staticmethod
    def static(order=os.sep): ...

    def __mangled(self, __order=os.sep): ...

    mangled = __mangled

    def __call__(self, order=os.sep): ...

    def without(): ...


class Counted(type):
    def __call__(cls, count=os.sep):
        return super().__call__()


class Metered(metaclass=Counted): ...


class Plain:
    factor: str = "class"

    def __init__(self, factor: int = os.getpid()) -> None: ...


class Derived(Plain): ...


class New:
    def __new__(cls, size=os.sep):
        return super().__new__(cls)


@dataclass
class Order:
    number: int
    folder: "str" = os.sep
    items: list = field(default_factory=list)
    process: int = field(default=os.getpid(), repr=False)


class Line(NamedTuple):
    """A tuple with names."""

    text: str = os.sep


first, second = lambda a=os.sep: a, lambda a=os.getpid(): a


def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def with_signature(function):
    """Set `__signature__` of a wrapper, as decorators do that change arguments."""
    bare = inspect.signature(function)
    first = bare.parameters["a"].replace(default="s3cret", annotation=dict[str, int])
    wrapper = wrapping(function)
    wrapper.__signature__ = bare.replace(parameters=[first])
    return wrapper


def function_of_two(a: int = 1, b=2) -> str: ...


def circular(): ...


circular.__wrapped__ = circular


def cyclic(a): ...


cyclic.__wrapped__ = cyclic
cyclic.__signature__ = inspect.Signature(
    [inspect.Parameter("a", inspect.Parameter.KEYWORD_ONLY, default=UNLUCKY, annotation=3)]
)


class Proxy:
    """A proxy of another object, as shared tasks of Celery are."""

    def __init__(self, function):
        self._function = function

    def __getattr__(self, name):
        return getattr(self._function, name)

    def __call__(self): ...


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param(
            start,
            '(password=os.environ.get("DB_PASSWORD"), base=Path(__file__).parent, x={"a","b"})',
            id="values that differ",
        ),
        pytest.param(
            mixed,
            "(a: int, /, b: Optional[int] = 1, *c: list[int], d: dict[str,int] = {}, e, "
            "**f: None) -> list[ int ]",
            id="kinds",
        ),
        pytest.param(
            lines, "(a=dict(x=1, y='b\\nc'), b: list[int] = [], c: int | str = 0)", id="lines"
        ),
        pytest.param(unlucky, "(a=UNLUCKY, *, b: UNLUCKY = UNLUCKY) -> UNLUCKY", id="repr raises"),
        pytest.param(tick, '(a=2.0, b="ü", c=b"d", d=-1, e=...)', id="constants"),
        pytest.param(first, "(a=os.sep)", id="first lambda"),
        pytest.param(second, "(a=os.getpid())", id="second lambda"),
        pytest.param(vars(Shop)["of_class"], "(order=os.sep)", id="class method"),
        pytest.param(Shop.of_class, "(order=os.sep)", id="bound class method"),
        pytest.param(vars(Shop)["static"], "(order=os.sep)", id="static method"),
        pytest.param(Shop.method, "(order: int = 1)", id="method"),
        pytest.param(Shop.mangled, "(_Shop__order=os.sep)", id="mangled name"),
        pytest.param(Shop.without, "()", id="method without self"),
        pytest.param(Shop(), "(order=os.sep)", id="callable object"),
        pytest.param(Shop, "()", id="class"),
        pytest.param(Plain, "(factor: int = os.getpid())", id="class with init"),
        pytest.param(Derived, "(factor: int = os.getpid())", id="class with inherited init"),
        pytest.param(New, "(size=os.sep)", id="class with new"),
        pytest.param(Metered, "(count=os.sep)", id="metaclass"),
        pytest.param(
            Order,
            "(number: int, folder: str = os.sep, items: list = …, process: int = os.getpid())",
            id="dataclass",
        ),
        pytest.param(Line, "(text: str = os.sep)", id="named tuple"),
        pytest.param(functools.partial(function_of_two, 1), "(b=2) -> str", id="partial"),
        pytest.param(
            functools.partial(function_of_two, a="s3cret"),
            "(*, a: int = …, b=2) -> str",
            id="partial keyword",
        ),
        pytest.param(wrapping(function_of_two), "(a: int = 1, b=2) -> str", id="wrapped"),
        pytest.param(
            with_signature(function_of_two),
            "(a: dict[str, int] = …) -> str",
            id="changed by a decorator",
        ),
        pytest.param(functools.lru_cache(function_of_two), "(a: int = 1, b=2) -> str", id="cached"),
        pytest.param(Proxy(function_of_two), "(a: int = 1, b=2) -> str", id="proxy"),
        pytest.param(cyclic, "(*, a: … = …)", id="cycle"),
        pytest.param(len, "(obj, /)", id="C function"),
        pytest.param(sorted, "(iterable, /, *, key=…, reverse=…)", id="defaults of C"),
    ],
)
def test_signature(function, expected):
    """A signature is what its source says, on one line; what that does not say is `…`."""
    assert str(read_signature(function, bound=True)) == expected


def test_self_of_a_function():
    """A function that is not a method keeps an argument called self."""
    assert str(read_signature(Shop.method)) == "(self, order: int = 1)"


class Lying:
    """A callable that ends the program when somebody asks for its signature."""

    def __call__(self): ...

    @property
    def __signature__(self):
        sys.exit(3)


def unsigned(): ...


unsigned.__signature__ = 42


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(type, id="C class"),
        pytest.param(42, id="not callable"),
        pytest.param(circular, id="cycle"),
        pytest.param(unsigned, id="not a signature"),
        pytest.param(Lying(), id="sys.exit"),
    ],
)
def test_no_signature(function):
    """An unknown signature is None, which differs from a signature without parameters."""
    assert read_signature(function) is None


def made(code: str, name: str = "f", file: str = "<made>") -> Any:
    """Return what *code* defines, whose source cannot be had unless *file* has it."""
    scope = {"__name__": "made", "UNLUCKY": UNLUCKY, "Optional": Optional, "Callable": Callable}
    exec(compile(code, file, "exec"), scope)
    return scope[name]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        pytest.param("int", "int", id="class"),
        pytest.param("None", "None", id="None"),
        pytest.param("type(None)", "None", id="class of None"),
        pytest.param("int | None", "int | None", id="union"),
        pytest.param("Optional[str]", "str | None", id="typing"),
        pytest.param("'list[int]'", "list[int]", id="string"),
        pytest.param("dict[str, list[int]]", "dict[str, list[int]]", id="generic"),
        pytest.param("Callable[[int], str]", "Callable[…, str]", id="list"),
        pytest.param("UNLUCKY", "…", id="repr raises"),
        pytest.param("3", "…", id="value"),
    ],
)
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations have their source themselves")
def test_annotations_without_source(annotation, expected):
    """Without source an annotation is the names of its classes, never a repr."""
    function = made(f"def f(a: {annotation} = 's3cret', *, b=None): ...")

    assert str(read_signature(function)) == f"(a: {expected} = …, *, b=…)"


def test_annotations_that_raise():
    """An annotation that raises whatever is asked of it costs itself alone."""

    class Odd:
        __class__ = property(lambda self: sys.exit(3))

    def f(a, b=1): ...

    f.__annotations__["a"] = Odd()

    assert str(read_signature(f)) == "(a: …, b=1)"


def test_generated_by_attrs():
    """The source that attrs keeps of what it generates is not what its user wrote."""
    import linecache

    file, code = "<attrs generated init made.Order>", "def f(a=table['a'].default): ..."
    linecache.cache[file] = len(code), None, [code], file
    function = made(f"table = {{'a': type('D', (), {{'default': 1}})}}\n{code}", file=file)
    function.__code__ = function.__code__.replace(co_firstlineno=1)
    try:
        assert str(read_signature(function)) == "(a=…)"
    finally:
        del linecache.cache[file]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("def f(a=b, *, c='d'): ...", "(a=b, *, c='d')", id="unchanged"),
        pytest.param("def f(a=g(), *, c='x'): ...", "(a=g(), *, c=…)", id="another constant"),
        pytest.param("def f(a=b, *, c=1): ...", "(a=b, *, c=…)", id="another type"),
        pytest.param("def f(a, *, c): ...", "(a=…, *, c=…)", id="no default"),
        pytest.param("def f(a=b, *, d=1): ...", "(a=…, *, c=…)", id="another name"),
        pytest.param("def f(a=b): ...", "(a=…, *, c=…)", id="fewer arguments"),
        pytest.param("def g(a=b, *, c='d'): ...", "(a=…, *, c=…)", id="another function"),
        pytest.param("\ndef f(a=b, *, c='d'): ...", "(a=…, *, c=…)", id="another line"),
        pytest.param("def f(a=b, *, c='d': ...", "(a=…, *, c=…)", id="not Python"),
        pytest.param("", "(a=…, *, c=…)", id="empty"),
    ],
)
def test_edited(tmp_path, now, expected):
    """A file that was edited since it was imported is believed only where it fits."""
    file = tmp_path / "made.py"
    code = "def f(a=b, *, c='d'): ..."
    function = made(f"b = g = int\n{code}", file=str(file))
    function.__code__ = function.__code__.replace(co_firstlineno=1)
    file.write_text(now, encoding="utf-8")

    assert str(read_signature(function)) == expected


def test_twins(tmp_path):
    """Two functions on one line that cannot be distinguished have no source to read."""
    file = tmp_path / "made.py"
    # Not constants, of which Python 3.12 does not keep where they are.
    code = "f, g = lambda a=f'{1}': -a, lambda a=f'{2}': -a"
    file.write_text(code, encoding="utf-8")
    function = made(code, file=str(file))
    assert str(read_signature(function)) == "(a=f'{1}')"

    function.__code__ = function.__code__.replace(co_linetable=b"")

    assert str(read_signature(function)) == "(a=…)"


@pytest.mark.parametrize(
    "module", [None, types.ModuleType("made")], ids=["no module", "module without file"]
)
def test_fields_without_source(monkeypatch, module):
    """The fields of a class whose source cannot be had have no defaults."""
    if module is not None:
        monkeypatch.setitem(sys.modules, "made", module)
    fields = "from dataclasses import dataclass\n@dataclass\nclass f:\n    a: int = 1\n"

    assert str(read_signature(made(fields))) == "(a: int = …)"


def test_two_classes_of_one_name(tmp_path, monkeypatch):
    """A class that a file defines twice is not believed to be either."""
    code = "from typing import NamedTuple\n" + "class f(NamedTuple):\n    a: int = 1\n" * 2
    file = tmp_path / "made.py"
    file.write_text(code, encoding="utf-8")
    module = types.ModuleType("made")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "made", module)

    assert str(read_signature(made(code))) == "(a: int = …)"


def test_interrupt():
    """Ctrl+C is not taken for a fault of what is looked at."""

    def interrupt():
        raise KeyboardInterrupt

    class Asking:
        __signature__ = property(lambda self: interrupt())

        def __call__(self): ...

    for look in (attempt, read_signature, why_unreadable):
        with pytest.raises(KeyboardInterrupt):
            look(interrupt if look is attempt else Asking())


def test_why_unreadable():
    """The reason for a missing signature is what was raised, if anything was."""
    actual = [why_unreadable(function) for function in (function_of_two, type, Lying())]

    assert actual == [None, None, "SystemExit"]


@pytest.mark.parametrize("function", [len, functools.partial(int, base=2), Unlucky])
def test_decorators_of_function_without_code(function):
    """An object without a code object has no decorators that could be read."""
    assert find_decorators(function) == []
