"""Loading the flows of a project in a child process, and keeping them while nothing changes.

`penstock.docs.load_flows` is enough for a tool that builds a site once.
"""

from penstock.catalog._inputs import Inputs
from penstock.catalog._loading import import_recorded
from penstock.catalog._reuse import FlowsLoader, find_kept, keep
from penstock.catalog._subprocess import load_in_child

__all__ = ["FlowsLoader", "Inputs", "find_kept", "import_recorded", "keep", "load_in_child"]
