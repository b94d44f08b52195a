"""Jobs that real workers run: they write down what is current."""

import json
import os
from pathlib import Path

from servers import json_lines

from penstock import current_flow_id, current_run, flow

if "TEST_BATCHED_SPANS" in os.environ:
    import batched  # noqa: F401 - before anything is declared

FOLDER = Path(os.environ.get("QUEUE_TEST_FOLDER", "."))


def note(what: str) -> str | None:
    """Write down *what* happens in which operation; lines of processes never mix."""
    run = current_run()
    values = dict(run.values) if run else {}
    entry = {"what": what, "id": current_flow_id(), "flow": run and run.flow, "values": values}
    with (FOLDER / "notes").open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(entry) + "\n")
    return current_flow_id()


def notes() -> list[dict[str, object]]:
    """Return what was written down."""
    return json_lines(FOLDER / "notes")


def spans_in(folder: Path) -> set[tuple[str, str]]:
    """Return the steps and flow IDs of the spans that were exported into *folder*."""
    return {(span["step"], span["flow_id"]) for span in json_lines(folder / "spans")}


jobs = flow("jobs")
