"""A cache of images, so that each is drawn once for its content."""

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path

from penstock.exceptions import MissingExtraError
from penstock.render._graphviz.images import Medium, draw_dot, find_program
from penstock.render._graphviz.program import end_programs
from penstock.render._graphviz.threads import run_in_threads

__all__ = ["ImageCache", "image_key"]

_AT_ONCE = 200
"""Images that one process draws: enough to make its start-up negligible."""


def image_key(source: str) -> str:
    """Return the key of the image of *source*.

    .. versionadded:: 0.2
    """
    return sha256(source.encode()).hexdigest()[:32]


class ImageCache:
    """A folder of images.

    Args:
        folder: Where they are kept. It is made when there is something to keep.

    .. versionadded:: 0.2
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, digest: str, medium: Medium) -> bytes | None:
        """Return the image of the source with that *digest*, if it has been made."""
        try:
            return self._file(digest, medium).read_bytes()
        except FileNotFoundError:
            return None

    def make(self, sources: Mapping[str, str], medium: Medium) -> None:
        """Make those images of *sources*, each by its digest, that are missing.

        One that cannot be made is left out, for who needs it to draw it alone
        and to hear why.
        """
        missing = self.missing(sources, medium)
        if not missing:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        sets = [missing[start : start + _AT_ONCE] for start in range(0, len(missing), _AT_ONCE)]
        drawing = [partial(self._make, each, sources, medium) for each in sets]
        if len(sets) == 1:
            drawing[0]()
        else:
            run_in_threads(drawing, end_programs)

    def missing(self, digests: Collection[str], medium: Medium) -> list[str]:
        """Return those of *digests* of which there is no image yet."""
        there = self._names() if digests else set()
        return [digest for digest in digests if self._file(digest, medium).name not in there]

    def prune(self, digests: Collection[str]) -> None:
        """Remove all images but those with *digests*."""
        for name in self._names():
            if name.partition("-")[0] not in digests:
                (self._folder / name).unlink(missing_ok=True)

    def _names(self) -> set[str]:
        try:
            return set(os.listdir(self._folder))  # noqa: PTH208 - names are all that is needed
        except FileNotFoundError:
            return set()

    def _make(self, digests: Sequence[str], sources: Mapping[str, str], medium: Medium) -> None:
        try:
            images = draw_dot([sources[digest] for digest in digests], medium)
        except MissingExtraError:
            return
        for digest, image in zip(digests, images or (), strict=bool(images)):
            self._write(self._file(digest, medium), image)

    def _write(self, file: Path, image: bytes) -> None:
        """Write an image whole or not at all, without what shared folders would need."""
        # The name does not begin like an image's, so that one of a killed process is pruned.
        part = f"{self._folder}/.{file.name}.{os.getpid()}"
        with open(part, "wb") as output:  # noqa: PTH123 - quicker, and there are many
            output.write(image)
        os.replace(part, file)  # noqa: PTH105 - likewise

    def _file(self, digest: str, medium: Medium) -> Path:
        return self._folder / f"{digest}-{self._program}.{medium}"

    @cached_property
    def _program(self) -> str:
        """Return a key of the program and its version."""
        program = find_program()
        try:
            found = Path(program).stat() if program else None
        except OSError:  # a setting names a missing file
            found = None
        if found is None:
            return "none"
        identity = f"{program} {found.st_mtime_ns} {found.st_size}"
        return sha256(identity.encode()).hexdigest()[:8]
