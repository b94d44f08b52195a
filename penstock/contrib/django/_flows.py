"""The flows of the project that Django has set up."""

import sys
from dataclasses import replace
from pathlib import Path

from django.conf import settings as project

from penstock.docs import LoadedFlows, Settings, load_flows, read_settings

__all__ = ["find_folder", "load_project"]


def find_folder() -> Path:
    """Return the folder in which, or above which, ``pyproject.toml`` is.

    That is the current one, as for the program ``penstock``, if its settings are found from
    there. Else it is the folder of the module with Django's settings.

    Raises:
        ConfigurationError: If a setting of penstock is wrong.
    """
    current = Path.cwd()
    module = sys.modules.get(getattr(project, "SETTINGS_MODULE", None) or "")
    file = getattr(module, "__file__", None)
    if file is None or read_settings(current).root is not None:
        return current
    folder = Path(file).resolve().parent
    return current if read_settings(folder).root is None else folder


def load_project(settings: Settings) -> LoadedFlows:
    """Return the flows of all that the project imports, and of the modules that *settings* name.

    The function *setup* of the settings is not called: Django is set up.

    Raises:
        ConfigurationError: If the catalog of the settings cannot be read.
    """
    urls = getattr(project, "ROOT_URLCONF", None)
    modules = (urls,) if isinstance(urls, str) and settings.catalog is None else ()
    views = load_flows(Settings(modules=modules, location="ROOT_URLCONF"))
    loaded = load_flows(replace(settings, setup=None))
    return replace(loaded, failures=(*views.failures, *loaded.failures))
