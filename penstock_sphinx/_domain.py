"""Flows and steps as things that other pages, and other projects, can link to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from gettext import NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, Index, IndexEntry, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from penstock import Step
from penstock.docs import DECLARED, Flows, find_step, no_source
from penstock.docs.diagrams import Medium, dot_source
from penstock.exceptions import ModuleImportError, UnknownFlowError, UnknownStepError
from penstock.graph import Graph
from penstock.render import Direction
from penstock_sphinx._log import warn
from penstock_sphinx._messages import words_of

__all__ = [
    "Condition",
    "DomainObject",
    "Image",
    "LinkBack",
    "LinkTarget",
    "PenstockDomain",
    "domain_of",
    "refer",
    "setup_domain",
]


Condition = tuple[str, str]
"""A directive that keeps a part of a page for some builds, like ``only``, and its expression."""


class Image(NamedTuple):
    """An image that is drawn together with all others."""

    layout: str
    graph: Graph
    direction: Direction
    sheets: bool
    """Whether it may be in parts on paper."""

    def source(self, medium: Medium, laid: bytes) -> str:
        """Return its source for *medium*, as it was laid out."""
        return dot_source(self.graph, self.direction, medium, laid=laid, sheets=self.sheets)


class DomainObject(NamedTuple):
    """A flow or a step that a page shows, as Sphinx's domains call it."""

    flow: str
    step: str | None
    anchor: str
    label: str
    kind: str
    """``"flow"``, ``"entrypoint"`` or ``"step"``."""

    rank: int
    """Which object links prefer: the lowest, which shows most."""

    gist: str = ""

    @property
    def full_name(self) -> str:
        """The name that roles and other projects use."""
        name = self.flow if self.step is None else f"{self.flow}.{self.step}"
        return " ".join(name.split())


class LinkTarget(NamedTuple):
    """The flow or step that a link leads to."""

    flow: str
    step: str | None = None
    module: str = ""
    """The module of the step's function, which may be documented by others."""

    path: str = ""
    """The function in its module, like ``Shop.receive``."""


class LinkBack(NamedTuple):
    """A link from a function in the reference to a flow that has it as a step."""

    label: str
    target: tuple[str, str]
    """The page, and the anchor on it."""


class _Role(XRefRole):
    """``:penstock:flow:`name``` and its siblings."""

    def process_link(
        self,
        env: BuildEnvironment,
        refnode: nodes.Element,
        has_explicit_title: bool,
        title: str,
        target: str,
    ) -> tuple[str, str]:
        """Remember that the page leads there."""
        title, target = super().process_link(env, refnode, has_explicit_title, title, target)
        domain_of(env).note_role(env.docname, refnode["reftype"], target)
        return title, target


class FlowIndex(Index):
    """All flows and their steps, by letter."""

    name = "flowindex"
    localname = "Flows"
    shortname = "flows"

    def generate(
        self, docnames: Iterable[str] | None = None
    ) -> tuple[list[tuple[str, list[IndexEntry]]], bool]:
        """Return the entries for the pages *docnames*, or for all."""
        assert isinstance(self.domain, PenstockDomain)
        shown = None if docnames is None else set(docnames)
        words = words_of(self.domain.env).index
        objects = [p for p in self.domain.best() if shown is None or p[0] in shown]
        steps: dict[str, list[IndexEntry]] = {}
        for docname, obj in objects:
            if obj.step is not None:
                kind = "" if obj.kind == "step" else words.kind(obj.kind)
                entry = IndexEntry(obj.label, 2, docname, obj.anchor, kind, "", obj.gist)
                steps.setdefault(obj.flow, []).append(entry)
        letters: dict[str, list[IndexEntry]] = {}
        flows = [pair for pair in objects if pair[1].step is None]
        for docname, obj in sorted(flows, key=lambda pair: (pair[1].label.lower(), pair[1].flow)):
            below = steps.get(obj.flow, [])
            letters.setdefault(obj.label[:1].upper(), []).extend(
                [
                    IndexEntry(obj.label, 1 if below else 0, docname, obj.anchor, "", "", obj.gist),
                    *below,
                ]
            )
        return sorted(letters.items()), True


