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
    there. Else it is the folder from which Django's settings are imported.

    Raises:
        ConfigurationError: If a setting of penstock is wrong.
    """
    current = Path.cwd()
    name = getattr(project, "SETTINGS_MODULE", None) or ""
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or read_settings(current).root is not None:
        return current
    path = Path(file).resolve()
    path = path.parent if path.stem == "__init__" else path
    return path.parents[: name.count(".") + 1][-1]


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
