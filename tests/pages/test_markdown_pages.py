"""The pages of flows as Markdown files."""

import html
import re
from textwrap import dedent

import pytest
from corpus import HOSTILE
from jinja2 import Template
from markdown import Markdown, markdown
from markdown_it import MarkdownIt

from penstock import all_of, entrypoint, flow, step
from penstock.docs import FlowPage
from penstock.docs.markdown import (
    block_documents,
    escape,
    file_name,
    modules_of,
    remark_line,
    text_documents,
)
from penstock.graph import get_flow, list_flows
from penstock.render._formats.text import render_text


def declare():
    orders = flow("orders", title="Orders & <more>", description="From *a*.", owner="D", tags=["x"])

    @orders
    @entrypoint(kind="http", title="Receive")
    def receive(order: int) -> None:
        """Takes an <order>.

        With `code`.

        Args:
            order: Its ```number```.
        """

    @orders
    @step(after={"receive": "paid", "lost": None})
    def charge():
        """Args:

        none: at all
        """

    @orders
    @step(after=all_of("receive", "charge"))
    def send():
        """Sends."""


TEXT = """\
# Orders &amp; &lt;more&gt;

From &#42;a&#42;.

Owner D · x · <code>orders</code>

{diagram}

<a id="penstock--orders--receive"></a>

## Receive

<code>receive(order: int) -&gt; None</code>

Entrypoint · HTTP · <code>{module}</code> · leads to \
[charge](#penstock--orders--charge) (paid), [send](#penstock--orders--send)

Takes an &lt;order>.

With `code`.

````text
Args:
    order: Its ```number```.
````

<a id="penstock--orders--charge"></a>

## <code>charge()</code>

<code>{module}</code> · after [Receive](#penstock--orders--receive) (paid), *lost* · \
leads to [send](#penstock--orders--send)

```text
Args:

none: at all
```

<a id="penstock--orders--send"></a>

## <code>send()</code>

<code>{module}</code> · after all of [Receive](#penstock--orders--receive), \
[charge](#penstock--orders--charge)

Sends.
"""


def test_text():
    """A page holds a diagram that forges draw, and all that is known of the steps, in order."""
    declare()

    page = text_documents(list_flows())["orders.md"]

    diagram = page[page.index("```mermaid") : page.index("\n\n<a id")]
    assert page == TEXT.format(diagram=diagram, module=escape(__name__))
    assert diagram.endswith("\n```")
    assert "click" not in diagram


def test_diagram_without_colours():
    """Programs that read a page are given the flow and its title, and no colours."""
    orders = flow("orders", title="Orders")
    orders(entrypoint(name="a", kind="http")(print))
    orders(step(name="b", after="a", kind="database", group="Shop")(max))

    page = text_documents(list_flows())["orders.md"]

    noise = ("classDef", "style", "%%{", "config:", ":::")
    assert "accTitle: Orders" in page
    assert [word for word in noise if word in page] == []


def test_links_of_wikis():
    """Wikis have pages without the end of a file's name."""
    declare()

    assert "](orders.md)" in text_documents(list_flows())["index.md"]
    assert "](orders)" in text_documents(list_flows(), suffix="")["index.md"]


def test_facts():
    """A page has the channels of a step, its group and its reasons, letter for letter."""
    orders = flow("orders")
    orders(entrypoint(name="a", receives=["kafka:a", "http:GET /<b>"], group="A & B")(print))
    orders(step(name="b", after="a", sends="kafka:c_d", unchecked="a *hook*")(max))

    lines = text_documents(list_flows())["orders.md"].splitlines()

    assert [line.partition("leads to ")[2] or line for line in lines if " · " in line] == [
        "[b](#penstock--orders--b) · receives <code>kafka:a</code>, "
        "<code>http:GET /&lt;b&gt;</code> · group A &amp; B",
        "Kafka · <code>builtins</code> · after [a](#penstock--orders--a) · "
        "sends <code>kafka:c_d</code> · not checked: a &#42;hook&#42;",
    ]


