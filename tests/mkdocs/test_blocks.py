"""Blocks and fences wherever they are, through Python-Markdown alone."""

import pickle
import re
import shutil
import subprocess
import sys
from html import unescape
from importlib import metadata
from textwrap import dedent

import markdown
import pytest
from click import ClickException
from markdown.blockprocessors import BlockProcessor
from markdown.preprocessors import Preprocessor

from penstock import entrypoint, flow, loop, step
from penstock.docs import FlowPage
from penstock.exceptions import ConfigurationError, PenstockError
from penstock.graph import get_flow
from penstock.render import _graphviz
from penstock_mkdocs import PenstockExtension
from penstock_mkdocs._extras import as_error_of_mkdocs, explain_import
from penstock_mkdocs.markdown import _images
from penstock_mkdocs.markdown._errors import PageError
from penstock_mkdocs.markdown._html import Heading, Html, PageRenderer
from penstock_mkdocs.markdown._links import (
    RemoteTarget,
    fix_files,
    fix_joined_links,
    fix_links,
    link_later,
)
from penstock_mkdocs.markdown._mkdocstrings import can_document
from penstock_mkdocs.markdown._options import FlowOptions

FENCE = "```penstock-flow orders\nsteps: none\n```\n"
EXTENSIONS = {
    "fenced_code": ["fenced_code", "admonition", "md_in_html"],
    "superfences": [
        *("pymdownx.superfences", "pymdownx.tabbed", "pymdownx.details"),
        *("pymdownx.highlight", "admonition", "md_in_html"),
    ],
}
each_set = pytest.mark.parametrize("extensions", EXTENSIONS)


@pytest.fixture(autouse=True)
def _orders():
    """Declare a flow of two steps."""
    made = flow("orders", owner="Depot", tags=["a"])
    made(entrypoint(name="begin")(lambda: None))

    @made
    @step(after="begin")
    def send():
        """Sends *it* off."""


def convert(text: str, extensions: str = "fenced_code", **options: object) -> str:
    options = {"css": False} | options
    return markdown.markdown(
        text,
        extensions=[*EXTENSIONS[extensions], PenstockExtension(**options)],
        extension_configs={"pymdownx.highlight": {"use_pygments": False}}
        if extensions == "superfences"
        else {},
    )


def indented(text: str, by: str = "    ") -> str:
    return "".join(f"{by}{line}\n" for line in text.splitlines())


@each_set
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FENCE, id="alone"),
        pytest.param(FENCE.replace("```", "~~~~"), id="tildes"),
        pytest.param("Text\n" + FENCE + "Text\n", id="glued to text"),
        pytest.param("- item\n\n" + indented(FENCE), id="list"),
        pytest.param("- item\n" + indented(FENCE) + "- item\n", id="tight list"),
        pytest.param("1. item\n\n    - item\n\n" + indented(FENCE, " " * 8), id="nested list"),
        pytest.param(indented(FENCE, "> "), id="quote"),
        pytest.param("> - item\n>\n" + indented(FENCE, ">     "), id="list in a quote"),
        pytest.param("!!! note\n" + indented(FENCE), id="admonition"),
        pytest.param('<div markdown="1">\n' + FENCE + "</div>\n", id="div"),
        pytest.param("::: penstock-flow orders\n    steps: none\n", id="block"),
        pytest.param(
            "Text\n    ::: penstock-flow orders\n        steps: none\n    Text\n",
            id="block indented below text",
        ),
        pytest.param("- ::: penstock-flow orders\n      steps: none\n", id="block as an item"),
        pytest.param(
            "- item\n    ::: penstock-flow orders\n        steps: none\n- item\n",
            id="block in a tight list",
        ),
        pytest.param(
            "- item\n    - item\n        ::: penstock-flow orders\n            steps: none\n",
            id="block in a tight list in a list",
        ),
    ],
)
def test_shown(text, extensions):
    """A block or a fence shows its flow wherever text may be, and leaves nothing behind."""
    html = convert(text, extensions)

    assert html.count('class="penstock-flow"') == 1
    assert "<h2" not in html
    assert not re.search("penstock-flow orders|steps: none|```|~~~|\x02", html)
    assert html.count("Text") == text.count("Text")
    assert html.count("item") == text.count("item")


@each_set
@pytest.mark.parametrize("block", [FENCE, "::: penstock-flow orders\n    steps: none\n"])
@pytest.mark.parametrize("between", ["", "\n"], ids=["tight", "loose"])
def test_shown_in_its_item(block, between, extensions):
    """A list stays one list, and shows the flow in the item under which it is."""
    html = convert("- item\n" + between + indented(block) + between + "- item\n", extensions)

    assert (html.count("<ul>"), html.count("<li>")) == (1, 2)
    assert html.index("<svg") < html.index("</li>")


