"""Runs the payments as real processes: a broker, an API, a ledger, and who pays.

Prints the log of one operation, from both processes. With the name of a folder as its
argument, it leaves the logs and the database there.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
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

API = ("uvicorn", "payments.api:app", "--log-level", "warning", "--port")


def main(data: Path) -> None:
    """Pay, and print what was logged of it."""
    logs = data / "logs"
    logs.mkdir()
    ledger = data / "ledger.sqlite"
    port = free_port()
    with broker(logs) as address:
        env = {"PAYMENTS_BROKER": address, "PAYMENTS_LEDGER": str(ledger)}
        with (
            running("api", *API, str(port), logs=logs, folder=HERE, env=env),
            running("ledger", "payments.ledger", logs=logs, folder=HERE, env=env),
        ):
            wait_for("the start of the API", lambda: listens(port), logs)
            payment = {"payer": "customer 7", "cents": 1200}
            status, flow_id, body = ask(port, "POST", "/payments", payment)
            if status != 202 or flow_id is None:
                sys.exit(f"the payment was not accepted: {status} {body}")
            lines = wait_for(
                "the last line of the operation",
                lambda: (
                    (lines := operation(flow_id, logs)) and "the ledger has" in lines[-1] and lines
                ),
                logs,
            )
    print("\n".join(lines))
    with closing(sqlite3.connect(ledger)) as database:
        query = "SELECT payer, cents FROM ledger WHERE operation = ?"
        entries = database.execute(query, (flow_id,)).fetchall()
    if entries != [("customer 7", 1200)]:
        sys.exit(f"the ledger is wrong: {entries}")
    print("\nthe ledger has 1200 cents of customer 7")


@contextmanager
def broker(logs: Path) -> Iterator[str]:
    """Have the address of the broker that the environment names, or else of a local one."""
    if address := os.environ.get("PAYMENTS_BROKER"):
        yield address
        return
    with running("broker", "payments.broker", logs=logs, folder=HERE, env={}):
        printed = wait_for("the start of the broker", (logs / "broker.log").read_text, logs)
        yield printed.strip()


if __name__ == "__main__":
    with data_folder() as folder:
        main(folder)
