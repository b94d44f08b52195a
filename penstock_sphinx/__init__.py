"""The flows of an application in its Sphinx documentation.

Add ``"penstock_sphinx"`` to ``extensions`` in ``conf.py``, name the modules
that declare flows in ``penstock_modules``, and write
``.. penstock-flow:: NAME`` where a flow is to be shown.
"""

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__all__ = ["setup"]


def setup(app: "Sphinx") -> "ExtensionMetadata":
    """Join penstock to Sphinx, which calls this for each extension.

    .. versionadded:: 0.2
    """
    from penstock import __version__  # noqa: PLC0415 - read from the metadata
    from penstock.exceptions import MissingExtraError  # noqa: PLC0415

    try:
        from penstock_sphinx._extension import setup_extension  # noqa: PLC0415 - only Sphinx has it
    except ImportError as error:
        from sphinx.errors import ExtensionError  # noqa: PLC0415

        raised = MissingExtraError.from_import(__name__, "sphinx", "sphinx", error)
        raise ExtensionError(str(raised)) from error
    setup_extension(app)
    return {
        "version": __version__,
        # Doctrees have objects of penstock, which another version makes of other parts.
        "env_version": crc32(__version__.encode()),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