@pytest.mark.parametrize("text", ['=== "Tab"\n', "??? note\n"], ids=["tab", "details"])
def test_shown_in_extras(text):
    """Tabs and details show flows too."""
    html = convert(text + "\n" + indented(FENCE), "superfences")

    assert html.count('class="penstock-flow"') == 1


def test_labelled_edge():
    """A drawing has no blank line: some tools would take what follows for Markdown."""
    flow("orders")(step(name="ask", after={"begin": "yes"})(lambda: None))

    html = convert(FENCE)

    assert "yes" in html
    assert not re.search(r"\n\s*\n", html[html.index("<svg") : html.index("</svg>")])


@each_set
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("````md\n" + FENCE + "````\n", FENCE, id="fence in a fence"),
        pytest.param("~~~\n" + FENCE + "~~~\n", FENCE, id="fence in tildes"),
        pytest.param("Text\n\n" + indented(FENCE), FENCE, id="indented fence"),
        pytest.param("Text\n\n" + indented(FENCE, " " * 6), indented(FENCE, "  "), id="deeper"),
        pytest.param(
            "Text\n\n    ::: penstock-flow orders\n        a: <b>\n",
            "::: penstock-flow orders\n    a: <b>\n",
            id="indented block",
        ),
        pytest.param(
            "<pre>\n::: penstock-flow orders\n</pre>\n", "\n::: penstock-flow orders\n", id="pre"
        ),
    ],
)
def test_code_samples(text, expected, extensions):
    """Inside a code sample nothing is executed, and what is shown is what the author wrote."""
    html = convert(text, extensions)

    assert "<svg" not in html
    code = re.search(r"<pre\b[^>]*>(.*?)</pre>", html, re.DOTALL)[1]
    assert unescape(re.sub(r"<[^>]+>", "", code)).rstrip() == expected.rstrip()


@each_set
def test_shorter_fence_in_a_fence(extensions):
    """A fence ends at a line of the same length, and the next fence is found."""
    assert convert("````\n```\n````\n\n" + FENCE, extensions).count('class="penstock-flow"') == 1


def test_fence_in_a_comment():
    """A block in a comment stays hidden."""
    html = convert("<!--\n" + FENCE + "-->\n")

    assert html == "<!--\n" + FENCE + "-->"


def test_lines_of_blocks(caplog):
    """Each message names its own line, also where code shows the same block."""
    convert(
        "    ::: penstock-flow x\n\n```penstock-flow x\n```\n\n- ::: penstock-step x\n\n"
        "> ```penstock-flow x\n> ```\n"
    )

    lines = [re.match(r"<markdown>:(\d+): unknown", r.getMessage()) for r in caplog.records]
    assert [line[1] for line in lines] == ["3", "6", "8"]


def test_steps_of_one_level():
    """Steps are at one level, whatever is above them in lists or tabs."""
    html = convert("# A\n\n::: penstock-flow orders\n\n::: penstock-step orders.send\n")

    assert re.findall(r'<(h\d) id="(.*?)"', html) == [
        ("h2", "penstock--orders--begin"),
        ("h2", "penstock--orders--send"),
        ("h2", "penstock--orders--send--2"),
    ]


def test_step():
    """A step alone says what the page of its flow says, and links only to what is there."""
    html = convert("```penstock-step send\nname: sending\nclass: wide\n```\n")

    assert html.startswith('<div class="wide" id="sending">')
    assert "<p>Sends <em>it</em> off.</p>" in html
    assert "· after begin</p>" in html


def test_loop():
    """A step says from where the flow comes back, and where it leads back to."""
    made = flow("retries")
    made(entrypoint(name="ask", after={loop("check"): "no"})(lambda: None))
    made(step(name="check", after=["ask", loop("check")])(lambda: None))

    html = convert("::: penstock-flow retries\n")

    assert [line.partition(" · ")[2] for line in lines_of(html)] == [
        f"{__name__} · comes back from check (no) · leads to check",
        "after ask · leads back to ask (no), check",
    ]


def lines_of(html):
    """Return the lines below the headings of steps, without markup."""
    found = re.findall(r'<p class="penstock-meta">(.*)</p>', html)
    return [re.sub(r"<[^>]+>", "", line) for line in found]


