"""The words of penstock itself, in the language of the docs."""

from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.util.i18n import CatalogInfo

from penstock.docs import WORDS, Words, words_in

__all__ = ["setup_messages", "words_of"]


def setup_messages(app: Sphinx) -> None:
    """Compile what a project says instead of penstock's own words, or in a further language.

    Sphinx compiles the catalogs of pages too, but later than it asks what an index is called.
    """
    language, config = app.config.language, app.config
    for folder in config.locale_dirs if config.gettext_auto_build else ():
        base = app.srcdir / folder / language / "LC_MESSAGES"
        catalog = CatalogInfo(str(base), WORDS, config.source_encoding)
        if (base / catalog.po_file).is_file() and catalog.is_outdated():
            catalog.write_mo(language)


def words_of(owner: Sphinx | BuildEnvironment | Builder) -> Words:
    """Return the words in the language of the docs, some of which the project may have replaced."""
    folders = [owner.srcdir / folder for folder in owner.config.locale_dirs]
    return words_in(owner.config.language, folders)
