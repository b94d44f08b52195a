"""Flows and steps as things that other pages, and other projects, can link to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from gettext import NullTranslations
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain, Index, IndexEntry, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from penstock.catalog._loading import DECLARED, Flows
from penstock.docs._page import find_step
from penstock.exceptions import ModuleImportError, UnknownFlowError, UnknownStepError
from penstock_sphinx._log import warn
from penstock_sphinx._messages import own_words

__all__ = ["Condition", "PenstockDomain", "Place", "Want", "domain_of", "refer", "setup_domain"]


Condition = tuple[str, str]
"""What keeps a part of a page for some builds only, like ``only``, and its expression."""


class Place(NamedTuple):
    """Where a page shows a flow or a step."""

    flow: str
    step: str | None
    anchor: str
    label: str
    sort: str
    """``"flow"``, ``"entrypoint"`` or ``"step"``."""

    rank: int
    """Which place links prefer: the lowest, where most is said."""

    gist: str = ""

    @property
    def full_name(self) -> str:
        """The name that roles and other projects use."""
        name = self.flow if self.step is None else f"{self.flow}.{self.step}"
        return " ".join(name.split())


class Want(NamedTuple):
    """What a link is to point to."""

    flow: str
    step: str | None = None
    module: str = ""
    """The module of the step's function, which may be documented by others."""

    path: str = ""
    """The function in its module, like ``Shop.receive``."""


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
        domain_of(env).note_named(env.docname, refnode["reftype"], target)
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
        places = [p for p in self.domain.best() if shown is None or p[0] in shown]
        steps: dict[str, list[IndexEntry]] = {}
        for docname, place in places:
            if place.step is not None:
                sort = "" if place.sort == "step" else str(own_words(place.sort))
                entry = IndexEntry(place.label, 2, docname, place.anchor, sort, "", place.gist)
                steps.setdefault(place.flow, []).append(entry)
        letters: dict[str, list[IndexEntry]] = {}
        flows = [pair for pair in places if pair[1].step is None]
        for docname, place in sorted(flows, key=lambda pair: (pair[1].label.lower(), pair[1].flow)):
            below = steps.get(place.flow, [])
            letters.setdefault(place.label[:1].upper(), []).extend(
                [
                    IndexEntry(
                        place.label, 1 if below else 0, docname, place.anchor, "", "", place.gist
                    ),
                    *below,
                ]
            )
        return sorted(letters.items()), True


