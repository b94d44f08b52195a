"""The words of penstock itself, in the language of the docs."""

from sphinx.locale import get_translation

__all__ = ["CATALOG", "own_words"]

CATALOG = "penstock"
"""The name of the catalog of these words."""

own_words = get_translation(CATALOG)
"""Returns a word of penstock in the language of the docs, or itself if no catalog has it."""
