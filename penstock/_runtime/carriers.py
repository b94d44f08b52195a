"""Reading and writing headers, in whatever type a framework or a client keeps them."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from penstock._common.plain_values import plain_string
from penstock.exceptions import InvalidArgumentError

__all__ = ["known_names", "only", "read_headers", "read_known", "with_headers"]


def read_headers(carrier: Any, *wanted: str) -> dict[str, list[str]]:
    """Return the strings in *carrier* under the names *wanted*, which are in lower case."""
    return read_known(carrier, known_names(*wanted))


def read_known(carrier: Any, known: Mapping[object, str]) -> dict[str, list[str]]:
    """Return the strings in *carrier* under those names of which `known_names` is *known*."""
    kind = type(carrier)  # what an adapter hands in is one of the two
    pairs = carrier if kind is list else carrier.items() if kind is dict else _items(carrier)
    try:
        # A request has a dozen headers of which none is ours, so each is only looked at.
        hits = [(name, value) for name, value in pairs if name.lower() in known]
    except (AttributeError, TypeError, ValueError):  # some name or some pair is none
        named = [(name, value) for name, value in _items(pairs) if isinstance(name, (str, bytes))]
        hits = [(name, value) for name, value in named if name.lower() in known]
    found: dict[str, list[str]] = {}
    for name, value in hits:
        text = _text(value)
        if text is not None:
            found.setdefault(known[name.lower()], []).append(text)
    return found


def only(values: list[str]) -> str | None:
    """Return the string that all *values* are equal to, or None."""
    return values[0] if len(values) == 1 or len(set(values)) == 1 else None


def with_headers(carrier: Any, added: Mapping[str, str]) -> Any:
    """Return a copy of *carrier* with *added* in place of what has the same names.

    The copy has the type of *carrier* where that can be copied and written to.
    Otherwise it is a dictionary, or a list of pairs where a dictionary would
    lose a repeated name.
    """
    if carrier is None or type(carrier) is dict:
        return _dictionary(_items(carrier), added)
    if not hasattr(carrier, "keys"):
        return _pairs(_items(carrier), added)
    copied = _copied(carrier, added)
    if copied is not None:
        return copied
    pairs = _items(carrier)
    names = [_lower(name) for name, _ in pairs]
    if len(set(names)) < len(names) or _is_list_of_pairs(carrier):
        return _pairs(pairs, added)
    return _dictionary(pairs, added)


def _copied(carrier: Any, added: Mapping[str, str]) -> Any:
    """Return a copy of *carrier* in its own type, or None if that cannot be written to.

    Most types for headers have `copy`, and setting a name replaces all values of
    it; Starlette's immutable ones have `mutablecopy`.
    """
    copy = getattr(carrier, "mutablecopy", None) or getattr(carrier, "copy", None)
    try:
        copied = copy() if copy is not None else carrier
        if copied is carrier:  # it has none, or is immutable
            return None
        replaced = {name.lower() for name in added}
        for name in {name for name in copied.keys() if _lower(name) in replaced}:  # noqa: SIM118 - of werkzeug
            if name in copied:  # not gone with the same name in another case
                del copied[name]
        for name, value in added.items():
            copied[name] = value
        there = read_headers(copied, *replaced)
    except Exception:
        return None
    # A type with its own rules may keep something else than it was given.
    right = all(there.get(name.lower()) == [value] for name, value in added.items())
    return copied if right else None


def _is_list_of_pairs(carrier: Any) -> bool:
    """Return whether iterating over *carrier* gives pairs, as over the metadata of gRPC."""
    # Without `__iter__`, as in wsgiref, the items would be asked for by number.
    if not hasattr(carrier, "keys") or hasattr(carrier, "copy") or not hasattr(carrier, "__iter__"):
        return False
    return any(isinstance(item, tuple) for item in carrier)


def _dictionary(pairs: list[tuple[Any, Any]], added: Mapping[str, str]) -> dict[Any, Any]:
    kept = _without(pairs, added)
    if not (kept and isinstance(kept[0][0], bytes)):
        return dict(kept) | dict(added)
    return dict(kept) | {name.encode(): value.encode() for name, value in added.items()}


def _pairs(pairs: list[tuple[Any, Any]], added: Mapping[str, str]) -> list[tuple[Any, Any]]:
    kept = _without(pairs, added)
    write_name, write_value = _writers(kept)
    return kept + [(write_name(name), write_value(value)) for name, value in added.items()]


def _without(pairs: list[tuple[Any, Any]], added: Mapping[str, str]) -> list[tuple[Any, Any]]:
    replaced = {name.lower() for name in added}
    return [(name, value) for name, value in pairs if _lower(name) not in replaced]


def _items(carrier: Any) -> list[tuple[Any, Any]]:
    """Return all pairs of *carrier*, for any that may be passed."""
    if carrier is None:
        return []
    if type(carrier) is dict:
        return list(carrier.items())
    try:
        return [(name, value) for name, value in _iterate(carrier)]
    except (TypeError, ValueError):
        kind = type(carrier).__name__
        message = f"a carrier is a mapping or a list of pairs, not {kind}: pass headers"
        raise InvalidArgumentError(message) from None


def _iterate(carrier: Any) -> Iterator[tuple[Any, Any]]:
    # The `items` of httpx joins what has one name, those of gRPC make lists of it, and those of
    # Bottle leave all but the last out.
    names = ("multi_items", "allitems", "items")
    items = next((found for name in names if (found := getattr(carrier, name, None))), None)
    return iter(carrier if items is None or _is_list_of_pairs(carrier) else items())


@lru_cache
def known_names(*wanted: str) -> dict[object, str]:
    """Return the names *wanted*, by what they are as strings and as bytes."""
    return {key: name for name in wanted for key in (name, name.encode())}


def _lower(name: object) -> str:
    return (_text(name) or "").lower()


def _text(value: object) -> str | None:
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        # Every byte has a character in Latin-1; which ones may be adopted is checked later.
        return value.decode("latin-1")
    return plain_string(value) if isinstance(value, str) else None


def _writers(pairs: list[tuple[Any, Any]]) -> tuple[Callable[[str], Any], Callable[[str], Any]]:
    """Return what makes names and values like those of *pairs*."""
    names = [name for name, _ in pairs]
    values = [value for _, value in pairs if value is not None]
    write_name = str.encode if names and isinstance(names[0], bytes) else str
    write_value = str if values and isinstance(values[0], str) else str.encode
    return write_name, write_value
