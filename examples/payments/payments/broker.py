"""A broker for trying things out, where there is no other: ``python -m payments.broker``.

It is the one that the client of Confluent carries for tests. It speaks the
protocol of Kafka, and forgets everything when it ends.
"""

import threading

from confluent_kafka import Producer

from payments.flow import TOPIC


def main() -> None:
    """Print the broker's address, and wait until somebody ends this process."""
    owner = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0})
    (broker,) = owner.list_topics(timeout=10).brokers.values()
    owner.list_topics(TOPIC, timeout=10)
    print(f"{broker.host}:{broker.port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
