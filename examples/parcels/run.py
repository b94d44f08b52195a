"""Runs the parcels as real processes: a web server, a worker, and who sends a parcel.

Prints the log of one operation, from both processes. With the name of a folder as its
argument, it leaves the logs, the database and the mail there.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _processes import (  # noqa: E402
    ask,
    data_folder,
    free_port,
    listens,
    operation,
    running,
    wait_for,
)

SERVER = ("gunicorn", "parcels.wsgi", "--log-level", "warning", "--bind")
WORKER = ("celery", "-A", "parcels.worker", "worker", "--loglevel", "INFO", "--concurrency", "1")


def main(data: Path) -> None:
    """Send a parcel on its way, and print what was logged of it."""
    (data / "queue").mkdir()
    (data / "control").mkdir()
    logs = data / "logs"
    logs.mkdir()
    env = {"PARCELS_DATA": str(data), "DJANGO_SETTINGS_MODULE": "parcels.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=HERE,
        env=os.environ | env,
        check=True,
    )
    port = free_port()
    with (
        running("web", *SERVER, f"127.0.0.1:{port}", logs=logs, folder=HERE, env=env),
        running("worker", *WORKER, "--without-mingle", logs=logs, folder=HERE, env=env),
    ):
        wait_for("the start of the web server", lambda: listens(port), logs)
        status, flow_id, body = ask(port, "POST", "/parcels", {"address": "1 Mill Lane"})
        if status != 202 or flow_id is None:
            sys.exit(f"the parcel was not accepted: {status} {body}")
        lines = wait_for(
            "the last line of the operation",
            lambda: (lines := operation(flow_id, logs)) and "knows" in "".join(lines) and lines,
            logs,
        )
        _, _, parcel = ask(port, "GET", f"/parcels/{body['parcel']}")
    print("\n".join(lines))
    print(f"\nparcel {body['parcel']} goes by {parcel['courier']}")
    if parcel["operation"] != flow_id:
        sys.exit(f"the database has another ID: {parcel['operation']}")


if __name__ == "__main__":
    with data_folder() as folder:
        main(folder)
