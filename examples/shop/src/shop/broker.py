"""A message broker in one process: a topic is a queue, a consumer is a thread."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from penstock import bind

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """A message that was published."""

    payload: dict[str, Any]


@dataclass
class Topic:
    """Messages on their way, and those that could not be handled."""

    handle: Callable[[Message], object]
    waiting: "queue.Queue[Message | None]" = field(default_factory=queue.Queue)
    handled: int = 0
    dead: list[Message] = field(default_factory=list)

    def publish(self, **payload: Any) -> None:
        """Send a message to the consumer."""
        self.waiting.put(Message(payload))

    def __enter__(self) -> Self:
        """Start the consumer."""
        self._thread = threading.Thread(target=self._consume, name="consumer")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the consumer handle what is waiting, then end it."""
        self.waiting.put(None)
        self._thread.join()

    def _consume(self) -> None:
        while (message := self.waiting.get()) is not None:
            # One flow ID for all that belongs to a message: the run adopts it,
            # and what is logged after the run has failed has it too.
            with bind():
                self._deliver(message)

    def _deliver(self, message: Message) -> None:
        try:
            self.handle(message)
        except Exception as error:
            logger.error("put %s aside: %r", message.payload, error)  # noqa: TRY400 - a line will do
            self.dead.append(message)
        else:
            self.handled += 1