class PenstockDomain(Domain):
    """The flows, entrypoints and steps of a project, and what its pages show of them."""

    name = "penstock"
    label = "penstock"
    object_types: ClassVar = {
        "flow": ObjType("flow", "flow"),
        "entrypoint": ObjType("entrypoint", "entrypoint", "step"),
        "step": ObjType("step", "step"),
    }
    roles: ClassVar = {kind: _Role(warn_dangling=True) for kind in object_types}
    initial_data: ClassVar = {
        "objects": {},  # by page: the objects on it
        "roles": {},  # by page: the roles in it, as (kind, target)
        "link_targets": {},  # by page: what its links are to point to
        "resolved_links": {},  # by page: to what its links led when it was written
        "shown": {},  # by page: the fingerprint of each thing that it shows
        "drawings": {},  # by page: the images, by format and digest
        "conditions": {},  # by page: the conditions of anchors that some builds leave out
        "sources": {},  # by page: the functions that it describes, as (module, path)
        "withheld": {},  # by page: its entries of the general index that this build leaves out
        "written": {},  # by page: what directives show, by how they are written
        "words": "",  # the hash of penstock's own words, with which the pages were read
    }
    data_version = 4

    builder: Builder | None = None
    """The builder of the pages."""

    confdir = Path()
    """The folder of ``conf.py``, which may be another than that of the pages."""

    flows: Flows = DECLARED
    """The flows of the project."""

    source_of: Callable[[Step], str | None] = staticmethod(no_source)
    """Returns the URL of the source of a step, unless Sphinx links to that itself."""

    failures: tuple[ModuleImportError, ...] = ()
    """The modules that could not be imported for this build."""

    links_back: Mapping[str, Mapping[str, list[LinkBack]]] = MappingProxyType({})
    """The flows of functions in the reference, by the page and the anchor of each."""

    changed = False
    """Whether pages were read or removed in this build."""

    _cache: "_Found | None" = None

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.import_modules: Callable[[], None] | None = None
        """Imports what declares the flows, while `flows` are those of an earlier build."""

        self.holds: Callable[[Condition], bool] = lambda _: True
        """Returns whether this build keeps content under a condition."""

        self.catalogs: dict[str, list[NullTranslations]] = {}
        """The translations of this project, by the name of their catalog."""

    def get_type_name(self, type: ObjType, primary: bool = False) -> str:  # noqa: A002, FBT002 - Sphinx's names
        """Return what the search calls objects of this *type*."""
        word = words_of(self.env).index.kind(str(type.lname))
        return super().get_type_name(ObjType(word, *type.roles), primary)

    def need_functions(self) -> None:
        """Let `flows` have their functions, for what is made of docstrings."""
        import_modules, self.import_modules = self.import_modules, None
        if import_modules is not None:
            import_modules()

    def note_object(self, docname: str, obj: DomainObject) -> None:
        """Remember that the page *docname* has *obj*."""
        self.data["objects"].setdefault(docname, []).append(obj)
        self._cache = None

    def note_role(self, docname: str, kind: str, target: str) -> None:
        """Remember that a role in *docname* links to *target*."""
        self.data["roles"].setdefault(docname, {})[kind, target] = None

    def note_link_targets(self, docname: str, link_targets: Iterable[LinkTarget]) -> None:
        """Remember what the links in *docname* are to point to."""
        self.data["link_targets"].setdefault(docname, {}).update(dict.fromkeys(link_targets))

    def note_shown(self, docname: str, what: tuple[str | None, ...], fingerprint: str) -> None:
        """Remember that *docname* shows *what*, as it is now."""
        self.data["shown"].setdefault(docname, {})[what] = fingerprint

    def note_source(self, docname: str, module: str, path: str) -> None:
        """Remember that *docname* describes a function."""
        self.data["sources"].setdefault(docname, {})[module, path] = None

    def note_drawing(self, docname: str, format_: str, digest: str, image: Image) -> None:
        """Remember that *docname* shows the image of *source* as *format_*."""
        self.data["drawings"].setdefault(docname, {})[format_, digest] = image

    def clear_doc(self, docname: str) -> None:
        """Forget the page *docname*."""
        self.changed = True
        self._cache = None
        for by_page in self.data.values():
            if isinstance(by_page, dict):
                by_page.pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process read in the pages *docnames*."""
        self._cache = None
        for what, by_page in self.data.items():
            if isinstance(by_page, dict):
                by_page.update({d: v for d, v in otherdata[what].items() if d in docnames})

    def best(self) -> Iterable[tuple[str, DomainObject]]:
        """Return the best place of each flow and step, with its page."""
        return self._found().best.values()

    def find(self, flow: str, step: str | None) -> tuple[str, DomainObject] | None:
        """Return the page and the place of a flow or of a step in it, if one shows it."""
        return self._found().best.get((flow, step))

    def find_role_target(self, kind: str, target: str) -> tuple[str, DomainObject] | None:
        """Return the page and the place of what a role of *kind* calls *target*."""
        meant = self._found().named.get((kind, target), [])
        return meant[0] if len(meant) == 1 else None

    def is_shown(self, docname: str, anchor: str) -> bool:
        """Return whether this build shows what the page *docname* has at *anchor*."""
        conditions = self.data["conditions"].get(docname, {})
        return all(map(self.holds, conditions.get(anchor, ())))

    def _found(self) -> "_Found":
        if self._cache is None:
            objects = {
                docname: [obj for obj in objects if self.is_shown(docname, obj.anchor)]
                for docname, objects in self.data["objects"].items()
            }
            self._cache = _Found(objects, self.env.metadata)
        return self._cache

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Return the reference that a role asks for, if a page shows what it names."""
        found = self.find_role_target(typ, target)
        if found is None:
            return None
        page, obj = found
        if not node["refexplicit"]:
            is_code = obj.label == (obj.step or obj.flow)
            kind = nodes.literal if is_code else nodes.inline
            contnode = kind("", obj.label, classes=["xref", "penstock", f"penstock-{typ}"])
        return refer(builder, fromdocname, (page, obj.anchor), contnode, obj.gist or None)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Return what the role ``any`` may mean."""
        found = []
        for kind in ("flow", "step"):
            named = self.find_role_target(kind, target)
            if named is not None:
                page, obj = named
                reference = refer(builder, fromdocname, (page, obj.anchor), contnode)
                found.append((f"penstock:{obj.kind}", reference))
        return found

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield what the search and other projects can find."""
        for page, obj in self.best():
            label = " ".join(obj.label.split())
            yield obj.full_name, label, obj.kind, page, obj.anchor, 1


