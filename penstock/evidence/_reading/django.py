"""The modules that Django imports by itself: those of the applications in its settings."""

import re
from collections.abc import Iterator

from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.project import Project

__all__ = ["installed_in", "is_configuration", "manager_of"]

_OF_APPLICATIONS = ("apps", "models", "admin", "tasks")
"""The modules of an application that Django, its admin and Celery look for."""

_NAME = re.compile(r"""(["'])([^\W\d][\w.]*)\1""")


def manager_of(project: Project) -> Iterator[str]:
    """Yield the module ``manage`` if there is one that names the settings of Django."""
    source = project.files.get("manage")
    if source is not None and "DJANGO_SETTINGS_MODULE" in source.text:
        yield source.module


def is_configuration(source: SourceFile) -> bool:
    """Return whether a file configures an application, whose ``ready()`` Django calls."""
    return "AppConfig" in source.text


def installed_in(source: SourceFile, project: Project) -> Iterator[str]:
    """Yield the modules of the applications that the settings in *source* name."""
    if "INSTALLED_APPS" not in source.text:
        return
    for name in dict.fromkeys(found[2] for found in _NAME.finditer(source.text)):
        application = name.partition(".apps.")[0]
        if application in project.packages:
            modules = (f"{application}.{each}" for each in _OF_APPLICATIONS)
            yield from (module for module in modules if module in project.files)
