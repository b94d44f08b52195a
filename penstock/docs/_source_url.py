"""The URL of the source of a step, in the repository of the project."""

import os.path
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from penstock._declared.step import Step
from penstock._project.settings import Settings

__all__ = ["SourceUrl", "no_source"]


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """The address at which the source of a project can be read.

    Args:
        template: A URL with ``{file}`` for a file's path in the project and ``{line}`` for
            the number of a line.
        root: The folder of the project.

    .. versionadded:: 0.2
    """

    template: str
    root: str

    @classmethod
    def of(cls, settings: Settings, template: str | None = None) -> Callable[[Step], str | None]:
        """Return what the source URL of *settings* makes of a step.

        Args:
            settings: The settings of the project.
            template: The template for a project that sets none, if there is one.
        """
        template = settings.source_url or template
        return cls(template, settings.project_folder) if template else no_source

    def __call__(self, step: Step) -> str | None:
        """Return the URL of the function of *step*, or None if it is not in the project."""
        if step.location is None or step.location.file.startswith("<"):
            return None
        file = self._in_project(step.location.file)
        if file is None:
            return None
        url = self.template.replace("{line}", str(step.location.line))
        return url.replace("{file}", quote(file))

    def _in_project(self, file: str) -> str | None:
        """Return the path of *file* in the project, which it has already if it is in a catalog."""
        if not os.path.isabs(file):  # noqa: PTH117 - a string, as Python knows it
            return Path(file).as_posix()
        for absolute in (os.path.abspath, os.path.realpath):
            path, root = Path(absolute(file)), Path(absolute(self.root))
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return None


def no_source(_: Step) -> None:
    """Return None: it is not known where sources can be read.

    .. versionadded:: 0.2
    """