def test_facts():
    """A step says its channels as code, its group, and why it is not checked."""
    made = flow("retries")
    channels = ["kafka:a", "http:GET /<b>"]
    made(entrypoint(name="ask", receives=channels, group="A & B")(lambda: None))
    made(step(name="check", after="ask", sends="kafka:c", unchecked="<why>")(lambda: None))

    html = convert("::: penstock-flow retries\n")

    receives, sends = re.findall(r'<p class="penstock-meta">(.*)</p>', html)
    assert receives.endswith(
        " · receives <code>kafka:a</code>, <code>http:GET /&lt;b&gt;</code> · group A &amp; B"
    )
    assert sends.endswith(" · sends <code>kafka:c</code> · not checked: &lt;why&gt;")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("::: penstock-step sned", "unknown step 'sned'; did you mean 'send'?"),
        ("::: penstock-step", "`penstock-step` needs the name of a step"),
        ("::: penstock-flow", "`penstock-flow` needs the name of a flow"),
        ("::: penstock-flows orders", "`penstock-flows` does not take a name; did you mean"),
        ("::: penstock-flows\n    owner: Nobody", "no flow is owned by Nobody"),
        ("::: penstock-flows\n    tag: a", "unknown option 'tag'; did you mean 'tags'?"),
        ("::: penstock-step send\n    steps: none", "unknown option 'steps'"),
        ("::: penstock-flow orders\n    width: wide", "option 'width': takes a length like"),
        (
            "::: penstock-flow orders\n    around: [sned]",
            "unknown step 'sned'; did you mean 'send'?",
        ),
        (
            "::: penstock-flow orders\n    depth: 1",
            "part of flow 'orders': `depth`: it is counted from a step: name that with `around`",
        ),
        (
            "::: penstock-flow orders\n    depth: -1",
            "option 'depth': takes a number of edges, 0 or more, not -1",
        ),
        (
            "::: penstock-flow orders\n    fold: some",
            "option 'fold': takes a number of steps, or never, not 'some'",
        ),
        ("::: penstock-flow orders\n    no-index: no way", "option 'no-index': takes true"),
        (
            "::: penstock-flow orders\n    no_index: true",
            "unknown option 'no_index'; did you mean 'no-index'?",
        ),
        (
            "::: penstock-flow orders\n    steps: none\n    steps: full",
            "the options are not valid YAML: 'steps' is set twice, in line 2 of them",
        ),
        (
            '::: penstock-flow orders\n    caption: "a\\x00b"',
            "option 'caption': takes a string without control characters, not 'a\\x00b'",
        ),
        (
            '::: penstock-flow orders\n    class: "\\u202e"',
            "option 'class': takes a string without control characters, not '\\u202e'",
        ),
        ("::: penstock-flow orders\n    ? [a]: b", "the options are not valid YAML"),
        (
            "::: penstock-flow orders\n    caption: How: so",
            "the options are not valid YAML: mapping values are not allowed in this context, in "
            "line 1 of them; a value may need quotes",
        ),
    ],
)
def test_mistakes(text, message, caplog):
    """Each mistake is named at its line with what to write, and the page says so too."""
    html = convert(f"Text\n\n{text}\n")

    (record,) = caplog.records
    assert record.getMessage().startswith(f"<markdown>:3: {message}")
    assert message.replace("`", "") in re.sub("</?code>", "", unescape(html))


@pytest.mark.parametrize("errors", ["raise", "show", "auto"])
def test_errors(errors, caplog):
    """A project says whether mistakes end the build or are shown."""
    text = "\n::: penstock-flow order\n"

    if errors == "raise":
        with pytest.raises(PageError, match=r"^<markdown>:2: unknown flow 'order'; did you mean"):
            convert(text, errors=errors)
        assert caplog.records == []
    else:
        assert "penstock-missing" in convert(text, errors=errors)
        assert len(caplog.records) == 1


def test_note_is_a_sentence():
    """A note has what is in backticks as code, and one full stop or question mark at its end."""
    quoted = convert("::: penstock-flows <b>`")
    index = convert("::: penstock-flows orders")
    unknown = convert("::: penstock-flow other")

    assert "did you mean `penstock-flow &lt;b&gt;``?</p>" in quoted
    assert "did you mean <code>penstock-flow orders</code>?</p>" in index
    assert "(known: orders).</p>" in unknown


def test_part():
    """A block of a part has the steps of it, which name the steps that are left out."""
    html = convert("::: penstock-flow orders\n    to: begin, begin\n")

    assert 'id="penstock--orders--begin"' in html
    assert 'id="penstock--orders--send"' not in html
    assert "1 more after" in html


def test_flows():
    """The index has a row for each flow that is asked for, and no empty columns."""
    flow("other")(entrypoint(lambda: None))

    every = convert("::: penstock-flows\n    caption: All *flows*\n    class: wide\n")
    some = convert("```penstock-flows\ntags: a\nowner: Depot\n```\n")

    assert (every.count("<tr>"), some.count("<tr>")) == (3, 2)
    assert "<caption>All <em>flows</em></caption>" in every
    assert '<div class="penstock-flows wide">\n<table>' in every
    assert re.findall("<th>(.*?)</th>", some) == ["Flow", "Entrypoints", "Owner", "Tags"]


def test_flows_lead_to_what_is_shown():
    """The index leads to the flows that the page shows below it."""
    html = convert("::: penstock-flows\n\n::: penstock-flow orders\n    steps: none\n")

    assert '<td><a href="#penstock--orders">orders</a></td>' in html
    assert "<td>begin</td>" in html


