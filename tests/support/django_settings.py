"""The settings of a small Django project for tests."""

import os
from importlib.util import find_spec

try:
    import django.tasks
except ImportError:
    tasks = "django_tasks"
else:
    tasks = django.tasks.__name__

SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "django_urls"
INSTALLED_APPS = ["penstock.contrib.django"]
if find_spec("django_tasks_db"):
    INSTALLED_APPS.append("django_tasks_db")
MIDDLEWARE = ["penstock.contrib.django.FlowMiddleware"]
if os.environ.get("DJANGO_TEST_WRAPPED") == "1":
    MIDDLEWARE = []
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
TIME_ZONE = "UTC"  # Django sets it for the process: without it, all later tests are in Chicago
LOGGING_CONFIG = None
PENSTOCK = {"trust": os.environ.get("DJANGO_TEST_TRUST") == "1"}
TASKS = {
    "default": {"BACKEND": f"{tasks}.backends.immediate.ImmediateBackend"},
    "dummy": {"BACKEND": f"{tasks}.backends.dummy.DummyBackend"},
    "rows": {"BACKEND": f"{tasks}.backends.dummy.DummyBackend"},
}
if find_spec("django_tasks_db"):
    TASKS["rows"] = {"BACKEND": "django_tasks_db.DatabaseBackend"}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "rest_framework.schemas.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
