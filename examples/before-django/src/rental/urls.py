"""The paths of the application."""

from django.urls import path

from rental import views

urlpatterns = [path("reservations", views.reserve)]