class PenstockDomain(Domain):
    """The flows, entrypoints and steps of a project, and what its pages show of them."""

    name = "penstock"
    label = "penstock"
    object_types: ClassVar = {
        "flow": ObjType(own_words("flow"), "flow"),
        "entrypoint": ObjType(own_words("entrypoint"), "entrypoint", "step"),
        "step": ObjType(own_words("step"), "step"),
    }
    roles: ClassVar = {sort: _Role(warn_dangling=True) for sort in object_types}
    initial_data: ClassVar = {
        "places": {},  # by page: the places on it
        "named": {},  # by page: the roles in it, as (sort, target)
        "wants": {},  # by page: what its links are to point to
        "led": {},  # by page: to what its links led when it was written
        "shown": {},  # by page: the fingerprint of each thing that it shows
        "drawings": {},  # by page: the sources of its pictures, by format and digest
        "conditions": {},  # by page: the conditions of anchors that some builds leave out
        "sources": {},  # by page: the functions that it describes, as (module, path)
        "withheld": {},  # by page: its entries of the general index that this build leaves out
    }
    data_version = 2

    builder: Builder | None = None
    """What the pages are built with."""

    confdir = Path()
    """The folder of ``conf.py``, which may be another than that of the pages."""

    flows: Flows = DECLARED
    """The flows of the project."""

    failures: tuple[ModuleImportError, ...] = ()
    """What could not be imported for this build."""

    changed = False
    """Whether pages were read or removed in this build."""

    _cache: "_Found | None" = None

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.holds: Callable[[Condition], bool] = lambda _: True
        """Returns whether this build keeps what stands under a condition."""

        self.catalogs: dict[str, list[NullTranslations]] = {}
        """The translations of this project, by the name of their catalog."""

    def note_place(self, docname: str, place: Place) -> None:
        """Remember that the page *docname* has *place*."""
        self.data["places"].setdefault(docname, []).append(place)
        self._cache = None

    def note_named(self, docname: str, sort: str, target: str) -> None:
        """Remember that a role in *docname* links to *target*."""
        self.data["named"].setdefault(docname, {})[sort, target] = None

    def note_wants(self, docname: str, wants: Iterable[Want]) -> None:
        """Remember what the links in *docname* are to point to."""
        self.data["wants"].setdefault(docname, {}).update(dict.fromkeys(wants))

    def note_shown(self, docname: str, what: tuple[str | None, ...], fingerprint: str) -> None:
        """Remember that *docname* shows *what*, as it is now."""
        self.data["shown"].setdefault(docname, {})[what] = fingerprint

    def note_source(self, docname: str, module: str, path: str) -> None:
        """Remember that *docname* describes a function."""
        self.data["sources"].setdefault(docname, {})[module, path] = None

    def note_drawing(self, docname: str, format_: str, digest: str, source: str) -> None:
        """Remember that *docname* shows the picture of *source* as *format_*."""
        self.data["drawings"].setdefault(docname, {})[format_, digest] = source

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
        for what in self.initial_data:
            self.data[what].update({d: v for d, v in otherdata[what].items() if d in docnames})

    def best(self) -> Iterable[tuple[str, Place]]:
        """Return the best place of each flow and step, with its page."""
        return self._found().best.values()

    def find(self, flow: str, step: str | None) -> tuple[str, Place] | None:
        """Return the page and the place of a flow or of a step in it, if one shows it."""
        return self._found().best.get((flow, step))

    def find_named(self, sort: str, target: str) -> tuple[str, Place] | None:
        """Return the page and the place of what a role of *sort* calls *target*."""
        meant = self._found().named.get((sort, target), [])
        return meant[0] if len(meant) == 1 else None

    def is_shown(self, docname: str, anchor: str) -> bool:
        """Return whether this build shows what the page *docname* has at *anchor*."""
        conditions = self.data["conditions"].get(docname, {})
        return all(map(self.holds, conditions.get(anchor, ())))

    def _found(self) -> "_Found":
        if self._cache is None:
            places = {
                docname: [place for place in places if self.is_shown(docname, place.anchor)]
                for docname, places in self.data["places"].items()
            }
            self._cache = _Found(places, self.env.metadata)
        return self._cache

    def resolve_xref(  # noqa: PLR0917 - Sphinx calls it so
        self,
        env: BuildEnvironment,  # noqa: ARG002
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Return the reference that a role asks for, if a page shows what it names."""
        found = self.find_named(typ, target)
        if found is None:
            return None
        page, place = found
        if not node["refexplicit"]:
            is_code = place.label == (place.step or place.flow)
            sort = nodes.literal if is_code else nodes.inline
            contnode = sort("", place.label, classes=["xref", "penstock", f"penstock-{typ}"])
        return refer(builder, fromdocname, (page, place.anchor), contnode, place.gist or None)

    def resolve_any_xref(  # noqa: PLR0917 - Sphinx calls it so
        self,
        env: BuildEnvironment,  # noqa: ARG002
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,  # noqa: ARG002
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Return what the role ``any`` may mean."""
        found = []
        for sort in ("flow", "step"):
            named = self.find_named(sort, target)
            if named is not None:
                page, place = named
                reference = refer(builder, fromdocname, (page, place.anchor), contnode)
                found.append((f"penstock:{place.sort}", reference))
        return found

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield what the search and other projects can find."""
        for page, place in self.best():
            label = " ".join(place.label.split())
            yield place.full_name, label, place.sort, page, place.anchor, 1


class _Found:
    """What there is to find on the pages with *places*."""

    def __init__(
        self, places: Mapping[str, Sequence[Place]], metadata: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.best: dict[tuple[str, str | None], tuple[str, Place]] = {}
        self.named: dict[tuple[str, str], list[tuple[str, Place]]] = {}
        pairs = ((page, place) for page in sorted(places) for place in places[page])
        # Of places that say as much, the first page's first that readers come by.
        orphans = {page for page in places if "orphan" in metadata.get(page, {})}
        for pair in sorted(pairs, key=lambda pair: (pair[1].rank, pair[0] in orphans)):
            self.best.setdefault((pair[1].flow, pair[1].step), pair)
        for pair in self.best.values():
            place = pair[1]
            sorts = {place.sort, "flow" if place.step is None else "step"}
            for name in {place.full_name, place.step or place.full_name}:
                for sort in sorts:
                    self.named.setdefault((sort, name), []).append(pair)


def setup_domain(app: Sphinx) -> None:
    """Tell Sphinx about the domain."""
    app.add_domain(PenstockDomain)
    app.add_index_to_domain("penstock", _index_in_language())
    app.connect("builder-inited", _note_builder)
    app.connect("warn-missing-reference", _explain)


def _index_in_language() -> type[FlowIndex]:
    """Return the index with its names as strings, for builders write them to JSON."""
    names = {"localname": str(own_words("Flows")), "shortname": str(own_words("flows"))}
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
    sort, target = node["reftype"], node["reftarget"]
    try:
        _ = domain.flows.flow(target) if sort == "flow" else find_step(target, domain.flows)
    except UnknownFlowError as error:
        warn(str(error), "unknown_flow", location=node)
    except UnknownStepError as error:
        warn(str(error), "unknown_step", location=node)
    else:
        message = f"no page shows {sort} {target!r}: show it with penstock-flow or penstock-step"
        warn(message, "not_shown", location=node)
    return True
