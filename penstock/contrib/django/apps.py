"""How Django knows penstock, where ``"penstock.contrib.django"`` is an installed application."""

from django.apps import AppConfig
from django.core.checks import register

from penstock.contrib.django._checks import check_flows, check_settings

__all__ = ["PenstockConfig"]


class PenstockConfig(AppConfig):
    """Brings the system checks and the command ``manage.py penstock``.

    .. versionadded:: 0.2
    """

    name = "penstock.contrib.django"
    label = "penstock"
    verbose_name = "penstock"

    def ready(self) -> None:
        """Register the checks: that of the flows reads the source, so not at each start."""
        register(check_settings, "penstock")
        register(check_flows, "penstock", deploy=True)
