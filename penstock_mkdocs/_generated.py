"""Files of a site that no author wrote."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File

__all__ = ["GeneratedFiles"]

if not hasattr(File, "generated"):
    message = "mkdocs.structure.files.File cannot be generated, as since MkDocs 1.6"
    raise ImportError(message, name="mkdocs")


class GeneratedFiles:
    """Real files in a temporary folder: other plugins open each file of a site by its path."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None

    def write(self, config: MkDocsConfig, name: str, text: str) -> File:
        """Write *text* and return it as the file *name* of the site."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="penstock-")
        path = Path(self._folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return File.generated(config, name, abs_src_path=str(path))

    def remove(self) -> None:
        """Remove the folder: the build has ended."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
