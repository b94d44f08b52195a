"""The steps below a diagram, each with its docstring as the project writes docstrings."""

from collections.abc import Iterator
from inspect import iscoroutinefunction, unwrap
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Parser
from docutils.parsers.rst.states import RSTState
from docutils.statemachine import StringList
from docutils.utils import new_document
from sphinx import addnodes
from sphinx.util.docstrings import prepare_docstring
from sphinx.util.docutils import SphinxDirective, switch_source_input
from sphinx.util.parsing import nested_parse_to_nodes

from penstock._model import Step
from penstock._pages import FlowPage, Link, StepSection

__all__ = ["step_list", "step_nodes"]


def step_list(page: FlowPage) -> nodes.bullet_list:
    """Return the steps of *page* as a list, with a sentence each."""
    items = []
    for section in page.sections:
        summary = f" — {section.step.summary}" if section.step.summary else ""
        words = nodes.paragraph("", "", nodes.strong("", section.step.label), nodes.Text(summary))
        items.append(nodes.list_item("", words, ids=[section.anchor]))
    return nodes.bullet_list("", *items, classes=["penstock-steps"])


def step_nodes(directive: SphinxDirective, section: StepSection) -> list[nodes.Node]:
    """Return what the page says of one step."""
    parsed = _parse(directive, _source(directive, section))
    for described in (node for node in parsed if isinstance(node, addnodes.desc)):
        _title(described, section)
        content = next(iter(described.findall(addnodes.desc_content)))
        content[:0] = _note(section.step)
        content += list(_ways(section))
        break
    return parsed


def _source(directive: SphinxDirective, section: StepSection) -> StringList:
    """Return reST that describes the step, as autodoc would write it."""
    function = section.step.function
    name = section.target.rpartition(".")[2]
    place, line = directive.get_source_info()
    is_code = name.isidentifier()
    head = [
        f".. py:function:: {name}{section.signature or '()'}"
        if is_code
        else f".. describe:: {section.step.name}"
    ]
    head += ["   :async:"] if is_code and iscoroutinefunction(unwrap(function)) else []
    head += ["   :no-index:", ""]
    lines = StringList(head, items=[(place, line - 1)] * len(head))
    file = section.step.location.file if section.step.location else place
    origin = f"{file}:docstring of {section.target}"
    for number, text in enumerate(_docstring(directive, section)):
        lines.append(f"   {text}".rstrip(), origin, number)
    return lines


def _docstring(directive: SphinxDirective, section: StepSection) -> list[str]:
    """Return the docstring after autodoc's listeners, napoleon among them, have seen it."""
    lines = prepare_docstring(section.step.doc or "")
    directive.env.events.emit(
        "autodoc-process-docstring",
        "function",
        section.target,
        section.step.function,
        _Options(),
        lines,
    )
    return lines


class _Options(dict[str, Any]):
    """The options of an autodoc directive that was given none."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _parse(directive: SphinxDirective, lines: StringList) -> list[nodes.Node]:
    """Return *lines* parsed as reST, also where the page is Markdown."""
    context = directive.env.ref_context
    module = context.get("py:module")
    try:
        if isinstance(directive.state, RSTState):
            with switch_source_input(directive.state, lines):
                return nested_parse_to_nodes(directive.state, lines)
        document = new_document(directive.get_location(), directive.state.document.settings)
        document.reporter = directive.state.document.reporter
        Parser().parse("\n".join(lines), document)
        return list(document.children)
    finally:
        if module is not None:
            context["py:module"] = module


def _title(described: addnodes.desc, section: StepSection) -> None:
    """Give the description the step's title and its anchor."""
    described["classes"].append("penstock-step")
    step = section.step
    signature = next(iter(described.findall(addnodes.desc_signature)))
    if step.title is not None:
        signature = addnodes.desc_signature(
            "", "", addnodes.desc_name("", step.label), classes=["penstock-title"]
        )
        described.insert(0, signature)
    signature["ids"] = [section.anchor]
    signature["_toc_name"] = step.label
    signature["_toc_parts"] = (step.name,)


def _note(step: Step) -> list[nodes.Node]:
    said = ["entrypoint"] if step.is_entrypoint else []
    said += [step.kind] if step.kind else []
    if not said:
        return []
    note = nodes.emphasis("", f"{' · '.join(said)}".capitalize())
    return [nodes.paragraph("", "", note, classes=["penstock-note"])]


def _ways(section: StepSection) -> Iterator[nodes.Node]:
    """Yield the lines that lead to the steps before and after."""
    every = section.step.join == "all" and len(section.before) > 1
    for words, links in (
        ("Comes after all of: " if every else "Comes after: ", section.before),
        ("Leads to: ", section.after),
    ):
        if links:
            line = nodes.paragraph("", words, classes=["penstock-ways"])
            for index, link in enumerate(links):
                line += nodes.Text(", " if index else "")
                line += _link(link)
            yield line


def _link(link: Link) -> list[nodes.Node]:
    label = nodes.Text(link.label)
    if link.anchor is None:
        said: nodes.Node = nodes.emphasis("", "", label)
    else:
        said = nodes.reference("", "", label, refid=link.anchor, internal=True)
    return [said, nodes.Text(f" ({link.condition})")] if link.condition else [said]
