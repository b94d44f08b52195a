"""The flows of an application in its MkDocs documentation.

The Python-Markdown extension `PenstockExtension` (its short name is
``penstock_flows``) turns ``::: penstock-flow NAME`` into the diagram of a flow
and the docstrings of its steps. It needs no MkDocs. `PenstockPlugin` configures
it for MkDocs and brings the style sheet.
"""

from typing import TYPE_CHECKING, Any

from penstock_mkdocs._extras import as_error_of_mkdocs, explain_import

try:
    from penstock_mkdocs.markdown import PenstockExtension
except ImportError as error:
    raise explain_import(error) from error

if TYPE_CHECKING:
    from penstock_mkdocs._plugin import PenstockPlugin

__all__ = ["PenstockExtension", "PenstockPlugin"]


def __getattr__(name: str) -> Any:
    if name == "PenstockPlugin":  # only MkDocs asks for it, and only MkDocs has what it needs
        try:
            from penstock_mkdocs._plugin import PenstockPlugin  # noqa: PLC0415
        except ImportError as error:
            raise as_error_of_mkdocs(explain_import(error)) from error
        return PenstockPlugin
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
