"""Loading the flows of a project in a child process, and keeping them while nothing changes.

`penstock.docs.load_flows` is enough for a tool that builds a site once.
"""

from functools import partial
from pathlib import Path

from penstock._project.importing import extend_path, is_imported
from penstock.catalog._inputs import Inputs
from penstock.catalog._loading import import_recorded
from penstock.catalog._reuse import FlowsLoader as _FlowsLoader
from penstock.catalog._reuse import find_kept, forget_kept, keep
from penstock.catalog._subprocess import load_in_child
from penstock.docs._evidence import add_evidence, show_evidence

__all__ = [
    "FlowsLoader",
    "Inputs",
    "add_evidence",
    "extend_path",
    "find_kept",
    "forget_kept",
    "import_recorded",
    "is_imported",
    "keep",
    "load_in_child",
    "show_evidence",
]


class FlowsLoader(_FlowsLoader):
    """Loads the flows of a project as often as somebody asks, and rarely imports anything.

    One loader belongs to one site. What it has loaded is what it returns while
    nothing has changed, and a second loader finds it in the folder.

    .. versionadded:: 0.2
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Make a loader.

        Args:
            folder: Where flows are kept between builds. Nowhere if None.
        """
        super().__init__(folder, add=partial(add_evidence, folder=folder), show=show_evidence)
