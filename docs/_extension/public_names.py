"""Lists the names of the API reference on its first page, and leaves out what nobody reads."""

import re

from docutils.nodes import (
    Node,
    Text,
    bullet_list,
    document,
    list_item,
    literal,
    paragraph,
    reference,
)
from sphinx.addnodes import desc_annotation, versionmodified
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

FIRST_VERSION = "0.2"
PAGES = "reference/api/"
OUTERMOST = {"module", "class", "exception", "function", "data"}
"""The types of modules and of their names."""
LIST = "public-names"
_STRING = r"""'[^']*'|"[^"]*\""""
_PART = rf"""[^()'"]|{_STRING}"""
MADE = re.compile(rf"\b([A-Z]\w+)\((?:{_PART}|\((?:{_PART})*\))+\)")
"""The representation of an object that no other is in: ``Words(owner='Owner {}')``."""
FUNCTION = re.compile(r"<function (\w+)[^>]*>")


class PublicNames(SphinxDirective):
    """Lists what the pages of the API reference document, with a link to each."""

    def run(self) -> list[Node]:
        """Leave an empty list: the other pages may not have been read yet."""
        self.env.note_reread()
        return [bullet_list(classes=[LIST])]


def fill_list(app: Sphinx, doctree: document, page: str) -> None:
    """Fill in the list. Its items have the anchors of the time when the reference was one page."""
    objects = app.env.domains.python_domain.objects
    for found in doctree.findall(bullet_list):
        if LIST not in found["classes"]:
            continue
        for name, entry in sorted(objects.items()):
            if not entry.docname.startswith(PAGES) or entry.aliased:
                continue
            if entry.objtype in OUTERMOST:
                address = app.builder.get_relative_uri(page, entry.docname)
                link = reference(refuri=f"{address}#{entry.node_id}", ids=[entry.node_id])
                link += literal(text=name)
                found.append(list_item("", paragraph("", "", link)))
            else:  # it comes after its class
                link["ids"].append(entry.node_id)


def leave_out_first_version(_app: Sphinx, doctree: document) -> None:
    """Leave out that something was added in the first version: nothing is older."""
    for node in [*doctree.findall(versionmodified)]:
        if (node["type"], node["version"]) == ("versionadded", FIRST_VERSION):
            node.parent.remove(node)


def shorten_defaults(
    _app: Sphinx,
    _kind: str,
    _name: str,
    _object: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Leave out what the objects are made of that are defaults, such as all words of a page."""
    return signature and shortened(signature), returned


def shorten_values(_app: Sphinx, doctree: document) -> None:
    """Do the same for the values of attributes."""
    for node in doctree.findall(desc_annotation):
        for text in node.findall(Text):
            if MADE.search(text):
                text.parent.replace(text, Text(shortened(text)))


def shortened(code: str) -> str:
    """Return *code* with the names of functions, and without the arguments of objects."""
    shorter = FUNCTION.sub(r"\1", code)
    while found := MADE.search(shorter):
        shorter = f"{shorter[: found.start()]}{found[1]}(){shorter[found.end() :]}"
    return shorter


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and the changes."""
    app.add_directive(LIST, PublicNames)
    app.connect("autodoc-process-signature", shorten_defaults)
    app.connect("doctree-read", shorten_values)
    app.connect("doctree-read", leave_out_first_version)
    app.connect("doctree-resolved", fill_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