def test_link_to_the_source():
    """A page whose maker knows where the source is leads to it."""
    orders = flow("orders")
    orders(entrypoint(dedent))
    page = FlowPage(flow=get_flow("orders"), source_of=lambda step: f"/src#{step.name}")

    line = remark_line(page.section(page.flow.steps[0]).remarks)

    assert line == "Entrypoint · <code>textwrap</code> &#91;[source](/src#dedent)&#93;"


def test_nothing_to_remark():
    """A step of which nothing is known has no empty line between signature and docstring."""
    orders = flow("orders")

    def lost():
        """Is found by nobody."""

    lost.__module__ = ""
    orders(step(lost))

    page = text_documents(list_flows())["orders.md"]

    assert page.endswith("\n\n## <code>lost()</code>\n\nIs found by nobody.\n")


def test_index():
    """The index leads to each flow, in order of their titles, and says what it is for."""
    declare()
    flow("audit")(entrypoint(name="begin")(lambda: None))

    page = text_documents(list_flows())["index.md"]

    assert page == (
        "# Flows\n\n- [audit](audit.md)\n"
        "- [Orders &amp; &lt;more&gt;](orders.md): From &#42;a&#42;.\n"
    )


def test_for_machines():
    """On request a flow is a tree of text, and links lead on from anywhere."""
    declare()
    base = "https://shop.example/flows"

    pages = text_documents(list_flows(), tree=True, base=base)
    wiki = text_documents(list_flows(), suffix="", base=f"{base}/", legend=True, tree=True)

    assert "mermaid" not in pages["orders.md"]
    assert f"```text\n{render_text(list_flows()[0].graph())}\n```" in pages["orders.md"]
    assert f"]({base}/orders.md#penstock--orders--" in pages["orders.md"]
    assert "](#" not in pages["orders.md"]
    assert f"]({base}/orders.md)" in pages["index.md"]
    assert f"]({base}/orders)" in wiki["index.md"]
    assert f"]({base}/orders#penstock--orders--" in wiki["orders.md"]


def test_blocks():
    """Pages for the extension hold its blocks."""
    declare()

    pages = block_documents(list_flows())
    with_legend = block_documents(list_flows(), legend=True)

    assert pages == {
        "index.md": "# Flows\n\n::: penstock-flows\n",
        "orders.md": "# Orders &amp; &lt;more&gt;\n\n::: penstock-flow orders\n",
    }
    assert with_legend == pages | {"orders.md": pages["orders.md"] + "    legend: true\n"}


def test_large_flow():
    """A flow that is too large for Mermaid is shown as text."""
    large = flow("large")
    for number in range(60):
        large(entrypoint(name=f"begin{number}", title="long " * 200)(lambda: None))

    page = text_documents(list_flows())["large.md"]

    assert "```mermaid" not in page
    assert "```text\nlarge" in page


@pytest.mark.parametrize(
    ("name", "expected"),
    [("bom_sync", "bom-sync.md"), ("index", "index-flow.md"), ("README", "readme-")],
)
def test_file_name(name, expected):
    """No flow takes the place of the index."""
    flow(name)(entrypoint(name="begin")(lambda: None))

    assert file_name(get_flow(name)).startswith(expected)


EXTENSIONS = [
    *("extra", "toc", "admonition", "sane_lists"),
    *(f"pymdownx.{name}" for name in ("betterem", "caret", "critic", "emoji", "keys")),
    *(f"pymdownx.{name}" for name in ("arithmatex", "magiclink", "mark", "tilde")),
]
EXTENDED = Markdown(extensions=EXTENSIONS)  # takes as long to make as fifty strings to convert

