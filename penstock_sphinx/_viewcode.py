"""The pages of viewcode, which lead back from a function to where it is documented.

viewcode takes the last page that describes a function. A page that shows a step describes its
function too, but is not where the project documents it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from penstock_sphinx._compat import find_python_object, viewcode_modules
from penstock_sphinx._domain import domain_of

__all__ = ["setup_viewcode"]


def setup_viewcode(app: Sphinx) -> None:
    """Let the source lead to the project's own reference where that has the function."""
    app.connect("env-updated", _lead_back)
    app.connect("doctree-resolved", _add_anchors)


def _lead_back(_app: Sphinx, env: BuildEnvironment) -> None:
    modules = viewcode_modules(env)
    for docname, functions in domain_of(env).data["sources"].items():
        for module, path in functions:
            entry = modules.get(module)
            if not entry or entry[2].get(path) != docname:
                continue
            code, tags, used, referred = entry
            for home in (referred, *_packages(module)):
                if found := find_python_object(env, f"{home}.{path}"):
                    used[path] = found[0]
                    modules[module] = code, tags, used, home
                    break


def _packages(module: str) -> Iterator[str]:
    """Yield the name of a module, and those of the packages that may document it as theirs."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _add_anchors(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Add the anchors to which viewcode leads back: those of the Python domain."""
    functions = domain_of(app.env).data["sources"].get(docname)
    modules = viewcode_modules(app.env)
    if not functions or not modules or app.builder.format != "html":
        return
    taken = {name for node in doctree.findall(nodes.Element) for name in node["ids"]}
    for node in doctree.findall(addnodes.desc):
        if "penstock-step" in node["classes"]:
            _add_anchor(node, modules, taken)


def _add_anchor(described: addnodes.desc, modules: Mapping[str, Any], taken: set[str]) -> None:
    signatures = [node for node in described if isinstance(node, addnodes.desc_signature)]
    named = signatures[-1]  # the one that is not a title
    entry = modules.get(named.get("module", ""))
    if not entry:
        return
    anchor = f"{entry[3]}.{named['fullname']}"
    if anchor not in taken:
        taken.add(anchor)
        signatures[0]["ids"].append(anchor)
