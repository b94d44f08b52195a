"""The registry of formats: those of penstock, and those of other packages."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

from penstock.exceptions import (
    InvalidArgumentError,
    PenstockError,
    RendererError,
    RenderError,
    UnknownFormatError,
)
from penstock.graph._model import Direction, Graph
from penstock.render._themes import ThemeName

__all__ = [
    "GROUP",
    "RenderOptions",
    "Renderer",
    "find_by_suffix",
    "get_renderer",
    "list_formats",
    "list_renderers",
    "register",
    "render_graph",
]

GROUP = "penstock.renderers"
"""The group of entry points by which distributions bring formats."""

_FIRST = ("mermaid", "dot", "json", "text", "svg", "png")
"""The formats that most people want, before all others."""
_LAID_OUT = {"svg", "png"}
"""The formats whose layout fits a page, if they may choose the direction."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]*")
_SUFFIX = re.compile(r"\.[a-z0-9_+-]+")

_logger = logging.getLogger("penstock")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """The options of a diagram, beside its format.

    A renderer ignores options that its format does not support.

    .. versionadded:: 0.2
    """

    direction: Direction = "TD"
    """The direction of the flow, ``"TD"`` or ``"TB"`` (down), ``"LR"``, ``"BT"`` or ``"RL"``.

    A renderer of another distribution is never given ``"auto"``."""

    styled: bool = False
    """Whether to write colours, if the format does not always have them."""

    check_limits: bool = True
    """Whether to raise if the diagram is larger than its readers accept."""

    legend: bool = False
    """Whether to explain the signs of the diagram in it."""

    theme: ThemeName | None = None
    """The page whose colours an image has, ``"light"`` or ``"dark"``.

    If None, the renderer decides."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """A format, and the function that draws a graph in it.

    Raises:
        InvalidArgumentError: If it cannot be the name of a format, or a suffix.

    .. versionadded:: 0.2
    """

    name: str
    """The name of the format, in lower-case letters, digits, and ``_ . + -``."""

    suffixes: tuple[str, ...]
    """The suffixes of its files, such as ``".d2"``. The first is the usual one."""

    render: Callable[[Graph, RenderOptions], str | bytes] = field(repr=False)
    """The function that draws. It escapes all strings, since any may be a name or a title."""

    is_binary: bool = False
    """Whether *render* returns bytes. If not, it returns a string."""

    def __post_init__(self) -> None:
        name: object = self.name  # which no type checker may have seen
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            message = f"a format is called by lower-case letters and digits, not {self.name!r}"
            raise InvalidArgumentError(message)
        for suffix in self.suffixes:
            if not _SUFFIX.fullmatch(suffix):
                message = f"{suffix!r} of the format {self.name!r} is not a suffix: write ('.d2',)"
                raise InvalidArgumentError(message)


_registered: dict[str, Renderer] = {}


def register(renderer: Renderer) -> None:
    """Register a format in this process.

    A distribution registers one in every process by an entry point in the group
    ``penstock.renderers``.

    Args:
        renderer: The format. Code that is executed again replaces what it registered.

    Raises:
        InvalidArgumentError: If there is a format of that name already.

    .. versionadded:: 0.2
    """
    known = _registered.get(renderer.name)
    if renderer.name in _own_names() or (known and _source(known) != _source(renderer)):
        owner = f"{_source(known)} registered it" if known else "it is one of penstock's"
        message = f"there is a format {renderer.name!r} already ({owner}): choose another name"
        raise InvalidArgumentError(message)
    _registered[renderer.name] = renderer


def _source(renderer: Renderer) -> str:
    """Return where the code of *renderer* is from."""
    function = renderer.render
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}.{name}"


def get_renderer(name: str) -> Renderer:
    """Return the renderer of the format called *name*.

    Raises:
        UnknownFormatError: If there is no such format.
        RendererError: If it is of another distribution, and cannot be loaded.

    .. versionadded:: 0.2
    """
    if name in _own_names():
        return _load_own(name)
    if name in _registered:
        return _registered[name]
    if name in _outside():
        return _load_outside(name)
    raise UnknownFormatError(name, list_formats())


def list_formats() -> tuple[str, ...]:
    """Return the names of all formats, without importing other distributions.

    .. versionadded:: 0.2
    """
    names = {*_own_names(), *_registered, *_outside()}
    return (*_FIRST, *sorted(names.difference(_FIRST)))


def list_renderers() -> tuple[Renderer, ...]:
    """Return the renderers of all formats; those that cannot be loaded are logged and left out.

    .. versionadded:: 0.2
    """
    return tuple(_usable(list_formats()))


def find_by_suffix(suffix: str) -> Renderer | None:
    """Return the format of files whose names end with *suffix*, or None.

    Where several have it, that is penstock's, else the one that was registered first.
    """
    for names in (_own_names(), tuple(_registered), _outside()):
        for renderer in _usable(names):
            if suffix in renderer.suffixes:
                return renderer
    return None


def render_graph(graph: Graph, name: str, options: RenderOptions) -> str | bytes:
    """Return *graph* drawn in the format called *name*.

    Raises:
        UnknownFormatError: If there is no such format.
        InvalidArgumentError: If the direction or the theme is not one.
        RendererError: If the format is of another distribution, and cannot be loaded.
        RenderError: If it cannot be drawn.
    """
    _require_known("direction", options.direction, get_args(Direction))
    _require_known("theme", options.theme, (None, *get_args(ThemeName)))
    renderer = get_renderer(name)
    if options.direction == "auto" and name not in _LAID_OUT:
        options = replace(options, direction="TD")
    if name in _own_names():
        return renderer.render(graph, options)
    return _render_outside(graph, renderer, options)


def _require_known(name: str, value: object, known: Sequence[object]) -> None:
    if value not in known:
        choices = ", ".join(map(str, known))
        message = f"{name}={value!r} is not a {name} (known: {choices})"
        raise InvalidArgumentError(message)


def _render_outside(graph: Graph, renderer: Renderer, options: RenderOptions) -> str | bytes:
    """Draw by what others wrote, whose every failure is an error with its name."""
    program = f"the renderer {_source(renderer)}"
    try:
        drawn = renderer.render(graph, options)
    except PenstockError:
        raise
    except Exception as error:
        raise RenderError(graph.name, program, _describe(error)) from error
    wanted = bytes if renderer.is_binary else str
    if not isinstance(drawn, wanted):
        reason = f"it returned {type(drawn).__name__}, not {wanted.__name__}"
        raise RenderError(graph.name, program, reason)
    return drawn


def _usable(names: Iterable[str]) -> Iterator[Renderer]:
    for name in names:
        try:
            yield get_renderer(name)
        except RendererError as error:
            _logger.warning("%s", error)


@cache
def _own_names() -> tuple[str, ...]:
    """Return the names of penstock's own formats: those of the modules that have them."""
    formats = import_module("penstock.render._formats")
    return tuple(module.name for module in iter_modules(formats.__path__))


