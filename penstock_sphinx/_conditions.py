"""The parts of pages for some builds only: in ``only``, ``ifconfig`` or a ``todo``.

A page is read once for all builders, so that what they leave out is known only when one of them
asks. Links and indices lead to nothing that is not there.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from penstock_sphinx._compat import index_entries, is_kept_by_ifconfig
from penstock_sphinx._domain import Condition, domain_of

__all__ = ["setup_conditions"]


def setup_conditions(app: Sphinx) -> None:
    """Note conditions when a page is read, and look at them for each build."""
    app.connect("doctree-read", _note)
    app.connect("builder-inited", _ask)
    app.connect("env-updated", _withhold)


def _note(app: Sphinx, document: nodes.document) -> None:
    """Remember under which conditions the page has its anchors."""
    domain, docname = domain_of(app.env), app.env.docname
    if docname not in domain.data["objects"]:  # as most pages
        return
    found: dict[str, list[Condition]] = {}
    for node in document.findall(nodes.Element):
        if condition := _condition_of(node):
            for anchor in _anchors(node):
                found.setdefault(anchor, []).append(condition)
    if found:
        domain.data["conditions"][docname] = found


def _condition_of(node: nodes.Element) -> Condition | None:
    kind = type(node).__name__  # extensions that are not loaded stay so
    if kind in {"only", "ifconfig"}:
        return kind, node["expr"]
    return (kind, "") if kind == "todo_node" else None


def _anchors(node: nodes.Element) -> Iterator[str]:
    for inside in node.findall(nodes.Element):
        yield from (anchor for anchor in inside["ids"] if anchor.startswith("penstock--"))


def _ask(app: Sphinx) -> None:
    domain_of(app.env).holds = lambda condition: _holds(app, condition)


def _holds(app: Sphinx, condition: Condition) -> bool:
    """Return whether the builder of *app* keeps content under *condition*."""
    kind, expression = condition
    if kind == "only":
        try:
            return bool(app.tags.eval_condition(expression))
        except Exception:  # Sphinx warns of it, and keeps what is inside
            return True
    if kind == "ifconfig":
        return is_kept_by_ifconfig(app, expression)
    return bool(app.config.todo_include_todos)


def _withhold(_app: Sphinx, env: BuildEnvironment) -> None:
    """Leave in the general index what this build shows, and put back what it shows again."""
    domain, index = domain_of(env), index_entries(env)
    for docname in domain.data["conditions"]:
        every = [
            *index.get(docname, ()),
            *domain.data["withheld"].get(docname, ()),
        ]
        shown = [entry for entry in every if domain.is_shown(docname, entry[2])]
        index[docname] = shown
        domain.data["withheld"][docname] = _without(every, shown)


def _without(every: Iterable[Any], shown: list[Any]) -> list[Any]:
    return [entry for entry in every if entry not in shown]