def test_second_diagram_leads_to_the_steps():
    """A diagram alone leads to the steps that the page shows elsewhere."""
    html = convert("::: penstock-flow orders\n    steps: none\n\n::: penstock-flow orders\n")

    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"><title>', html)
    assert links == ["penstock--orders--begin--2", "penstock--orders--send--2"] * 2


def test_no_index():
    """With `no-index` the search and links from other pages do not find the flow."""
    html = convert("::: penstock-flow orders\n    no-index:\n")

    ids = re.findall(r' id="(penstock--[^"]+)"', html)
    assert [i for i in ids if not i.startswith("penstock--orders--")] == []
    assert all("--here" in i for i in ids)
    assert 'href="#penstock--orders--begin--here"' in html


@pytest.mark.parametrize(
    ("width", "svg", "png"),
    [("300", "300px", "300"), ("50%", "50%", "50%"), ("1.5em", "1.5em", "24")],
)
def test_width(width, svg, png):
    """A diagram is as wide as the author wants, by attributes, which every policy allows."""
    html = {
        form: convert(f"::: penstock-flow orders\n    format: {form}\n    width: {width}\n")
        for form in ("svg", "png", "mermaid")
    }

    assert f'<svg width="{svg}"' in html["svg"]
    assert re.search(rf'<img [^>]*width="{png}"', html["png"])
    assert f'data-width="{svg}"' in html["mermaid"]
    assert "style=" not in "".join(html.values())


def test_alt():
    """An SVG has an alternative text for screen readers."""
    html = convert('::: penstock-flow orders\n    alt: "A & B"\n')

    assert '<svg aria-label="A &amp; B"' in html


def test_style_sheet():
    """A page brings the style sheet once, as an address, unless the site does."""
    text = "::: penstock-flow orders\n\n::: penstock-flow orders\n"

    assert convert(text, css=True).count('<link rel="stylesheet" href="data:text/css;base64,') == 1
    assert "<link" not in convert(text)


def test_mermaid_is_escaped():
    """Neither HTML nor Mermaid finds markup in a label."""
    flow("bad")(entrypoint(name="a", title='<b>"x"</b>')(lambda: None))

    html = convert("::: penstock-flow bad\n    format: mermaid\n    steps: none\n")

    source = unescape(re.search(r'<pre class="mermaid">(.*?)</pre>', html, re.DOTALL)[1])
    assert "<b>" not in html
    assert "#60;b#62;#34;x#34;" in source


def test_parts_need_no_python_markdown():
    """The HTML of a flow is available in parts for any front end."""
    renderer = PageRenderer(lambda text, _: f"<p>{text}</p>", pytest.fail, None)
    page = _page("orders")

    parts = list(renderer.flow(page, FlowOptions(), documented=lambda _: False))

    assert [type(part) for part in parts] == [Html, Heading, Html, Heading, Html]
    assert parts[1] == Heading("begin", "penstock--orders--begin")


def _page(name):
    from penstock.docs import FlowPage

    return FlowPage(flow=get_flow(name))


def test_options_can_be_pickled():
    """Zensical pickles what it is configured with."""
    extension = pickle.loads(pickle.dumps(PenstockExtension(modules=["shop"])))

    assert extension._options.modules == ("shop",)


def test_error_can_be_pickled():
    """An error survives the way from another process."""
    error = pickle.loads(pickle.dumps(PageError("docs/a.md:1: no")))

    assert (str(error), isinstance(error, PenstockError)) == ("docs/a.md:1: no", True)


def test_wrong_errors_option():
    """The error for a wrong value of an option of the extension names the nearest valid one."""
    with pytest.raises(ConfigurationError, match=r"'shwo' is none of .*; did you mean 'show'"):
        PenstockExtension(errors="shwo")


SVG = (
    '<a xlink:href="#penstock--a--b"><title>T</title>'
    '<rect class="penstock-card" x="10" y="-40" width="20" height="20"/><text>B</text></a>'
)


@pytest.mark.parametrize(
    ("html", "autorefs", "expected"),
    [
        pytest.param(SVG + ' id="penstock--a--b"', True, SVG + ' id="penstock--a--b"', id="here"),
        pytest.param('<a href="#penstock--a--b">B</a>', False, "B", id="nowhere"),
        pytest.param(
            '<a href="#penstock--a--b">B</a>',
            True,
            '<autoref identifier="m.b" slug="penstock--a--b" optional>B</autoref>',
            id="autoref",
        ),
        pytest.param('<a href="#penstock--c">C</a>', False, '<a href="#penstock--c">C</a>', id="c"),
    ],
)
def test_fixed_links(html, autorefs, expected):
    """A link that finds nothing on its page is left to autorefs, or removed."""
    elsewhere = {"penstock--a--b": RemoteTarget("penstock--a--b", ("m.b", "penstock--a--b"))}

    assert fix_links(html, elsewhere, autorefs=autorefs) == expected


