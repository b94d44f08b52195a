"""Evidence for the flows of a docs build: made with the flows, and kept with them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from penstock._project.settings import Settings
from penstock.catalog._checked import CheckedFlows, checks_of
from penstock.catalog._checking import has_result, read_result, write_request
from penstock.catalog._inputs import Inputs
from penstock.catalog._loading import LoadedFlows
from penstock.catalog._object_reader import ImportedObjects
from penstock.catalog._subprocess import run_module
from penstock.docs._revision import find_revision

__all__ = ["add_evidence", "show_evidence"]


def add_evidence(
    loaded: LoadedFlows, settings: Settings, folder: Path | None = None
) -> LoadedFlows:
    """Return *loaded* with evidence from the source, if *settings* ask for it.

    A child process reads the source, and is ended at the time limit of *settings*. Where it
    fails, the flows have no evidence, are not kept, and say why.

    Args:
        loaded: The flows.
        settings: The settings of the project.
        folder: Where the reports of the check are kept, to be used again while nothing has
            changed that they depend on. Nowhere if None, or if *settings* reuse nothing.

    .. versionadded:: 0.2
    """
    if not settings.evidence or settings.catalog is not None:
        return loaded
    cache = folder if settings.catalog_reuse else None
    with TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True) as name:
        files = Path(name)
        catalog = loaded.catalog(settings.project_folder)
        # If no other process has imported the modules, this one has.
        objects = loaded.objects or ImportedObjects(settings.project_folder)
        root, pythonpath = settings.project_folder, settings.pythonpath
        write_request(files, catalog, root, pythonpath, cache, objects=objects)
        try:
            code = run_module(
                "penstock.evidence._child", files, files / "output.txt", settings.timeout
            )
        except OSError as error:  # there are no processes, or too many
            return _without(loaded, f"no process can be started: {error.strerror}")
        if code is None:
            timeout = settings.words.call("timeout")
            problem = f"it was ended after {settings.timeout:g} seconds: change {timeout}"
            return _without(loaded, problem)
        if code != 0 or not has_result(files):
            lines = (files / "output.txt").read_text("utf-8", "replace").split("\n")
            return _without(loaded, next(filter(None, reversed(lines)), f"exit code {code}"))
        checks, failures, inputs = read_result(files)
    found = CheckedFlows(loaded.flows, checks)
    merged = loaded.inputs and _merged(loaded.inputs, inputs)
    return replace(loaded, flows=found, inputs=merged, evidence_failure="; ".join(failures) or None)


def show_evidence(loaded: LoadedFlows, settings: Settings) -> LoadedFlows:
    """Return *loaded* as a page shows it: with the revision of its evidence, or without both.

    .. versionadded:: 0.2
    """
    if settings.evidence is False:
        return replace(loaded, flows=CheckedFlows(loaded.flows, {}))
    if not settings.evidence:
        return loaded
    if settings.catalog is not None:  # which has the revision, or none
        if not loaded.flows.flows or checks_of(loaded.flows):
            return loaded
        problem = f"{settings.catalog} has none: write it with penstock export --evidence"
        return replace(loaded, evidence_failure=problem)
    revision = find_revision(Path(settings.project_folder))
    flows = loaded.flows
    if isinstance(flows, CheckedFlows):
        found = CheckedFlows(flows.source, flows.checks, revision)
    else:  # kept ones, whose edges have the verdicts
        found = CheckedFlows(flows, None, revision)
    return replace(loaded, flows=found)


def _without(loaded: LoadedFlows, problem: str) -> LoadedFlows:
    return replace(loaded, inputs=None, evidence_failure=problem)


def _merged(first: Inputs, more: Inputs) -> Inputs:
    known = {state.path for state in first.files}
    files = (*first.files, *(state for state in more.files if state.path not in known))
    return replace(first, files=files, folders=(*first.folders, *more.folders))
