"""Features that need MkDocs' events, in this process."""

import re
import sys
from importlib.util import find_spec

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from neighbour_site import dead_links
from watching_server import Watching

from penstock_mkdocs.markdown._errors import PageError

PAGE = "# Shop\n\n::: penstock-flow orders\n"


@pytest.fixture
def server():
    made = Watching()
    yield made
    made.server_close()


@pytest.mark.parametrize("templates", [["mine"], []])
def test_watched(site, server, templates):
    """A server watches modules and templates, and what is imported for the first time later."""
    site.import_modules()
    for name in templates:
        (site.folder / name).mkdir()
        site.options["templates"] = name
    site.build(PAGE)
    config = load_config(str(site.folder / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    config.plugins.on_serve(server, config=config, builder=build)
    at_first = list(server.watched)

    site.write("broken.py", "")
    shop = (site.folder / "shop.py").read_text(encoding="utf-8")
    site.write("shop.py", f"import broken\n{shop}")
    build(config)
    config.plugins.on_shutdown()

    assert at_first == [str(site.folder / name) for name in (*templates, "shop.py")]
    assert server.watched == [*at_first, str(site.folder / "broken.py")]


def test_settings_that_cannot_be_used(site, warnings):
    """Invalid settings of the project are reported where flows would be shown."""
    site.write("pyproject.toml", "[tool.penstock]\nmodules = 1\n")

    html = site.build(PAGE)

    (message,) = warnings()
    assert message.startswith("docs/index.md:3: ")
    assert str(site.folder / "pyproject.toml") in message
    assert "cannot be shown" in html


HOOK = """
from mkdocs.plugins import event_priority

@event_priority(50)
def on_env(env, config, files):
    files.remove(files.get_file_from_path("drawn.md"))
"""


def test_page_that_is_taken_away(site, warnings):
    """A page that a plugin removes when it was rendered needs no links."""
    site.write("hook.py", HOOK)
    site.write("docs/drawn.md", PAGE + "    steps: none\n")
    site.write("docs/full.md", PAGE)

    html = site.build("# Home\n\n::: penstock-flows\n", hooks=["hook.py"])

    assert warnings() == []
    assert 'href="full.html#penstock--orders"' in html
    assert not (site.folder / "site" / "drawn.html").exists()


def test_option_that_is_none(site):
    """A name that is not an option ends the build with the name that was meant."""
    site.options["module"] = ["shop"]

    with pytest.raises(Abort):
        site.build(PAGE)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (
            "module",
            ["shop"],
            "there is no such option; did you mean 'modules'? (known: backlinks, catalog,",
        ),
        ("mermaid-js", "a.js", "there is no such option; did you mean 'mermaid_js'?"),
        ("css", False, "the plugin sets this option of the extension itself"),
        ("modules", "shop", "takes a list of strings, not 'shop'; write [shop]"),
        ("pythonpath", [1], "takes a list of strings, not [1]"),
        ("format", "jpg", "'jpg' is none of svg, mermaid, png, "),
        ("errors", True, "takes one of auto, raise, show, not what YAML takes for true"),
        ("timeout", "soon", "takes a number of seconds above 0 and below 1000000, not 'soon'"),
        ("catalog_reuse", "no", "takes true or false, not 'no'"),
        ("setup", ["a"], "takes a string, not ['a']"),
        ("pages", True, "takes a folder of the site, like flows, not True"),
        ("pages", "../flows", "takes a folder of the site, like flows, not '../flows'"),
        ("pages", "/", "takes a folder of the site, like flows, not '/'"),
        ("pages", "..\\flows", r"takes a folder of the site, like flows, not '..\\flows'"),
        ("pages", "C:flows", "takes a folder of the site, like flows, not 'C:flows'"),
        ("pages", "a\nb", r"takes a folder of the site, like flows, not 'a\nb'"),
    ],
)
def test_wrong_option(site, caplog, option, value, expected):
    """A wrong option is an error in the words of MkDocs, which says what to write instead."""
    site.options[option] = value
    config = {"site_name": "Shop", "plugins": [{"penstock": site.options}]}
    site.write("mkdocs.yml", yaml.safe_dump(config))

    with pytest.raises(Abort, match="configuration error"):
        load_config(str(site.folder / "mkdocs.yml"), strict=True)

    (message,) = (m for m in caplog.messages if "penstock" in m)
    assert message.startswith(
        f"Config value 'plugins': Plugin 'penstock' option '{option}': {expected}"
    )


