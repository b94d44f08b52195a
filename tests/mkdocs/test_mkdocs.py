"""Flows in pages that the real MkDocs and Python-Markdown build."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import markdown
import pytest
from mkdocs import exceptions
from mkdocs.exceptions import Abort

import penstock_mkdocs
from penstock import entrypoint, flow, step
from penstock.docs import page_formats
from penstock.exceptions import ConfigurationError, MissingExtraError
from penstock.render import _graphviz
from penstock_mkdocs import PenstockExtension, PenstockPlugin
from penstock_mkdocs.markdown import _blocks, _images

BLOCK = "::: penstock-flow orders\n"
PAGE = f"# Shop\n\n{BLOCK}"
THEMES = ["mkdocs", "readthedocs", "material"]


def options(*lines: str) -> str:
    return PAGE + "".join(f"    {line}\n" for line in lines)


def text_of(html: str) -> str:
    """Return what a reader reads in *html*, on one line."""
    html = re.sub(r'<div class="penstock-head".*?</div>', " ", html, flags=re.DOTALL)
    body = re.sub(r"<(svg|style|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    body = re.sub(r"<wbr>|(?<=\()</span><span[^>]*>", "", body)  # where a line may end
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def convert(text: str, **options: object) -> str:
    """Return *text* as the extension alone makes it HTML."""
    return markdown.markdown(text, extensions=["tables", PenstockExtension(**options)])


@pytest.fixture
def orders():
    """Declare a flow of two steps."""
    made = flow("orders")
    made(entrypoint(name="begin")(lambda: None))

    @made
    @step(after="begin")
    def send(): ...


@pytest.mark.parametrize("theme", THEMES)
def test_page(site, warnings, theme):
    """A page shows what the flow is for, its diagram, who owns it, and each step in order."""
    html = site.build(PAGE, theme)

    read = text_of(html.replace("&para;", ""))
    assert warnings() == []
    assert (
        "From <order> to parcel. Owner Depot · a, b · orders "
        "Receive the order receive(order: int, *, dry: bool = False) -> str "
        "Entrypoint · HTTP · shop · leads to charge (paid), pack "
        "Takes an order <in>. "
        "Parameters order ( int ) – The number of the order. "
        "async charge (order) ledger · shop · after Receive the order (paid) · leads to send "
        "Charges it. "
        "pack (order) shop · after Receive the order · leads to send "
        "send (order) shop · after all of charge , pack Sends it."
    ) in read


@pytest.mark.parametrize("theme", THEMES)
def test_diagram_links_to_headings(site, theme):
    """Each node of the diagram leads to the heading of its step."""
    html = site.build(PAGE, theme)

    links = re.findall(r'<a xlink:href="#(penstock--[^"]+)"><title>', html)

    assert links == re.findall(r'<h2 id="(penstock--[^"]+)"', html)
    assert [link.rpartition("--")[2] for link in links] == ["receive", "charge", "pack", "send"]


def test_table_of_contents(site):
    """Steps are in the table of contents."""
    html = site.build(PAGE)

    assert '<a href="#penstock--orders--receive" class="nav-link">Receive the order</a>' in html


def test_stylesheet(site):
    """The plugin brings the style sheet, which knows Material's dark palette."""
    html = site.build(PAGE)

    assert 'href="assets/penstock.css"' in html
    assert "slate" in (site.folder / "site/assets/penstock.css").read_text(encoding="utf-8")


def test_heading_level(site):
    """Steps are one level below the heading that the block is under."""
    html = site.build("# Shop\n\n## Flows\n\n### Orders\n\n" + BLOCK)

    assert "<h4 id=" in html
    assert '<h2 id="penstock' not in html


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ("caption: An <order>",), "<figcaption>An &lt;order&gt;</figcaption>", id="caption"
        ),
        pytest.param(("name: my-flow",), 'id="my-flow"', id="name"),
        pytest.param(("align: right",), 'class="penstock-figure align-right"', id="align"),
        pytest.param(("class: wide",), 'class="penstock-figure wide"', id="class"),
        pytest.param(("direction: lr",), "<svg", id="direction"),
        pytest.param(("format: PNG", "alt: A & <b>"), 'alt="A &amp; &lt;b&gt;"', id="alt"),
        pytest.param(("format: png",), '<img src="data:image/png;base64,iVBOR', id="png"),
        pytest.param(("format: mermaid",), '<pre class="mermaid">', id="mermaid"),
        pytest.param(("format: d2",), "<code>direction: down\n", id="d2"),
        pytest.param(("format: DOT",), "<code>digraph orders {\n", id="dot"),
        pytest.param(("steps: summary",), '<li id="penstock--orders--begin">', id="summary"),
    ],
)
def test_options(lines, expected):
    """Each option of a block does what it says."""
    assert expected in convert(options(*lines))


