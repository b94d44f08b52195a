"""Loading the flows of a project in a child process, and keeping them while nothing changes.

`penstock.docs.load_flows` is enough for a tool that builds a site once.
"""

from penstock._project.importing import extend_path, is_imported
from penstock.catalog._inputs import Inputs
from penstock.catalog._loading import import_recorded
from penstock.catalog._reuse import FlowsLoader, find_kept, forget_kept, keep
from penstock.catalog._subprocess import load_in_child

__all__ = [
    "FlowsLoader",
    "Inputs",
    "extend_path",
    "find_kept",
    "forget_kept",
    "import_recorded",
    "is_imported",
    "keep",
    "load_in_child",
]
