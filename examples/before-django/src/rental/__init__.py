"""Rents out bicycles."""

from rental.worker import app as celery_app

__all__ = ["celery_app"]
