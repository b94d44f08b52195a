"""The consumer that writes payments from Kafka into the ledger: ``python -m payments.ledger``."""

import json
import logging
import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer

from payments.flow import BROKER, TOPIC, payments, setup_logging
from penstock import current_flow_id, step
from penstock.contrib.confluent_kafka import consume

logger = logging.getLogger(__name__)
LEDGER = Path(os.environ.get("PAYMENTS_LEDGER", "ledger.sqlite"))


@payments
@step(after="publish_payment", receives="kafka:payments", title="Receive the payment")
def receive_payment(message: Any) -> None:
    """Receives a payment from Kafka.

    Args:
        message: A message with a payment as JSON.
    """
    payment = json.loads(message.value())
    logger.info("%s cents came from %s", payment["cents"], payment["payer"])
    enter_payment(payment["payer"], payment["cents"])


@payments
@step(after="receive_payment", kind="database", title="Enter it into the ledger")
def enter_payment(payer: str, cents: int) -> None:
    """Enters the payment into the ledger, with the operation that it belongs to.

    Args:
        payer: The payer's name.
        cents: How much.
    """
    with closing(sqlite3.connect(LEDGER)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS ledger (payer, cents, operation)")
        entry = (payer, cents, current_flow_id())
        database.execute("INSERT INTO ledger VALUES (?, ?, ?)", entry)
    logger.info("the ledger has %s cents of %s", cents, payer)


def main() -> None:
    """Take payments in until somebody ends this process."""
    setup_logging("ledger")
    settings = {"group.id": "ledger", "auto.offset.reset": "earliest"}
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    consumer = Consumer({"bootstrap.servers": BROKER, **settings})
    consumer.subscribe([TOPIC])
    logger.info("waiting for payments")
    try:
        consume(consumer, receive_payment, flow="payments", until=ended.is_set)
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
