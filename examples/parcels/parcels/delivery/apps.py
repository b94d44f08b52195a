"""How Django knows this application."""

from django.apps import AppConfig

import parcels.worker


class DeliveryConfig(AppConfig):
    """The deliveries, and with them the application of Celery that tasks are sent by."""

    name = "parcels.delivery"

    def ready(self) -> None:
        """Make our application of Celery the one that shared tasks belong to."""
        parcels.worker.app.set_default()