class _Found:
    """The names to find on the pages with *objects*."""

    def __init__(
        self,
        objects: Mapping[str, Sequence[DomainObject]],
        metadata: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.best: dict[tuple[str, str | None], tuple[str, DomainObject]] = {}
        self.named: dict[tuple[str, str], list[tuple[str, DomainObject]]] = {}
        pairs = ((page, obj) for page in sorted(objects) for obj in objects[page])
        # Of objects that show as much, the first on the pages that readers reach first.
        orphans = {page for page in objects if "orphan" in metadata.get(page, {})}
        for pair in sorted(pairs, key=lambda pair: (pair[1].rank, pair[0] in orphans)):
            self.best.setdefault((pair[1].flow, pair[1].step), pair)
        for pair in self.best.values():
            obj = pair[1]
            kinds = {obj.kind, "flow" if obj.step is None else "step"}
            for name in {obj.full_name, obj.step or obj.full_name}:
                for kind in kinds:
                    self.named.setdefault((kind, name), []).append(pair)


def setup_domain(app: Sphinx) -> None:
    """Register the domain."""
    app.add_domain(PenstockDomain)
    app.add_index_to_domain("penstock", _index_in_language(app))
    app.connect("builder-inited", _note_builder)
    app.connect("warn-missing-reference", _explain)


def _index_in_language(app: Sphinx) -> type[FlowIndex]:
    """Return the index with its names as strings, for builders write them to JSON."""
    words = words_of(app).index
    names = {"localname": words.title, "shortname": words.short}
    return type("FlowIndex", (FlowIndex,), names)


def refer(
    builder: Builder,
    docname: str,
    where: tuple[str, str],
    words: nodes.Element | list[nodes.Node],
    tip: str | None = None,
) -> nodes.reference:
    """Return a reference from *docname* to the page and the anchor *where* something is."""
    # A single page is one page (https://github.com/sphinx-doc/sphinx/issues/14221).
    docname = where[0] if builder.name == "singlehtml" else docname
    return make_refnode(builder, docname, *where, words, tip)


def domain_of(env: BuildEnvironment) -> PenstockDomain:
    """Return the domain of a project."""
    domain = env.get_domain("penstock")
    assert isinstance(domain, PenstockDomain)
    return domain


def _note_builder(app: Sphinx) -> None:
    domain = domain_of(app.env)
    domain.builder, domain.confdir = app.builder, Path(app.confdir)


def _explain(_app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    """Say why a role leads nowhere, instead of Sphinx, which knows less."""
    if not isinstance(domain, PenstockDomain):
        return None
    kind, target = node["reftype"], node["reftarget"]
    try:
        _ = domain.flows.flow(target) if kind == "flow" else find_step(target, domain.flows)
    except UnknownFlowError as error:
        warn(str(error), "unknown_flow", location=node)
    except UnknownStepError as error:
        warn(str(error), "unknown_step", location=node)
    else:
        message = f"no page shows {kind} {target!r}: show it with penstock-flow or penstock-step"
        warn(message, "not_shown", location=node)
    return True
