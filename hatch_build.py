"""What the metadata of the distribution has from the address of the repository.

hatchling runs this for each build. The address is a setting in `pyproject.toml`.
"""

import re
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE_LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


class RepositoryLinks(MetadataHookInterface):
    """Links to the repository: the project's URLs, and those of the README on the package index."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the URLs, and make the README's relative links absolute."""
        repository = self.config["repository"]
        urls = self.config["urls"].items()
        metadata["urls"] = {name: f"{repository}/{page}".rstrip("/") for name, page in urls}

        link = rf"]({repository}/{self.config['files']}/\1)"
        readme = metadata["readme"]
        readme["text"] = RELATIVE_LINK.sub(link, readme["text"])