@pytest.mark.usefixtures("orders")
def test_no_steps():
    """Without steps, the diagram has no links that lead nowhere."""
    html = convert(options("steps: none"))

    assert "href=" not in html.partition("<svg")[2]
    assert "<h2" not in html


@pytest.mark.usefixtures("orders")
def test_format_of_the_project():
    """The project decides about the format, a block may choose another."""
    html = convert(PAGE + "\n" + BLOCK + "    format: svg\n", format="mermaid")

    assert (html.count('<pre class="mermaid">'), html.count('class="penstock-flow"')) == (1, 1)


@pytest.mark.usefixtures("orders")
def test_ids_are_unique():
    """A flow that a page shows twice gives no id twice."""
    ids = re.findall(r' id="([^"]+)"', convert(PAGE + "\n" + BLOCK))

    assert len(ids) == len(set(ids)) == 10


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("Text\n" + BLOCK + "Text\n", 1, id="glued to text"),
        pytest.param("> " + BLOCK + ">     format: svg\n", 1, id="quote"),
        pytest.param("- item\n\n    " + BLOCK, 1, id="list"),
        pytest.param(
            "1. item\n\n    " + BLOCK + "        format: svg\n", 1, id="list with options"
        ),
        pytest.param("!!! note\n\n    " + BLOCK, 1, id="admonition"),
        pytest.param('<div markdown="1">\n\n' + BLOCK + "\n</div>\n", 1, id="div"),
        pytest.param("```\n" + BLOCK + "```\n", 0, id="fence"),
        pytest.param("~~~~ yaml\n```\n" + BLOCK + "~~~~\n", 0, id="fence in a fence"),
        pytest.param("Text\n\n    " + BLOCK, 0, id="indented code"),
        pytest.param("`" + BLOCK.strip() + "`\n", 0, id="code span"),
    ],
)
def test_places(text, count):
    """A block works wherever text is, and is never executed inside code."""
    html = markdown.markdown(
        text, extensions=["fenced_code", "admonition", "md_in_html", PenstockExtension()]
    )

    assert html.count('class="penstock-flow"') == count
    assert "Text" not in text or html.count("Text") == text.count("Text")


@pytest.mark.parametrize(
    ("page", "line"),
    [
        pytest.param("# Shop\n\n::: penstock-flow order\n", 3, id="plain"),
        pytest.param("---\ntitle: x\n---\n\n# Shop\n\n::: penstock-flow order\n", 7, id="head"),
        pytest.param(
            "```\n::: penstock-flow order\n```\n\n::: penstock-flow order\n", 5, id="code"
        ),
        pytest.param(
            "    ::: penstock-flow other\n\n::: penstock-flow order\n", 3, id="indented code"
        ),
        pytest.param("a\x0cb\x85c\u2028d\n\n::: penstock-flow order\n", 3, id="no ends of lines"),
        pytest.param("\ufeff# Shop\r\n\r\n::: penstock-flow order\r\n", 3, id="Windows"),
    ],
)
def test_unknown_flow(site, warnings, page, line):
    """An unknown flow is a warning at the author's line, and a note in the page."""
    html = site.build(page)

    message = "unknown flow 'order'; did you mean 'orders'? (known: orders)"
    assert warnings() == [f"docs/index.md:{line}: {message}"]
    assert f"This flow cannot be shown: {message}." in text_of(html)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("formt: svg",), "unknown option 'formt'; did you mean 'format'?"),
        (
            ("format: svgg",),
            f"option 'format': 'svgg' is none of {', '.join(page_formats())}; did you mean 'svg'?",
        ),
        (("caption: [a]",), "option 'caption': takes a string, not ['a']"),
        (("just words",), "options are `name: value` lines, not 'just words'"),
        (("a: b: c",), "the options are not valid YAML: mapping values are not allowed"),
    ],
    ids=["name", "value", "type", "words", "yaml"],
)
def test_wrong_options(site, warnings, lines, expected):
    """A wrong option is a warning at the author's line that says what to write."""
    site.build(options(*lines))

    (message,) = warnings()
    assert message.startswith(f"docs/index.md:3: {expected}")