def test_any_case(site, warnings):
    """Words are understood in capitals too, as they are below a block."""
    site.options |= {"format": "MERMAID", "direction": "lr", "pages": "/flows/"}
    site.options["fold"] = "never"

    html = site.build(PAGE)

    assert warnings() == []
    assert "graph LR" in html
    assert (site.folder / "site/flows/orders.html").is_file()


def test_style_sheets(site):
    """The style sheets of a site come after that of diagrams, and so have the last word."""
    site.write("docs/mine.css", "")

    html = site.build(PAGE, extra_css=["mine.css"])

    assert html.index("assets/penstock.css") < html.index("mine.css")


CHECK = """
import logging
from html.parser import HTMLParser

known = set()

def on_files(files, config):
    known.update(file.dest_uri.rpartition("/")[2] for file in files)

class Links(HTMLParser):
    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get("href", "#") if tag == "a" else "#"
        name = address.partition("#")[0].rpartition("/")[2]
        if name.strip(".") and name not in known:
            logging.getLogger("mkdocs.check").warning("dead: %s", address)

def on_post_page(output, page, config):
    for html in (page.content, output):
        Links().feed(html)
"""


def test_file_of_a_diagram(site, warnings):
    """A page links to the diagram as a file, from any folder, once plugins have checked links."""
    (site.folder / "docs/deep").mkdir()
    site.write("docs/deep/page.md", PAGE)
    site.write("hook.py", CHECK)
    html = site.build(PAGE, use_directory_urls=True, hooks=["hook.py"])

    assert warnings() == []
    (file,) = (site.folder / "site/assets/penstock").iterdir()
    deep = (site.folder / "site/deep/page/index.html").read_text(encoding="utf-8")
    assert f'class="penstock-file" href="assets/penstock/{file.name}"' in html
    assert f'class="penstock-file" href="../../assets/penstock/{file.name}"' in deep
    svg = file.read_text(encoding="utf-8")
    assert ("<style>" in svg, "href" in svg) == (True, False)
    assert dead_links(site.folder / "site") == set()


def test_assets_of_the_author(site, warnings):
    """A style sheet or script that the author has changed keeps its name and is not replaced."""
    (site.folder / "docs/assets").mkdir()
    site.write("docs/assets/penstock.css", "/* mine */")

    site.write("docs/assets/penstock.js", "// mine")

    site.build(PAGE)

    assert (site.folder / "site/assets/penstock.css").read_text("utf-8") == "/* mine */"
    assert (site.folder / "site/assets/penstock.js").read_text("utf-8") == "// mine"
    assert warnings() == []


LOOP = """
from penstock import entrypoint, flow, step

loop = flow("loop")

@loop
@entrypoint
def start():
    \"\"\"Start it.

    ::: penstock-flow loop
    \"\"\"

@loop
@step(after="start")
def again():
    \"\"\"Go on.

    ::: penstock-step loop.again
    \"\"\"
"""


LONG = """
from penstock import entrypoint, flow

@flow("orders")
@entrypoint
def receive():
    \"\"\"Takes it.

    And more.
    \"\"\"
"""


