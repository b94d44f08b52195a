"""Caches for the slowest parts of a small site, shared by all sites that a process builds.

Builders compile the templates of a theme for each site, and read the entry points of all packages:
that is a third and a tenth of the time of a build.
"""

from functools import cache
from importlib.metadata import entry_points

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

__all__ = ["COMPILED", "known_entry_points"]


class _InMemory(BytecodeCache):
    """The compiled templates, by their names and files: Jinja compares the sources."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = _InMemory()
"""The ``bytecode_cache`` of an environment of Jinja."""

known_entry_points = cache(entry_points)
