"""The broker that the client of Confluent carries for tests. It speaks the real protocol."""

import kafka
from confluent_kafka import Consumer, Producer, TopicPartition

PARTITIONS = range(4)
"""Those of each topic of the broker."""

# kafka-python cannot parse the broker's refusal to return its version.
API_VERSION = (2, 1)


class Broker:
    """A broker on a port of 127.0.0.1 that lives as long as this object."""

    def __init__(self):
        self._owner = Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0}
        )
        [broker] = self._owner.list_topics(timeout=60).brokers.values()
        self.address = f"{broker.host}:{broker.port}"
        self._topics = 0

    def new_topic(self):
        """Return the name of a topic that nobody else uses, and that is there."""
        self._topics += 1
        name = f"orders-{self._topics}"
        self._owner.list_topics(name, timeout=60)
        return name

    def produce(self, topic, *messages):
        """Put messages, pairs of value and headers, into the first partition, without penstock."""
        for value, headers in messages:
            self._owner.produce(topic, value, partition=0, headers=headers)
        assert self._owner.flush(10) == 0

    def read(self, topic, count):
        """Return the next *count* messages of *topic*, without penstock."""
        consumer = self.consumer(topic)
        messages = []
        for _ in range(20):
            messages += consumer.consume(count - len(messages), 1)
            if len(messages) == count:
                break
        consumer.close()
        return messages

    def consumer(self, topic, **config):
        """Return a consumer of all partitions of *topic*, from their beginning."""
        made = Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": topic,
                "log_level": 0,
                "enable.auto.commit": False,
                **config,
            }
        )
        made.assign([TopicPartition(topic, number, 0) for number in PARTITIONS])
        return made

    def consumer_of_kafka_python(self, topic):
        """Return one of kafka-python, of the same partitions."""
        made = kafka.KafkaConsumer(
            bootstrap_servers=self.address,
            api_version=API_VERSION,
            auto_offset_reset="earliest",
            group_id=None,
        )
        made.assign([kafka.TopicPartition(topic, number) for number in PARTITIONS])
        return made
