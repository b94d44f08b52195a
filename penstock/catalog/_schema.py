"""The published schema of a catalog, and its version."""

import json
from typing import Any

__all__ = ["SCHEMA_VERSION", "catalog_schema"]

SCHEMA_VERSION = "1.1"
"""The version of the catalogs that this penstock writes.

A new member changes the second number: readers ignore members that they do not
know. Any other change is a new first number, which older readers refuse.
"""


def catalog_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a catalog.

    .. versionadded:: 0.2
    """
    # A child process that imports a project never asks for it.
    from importlib.resources import files  # noqa: PLC0415

    text = files("penstock.catalog").joinpath("catalog-1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