def test_strict_fails(site):
    """`mkdocs build --strict` fails for an unknown flow."""
    site.build("# Shop\n")
    site.write("docs/index.md", "::: penstock-flow order\n")

    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=site.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "Aborted with 1 warnings in strict mode!" in done.stderr + done.stdout


def test_links_to_other_pages(site, warnings):
    """With the plugin, what a page does not show itself is found on the page that shows it."""
    (site.folder / "docs/flows").mkdir()
    site.write("docs/flows/orders.md", PAGE)
    site.write("docs/drawn.md", PAGE + "    steps: none\n")

    html = site.build("# Home\n\n::: penstock-flows\n")
    drawn = (site.folder / "site/drawn.html").read_text(encoding="utf-8")

    there = "flows/orders.html#penstock--orders"
    assert warnings() == []
    assert f'<td><a href="{there}">Orders</a></td>' in html
    assert f'<td><a href="{there}--receive">Receive the order</a></td>' in html
    assert f'<a xlink:href="{there}--send"><title>' in drawn


def test_search(site):
    """MkDocs' own search finds the docs of steps, and no source of a diagram."""
    html = site.build(options("format: mermaid"), plugins=["search", {"penstock": site.options}])

    index = (site.folder / "site/search/search_index.json").read_text(encoding="utf-8")
    assert "Charges it." in index
    assert "accTitle" not in index
    assert "accTitle" in html


def test_problem(site, warnings):
    """A problem of a flow is a warning, and the flow is drawn."""
    site.write(
        "shop.py", "from penstock import *\n@flow('orders')\n@step(after='x')\ndef a(): ...\n"
    )

    html = site.build(PAGE)

    assert [re.search(r"\[([\w-]+)\]$", w)[1] for w in warnings()] == [
        "unknown-predecessor",
        "no-entrypoint",
    ]
    assert "penstock-missing" in html


def test_bad_module(site, warnings):
    """A module that cannot be imported is one warning with its cause; the rest is built."""
    site.write("broken.py", "\nimport nothing_of_the_sort\n")
    site.options["modules"] = ["broken", "shop"]

    html = site.build(PAGE + "\n" + BLOCK)

    (message,) = warnings()
    assert message == (
        f"cannot import 'broken' ({site.folder / 'mkdocs.yml'}): ModuleNotFoundError: "
        f"No module named 'nothing_of_the_sort' ({site.folder / 'broken.py'}:2)"
    )
    assert html.count('class="penstock-flow"') == 2


QUIET = "import logging.config\nlogging.config.dictConfig({'version': 1})\n"


def test_module_that_configures_logging(site, warnings):
    """All warnings of a build are heard, whatever its application does with logging."""
    site.write("shop.py", QUIET + (site.folder / "shop.py").read_text(encoding="utf-8"))

    site.build("# Shop\n\n::: penstock-flow order\n\n[Nowhere](nowhere.md)\n")

    assert [message.partition(";")[0] for message in warnings()] == [
        "docs/index.md:3: unknown flow 'order'",
        "Doc file 'index.md' contains a link 'nowhere.md', but the target is not found among "
        "documentation files.",
    ]


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (["broken"], "no flow is declared, since these modules cannot be imported: broken"),
        (["plain"], "no flow is declared in these modules: plain"),
        ([], 'no modules are configured: write modules: ["shop.flows"] among the options'),
    ],
)
def test_no_flows(site, warnings, modules, expected):
    """A table of all flows says why there are none."""
    site.write("broken.py", "import nothing_of_the_sort\n")
    site.write("plain.py", "")
    site.options["modules"] = modules

    site.build("# Shop\n\n::: penstock-flows\n")

    assert warnings()[-1].startswith(f"docs/index.md:3: {expected}")


