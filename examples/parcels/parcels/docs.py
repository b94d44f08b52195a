"""The function that builders of the documentation call before they import the flows."""

import os

import django


def setup() -> None:
    """Make Django ready, so that modules with models can be imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parcels.settings")
    django.setup()
