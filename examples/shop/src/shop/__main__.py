"""``python -m shop``: a day in the shop, in a second."""

import tempfile
from pathlib import Path

from shop import services
from shop.broker import Topic
from shop.flows.bom_sync import handle_kafka_message
from shop.flows.order_processing import Order, validate_order
from shop.flows.user_update import handle_admin_action, handle_api_request
from shop.log import setup_logging
from shop.supplier import supplier


def run(database: Path) -> Topic:
    """Run each flow a few times, with its data in the file *database*."""
    services.db = services.Database(database)
    with supplier() as address:
        services.api = services.Api(address)
        with Topic(handle_kafka_message) as updates:
            for bom_id in (3, 7, 13, 4):  # 7 is busy at first, and there is no 13
                updates.publish(bom_id=bom_id)
    handle_api_request({"id": "u1", "email": "One@Example.org "})
    handle_admin_action({"id": "u2", "email": "two@example.org"})
    validate_order(Order(number=1, part="P-7-1", quantity=2))
    validate_order(Order(number=2, part="P-7-2", quantity=0))
    return updates


def main() -> None:
    """Run the shop and say what was done."""
    setup_logging()
    with tempfile.TemporaryDirectory() as folder:
        updates = run(Path(folder) / "shop.sqlite")
        print(
            f"\n{updates.handled} messages handled, {len(updates.dead)} put aside; "
            f"{services.db.count('parts')} parts, {services.db.count('users')} users and "
            f"{services.db.count('reserved')} reservation in the database"
        )


if __name__ == "__main__":
    main()