SECRET = "raise RuntimeError('postgresql://svc:S3cr3tPW@db')\n"


@pytest.mark.parametrize(("command", "expected"), [("build", False), ("serve", True)])
def test_error_text(site, warnings, monkeypatch, command, expected):
    """The exception of an import is in the log, and on a page only while it is served."""
    monkeypatch.setattr(sys, "argv", ["mkdocs", command])
    site.write("broken.py", SECRET)
    site.options["modules"] = ["broken", "shop"]

    html = site.build(PAGE, plugins=["search", {"penstock": site.options}])

    index = (site.folder / "site/search/search_index.json").read_text(encoding="utf-8")
    assert "S3cr3tPW" in warnings()[0]
    assert ("S3cr3tPW" in html, "S3cr3tPW" in index) == (expected, expected)
    assert ("cannot import 'broken': see the log of the build" in unescape(html)) is not expected


@pytest.mark.parametrize(
    ("template", "text", "message"),
    [
        ("step.html", "\n{{ unclosed", "TemplateSyntaxError: unexpected end of template"),
        ("step.html", "\n{{ nothing.x }}", "UndefinedError: 'nothing' is undefined"),
        ("flow.html", "\n{% include 'nothing.html' %}", "TemplateNotFound: nothing.html"),
    ],
)
def test_template_that_fails(site, warnings, template, text, message):
    """A template of the site's own that fails is named with its line, and leaves no half page."""
    (site.folder / "mine").mkdir()
    site.write(f"mine/{template}", text)
    site.options["templates"] = "mine"

    html = site.build(PAGE)

    (warning,) = warnings()
    assert warning.startswith(f"docs/index.md:3: cannot show 'orders': {message}")
    assert warning.endswith(f"({site.folder / 'mine' / template}:2)")
    assert "penstock-missing" in html
    assert "penstock-diagram" not in html


def test_flow_that_raises(site, warnings, monkeypatch):
    """Whatever a project's object raises is a warning at the line, and a note on the page."""

    def fail(*_):
        raise RuntimeError("S3cr3tPW")

    monkeypatch.setattr(_blocks, "find_step", fail)

    html = site.build("# Shop\n\n::: penstock-step orders.send\n\nEnd\n")

    assert warnings() == ["docs/index.md:3: cannot show 'orders.send': RuntimeError: S3cr3tPW"]
    assert "S3cr3tPW" not in html
    assert "This step cannot be shown: RuntimeError, see the log of the build." in text_of(html)


def test_settings_of_the_project(site, warnings):
    """Without options, [tool.penstock] names the modules."""
    site.write("pyproject.toml", '[tool.penstock]\nmodules = ["shop"]\npythonpath = ["."]\n')
    site.options.clear()

    html = site.build(PAGE)

    assert (warnings(), html.count('class="penstock-flow"')) == ([], 1)


def test_extension_alone(site, warnings):
    """The extension does the work without the plugin."""
    html = site.build(
        PAGE,
        plugins=[],
        markdown_extensions=[{"penstock_flows": {"modules": ["shop"], "pythonpath": ["."]}}],
    )

    assert (warnings(), html.count('class="penstock-flow"')) == ([], 1)


def test_plugin_and_extension(site, caplog):
    """Plugin and extension together are an error that says which to keep."""
    with pytest.raises(Abort):
        site.build(PAGE, markdown_extensions=["penstock_flows"])

    assert "Keep the plugin" in caplog.text