JOINED = (
    '<a id="{0}"></a><h2 id="one-{1}">B</h2><a xlink:href="#{1}">B</a>'
    '<a href="#two-{0}--2">A</a><a href="#two-{1}">B</a>'
    '<h2 id="two-{1}">B</h2><a xlink:href="#{1}">B</a><a href="#two-penstock--x">X</a>'
).format("penstock--a", "penstock--a--b")


def test_joined_pages():
    """If pages are joined and some ids renamed, links lead to the nearest, or nowhere."""
    elsewhere = {"penstock--a--2": RemoteTarget("penstock--a", ("penstock--a",))}

    fixed = fix_joined_links(JOINED, elsewhere)

    assert re.findall('href="#([^"]+)"', fixed) == [
        *("one-penstock--a--b", "penstock--a", "two-penstock--a--b", "two-penstock--a--b"),
    ]
    assert fixed.endswith("</a>X")


@pytest.mark.parametrize("quote", ['"', ""])
def test_link_to_a_file(quote):
    """A link to a file gets its address too if a plugin has removed the quotes."""
    html = link_later('<a class="penstock-file" href="penstock-file:a-1.svg">SVG</a>')

    fixed, names = fix_files(html.replace('"', quote), "../b")

    assert " href" not in html
    assert names == {"a-1.svg"}
    assert fixed.endswith("penstock-file" + quote + ' href="../b/a-1.svg">SVG</a>')


def test_link_to_what_is_shown_again():
    """A link that finds its own anchor leads there, though the page shows the step before."""
    ids = '<i id="penstock--a--b"></i><i id="penstock--a--b--2"></i>'
    html = f'{ids}<a href="#penstock--a--b--2">B</a>'
    elsewhere = {"penstock--a--b--2": RemoteTarget("penstock--a--b", ("m.b",))}

    assert fix_links(html, elsewhere) == html


def test_node_is_covered_by_its_link():
    """In an image the link lies over its node, since autorefs may leave a span there."""
    elsewhere = {"penstock--a--b": RemoteTarget("penstock--a--b", ("m.b",))}

    fixed = fix_links(SVG, elsewhere, autorefs=True)

    bounds = '<foreignObject x="10" y="-40" width="20" height="20">'
    assert f'{bounds}<autoref identifier="m.b" optional><span style="' in fixed
    assert "<text>B</text><foreignObject" in fixed
    assert ">B</span></autoref></foreignObject>" in fixed


@each_set
@pytest.mark.parametrize(
    "block",
    [
        *("::: penstock-flow: orders", "::: penstock-flow:: orders", "::: penstock-flw orders"),
        *("::: penstock_flow orders", "::: Penstock-Flow orders", "::: penstock-flowx orders"),
        *("::: penstock-chart orders", "::: penstock-flow|orders", '::: penstock-flow("orders")'),
        *("::: penstock-flow.orders", "::: penstock-flow/orders", "::: penstock-flow=orders"),
        *(".. penstock-flow:: orders", "```{penstock-flow} orders\n```"),
        *("```penstock_flow orders\n```", "```penstock-flow: orders\n```"),
        *('``` { .penstock-flow name="orders" }\n```', "```{ .penstock-flow }\n```"),
    ],
)
def test_near_misses(block, extensions, caplog):
    """A misspelt block is a warning at its line, and does not raise."""
    html = convert(f"Text\n\n{block}\n", extensions)

    (record,) = caplog.records
    assert record.getMessage().startswith("<markdown>:3: `")
    assert "is not a block of penstock; did you mean `::: penstock-flow`?" in record.getMessage()
    assert "penstock-missing" in html


@each_set
@pytest.mark.parametrize(
    "text",
    [
        "`::: penstock-flw orders`\n",
        "    ::: penstock-flw orders\n",
        "```md\n::: penstock-flw orders\n```\n",
        "<!--\n::: penstock-flw orders\n-->\n",
        "::: penstock_mkdocs.PenstockPlugin\n",
        "::: penstock.flow\n",
        ":::\n\nText\n",
        "A penstock-flow is shown.\n",
        "    :: penstock-flow orders\n",
        "<pre>\n::: penstock-flow orders\n</pre>\n",
        "<script>/*\n::: penstock-flow orders\n*/</script>\n",
    ],
)
def test_no_near_misses(text, extensions, caplog):
    """Code, comments and what other tools are asked for are left alone."""
    html = convert(text, extensions)

    assert caplog.records == []
    assert "\x02" not in html


@each_set
@pytest.mark.parametrize("colons", ["::", "::::"])
def test_other_numbers_of_colons(colons, extensions, caplog):
    """A block with as many colons as other dialects write is shown."""
    html = convert(f"{colons} penstock-flow orders\n    steps: none\n", extensions)

    assert (html.count('class="penstock-flow"'), caplog.records) == (1, [])


