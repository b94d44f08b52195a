"""The Python-Markdown extension, for MkDocs and whatever else renders Markdown in Python."""

from penstock_mkdocs.markdown._extension import PenstockExtension

__all__ = ["PenstockExtension"]
