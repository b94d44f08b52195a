"""The steps below a diagram, each with its docstring as the project writes docstrings."""

from collections.abc import Callable, Container, Sequence

from docutils import nodes
from docutils.statemachine import StringList
from docutils.utils import SystemMessage
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from penstock.docs import Code, Link, Piece, Remark, SourceLink, StepSection, Words
from penstock_sphinx._compat import name_in_contents
from penstock_sphinx._docstrings import FunctionSource, describe_error, parse_rst
from penstock_sphinx._domain import LinkTarget, domain_of
from penstock_sphinx._nodes import penstock_link
from penstock_sphinx._page_state import showing
from penstock_sphinx._signatures import show_defaults

__all__ = ["Lines", "line", "step_list", "step_nodes"]


def line(*content: nodes.Node, kind: str) -> nodes.paragraph:
    """Return a line of *content* that has been translated, part by part."""
    return nodes.paragraph("", "", *content, classes=[f"penstock-{kind}"], translatable=False)


def step_list(
    directive: SphinxDirective, sections: Sequence[StepSection], translate: Callable[[str], str]
) -> nodes.bullet_list:
    """Return the steps as a list, with a sentence each."""
    items: list[nodes.Node] = []
    for section in sections:
        words = nodes.paragraph("", "", nodes.strong("", section.step.label))
        if section.step.summary:
            words += [nodes.Text(" — "), *_summary(directive, section, translate)]
        item = nodes.list_item("", words)
        _make_target(directive, item, section.anchor)
        items.append(item)
    return nodes.bullet_list("", *items, classes=["penstock-steps"])


def step_nodes(
    directive: SphinxDirective,
    flow: str,
    sections: Sequence[StepSection],
    *,
    folded: bool = False,
) -> list[nodes.Node]:
    """Return what the page says of some steps of *flow*, with their docstrings *folded* or not."""
    lines = Lines(directive, flow, {section.anchor for section in sections})
    messages: list[nodes.Node] = []
    for section in sections:
        with showing(directive.env, "step", flow, section.step.name):
            parsed, described = _described(directive, section)
        described["classes"] += ["penstock-step", *(["penstock-folded"] if folded else [])]
        title = _signature(described)
        name_in_contents(title, section.step.label)
        _make_target(directive, title, section.anchor)
        _content(described)[:0] = lines.line(section.remarks, section.words)
        messages += parsed
    return messages


def _described(
    directive: SphinxDirective, section: StepSection
) -> tuple[list[nodes.Node], addnodes.desc]:
    """Return the parsed docstring under the title of the step, and its outermost description."""
    source = FunctionSource(directive, section)
    domain_of(directive.env).note_source(directive.env.docname, source.module, source.path)
    context = dict(directive.env.ref_context)
    try:
        parsed = parse_rst(directive, source.lines())
        described = _outermost(parsed)
        _head(described, section, source)
    except SystemMessage:  # which `halt_level` asks for
        raise
    except (Exception, SystemExit) as error:  # any directive may be in a docstring
        source.warn(f"it cannot be shown: {describe_error(error)}", "docstring")
        # What was left in the middle has put nothing back.
        directive.env.ref_context.clear()
        directive.env.ref_context.update(context)
        parsed = parse_rst(directive, source.bare_lines())
        described = _outermost(parsed)
        described.replace(_signature(described), _title(section))
        # What was raised may be no matter for readers: the log of the build has it.
        words = nodes.paragraph("", section.words.missing.docstring)
        _content(described).append(nodes.warning("", words, classes=["penstock-missing"]))
    return parsed, described


def _outermost(parsed: Sequence[nodes.Node]) -> addnodes.desc:
    """Return the description of the function, not one that its docstring holds."""
    return next(node for node in parsed if isinstance(node, addnodes.desc))


def _signature(described: addnodes.desc) -> addnodes.desc_signature:
    return next(node for node in described if isinstance(node, addnodes.desc_signature))


def _content(described: addnodes.desc) -> addnodes.desc_content:
    return next(node for node in described if isinstance(node, addnodes.desc_content))


def _summary(
    directive: SphinxDirective, section: StepSection, translate: Callable[[str], str]
) -> list[nodes.Node]:
    """Return the first paragraph of a docstring: reST, as all of it is."""
    text = translate(section.step.summary or "")
    source = FunctionSource(directive, section)
    try:
        parsed = parse_rst(directive, StringList([text], items=[(source.origin, 0)]))
    except SystemMessage:
        raise
    except (Exception, SystemExit) as error:
        source.warn(f"it cannot be shown: {describe_error(error)}", "docstring")
        parsed = []
    if len(parsed) == 1 and isinstance(parsed[0], nodes.paragraph):
        return parsed[0].children
    return [nodes.Text(text)]


def _make_target(directive: SphinxDirective, node: nodes.Element, anchor: str) -> None:
    """Let *node* be found under *anchor*."""
    node["ids"] = [anchor]
    directive.state.document.set_id(node)


def _head(described: addnodes.desc, section: StepSection, source: FunctionSource) -> None:
    """Head the description with the step's title, unless its code says it."""
    signature = _signature(described)
    show_defaults(signature, source.defaults)
    for module in signature.findall(addnodes.desc_addname):
        if module.astext() == f"{source.module}.":
            # Where the function is defined helps to resolve links, but not to read.
            module.parent.remove(module)
            break
    if section.step.label == source.name:
        return
    if source.path:
        described.insert(0, _title(section))
    else:
        described.replace(signature, _title(section))
        # LaTeX has no targets for what is only "described".
        described["objtype"] = described["desctype"] = "step"


def _title(section: StepSection) -> addnodes.desc_signature:
    words = nodes.strong("", section.step.label)
    return addnodes.desc_signature("", "", words, classes=["penstock-title"])


class Lines:
    """The lines of remarks of one page, with links to the steps that they name.

    Args:
        directive: What asks for them.
        flow: The name of the flow.
        here: The anchors that the page has.
    """

    def __init__(self, directive: SphinxDirective, flow: str, here: Container[str] = ()) -> None:
        self._env = directive.env
        self._flow = flow
        self._here = here

    def line(self, remarks: Sequence[Remark], words: Words) -> list[nodes.Node]:
        """Return the line with *remarks*, unless there are none."""
        content: list[nodes.Node] = []
        for remark in remarks:
            content += [nodes.Text(words.dot)] if content else []
            content += map(self._node, remark.pieces)
        return [line(*content, kind="meta")] if content else []

    def _node(self, piece: Piece) -> nodes.Node:
        match piece:
            case Code(text):
                return nodes.literal("", text)
            case SourceLink(label, address):
                return nodes.reference("", label, refuri=address, internal=False)
            case Link():
                return self._link(piece)
            case text:
                return nodes.Text(text)

    def _link(self, link: Link) -> nodes.Node:
        if link.anchor is None:
            return nodes.emphasis("", link.label)
        if link.anchor in self._here:
            return nodes.reference("", link.label, refid=link.anchor, internal=True)
        target = LinkTarget(self._flow, link.name)
        domain_of(self._env).note_link_targets(self._env.docname, [target])
        return penstock_link("", link.label, link_target=target, docname=self._env.docname)