@each_set
@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_fence_without_an_end(fence, extensions, caplog):
    """A fence that no line closes is a warning, and what is below it is still read."""
    html = convert(f"{fence}penstock-flow orders\n\n::: penstock-step orders.send\n", extensions)

    (record,) = caplog.records
    assert record.getMessage().startswith("<markdown>:1: no line closes this fence")
    assert "Sends <em>it</em> off." in html


@each_set
@pytest.mark.parametrize("block", [FENCE, "::: penstock-flow orders\n"])
@pytest.mark.parametrize("tag", ["div", "details"])
def test_block_in_html(tag, block, extensions, caplog):
    """A block in HTML that Markdown does not read is a warning at its line."""
    html = convert(f"<{tag}>\n\n{block}\n</{tag}>\n", extensions)

    (record,) = caplog.records
    assert record.getMessage().startswith("<markdown>:3: the block is inside HTML, which Markdown")
    assert "\x02" not in html


def test_closing_line(caplog):
    """The closing line of other dialects is a warning."""
    html = convert("::: penstock-flow orders\n    steps: none\n\n:::\n\nText\n")

    assert [r.getMessage() for r in caplog.records] == [
        "<markdown>:4: a block has no closing `:::`; remove that line"
    ]
    assert (html.count('class="penstock-flow"'), html.count("<p>Text</p>")) == (1, 1)


@pytest.mark.parametrize("indent", ["", "  ", "   "])
def test_option_with_too_short_an_indent(indent, caplog):
    """An option that is indented by less than four spaces is a warning, not silently text."""
    convert(f"::: penstock-flow orders\n{indent}steps: none\n")

    (record,) = caplog.records
    assert record.getMessage().startswith("<markdown>:1: the line `steps: …` below the block")


@pytest.mark.parametrize("indent", ["    ", "  "])
def test_option_below_an_empty_line(indent, caplog):
    """An empty line above an option makes it text, or code: a warning says so."""
    convert(f"::: penstock-flow orders\n\n{indent}steps: none\n")

    (record,) = caplog.records
    assert record.getMessage() == (
        "<markdown>:1: the line `steps: …` below the block is not one of its options: "
        "indent it by four spaces more than the block, without an empty line between them, "
        "or write a fence"
    )


@pytest.mark.parametrize("below", ["    code\n", "Text\n", "    steps = none\n"])
def test_other_lines_below_an_empty_line(below, caplog):
    """Lines that are not options may follow a block."""
    html = convert(f"::: penstock-flow orders\n\n{below}")

    assert caplog.records == []
    assert below.strip() in html


def test_title_with_an_entity():
    """A heading shows a title letter for letter, also what HTML would read as a character."""
    flow("sale")(entrypoint(title="A &lt; <b> & C")(lambda: None))

    html = convert("::: penstock-flow sale\n", "fenced_code")

    (heading,) = re.findall("<h2[^>]*>(.*?)</h2>", html)
    assert unescape(heading) == "A &lt; <b> & C"


def test_strings_that_no_file_holds():
    """A lone surrogate, which YAML may escape, is refused: no page could be written."""
    with pytest.raises(ConfigurationError, match="takes a string without control characters"):
        PenstockExtension(setup="\ud800")


@each_set
@pytest.mark.parametrize("block", [FENCE, "::: penstock-flow orders\n    steps: none\n"])
@pytest.mark.parametrize(("item", "by"), [("- ", "  "), ("1. ", "   ")])
def test_lists_of_formatters(item, by, block, extensions, caplog):
    """In lists that are indented by two or three spaces, blocks are shown and leave nothing."""
    html = convert(f"{item}item\n\n" + indented(block, by), extensions)

    assert html.count('class="penstock-flow"') == 1
    assert "<h2" not in html
    assert not re.search("penstock-flow orders|steps: none|```|\x02", html)
    assert caplog.records == []


def test_page_after_page():
    """Each page begins again, also for those who convert on and on without `Markdown.reset`."""
    md = markdown.Markdown(extensions=["toc", PenstockExtension(css=False)])
    page = "# Shop\n\n::: penstock-flow orders\n"

    pages = [md.convert(page) for _ in range(3)]

    assert 'id="penstock--orders--send"' in pages[0]
    assert pages == pages[:1] * 3


@pytest.mark.parametrize(
    ("value", "what"),
    [("", "nothing"), ("no", "what YAML takes for false"), ("yes", "what YAML takes for true")],
)
def test_option_that_is_no_word(value, what, caplog):
    """An option without a value, or with one that is not a word in YAML, is not guessed at."""
    html = convert(f"::: penstock-flow orders\n    steps: {value}\n")

    assert f"option 'steps': takes one of full, folded, summary, none, not {what}" in caplog.text
    assert "penstock-missing" in html


def test_cells_are_separate_words():
    """A search that reads the table without its tags finds the words of each cell separately."""
    html = convert("::: penstock-flows\n")

    read = re.sub("<[^>]+>", "", html).split()
    assert read == [
        "Flow",
        "Entrypoints",
        "Owner",
        "Tags",
        "orders",
        "begin",
        "Depot",
        "a",
    ]


