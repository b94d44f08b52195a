"""Django's settings."""

SECRET_KEY = "only for an example"  # noqa: S105
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "rental.urls"
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
]
USE_TZ = True

CELERY_BROKER_URL = "sqla+sqlite:///broker.sqlite"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
}
