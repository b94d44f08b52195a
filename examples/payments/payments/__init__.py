"""Takes payments in over HTTP, and enters them into a ledger behind Kafka."""
