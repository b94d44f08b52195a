"""The settings of a small Django project for tests."""

import os

SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "django_urls"
INSTALLED_APPS = ["penstock.contrib.django"]
MIDDLEWARE = ["penstock.contrib.django.FlowMiddleware"]
DATABASES = {}
USE_TZ = True
LOGGING_CONFIG = None
PENSTOCK = {"trust": os.environ.get("DJANGO_TEST_TRUST") == "1"}
