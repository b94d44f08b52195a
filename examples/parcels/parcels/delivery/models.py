"""The tables of the database."""

from django.db import models


class Parcel(models.Model):
    """A parcel, and the operation that it belongs to."""

    address = models.CharField(max_length=200)
    courier = models.CharField(max_length=50, blank=True)
    flow_id = models.CharField(max_length=128)