def test_same_bytes(site, monkeypatch):
    """Two builds at one time give the same page."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")

    assert site.build(PAGE) == site.build(PAGE)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"modulez": []}, "unknown option 'modulez'; did you mean 'modules'?"),
        ({"modules": "shop"}, "option 'modules': takes a list of strings, not 'shop'"),
        ({"format": "jpg"}, "option 'format': 'jpg' is none of"),
        ({"setup": []}, "option 'setup': takes a string"),
    ],
)
def test_wrong_extension_options(options, expected):
    """A wrong option of the extension is an error that says what to write."""
    with pytest.raises(ConfigurationError, match=re.escape(expected)):
        PenstockExtension(**options)


STYLES = {
    "google": """
        Sums <up>, see `a<b>`.

        Args:
            first: The *first*.
            second (str): The second.

        Returns:
            The sum.

        Raises:
            ValueError: If it is `<0`.

        Examples:
            As here:

            >>> 1 < 2
            True

        Note:
            Mind this.
        """,
    "numpy": """
        Sums <up>, see `a<b>`.

        Parameters
        ----------
        first
            The *first*.
        second : str
            The second.

        Returns
        -------
        int
            The sum.

        Raises
        ------
        ValueError
            If it is `<0`.
        """,
    "sphinx": """
        Sums <up>, see `a<b>`.

        :param first: The *first*.
        :param str second: The second.
        :returns: The sum.
        :raises ValueError: If it is `<0`.
        """,
}


@pytest.mark.parametrize("style", STYLES)
def test_docstring_styles(style):
    """The usual styles of docstrings are distinguished and read the same."""

    def add(first: int, second) -> int: ...

    add.__doc__ = STYLES[style]
    flow("sums")(entrypoint(add))

    html = convert("::: penstock-flow sums\n")

    assert "<p>Sums &lt;up&gt;, see <code>a&lt;b&gt;</code>.</p>" in html
    assert (
        text_of(html)
        .partition("a<b>")[2]
        .startswith(
            " . Parameters first ( int ) – The first . second ( str ) – The second. "
            "Returns int – The sum. Raises ValueError – If it is <0 ."
        )
    )


def test_list_in_a_description():
    """The description of a parameter may be more than a sentence."""

    def add(first): ...

    add.__doc__ = "Sums.\n\nArgs:\n    first: One of\n\n        - zero\n        - one\n"
    flow("sums")(entrypoint(add))

    html = convert("::: penstock-flow sums\n")

    assert re.search(r"<p>One of</p>\s*<ul>\s*<li>zero</li>\s*<li>one</li>", html)


def test_examples_and_notes():
    """Examples are code, and notes are under their title."""

    def add(first: int, second) -> int: ...

    add.__doc__ = STYLES["google"]
    flow("sums")(entrypoint(add))

    html = convert("::: penstock-flow sums\n")

    assert "&gt;&gt;&gt; 1 &lt; 2\nTrue\n</code></pre>" in html
    assert text_of(html).endswith("Note Mind this.")


def test_deprecation():
    """A deprecation says since when."""

    def old():
        """Does it.

        Returns
        -------
        None
            Nothing.

        Deprecated
        ----------
        1.2
            Use new.
        """

    flow("old")(entrypoint(old))

    assert "Deprecated since version 1.2 Use new." in text_of(convert("::: penstock-flow old\n"))


def test_callable_without_signature():
    """A step that has no signature and no docstring is shown by its name."""
    flow("types")(step(name="make")(type))

    assert "make type(…)" in text_of(convert("::: penstock-flow types\n    format: mermaid\n"))


def test_templates(site):
    """A site's own templates replace ours, one by one."""
    (site.folder / "mine").mkdir()
    site.write("mine/summary.html", "MINE {{ page.flow.name }}")
    site.options["templates"] = "mine"

    assert "MINE orders" in site.build(options("steps: summary"))


@pytest.mark.usefixtures("orders")
def test_without_graphviz(monkeypatch, caplog):
    """Without a Graphviz program the tree of text is there, and a warning names the cure."""
    monkeypatch.setattr(_graphviz.images, "find_program", lambda: None)
    monkeypatch.setattr(_images, "_drawn", {})

    html = convert(PAGE)

    assert "<pre>orders\nbegin (entrypoint)\n└── send</pre>" in html
    assert 'pip install "penstock[png]". Shown as text instead' in caplog.text


def test_beyond_mermaid(caplog):
    """A flow that Mermaid would refuse to draw is drawn as SVG, with a warning."""
    orders = flow("orders")
    orders(entrypoint(name="s0")(lambda: None))
    for i in range(1, 503):
        orders(step(name=f"s{i}", after=f"s{i - 1}")(lambda: None))

    html = convert(options("format: mermaid", "steps: none"))

    assert "<svg" in html
    assert "Drawn as SVG instead" in caplog.text