HIDE = """
import sys
from importlib.abc import MetaPathFinder

class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hide())
"""


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("yaml", 'needs PyYAML: pip install "penstock[markdown]"'),
        ("penstock.docs._page", "No module named 'penstock.docs._page'"),
    ],
)
def test_without_the_extra(module, expected):
    """Without the packages of the extra, the error names it; other errors are left as they are."""
    gone = f"import sys; sys.modules[{module!r}] = None;" if module == "yaml" else ""
    code = (gone or HIDE.format(module=module)) + "import penstock_mkdocs"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr.rstrip().endswith(expected)


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("griffe", 'needs griffelib: pip install "penstock[mkdocs]"'),
        ("penstock.docs.functions", "ModuleNotFoundError, see the log of the build"),
    ],
)
def test_docstrings_without_the_extra(module, expected, monkeypatch):
    """Without the package that reads docstrings, the page says what to install."""
    monkeypatch.delitem(sys.modules, "penstock_mkdocs.markdown._docstrings", raising=False)
    monkeypatch.setitem(sys.modules, module, None)

    assert expected in unescape(convert("::: penstock-flow orders\n"))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "ImportError: cannot import name 'Docstring' from 'griffe' ("),
        ("import colours_that_are_gone", "ModuleNotFoundError: No module named 'colours_that_are"),
    ],
    ids=["old", "broken"],
)
def test_docstrings_with_another_package(source, reason, monkeypatch, tmp_path, caplog):
    """The page says that what reads docstrings is too old or broken, and the log why."""
    monkeypatch.delitem(sys.modules, "penstock_mkdocs.markdown._docstrings", raising=False)
    monkeypatch.delitem(sys.modules, "griffe", raising=False)
    (tmp_path / "griffe.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    page = convert("::: penstock-flow orders\n")
    needs = f"needs griffelib, but {metadata.version('griffelib')}, which is installed, cannot be"

    assert "griffelib is too old or broken, see the log of the build" in page
    assert f"showing flows in Markdown pages {needs} imported ({reason}" in caplog.text
    assert str(tmp_path) not in page


def test_other_imports():
    """An import error that is not about an extra is not changed."""
    error = ImportError("cannot import name 'x'", name="penstock.docs._page")

    assert explain_import(error) is as_error_of_mkdocs(error) is error


def test_error_that_ends_builds(monkeypatch):
    """An error with which a tool inside a page ends the build is not taken for one of the page."""

    def end(*_args, **_kwargs):
        raise ClickException("the end")

    monkeypatch.setattr(PageRenderer, "flow", end)

    with pytest.raises(ClickException, match="the end"):
        convert("::: penstock-flow orders\n")


class _Adds(Preprocessor):
    def run(self, lines):
        return [*lines, "", "::: penstock-flow order"]


def test_block_of_another_extension(caplog):
    """A block that another extension adds late is shown, and named by the page alone."""
    md = markdown.Markdown(extensions=[PenstockExtension()])
    md.preprocessors.register(_Adds(md), "adds", 20)

    html = md.convert("# Shop\n\n::: penstock-flow orders\n")

    (message,) = [r.getMessage() for r in caplog.records]
    assert message.startswith("<markdown>: unknown flow 'order'")
    assert (html.count('class="penstock-flow"'), html.count("cannot be shown")) == (1, 1)


def test_other_code_beside_a_block():
    """Code without a block in it stays as it is on a page that has one."""
    html = convert("    x < 1\n\n::: penstock-flow orders\n")

    assert "<code>x &lt; 1\n</code>" in html
    assert html.count('class="penstock-flow"') == 1


def test_problems_that_are_raised():
    """A problem of the flow itself ends a build with `errors: raise`."""
    flow("orders")(step(name="end", after="nothing")(lambda: None))

    with pytest.raises(PageError, match=r"^<markdown>:1: .*\[unknown-predecessor\]$"):
        convert("::: penstock-flow orders\n", errors="raise")


@pytest.mark.parametrize("errors", ["show", "raise"])
def test_module_that_fails(errors, caplog, tmp_path, monkeypatch):
    """Without the plugin, the extension says once which module fails, or ends the build."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "broken_module.py").write_text("1 / 0\n", encoding="utf-8")
    settings = {"modules": ["broken_module"], "pythonpath": [str(tmp_path)], "errors": errors}
    page = "::: penstock-flow orders\n"
    message = "cannot import 'broken_module'"

    if errors == "raise":
        with pytest.raises(PageError, match=message):
            convert(page, **settings)
    else:
        html = [unescape(convert(page, **settings)) for _ in range(2)]
        assert [message in each for each in html] == [True, True]
    assert caplog.text.count(message) == (errors == "show")


def test_failing_graphviz(monkeypatch, caplog):
    """If the program fails, each diagram is a tree of text, and a warning has its message."""
    monkeypatch.setattr(_graphviz.images, "find_program", lambda: shutil.which("false"))
    monkeypatch.setattr(_images, "_drawn", {})

    html = convert("::: penstock-flow orders\n")

    assert "<pre>orders\nbegin (entrypoint)\n└── send</pre>" in html
    assert "Shown as text instead" in caplog.text
    assert _images._drawn == {}


def test_images_are_not_kept_for_ever(monkeypatch):
    """A server that draws for days forgets old images."""
    monkeypatch.setattr(_images, "_drawn", {})
    monkeypatch.setattr(_images, "_MOST", 0)
    convert("::: penstock-flow orders\n")
    kept = set(_images._drawn)
    html = convert("::: penstock-flow orders\n    direction: LR\n")

    assert {direction for _, direction in kept} == {"auto"}
    assert {direction for _, direction in _images._drawn} == {"LR"}
    assert "<svg" in html


def documented(function):
    """Return whether mkdocstrings is asked for the documentation of *function*."""
    flow("named")(entrypoint(name="it")(function))
    found = get_flow("named")
    return can_document(markdown.Markdown(), FlowPage(flow=found).section(found.steps[0]))


@pytest.mark.parametrize(
    ("module", "path"),
    [
        pytest.param("textwrap", "dedent", id="another function"),
        pytest.param("textwrap", "<lambda>", id="no name"),
        pytest.param("textwrap", "nothing", id="not in the module"),
        pytest.param("nothing_of_the_sort", "dedent", id="no module"),
    ],
)
def test_not_for_mkdocstrings(module, path):
    """A step is not left to mkdocstrings if the name of its function does not lead there."""

    def named(): ...

    named.__module__, named.__qualname__ = module, path

    assert not documented(named)


def test_for_mkdocstrings():
    """A step is left to mkdocstrings if the name of its function leads there."""
    assert documented(dedent)


def test_mkdocstrings_without_autorefs():
    """An mkdocstrings that knows nothing of links by name is left to write the step too."""
    md = markdown.Markdown(extensions=[PenstockExtension()])
    md.parser.blockprocessors.register(BlockProcessor(md.parser), "mkdocstrings", 75)
    flow("library")(entrypoint(name="it")(dedent))

    html = md.convert("::: penstock-flow library\n")

    assert "::: textwrap.dedent" in html
    assert 'id="penstock--library--it"' in html


@pytest.mark.parametrize(
    ("count", "lines", "folded"), [(20, "", 20), (19, "", 0), (20, "steps: full", 0)]
)
def test_long_flow(count, lines, folded):
    """The docstrings of a long flow are folded, unless the author wants all of them."""
    made = flow("long")
    made(entrypoint(name="begin")(lambda: None))
    for number in range(count):

        def act():
            """Acts on *it*.

            More of it.
            """

        made(step(name=f"act{number}", after="begin")(act))

    html = convert(f"::: penstock-flow long\n    {lines}\n")

    gist = '<details class="penstock-docstring"><summary>Acts on <em>it</em>.</summary>'
    assert html.count(gist) == html.count('</details>\n<p class="penstock-meta">') == folded
    assert html.count('<p class="penstock-meta">') == count + 1
    assert html.count("<p>More of it.</p>") == count


def test_folded_docstrings():
    """Text after the first paragraph is folded; sections alone are shown, and so is a sentence."""
    made = flow("short")

    def sections(order): ...

    sections.__doc__ = "Args:\n    order: Which."
    made(entrypoint(sections))

    @made
    @step(after="sections")
    def both(order):
        """Acts.

        Args:
            order: Which.
        """

    made(step(name="one", after="both")(lambda: None))

    html = convert("::: penstock-flow short\n    steps: folded\n")

    assert html.count("<details") == 1
    assert "<summary>Acts.</summary>" in html


@pytest.mark.needs("Graphviz program")
@pytest.mark.parametrize("format_", ["svg", "mermaid", "text"])
def test_folded(format_):
    """A large flow opens as its groups, which link to their diagrams below it."""
    orders = flow("orders")
    after = "send"
    for name in ("Depot_0", "Depot_1", "Road_0", "Road_1"):
        orders(step(name=name, group=name[:-2], after=after)(lambda: None))
        after = name

    html = convert("::: penstock-flow orders\n", fold=5, format=format_)
    whole = convert("::: penstock-flow orders\n    fold: never\n", fold=5, format=format_)

    assert html.index("<strong>Depot") < html.index("<strong>Road")
    assert html.count('<a href="" id="penstock--orders--group--') == 0
    assert html.count('id="penstock--orders--group--depot-') in {1, 3}
    assert html.count("2 steps") >= 4
    assert "Depot_1" in whole
    assert "penstock--orders--group" not in whole
    if format_ == "svg":
        links = re.findall(r'xlink:href="#(penstock--orders--group--\w+)', html)
        assert {*links} <= {*re.findall(r'id="(penstock--orders--group--\w+)', html)}
