"""The application of Celery: ``celery -A parcels.worker worker``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parcels.settings")
app = Celery("parcels")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["parcels.delivery"])
