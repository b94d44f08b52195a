"""The application that `celery -A rental worker` loads."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rental.settings")
app = Celery("rental")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["rental"])
