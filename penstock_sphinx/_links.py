"""The links of words and nodes, set once there is a builder, and back from viewcode.

viewcode leads from a function to the last page that describes it. A page that shows a step
describes its function too, but is not where the project documents it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.errors import NoUri
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from penstock_sphinx._compat import find_python_object, mark_for_translators, viewcode_modules
from penstock_sphinx._domain import LinkTarget, PenstockDomain, domain_of, refer
from penstock_sphinx._log import warn
from penstock_sphinx._nodes import penstock_diagram, penstock_link, penstock_messages

__all__ = ["has_source_page", "setup_links", "whereabouts"]


def setup_links(app: Sphinx) -> None:
    """Resolve links when pages are written; let source lead to the project's own reference."""
    app.connect("env-updated", _lead_back)
    app.connect("doctree-resolved", _add_anchors)
    app.add_post_transform(_Resolver)


def whereabouts(env: BuildEnvironment, target: LinkTarget) -> tuple[str, str] | None:
    """Return the page and the anchor of what is wanted, if this project documents it."""
    found = domain_of(env).find(target.flow, target.step)
    if found is not None:
        return found[0], found[1].anchor
    return find_python_object(env, f"{target.module}.{target.path}") if target.path else None


def has_source_page(env: BuildEnvironment, target: LinkTarget) -> bool:
    """Return whether viewcode has a page with the source of *target*."""
    entry: Any = viewcode_modules(env).get(target.module) or ("", {})
    return target.path in entry[1]


class _Resolver(SphinxPostTransform):
    """Makes references of links, before Sphinx does that with its own."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        domain = domain_of(self.env)
        wanted = (penstock_diagram, penstock_link, penstock_messages)
        found = self.document.findall(lambda node: isinstance(node, wanted))
        for node in cast("list[nodes.Element]", list(found)):
            if isinstance(node, penstock_diagram):
                self._resolve_nodes(domain, node)
            elif isinstance(node, penstock_link):
                reference = self._reference(domain, node["docname"], node["link_target"])
                if reference is None:
                    node.replace_self(node.children)
                else:
                    reference += node.children
                    node.replace_self(reference)
            else:
                _give_messages(domain.builder, node)

    def _resolve_nodes(self, domain: PenstockDomain, diagram: penstock_diagram) -> None:
        for name, target in diagram["link_targets"].items():
            if isinstance(target, str):
                reference: nodes.reference | None = nodes.reference(refid=target, internal=True)
            else:
                reference = self._reference(domain, diagram["docname"], target)
                reference = reference or self._to_source(domain.builder, diagram["docname"], target)
            if reference is not None:
                reference["node"] = name
                diagram += reference

    def _reference(
        self, domain: PenstockDomain, docname: str, target: LinkTarget
    ) -> nodes.reference | None:
        """Return a reference without text to what is wanted, here or in another project."""
        assert domain.builder is not None
        obj = whereabouts(self.env, target)
        if obj is None:
            return self._to_other_project(target, docname)
        try:
            return refer(domain.builder, docname, obj, [])
        except NoUri:  # it is not in this book
            return None

    def _to_other_project(self, target: LinkTarget, docname: str) -> nodes.reference | None:
        """Return what intersphinx says of the function."""
        if not target.path or not getattr(self.config, "intersphinx_mapping", None):
            return None
        name = f"{target.module}.{target.path}"
        asked = pending_xref(
            "", refdomain="py", reftype="obj", reftarget=name, refdoc=docname, refexplicit=True
        )
        words = nodes.inline("", "")
        try:
            reference = self.env.events.emit_firstresult(
                "missing-reference", self.env, asked, words, allowed_exceptions=(NoUri,)
            )
        except NoUri:
            return None
        if not isinstance(reference, nodes.reference):
            return None
        reference.clear()
        return reference

    def _to_source(
        self, builder: Builder | None, docname: str, target: LinkTarget
    ) -> nodes.reference | None:
        """Return a reference to the function's source, if the docs show that."""
        if not target.path:
            return None
        return _to_viewcode(self.env, builder, docname, target) or _to_linkcode(self.env, target)


def _to_viewcode(
    env: BuildEnvironment, builder: Any, docname: str, target: LinkTarget
) -> nodes.reference | None:
    if not has_source_page(env, target):
        return None
    # It makes no pages for other builders.
    in_book = builder.name.startswith("epub") and not env.config.viewcode_enable_epub
    if builder.format != "html" or builder.name == "singlehtml" or in_book:
        return None
    page = f"_modules/{target.module.replace('.', '/')}"
    return make_refnode(builder, docname, page, target.path, [])


def _to_linkcode(env: BuildEnvironment, target: LinkTarget) -> nodes.reference | None:
    resolve = getattr(env.config, "linkcode_resolve", None)
    try:
        address = (
            resolve("py", {"module": target.module, "fullname": target.path}) if resolve else None
        )
    except Exception as error:
        warn(f"linkcode_resolve raised {type(error).__name__}: {error}", "config", once=True)
        return None
    return nodes.reference(refuri=address, internal=False) if address else None


def _give_messages(builder: Builder | None, node: nodes.Element) -> None:
    """Give translators the messages of *node*; show them to nobody else."""
    paragraphs: list[nodes.Node] = []
    for message in node["messages"] if builder is not None and builder.name == "gettext" else ():
        paragraph = nodes.paragraph(message, message)
        paragraph.source, paragraph.line = node.source, node.line
        mark_for_translators(paragraph)
        paragraphs.append(paragraph)
    node.replace_self(paragraphs)


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
