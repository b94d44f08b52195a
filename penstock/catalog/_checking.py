"""The request to a child process that checks a catalog, and its result, as files."""

import json
from collections.abc import Iterable
from pathlib import Path

from penstock._common.files import write_whole
from penstock.catalog._catalog import Catalog
from penstock.catalog._checked import Checks, checks_of
from penstock.catalog._inputs import Inputs
from penstock.catalog._objects import NOT_IMPORTED, Objects, objects_from_json, objects_to_json
from penstock.catalog._reading import parse_catalog

__all__ = ["has_result", "read_request", "read_result", "write_request", "write_result"]

_CATALOG = "flows.json"
_RESULT = "evidence.json"
_REQUEST = "request.json"


def write_request(
    folder: Path,
    catalog: Catalog,
    project: str,
    pythonpath: Iterable[str],
    cache: Path | None,
    *,
    objects: Objects = NOT_IMPORTED,
) -> None:
    """Write to *folder* what the child is to check, and where it keeps reports."""
    request = {
        "folder": project,
        "pythonpath": [*pythonpath],
        "cache": None if cache is None else str(cache.absolute()),
        "objects": objects_to_json(objects),
    }
    (folder / _REQUEST).write_text(json.dumps(request), encoding="utf-8")
    (folder / _CATALOG).write_text(catalog.to_json(), encoding="utf-8")


def read_request(folder: Path) -> tuple[Catalog, str, list[str], str | None, Objects]:
    """Return the catalog to check, the project, its path for imports, and where reports are.

    The last are the objects of its modules.
    """
    request = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    catalog = parse_catalog((folder / _CATALOG).read_bytes(), _CATALOG)
    objects = objects_from_json(request["objects"])
    return catalog, request["folder"], request["pythonpath"], request["cache"], objects


def write_result(folder: Path, catalog: Catalog, failures: list[str], inputs: Inputs) -> None:
    """Write to *folder* the *catalog* with evidence, and what the check has read."""
    result = {"catalog": catalog.to_json(), "failures": failures, "inputs": inputs.to_json()}
    write_whole(folder / _RESULT, json.dumps(result))


def has_result(folder: Path) -> bool:
    """Return whether the child has ended its work."""
    return (folder / _RESULT).exists()


def read_result(folder: Path) -> tuple[Checks, list[str], Inputs]:
    """Return the verdicts, the errors of the check, and what it has read."""
    found = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
    catalog = parse_catalog(found["catalog"].encode(), _RESULT)
    return checks_of(catalog), found["failures"], Inputs.from_json(found["inputs"])