DIALECTS = {
    "Python-Markdown": markdown,
    "with its extensions": lambda text: EXTENDED.reset().convert(text),
    "CommonMark": MarkdownIt("commonmark").render,
    "GitHub's": MarkdownIt("gfm-like", {"linkify": False}).render,
}
TITLES = [
    *(text for text in HOSTILE if "\0" not in text),
    *("Orders & payments", "C++ & C", "a == b", "~~a~~ ^b^ ==c== ++ctrl++", "{==a==}", ":smile:"),
    *("1.", "2)", "3. x", "- x", "+ x", "- [ ] x", "> x", ": x", "[^1]: x", "{: #x}", "*[A]: x"),
    *("_a_ __b__ c_d e__f", "$a$ \\\\(b\\\\)", "a | b", "&amp; &#38;", "!!! note", "a \\\\"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("context", ["# {}", "{}", "- [{}](x.md)"])
def test_escape(dialect, context):
    """Readers see strings as they are, in every dialect of Markdown and in every position."""
    pages = [DIALECTS[dialect](context.format(escape(title))) for title in TITLES]

    shown = [html.unescape(re.sub("<[^>]*>", "", page)).split() for page in pages]
    assert shown == [title.split() for title in TITLES]


def test_escape_leaves_words_alone():
    """Names are readable in the file itself."""
    assert escape("handle_kafka_message (v2.0)\n\nis: it") == "handle_kafka_message (v2.0) is: it"


def document(doc: str) -> str:
    """Return the page of a flow whose one step has the docstring *doc*."""

    def begin(): ...

    begin.__doc__ = doc
    flow("one")(entrypoint(begin))
    return text_documents(list_flows())["one.md"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_code_in_a_docstring(dialect):
    """A `<` in code stays a `<`, and outside code it does not become markup."""
    page = document("Reads `<change>` and <b>, ``a ` <b>`` too.\n")

    shown = html.unescape(re.sub("<[^>]*>", "", DIALECTS[dialect](page)))
    assert "Reads <change> and <b>, a ` <b> too." in shown


@pytest.mark.parametrize(
    "doc",
    [
        "Reads {{ settings.SECRET }} and `{{ x }}`.",
        "{% include x %}",
        "Writes {# nothing #}.",
        "Fine.\n\nArgs:\n    x: One of {{ y }}.",
    ],
)
def test_templates(doc):
    """A docstring is never read as a template by Jekyll or mkdocs-macros."""
    page = document(doc)

    assert "{% raw %}" in page
    assert Template(page, keep_trailing_newline=True).render() == page.replace(
        "{% raw %}", ""
    ).replace("{% endraw %}", "")


def test_template_that_ends_what_protects():
    """A docstring cannot end the protection of its page."""
    page = document("Says {% endraw %} {{ 1 + 1 }} {%- endraw -%}.")

    assert "{{ 1 + 1 }}" in Template(page).render()


@pytest.mark.parametrize(
    "name", ["con", "AUX", "nul", "com1", "LPT9", "index", "README", "x" * 300, "ß" * 300]
)
def test_file_name_that_any_system_takes(name):
    """No flow has the name of a device or of another page, or one that is too long."""
    for other in (name, f"{name}_flow", f"{name}-flow", name.upper()):
        flow(other)(entrypoint(name="begin")(lambda: None))

    names = [file_name(found) for found in list_flows()]

    assert len({found.casefold() for found in names}) == len(list_flows())
    assert all(re.fullmatch(r"[a-z0-9-]{3,120}\.md", found) for found in names)
    assert not {"con.md", "aux.md", "nul.md", "com1.md", "lpt9.md", "index.md"} & set(names)


def test_modules_of():
    """A page's modules are those of its steps; a name that no import takes is left out."""
    orders = flow("orders")

    def receive(): ...
    def store(): ...

    receive.__module__, store.__module__ = "shop.api", "no --> module"
    orders(entrypoint(receive))
    orders(step(after="receive")(store))

    assert modules_of(get_flow("orders")) == ("shop.api",)


def test_legend():
    """On request, the signs of a diagram are explained below it, in a list of words."""
    declare()

    without = text_documents(list_flows())["orders.md"]
    page = text_documents(list_flows(), legend=True)["orders.md"]

    assert "Round ends" not in without
    assert "```\n\n- Round ends: runs begin here\n- Card: a step\n- Arrow" in page
