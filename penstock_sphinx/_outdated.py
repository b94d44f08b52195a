"""Pages that no longer say what is so are read again, and no others.

So are those that were not drawn as they should have been. Otherwise a second build would leave
them alone and say nothing of what the first one warned of. Readers have `note_reread` for this;
writers may run in separate processes after Sphinx has saved what it knows, so they leave a file.
"""

from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment

from penstock.docs import Selection, fingerprint, write_whole
from penstock.exceptions import PenstockError
from penstock_sphinx._domain import PenstockDomain, domain_of
from penstock_sphinx._links import has_source_page, whereabouts
from penstock_sphinx._messages import words_of

__all__ = ["note_again", "setup_outdated"]


def setup_outdated(app: Sphinx) -> None:
    """Compare what pages show with what is declared now."""
    app.connect("env-get-outdated", _find_outdated)
    app.connect("env-get-outdated", _read_again)
    app.connect("env-updated", _find_pages_with_moved_links)


def _find_outdated(
    _app: Sphinx, env: BuildEnvironment, _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """Return the pages that show something that has changed since they were read.

    What is compared is what was declared, not the files that declare it: a step
    may come from a module that a page never heard of, and most edits of a module
    change nothing that a page shows.
    """
    domain = domain_of(env)
    now = cache(partial(_fingerprint, domain))
    words = sha256(repr(words_of(env)).encode()).hexdigest()[:32]
    before, domain.data["words"] = domain.data["words"], words
    return [
        docname
        for docname, shown in domain.data["shown"].items()
        if before != words or any(now(what) != then for what, then in shown.items())
    ]


def _fingerprint(domain: PenstockDomain, what: tuple[str | None, ...]) -> str | None:
    """Return the current fingerprint of what a page shows, or None if it is gone."""
    flows, source_of = domain.flows, domain.source_of
    try:
        match what:
            case ("flow", str(name)):
                return fingerprint(flows.flow(name), source_of=source_of)
            case ("step", str(name), str(step)):
                flow = flows.flow(name)
                return fingerprint(flow, only=flow.step(step), source_of=source_of)
            case _:
                _, tags, owner = what
                return Selection(tags, owner).fingerprint(flows)
    except (PenstockError, LookupError):
        return None


def _find_pages_with_moved_links(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages whose links lead elsewhere than when they were written."""
    domain = domain_of(env)
    if not domain.changed:
        return []
    link_targets, named = domain.data["link_targets"], domain.data["roles"]
    back = domain.links_back
    moved = []
    for docname in sorted({*link_targets, *named, *back, *domain.data["resolved_links"]}):
        leads: list[tuple[str, ...] | None] = []
        for link in link_targets.get(docname, ()):
            leads += [
                whereabouts(env, link),
                ("source",) if has_source_page(env, link) else None,
            ]
        for kind, target in named.get(docname, ()):
            found = domain.find_role_target(kind, target)
            leads.append(found and (found[0], found[1].anchor, found[1].label))
        leads += [
            (anchor, link.label, *link.target)
            for anchor, links in back.get(docname, {}).items()
            for link in links
        ]
        before = domain.data["resolved_links"].get(docname)
        domain.data["resolved_links"][docname] = leads
        # A page without a past was read just now, and is to be written anyway.
        if before is not None and before != leads:
            moved.append(docname)
    return moved


def note_again(builder: Builder, docname: str) -> None:
    """Let the next build with *builder* read and write the page *docname* again."""
    folder = _folder(builder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / sha256(docname.encode()).hexdigest()[:16], docname)


def _read_again(
    app: Sphinx, _env: BuildEnvironment, _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """Return the noted pages, and forget them."""
    notes = sorted(_folder(app.builder).glob("*"))
    found = [note.read_text(encoding="utf-8") for note in notes]
    for note in notes:
        note.unlink()
    return found


def _folder(builder: Builder) -> Path:
    # A page that one builder cannot draw may be fine in another.
    return Path(builder.doctreedir) / "penstock" / "again" / builder.name