def test_beyond_the_fonts_of_a_png(caplog, monkeypatch):
    """A flow that would have empty boxes for letters in PNG is drawn as SVG, with a warning."""
    monkeypatch.setenv("PENSTOCK_DOT", "graphviz-pure")
    flow("orders")(entrypoint(title="注文")(print))

    html = convert(options("format: png"))

    assert caplog.text.count("its fonts have no '注文', and it uses no others") == 1
    assert "Drawn as SVG instead" in caplog.text
    assert "<svg" in html


def test_place_without_a_file(caplog):
    """If there is no file, a message still says the line."""
    convert("\n::: penstock-flow order\n")

    assert "<markdown>:2: unknown flow 'order'" in caplog.text


def test_included_block(site, warnings):
    """A block that the page takes from elsewhere is named by the page alone."""
    site.write("part.md", "::: penstock-flow order\n")
    snippets = {"pymdownx.snippets": {"base_path": [str(site.folder)]}}

    site.build('--8<-- "part.md"\n', markdown_extensions=[snippets])

    assert warnings()[0].startswith("docs/index.md: unknown flow 'order'")


def test_page_elsewhere(site, warnings, monkeypatch, tmp_path):
    """A page that is not below the current folder is named by its whole path."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    site.build("::: penstock-flow order\n")

    assert warnings()[0].startswith(f"{site.folder / 'docs' / 'index.md'}:1: ")


def test_without_mkdocs():
    """The extension needs no MkDocs."""
    code = (
        "import sys; sys.modules['mkdocs'] = None\n"
        "import markdown, penstock_mkdocs\n"
        "print(markdown.markdown('x', extensions=['penstock_flows']))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "<p>x</p>\n"


def test_public_names():
    """The package offers its two classes and nothing else."""
    import penstock_mkdocs

    assert penstock_mkdocs.PenstockPlugin is PenstockPlugin
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = penstock_mkdocs.nothing


def test_templates_are_in_the_package():
    """The templates come with the package."""
    folder = Path(_blocks.__file__).parent / "templates"

    assert {f.name for f in folder.iterdir()} == {
        *("flow.html", "flows.html", "group.html", "line.html"),
        *("problem.html", "step.html", "summary.html"),
    }


def test_no_modules(tmp_path, monkeypatch):
    """Without modules, a block says which option to write."""
    monkeypatch.chdir(tmp_path)

    html = text_of(convert("::: penstock-flow orders\n"))

    assert 'no modules are configured: write modules: ["shop.flows"] among the options' in html


@pytest.fixture
def plugin_again(monkeypatch):
    """Let the plugin be imported again."""
    import penstock_mkdocs._plugin

    for name in ("_plugin", "_generated"):
        monkeypatch.delitem(sys.modules, f"penstock_mkdocs.{name}")
        monkeypatch.delattr(penstock_mkdocs, name)


@pytest.mark.usefixtures("plugin_again")
def test_old_mkdocs(monkeypatch):
    """MkDocs shows in one line that it is too old."""
    monkeypatch.delattr("mkdocs.structure.files.File.generated")
    monkeypatch.setattr("penstock._extras.find_version", lambda _: "1.5.3")

    with pytest.raises(exceptions.ConfigurationError) as caught:
        _ = penstock_mkdocs.PenstockPlugin

    assert str(caught.value) == (
        "showing flows in Markdown pages needs mkdocs 1.6 or later, but 1.5.3 is installed "
        "(ImportError: mkdocs.structure.files.File cannot be generated, as since MkDocs 1.6): "
        'pip install "penstock[mkdocs]"'
    )


@pytest.mark.usefixtures("plugin_again")
def test_plugin_without_mkdocs(monkeypatch):
    """Without MkDocs, the error that the plugin raises says what to install."""
    for name in [*sys.modules]:
        if f"{name}.".startswith("mkdocs."):
            monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(MissingExtraError, match=r'needs mkdocs: pip install "penstock\[mkdocs\]"'):
        _ = penstock_mkdocs.PenstockPlugin
