"""The flows of an application in its MkDocs documentation.

The Python-Markdown extension `PenstockExtension` (its short name is
``penstock_flows``) turns ``::: penstock-flow NAME`` into the diagram of a flow
and the docstrings of its steps. It needs no MkDocs. `PenstockPlugin` configures
it for MkDocs and brings the style sheet.
"""

from typing import TYPE_CHECKING, Any

from penstock_mkdocs._extras import missing_extra

try:
    from penstock_mkdocs._markdown import PenstockExtension
except ModuleNotFoundError as error:
    raise (missing_extra(error) or error) from error

if TYPE_CHECKING:
    from penstock_mkdocs._plugin import PenstockPlugin

__all__ = ["PenstockExtension", "PenstockPlugin"]


def __getattr__(name: str) -> Any:
    if name == "PenstockPlugin":  # only MkDocs asks for it, and only MkDocs has what it needs
        from penstock_mkdocs._plugin import PenstockPlugin  # noqa: PLC0415

        return PenstockPlugin
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