def test_docstrings_that_show_themselves(site, warnings):
    """Below mkdocstrings, a docstring that shows its own flow or step is a warning each time."""
    site.write("shop.py", LOOP)
    block = "::: penstock-flow loop\n"

    html = site.build(
        f"# Shop\n\n{block}\nAgain\n\n{block}",
        "material",
        plugins=["mkdocstrings", {"penstock": site.options}],
    )

    assert {message.partition(" shows")[0].rpartition("/")[2] for message in warnings()} == {
        "shop.py:6: the docstring of step 'start'",
        "shop.py:14: the docstring of step 'again'",
    }
    assert html.count("<p>Go on.</p>") == 2
    assert html.count('id="penstock--loop--again') == 2


def test_folded_by_mkdocstrings(site, warnings):
    """A step that mkdocstrings writes is folded like one that penstock writes."""
    site.write("shop.py", LONG)

    html = site.build(
        "# Shop\n\n::: penstock-flow orders\n    steps: folded\n",
        "material",
        plugins=["mkdocstrings", {"penstock": site.options}],
    )

    assert warnings() == []
    assert html.count('<details class="penstock-docstring"><summary>Takes it.</summary>') == 1
    assert '</details>\n<p class="penstock-meta">' in html
    assert html.count("<p>And more.</p>") == 1


@pytest.mark.parametrize("template", ["", "<p>{{ function.name }}, as we say it</p>"])
def test_template_of_the_site(site, warnings, template):
    """A template without the usual box for the docstring gets the line after its text."""
    (site.folder / "mine/python/material").mkdir(parents=True)
    site.write("mine/python/material/function.html.jinja", template)
    site.write("shop.py", LONG)

    html = site.build(
        PAGE,
        "material",
        plugins=[{"mkdocstrings": {"custom_templates": "mine"}}, {"penstock": site.options}],
    )

    assert warnings() == []
    assert "And more." not in html
    assert html.index(template.partition("}}")[2] or 'id="penstock--') < html.index("Entrypoint")


POST = """---
date: 2024-01-01
---
# Post

::: penstock-flow orders
    steps: none

<!-- more -->

Rest.
"""


def test_excerpts(site, warnings):
    """Flows in the excerpts of a blog link to other pages."""
    (site.folder / "docs/blog/posts").mkdir(parents=True)
    site.write("docs/full.md", PAGE)
    site.write("docs/blog/index.md", "# Blog\n")
    site.write("docs/blog/posts/post.md", POST)

    theme = {"name": "material", "font": False}
    site.build("# Home\n", theme, plugins=["material/blog", {"penstock": site.options}])

    posts = (site.folder / "site/blog/index.html").read_text(encoding="utf-8")
    assert warnings() == []
    assert 'xlink:href="../full.html#penstock--orders--receive"' in posts
    assert 'href="../assets/penstock/orders-' in posts
    assert dead_links(site.folder / "site") == set()


def test_print_page(site, warnings):
    """Links lead on in the page into which print-site joins all others."""
    site.write("docs/full.md", PAGE)
    site.write("docs/linked.md", PAGE + "    steps: none\n\n::: penstock-flows\n")

    site.build("# Home\n", plugins=[{"penstock": site.options}, "print-site"])

    assert warnings() == []
    assert dead_links(site.folder / "site") == set()
    joined = (site.folder / "site/print_page.html").read_text(encoding="utf-8")
    assert joined.count('xlink:href="#full-penstock--orders--receive"') == 2
    assert '<a href="#penstock--orders">Orders</a>' in joined
    assert joined.count('class="penstock-file" href="assets/penstock/orders-') == 2


def test_print_page_without_flows(site, warnings):
    """A joined page without flows stays as it was written; so does one that is not written."""
    site.build("# Home\n", plugins=[{"penstock": site.options}, "print-site"])
    site.build("# Home\n", plugins=[{"penstock": site.options}, {"print-site": {"enabled": False}}])

    assert warnings() == []