@cache
def _load_own(name: str) -> Renderer:
    found: Renderer = import_module(f"penstock.render._formats.{name}").RENDERER
    return found


@cache
def _outside() -> Mapping[str, tuple[Any, ...]]:
    """Return the entry points of other distributions, by the names of formats."""
    # Only an unknown name or suffix, or a list of all, needs what is installed.
    from importlib.metadata import entry_points  # noqa: PLC0415

    found: dict[str, tuple[Any, ...]] = {}
    for point in entry_points(group=GROUP):
        if point.name in _own_names():
            owner, name = _owner(point), point.name
            _logger.warning("%s brings a format %r, which is penstock's: left out", owner, name)
        else:
            found[point.name] = (*found.get(point.name, ()), point)
    return found


@cache
def _load_outside(name: str) -> Renderer:
    point, *others = _outside()[name]
    owners = " and ".join(sorted(map(_owner, (point, *others))))
    if others:
        raise RendererError(name, owners, "both bring it: uninstall one of them")
    value = point.value
    try:
        found = point.load()
    except (Exception, SystemExit) as error:
        raise RendererError(name, owners, f"{value} raises {_describe(error)}") from error
    if not isinstance(found, Renderer):
        raise RendererError(name, owners, f"{value} is not a penstock.render.Renderer")
    if found.name != name:
        raise RendererError(name, owners, f"{value} calls it {found.name!r}")
    return found


def _owner(point: Any) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
