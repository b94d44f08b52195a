"""The program of a child process: it imports the modules of a project, and writes a catalog."""

import faulthandler
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import time
from typing import Any

from penstock._common.files import write_whole
from penstock._project.importing import import_modules
from penstock._project.settings import Settings, SettingWords
from penstock.catalog._absent import noted_absences
from penstock.catalog._bytecode import without_stale_bytecode
from penstock.catalog._catalog import Catalog
from penstock.catalog._inputs import Inputs
from penstock.catalog._object_reader import ImportedObjects
from penstock.catalog._objects import Objects, objects_from_json, objects_to_json
from penstock.catalog._recording import record
from penstock.catalog._variables import noted_variables
from penstock.exceptions import ModuleImportError, SetupError

__all__ = [
    "CATALOG",
    "export",
    "read_failures",
    "read_inputs",
    "read_objects",
    "run",
    "write_request",
]

CATALOG = "flows.json"
"""The file of the catalog, which is there when all is done."""

_FAILURES = "failures.json"
_INPUTS = "inputs.json"
_OBJECTS = "objects.json"
_REQUEST = "request.json"
_KINDS = {"ModuleImportError": ModuleImportError, "SetupError": SetupError}


def write_request(folder: Path, settings: Settings) -> None:
    """Write to *folder* what the child is to import."""
    (folder / _REQUEST).write_text(json.dumps(asdict(settings)), encoding="utf-8")


def read_failures(folder: Path) -> tuple[ModuleImportError, ...]:
    """Return what the child could not import."""
    found = json.loads((folder / _FAILURES).read_text(encoding="utf-8"))
    return tuple(_KINDS[each["kind"]](*each["facts"]) for each in found)


def read_inputs(folder: Path) -> Inputs | None:
    """Return what the catalog of the child was made from, or None if that is not known."""
    found = json.loads((folder / _INPUTS).read_text(encoding="utf-8"))
    return found and Inputs.from_json(found)


def read_objects(folder: Path) -> Objects | None:
    """Return the objects of the modules, or None if the settings ask for no evidence."""
    found = json.loads((folder / _OBJECTS).read_text(encoding="utf-8"))
    return None if found is None else objects_from_json(found)


def run(folder: str, end: float) -> None:
    """Be the child process: do what the request in *folder* asks for, and end.

    Args:
        folder: The folder of the request, and of what is written.
        end: When the process will be ended, in seconds since the epoch. What it
            is doing is printed before that.
    """
    faulthandler.enable()
    faulthandler.dump_traceback_later(max((end - time()) * 0.8, 0.001))
    export(Path(folder))
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # a module has closed or replaced it
            stream.flush()
    # Threads that modules have started, and what they do at the exit, are not waited for.
    os._exit(0)


def export(folder: Path) -> None:
    """Import what the request in *folder* asks for, and write there what came of it."""
    settings = _read_request(folder)
    with without_stale_bytecode(), record(settings, ignored=str(folder)) as recording:
        recording.expect_variables()
        with (
            noted_absences(recording.note_absence),
            noted_variables(recording.note_variable, recording.note_all_variables),
        ):
            failures = import_modules(settings)
    inputs = recording.inputs()
    write_whole(folder / _INPUTS, json.dumps(inputs and inputs.to_json()))
    facts = [{"kind": type(each).__name__, "facts": each.args} for each in failures]
    write_whole(folder / _FAILURES, json.dumps(facts))
    # Beside the catalog, which is published: they are for one check.
    objects = (
        objects_to_json(ImportedObjects(settings.project_folder)) if settings.evidence else None
    )
    write_whole(folder / _OBJECTS, json.dumps(objects))
    catalog = Catalog.from_registry(settings.project_folder)
    write_whole(folder / CATALOG, catalog.to_json())


def _read_request(folder: Path) -> Settings:
    values: dict[str, Any] = json.loads((folder / _REQUEST).read_text(encoding="utf-8"))
    for name in ("modules", "pythonpath", "depends", "mocks"):
        values[name] = tuple(values[name])
    return Settings(**values | {"words": SettingWords(**values["words"]), "catalog": None})
