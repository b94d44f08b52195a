"""The HTTP endpoints: ``uvicorn payments.api:app``."""

import json
import logging
from concurrent.futures import Future
from functools import cache, partial

from fastapi import FastAPI, HTTPException
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
    return FlowProducer({"bootstrap.servers": BROKER, "message.timeout.ms": 5000})


class Payment(BaseModel):
    """The body of a request."""

    payer: str
    cents: int


@api.post("/payments", status_code=202)
@payments
@entrypoint(kind="http", title="Accept a payment")
def accept_payment(payment: Payment) -> dict[str, str]:
    """Accepts a payment, and responds before it is in the ledger.

    Args:
        payment: The payer and the amount.

    Returns:
        That it was accepted.
    """
    logger.info("%s pays %s cents", payment.payer, payment.cents)
    publish_payment(payment)
    return {"status": "accepted"}


@payments
@step(after="accept_payment", sends="kafka:payments", title="Publish the payment")
def publish_payment(payment: Payment) -> None:
    """Publishes the payment, and waits until the broker has it.

    Args:
        payment: The payer and the amount.

    Raises:
        HTTPException: With 503, if the broker did not take it within 5 seconds.
    """
    producer = connect()
    error: Future[object] = Future()
    body = json.dumps(payment.model_dump()).encode()
    producer.produce(TOPIC, body, on_delivery=partial(note_delivery, error))
    producer.flush()
    if error.result() is not None:
        raise HTTPException(503, "the broker does not take payments")


def note_delivery(result: Future[object], error: object, message: object) -> None:
    """Log what became of a message, in the operation that sent it."""
    if error is None:
        logger.info("the broker has it")
    else:
        logger.error("the broker has it not: %s", error)
    result.set_result(error)


setup_logging("api")
app = FlowMiddleware(api)