@pytest.fixture
def zensical(site, require, monkeypatch):
    """Return what renders a page as Zensical called with some arguments does."""
    require("zensical", find_spec("zensical") is not None)
    from zensical.config import parse_config
    from zensical.markdown.render import render

    def start(text, arguments, config, times=1):
        monkeypatch.setattr(sys, "argv", ["zensical", *arguments])
        options = "{modules: [shop], pythonpath: [.]}"
        extension = f"markdown_extensions:\n  - penstock_flows: {options}\n"
        site.write("mkdocs.yml", f"site_name: Shop\n{config}{extension}")
        site.write("docs/index.md", text)
        parse_config(str(site.folder / "mkdocs.yml"))
        return [render(text, "index.md", "")["content"] for _ in range(times)][-1]

    monkeypatch.setattr("zensical.config._CONFIG", None)
    return start


MESSAGE = "docs/index.md:1: unknown flow 'order'"


@pytest.mark.parametrize(
    ("arguments", "config"),
    [(["build", "--strict"], ""), (["build", "-s"], ""), (["build"], "strict: true\n")],
)
def test_strict_zensical(zensical, arguments, config):
    """A strict build of Zensical ends with what is wrong."""
    with pytest.raises(PageError, match=MESSAGE):
        zensical("::: penstock-flow order\n", arguments, config)


@pytest.mark.parametrize(
    ("arguments", "config"), [(["build"], ""), (["serve", "--strict"], "strict: true\n")]
)
def test_zensical_that_goes_on(zensical, caplog, arguments, config):
    """Other builds of Zensical, and its server, show what is wrong."""
    html = zensical("::: penstock-flow order\n", arguments, config)

    assert "cannot be shown" in html
    assert MESSAGE in caplog.text


UNWATCHED = (
    "docs/index.md: Zensical does not see edits of shop.py, and shows pages from its cache: "
    'add "shop.py" to `watch`'
)


@pytest.mark.parametrize(
    ("arguments", "config", "warns"),
    [
        (["build"], "", True),
        (["serve"], "", True),
        (["build", "--strict"], "", True),
        (["build", "-c"], "", False),
        (["build"], "watch: [shop.py]\n", False),
    ],
)
def test_module_that_zensical_does_not_watch(zensical, caplog, arguments, config, warns):
    """A build with Zensical's cache warns once about the modules that it does not watch."""
    assert "<svg" in zensical(PAGE, arguments, config, times=2)

    assert [r.getMessage().partition(", or")[0] for r in caplog.records] == [UNWATCHED] * warns


PATHS = "plugins: [{mkdocstrings: {handlers: {python: {paths: [lib]}}}}]\n"


@pytest.mark.parametrize("config", ["", PATHS])
def test_watched_for_mkdocstrings(site, zensical, monkeypatch, caplog, config):
    """Folders in which mkdocstrings looks for modules are watched."""
    monkeypatch.delitem(sys.modules, "lib", raising=False)
    (site.folder / "lib").mkdir()
    site.write("lib/__init__.py", "")
    site.write("shop.py", "import lib\n" + (site.folder / "shop.py").read_text(encoding="utf-8"))

    zensical(PAGE, ["build"], f"watch: [shop.py]\n{config}")

    assert ("does not see edits of lib/__init__.py" in caplog.text) == (config == "")
    assert ('add "lib" to `watch`' in caplog.text) == (config == "")


def test_direction_by_default(site):
    """The plugin lays a flow out in the cheaper direction, as the extension does."""
    module = "from penstock import entrypoint, flow, step\n\nfan = flow('fan')\n"
    module += "fan(entrypoint(name='begin')(print))\n"
    module += "for number in range(10):\n"
    module += "    fan(step(name=f'store_the_result_{number}', after='begin')(print))\n"
    site.write("shop.py", module)

    html = site.build("# Fan\n\n::: penstock-flow fan\n    steps: none\n")

    size = re.search(r'width="(\d+)" height="(\d+)" viewBox="[^"]*" class="penstock-flow"', html)
    width, height = map(int, size.groups())
    assert width < height
