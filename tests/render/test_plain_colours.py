"""Diagrams on pages whose host removes style sheets."""

import re

from penstock.render import LIGHT as THEME
from penstock.render._graphviz.plain_colours import with_plain_colours

LIGHT = THEME.colours
SVG = (
    '<svg class="penstock-flow"><g class="penstock-edge"><path d="M0 0"/></g>'
    '<g class="penstock-node penstock-{}"><a><rect class="penstock-card" rx="2"/>'
    '<text class="penstock-name penstock-code" x="1">a</text></a></g></svg>'
)


def looks(svg, element):
    """Return the attributes of the first such element."""
    (found,) = re.findall(rf"<{element}\b([^>]*?)/?>", svg)
    return dict(re.findall(r'([\w-]+)="([^"]*)"', found))


def test_the_most_exact_rule_wins():
    """An element has the colours that the style sheet has for it on a light page."""
    entry, plain = (with_plain_colours(SVG.format(role)) for role in ("entrypoint", "step"))

    assert looks(entry, "rect")["fill"] == LIGHT["entry"]
    assert looks(plain, "rect")["fill"] == LIGHT["card"]
    assert looks(entry, "text")["fill"] == LIGHT["entry-text"]
    assert looks(plain, "text")["fill"] == LIGHT["text"]
    assert looks(plain, "path") | {"fill": "none", "stroke": LIGHT["edge"]} == looks(plain, "path")


def test_sizes_of_letters():
    """Letters are as large as the boxes were measured for."""
    text = looks(with_plain_colours(SVG.format("step")), "text")

    assert (text["font-size"], text["font-weight"]) == ("13px", "600")


def test_what_is_there_is_kept():
    """Attributes of before are as they were."""
    assert looks(with_plain_colours(SVG.format("step")), "rect")["rx"] == "2"


def test_no_variables():
    """Each colour is one: hosts that remove style sheets know no variables."""
    assert "var(" not in with_plain_colours(SVG.format("missing"))
