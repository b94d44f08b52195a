"""Django's settings. What differs between machines comes from the environment."""

import os
from pathlib import Path

DATA = Path(os.environ.get("PARCELS_DATA", Path(__file__).parents[1] / "build" / "data"))

SECRET_KEY = os.environ.get("PARCELS_SECRET_KEY", "not a secret: for an example only")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "parcels.urls"
WSGI_APPLICATION = "parcels.wsgi.application"
INSTALLED_APPS = ["penstock.contrib.django", "parcels.delivery"]
MIDDLEWARE = ["penstock.contrib.django.FlowMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "parcels.sqlite",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = DATA / "mail"

# A broker of files needs no server. In production: "redis://..." or "amqp://...".
CELERY_BROKER_URL = os.environ.get("PARCELS_BROKER", "filesystem://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": DATA / "queue",
        "data_folder_out": DATA / "queue",
        "control_folder": DATA / "control",
    }
    if CELERY_BROKER_URL.startswith("filesystem:")
    else {}
)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # the worker logs as configured below

LINE = "%(asctime)s.%(msecs)03d %(processName)-16s %(flow_id)-32s %(step)-14s %(message)s"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"flow": {"()": "penstock.contrib.logging.FlowFilter"}},
    "formatters": {
        "line": {
            "()": "penstock.contrib.logging.FlowFormatter",
            "fmt": LINE,
            "datefmt": "%H:%M:%S",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["flow"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    # The second warns that a broker of files has no host.
    "loggers": {"celery": {"level": "WARNING"}, "kombu": {"level": "ERROR"}},
}
