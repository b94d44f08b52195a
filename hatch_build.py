"""The metadata of the distribution that depends on the address of the repository.

hatchling runs this for each build. The address is a setting in `pyproject.toml`.
"""

import re
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE_LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
RELATIVE_IMAGE = re.compile(r'\b(src|srcset)="(?!https?:)([^"]+)"')


class RepositoryLinks(MetadataHookInterface):
    """Links to the repository: the project's URLs, and links and images of the README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs, and make what is relative in the README absolute, for the package index."""
        repository = self.config["repository"]
        urls = self.config["urls"].items()
        metadata["urls"] = {name: f"{repository}/{page}".rstrip("/") for name, page in urls}

        link = rf"]({repository}/{self.config['files']}/\1)"
        image = rf'\1="{repository}/{self.config["images"]}/\2"'
        readme = metadata["readme"]
        readme["text"] = RELATIVE_IMAGE.sub(image, RELATIVE_LINK.sub(link, readme["text"]))
