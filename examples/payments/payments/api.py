"""What comes in over HTTP: ``uvicorn payments.api:app``."""

import json
import logging
from functools import cache

from fastapi import FastAPI
from pydantic import BaseModel

from payments.flow import BROKER, TOPIC, payments, setup_logging
from penstock import entrypoint, step
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.confluent_kafka import FlowProducer

logger = logging.getLogger(__name__)
api = FastAPI()


@cache
def connect() -> FlowProducer:
    """Return the producer, which is made when there is something to publish."""
    return FlowProducer({"bootstrap.servers": BROKER})


class Payment(BaseModel):
    """What a client sends."""

    payer: str
    cents: int


@api.post("/payments", status_code=202)
@payments
@entrypoint(kind="http", title="Accept a payment")
def accept_payment(payment: Payment) -> dict[str, str]:
    """Accepts a payment, and answers before it is in the ledger.

    Args:
        payment: Who pays, and how much.

    Returns:
        That it was accepted.
    """
    logger.info("%s pays %s cents", payment.payer, payment.cents)
    publish_payment(payment)
    return {"status": "accepted"}


@payments
@step(after="accept_payment", kind="kafka", title="Publish the payment")
def publish_payment(payment: Payment) -> None:
    """Publishes the payment, and waits until the broker has it.

    Args:
        payment: Who pays, and how much.
    """
    producer = connect()
    producer.produce(TOPIC, json.dumps(payment.model_dump()).encode(), on_delivery=note_delivery)
    producer.flush(10)


def note_delivery(error: object, message: object) -> None:
    """Log what became of a message, in the operation that sent it."""
    logger.info("the broker has it" if error is None else f"the broker has it not: {error}")


setup_logging("api")
app = FlowMiddleware(api)
