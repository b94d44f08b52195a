"""Which address leads to which view."""

from django.urls import path

from parcels.delivery.views import accept_parcel, show_parcel

urlpatterns = [
    path("parcels", accept_parcel),
    path("parcels/<int:number>", show_parcel),
]
