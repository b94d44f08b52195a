"""Whether a version can be released, from what a checkout has."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]


@dataclass
class Release:
    """The findings that decide whether a version can be released."""

    version: Version
    tag: str | None
    address: str
    changelog: str
    fragments: list[str]

    @classmethod
    def of_the_project(cls, version: Version, tag: str | None) -> Self:
        """Return what this checkout has."""
        address = HATCH["metadata"]["hooks"]["custom"]["repository"]
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        fragments = sorted(path.name for path in (ROOT / "changelog.d").glob("*.*.md"))
        return cls(version, tag, address, changelog, fragments)

    def faults(self) -> list[str]:
        """Return what has to be done before the release; nothing for a rehearsal."""
        if self.version.is_devrelease and self.tag is None:
            return []
        return [*self._faults_of_the_tag(), *self._faults_of_the_files()]

    def _faults_of_the_tag(self) -> Iterator[str]:
        if self.tag not in (None, f"v{self.version}"):
            yield (
                f"the tag is {self.tag}, but the version is {self.version}. "
                "Is a file edited, or the tag on another commit?"
            )

    def _faults_of_the_files(self) -> Iterator[str]:
        host = urlsplit(self.address).hostname or ""
        if host.endswith(".invalid"):
            yield (
                f"the address of the repository is still {self.address}. Set `repository` under "
                "[tool.hatch.metadata.hooks.custom] in pyproject.toml"
            )
        if self.version.is_prerelease:
            return
        if not re.search(rf"^## {re.escape(str(self.version))}, \d", self.changelog, re.MULTILINE):
            yield f"CHANGELOG.md has no section {self.version}. Run `towncrier build`"
        if self.fragments:
            yield f"changelog.d/{self.fragments[0]} is not in CHANGELOG.md. Run `towncrier build`"
