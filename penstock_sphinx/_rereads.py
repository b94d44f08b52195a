"""Pages that were not drawn as they should have been are read again in the next build.

Otherwise a second build would leave them alone and say nothing of what the
first one warned of. Readers have `note_reread` for this; writers may run in
separate processes after Sphinx has saved what it knows, so they leave a file.
"""

from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment

from penstock.docs import write_whole

__all__ = ["note_again", "setup_rereads"]


def setup_rereads(app: Sphinx) -> None:
    """Ask for the noted pages when Sphinx looks for what has changed."""
    app.connect("env-get-outdated", _read_again)


def note_again(builder: Builder, docname: str) -> None:
    """Let the next build with *builder* read and write the page *docname* again."""
    folder = _folder(builder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / sha256(docname.encode()).hexdigest()[:16], docname)


def _read_again(
    app: Sphinx, _env: BuildEnvironment, _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """Return the noted pages, and forget them."""
    notes = sorted(_folder(app.builder).glob("*"))
    found = [note.read_text(encoding="utf-8") for note in notes]
    for note in notes:
        note.unlink()
    return found


def _folder(builder: Builder) -> Path:
    # A page that one builder cannot draw may be fine in another.
    return Path(builder.doctreedir) / "penstock" / "again" / builder.name
