"""Runs the payments as real processes: a broker, an API, a ledger, and who pays.

Prints the log of one operation, from both processes.
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _processes import ask, free_port, listens, operation, running, wait_for  # noqa: E402

API = ("uvicorn", "payments.api:app", "--log-level", "warning", "--port")


def main(data: Path) -> None:
    """Pay, and print what was logged of it."""
    logs = data / "logs"
    logs.mkdir()
    ledger = data / "ledger.sqlite"
    port = free_port()
    with running("broker", "payments.broker", logs=logs, folder=HERE, env={}):
        address = wait_for("the start of the broker", (logs / "broker.log").read_text, logs)
        env = {"PAYMENTS_BROKER": address.strip(), "PAYMENTS_LEDGER": str(ledger)}
        with (
            running("api", *API, str(port), logs=logs, folder=HERE, env=env),
            running("ledger", "payments.ledger", logs=logs, folder=HERE, env=env),
        ):
            wait_for("the start of the API", lambda: listens(port), logs)
            payment = {"payer": "customer 7", "cents": 1200}
            status, flow_id, answer = ask(port, "POST", "/payments", payment)
            if status != 202 or flow_id is None:
                sys.exit(f"the payment was not accepted: {status} {answer}")
            said = wait_for(
                "the last line of the operation",
                lambda: (
                    (lines := operation(flow_id, logs)) and "the ledger has" in lines[-1] and lines
                ),
                logs,
            )
    print("\n".join(said))
    with closing(sqlite3.connect(ledger)) as database:
        entries = database.execute("SELECT payer, cents, operation FROM ledger").fetchall()
    if entries != [("customer 7", 1200, flow_id)]:
        sys.exit(f"the ledger is wrong: {entries}")
    print("\nthe ledger has 1200 cents of customer 7")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
