"""One page, built by every builder and theme there is: the same HTML, and nothing to complain of.

Each builder runs as its users run it: as a program, with ``--strict``.
"""

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zlib import decompress

import pytest
from builders import run_builder, run_program
from neighbour_site import files_of
from shop_source import write_shop

Run = Callable[..., subprocess.CompletedProcess[str]]

PAGES = {
    "index.md": """\
---
title: Shop
---
# Shop

::: penstock-flow orders
    caption: How *it* goes
    width: 300

## RemoteTarget

- item

    ```penstock-flow orders
    format: mermaid
    steps: none
    ```

> ```penstock-flow orders
> format: png
> steps: summary
> ```

```penstock-step orders.charge
```

::: penstock-flows

    ::: penstock-flow orders

End
""",
    "links.md": "# Links\n\n::: penstock-flow orders\n    steps: none\n\n::: penstock-flows\n",
}

YAML = """\
site_name: Shop
site_url: https://example.com/
use_directory_urls: true
theme: {theme}
plugins: [{plugins}]
markdown_extensions:
  - attr_list
  - penstock_flows:
      {flows}
"""

TOML = """\
[project]
site_name = "Shop"
site_url = "https://example.com/"
[project.theme]
variant = "{theme}"
[project.markdown_extensions.toc]
[project.markdown_extensions.attr_list]
[project.markdown_extensions.penstock_flows]
{flows}
"""


class Builder(NamedTuple):
    """A program, the file that configures it, and a theme."""

    program: str
    config: str
    theme: str

    def configure(self, folder: Path, plugins: str = "search", *, imports: bool) -> None:
        text, sign = (TOML, " =") if self.config.endswith(".toml") else (YAML, ":")
        flows = f'catalog{sign} "flows.json"'
        if imports:
            indent = "" if sign == " =" else "      "
            flows = f'modules{sign} ["shop"]\n{indent}pythonpath{sign} ["."]'
        config = text.format(theme=self.theme, plugins=plugins, flows=flows)
        (folder / self.config).write_text(config, encoding="utf-8")

    def run(
        self, folder: Path, *arguments: str, run: Run = run_builder
    ) -> subprocess.CompletedProcess[str]:
        clean = "-c" if self.program == "zensical" else "-q"
        clean = clean if "--strict" not in arguments or clean == "-c" else "--clean"
        return run(self.program, "build", clean, *arguments, folder=folder)


BUILDERS = [
    Builder("mkdocs", "mkdocs.yml", "mkdocs"),
    Builder("mkdocs", "mkdocs.yml", "readthedocs"),
    Builder("mkdocs", "mkdocs.yml", "material"),
    Builder("properdocs", "properdocs.yml", "mkdocs"),
    Builder("properdocs", "properdocs.yml", "readthedocs"),
    Builder("properdocs", "properdocs.yml", "material"),
    Builder("zensical", "zensical.toml", "classic"),
    Builder("zensical", "zensical.toml", "modern"),
]
each_builder = pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: f"{b.program}-{b.theme}")
PROGRAMS = [BUILDERS[0], BUILDERS[3], BUILDERS[7]]
each_program = pytest.mark.parametrize("builder", PROGRAMS, ids=lambda b: b.program)


def make_project(
    folder: Path,
    builder: Builder,
    pages: dict[str, str],
    *,
    shop: str | None = None,
    imports: bool = False,
    **options: str,
) -> Path:
    """Make a project whose flows are read from a catalog, unless it is to import its module."""
    (folder / "docs").mkdir(parents=True)
    write_shop(folder)
    if shop is not None:
        (folder / "shop.py").write_text(shop, encoding="utf-8")
    for name, text in pages.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    builder.configure(folder, imports=imports or shop is not None, **options)
    return folder


@pytest.fixture
def project(tmp_path):
    """Return a function that makes a project for a builder, and its folder."""
    return lambda builder, pages, **options: make_project(
        tmp_path / "project", builder, pages, **options
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a function that builds `PAGES` with a builder once, and says where."""

    @cache
    def build(builder: Builder) -> tuple[Path, subprocess.CompletedProcess[str]]:
        folder = make_project(
            tmp_path_factory.mktemp("built") / "project",
            builder,
            PAGES,
            imports=builder in PROGRAMS,
        )
        return folder, builder.run(folder, "--strict")

    return build


def content_of(folder: Path, page: str) -> str:
    """Return what the extension wrote of *page*, without what a theme puts into headings."""
    html = (folder / "site" / page).read_text(encoding="utf-8")
    html = html[html.index("</h1>") + 5 :]
    html = html[: html.index("<p>End</p>")] if "<p>End</p>" in html else html
    html = re.sub(r'<a class="headerlink".*?</a>', "", html)
    # Zensical removes it when it has obeyed it.
    return re.sub(r' data-search-exclude(="")?', "", html)


@each_builder
def test_same_html(built, builder):
    """Every builder makes the same HTML of a page, without a warning under ``--strict``."""
    folder, done = built(builder)

    html = content_of(folder, "index.html")

    assert (done.returncode, "WARN" in done.stdout + done.stderr) == (0, False)
    assert html.count('class="penstock-flow"') == 1
    assert html.count('<pre class="mermaid">') == 1
    assert html.count('<img src="data:image/png;base64,') == 1
    assert "<pre><code>::: penstock-flow orders\n</code></pre>" in html
    first, _ = built(BUILDERS[0])
    assert html == content_of(first, "index.html")


@each_program
def test_program(project, built, builder):
    """A builder that is started for a build makes, to the byte, what a forked one makes."""
    folder = project(builder, PAGES, imports=True)

    done = builder.run(folder, "--strict", run=run_program)

    assert done.returncode == 0, done.stderr
    expected, actual = files_of(built(builder)[0]), files_of(folder)
    assert {name for name in expected | actual if expected.get(name) != actual.get(name)} == set()


@each_program
def test_nothing_from_outside(built, builder):
    """penstock's output does not load anything from other sites, and does not run scripts."""
    folder, _ = built(builder)

    html = content_of(folder, "index.html")

    assert "<script" not in html
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)


@each_program
def test_unknown_flow_under_strict(project, builder):
    """An unknown flow ends a strict build of every builder, and the message names the line."""
    folder = project(builder, {"index.md": "# Shop\n\nText\n\n::: penstock-flow ordesr\n"})

    done = builder.run(folder, "--strict")

    message = "docs/index.md:5: unknown flow 'ordesr'; did you mean 'orders'? (known: orders)"
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


@each_program
def test_unknown_flow(project, builder):
    """Without ``--strict`` the site is built, and the page says which flow is missing."""
    folder = project(builder, {"index.md": "# Shop\n\n```penstock-flow ordesr\n```\n\nEnd\n"})

    done = builder.run(folder)

    assert done.returncode == 0
    assert "This flow cannot be shown: unknown flow 'ordesr'; did you mean" in (
        content_of(folder, "index.html").replace("&#39;", "'")
    )


def search_index(folder: Path) -> dict[str, str]:
    """Return the entries of the search index of a site, by their titles."""
    (file,) = [*folder.glob("site/search/search_index.json"), *folder.glob("site/search.json")]
    index = json.loads(file.read_text(encoding="utf-8"))
    entries = index.get("docs") or index["items"]
    return {entry["title"]: entry["text"] for entry in entries if entry["title"] != "Shop"}


@pytest.mark.parametrize(
    "builder", [BUILDERS[2], BUILDERS[7]], ids=lambda b: f"{b.program}-{b.theme}"
)
def test_search(project, builder):
    """Readers find steps and their docstrings, and no source of a diagram."""
    page = "# Shop\n\n## Flow\n\n::: penstock-flow orders\n    format: mermaid\n"
    folder = project(builder, {"index.md": page})

    builder.run(folder)
    index = {re.sub("<[^>]+>", "", title): text for title, text in search_index(folder).items()}

    assert {"Receive the order", "charge", "pack", "send"} <= set(index)
    assert "Takes an order" in index["Receive the order"]
    assert "accTitle" not in str(index)


def inventory(folder: Path) -> list[str]:
    """Return the names and locations in ``objects.inv``."""
    packed = (folder / "site" / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = decompress(packed).decode().splitlines()
    return sorted(f"{line.split()[0]} {line.split()[3]}" for line in lines if line)


@pytest.mark.parametrize(
    "builder",
    [BUILDERS[2], BUILDERS[5], Builder("zensical", "mkdocs.yml", "material")],
    ids=lambda b: b.program,
)
def test_mkdocstrings(project, builder):
    """If there is mkdocstrings, it writes the steps; nodes of any page lead there."""
    full = "# Full\n\n## Orders\n\n::: penstock-flow orders\n\n::: penstock-step receive\n"
    folder = project(
        builder,
        {"index.md": PAGES["links.md"], "full.md": full},
        plugins="search, mkdocstrings",
        imports=builder.program != "properdocs",
    )

    done = builder.run(folder, "--strict")
    home = content_of(folder, "index.html")

    assert done.returncode == 0, done.stdout + done.stderr
    steps = ["receive", "charge", "pack", "send"]
    assert inventory(folder) == []
    links = re.findall(r'<foreignObject [^>]*><a [^>]*href="([^"]+)"', home)
    assert links == [f"full/#shop.{step}" for step in steps]
    there = (folder / "site/full/index.html").read_text(encoding="utf-8")
    assert re.search(r'<h3 id="shop.receive"[^>]*>\s*Receive the order', there)
    assert "Source code in" in there
    assert re.search(r'href="#shop.receive"[^>]*>\s*(?:<[^>]+>\s*)*Receive the order', there)
    assert 'id="penstock--orders--receive"' in there


@each_program
def test_links_without_autorefs(built, builder):
    """Without autorefs, what another page shows is named, and no link leads nowhere."""
    folder, _ = built(builder)

    html = content_of(folder, "links/index.html")

    assert "<autoref" not in html
    links = set(re.findall(r'<a href="#(penstock--[^"]+)"', html))
    assert links == {"penstock--orders"}
    assert "Receive the order" in html


REFERENCE = "# Reference\n\n::: shop\n    options:\n      show_source: false\n"
LOOSE = """mkdocstrings: {handlers: {python: {options: {
  docstring_options: {returns_multiple_items: false}}}}}"""
DOCUMENTED = """
from penstock import entrypoint, flow

@flow("orders")
@entrypoint
def start(a: int) -> tuple[int, str]:
    \"\"\"Start.

    Returns:
        A long text that
        goes on.
    \"\"\"
"""


@pytest.mark.parametrize("builder", [BUILDERS[2], BUILDERS[5]], ids=lambda b: b.program)
@pytest.mark.parametrize("first", ["a_flow.md", "z_flow.md"])
def test_reference_keeps_its_names(project, builder, first):
    """The site's own reference has the names of functions, whichever page is rendered first."""
    pages = {
        "index.md": PAGES["links.md"],
        "m_api.md": REFERENCE,
        first: "# F\n\n::: penstock-flow orders\n",
    }
    folder = project(builder, pages, plugins="search, mkdocstrings")

    done = builder.run(folder, "--strict")
    home = content_of(folder, "index.html")

    assert done.returncode == 0, done.stdout + done.stderr
    # It leaves out what has no docstring.
    documented = ("receive", "charge", "send")
    assert {f"shop.{step} m_api/#$" for step in documented} <= set(inventory(folder))
    assert not [line for line in inventory(folder) if "flow/#" in line]
    links = re.findall(r'<foreignObject [^>]*><a [^>]*href="([^"]+)"', home)
    there = f"{first.removesuffix('.md')}/#shop.pack"
    assert set(links) == {there, *(f"m_api/#shop.{step}" for step in documented)}
    back = re.findall(
        r'Part of the flow <a [^>]*href="../(.*?)">Orders</a></p>',
        (folder / "site/m_api/index.html").read_text("utf-8"),
    )
    page = first.removesuffix(".md")
    assert back == [f"{page}/#penstock--orders--{s}" for s in ("charge", "receive", "send")]
    assert "Part of the flow" not in (folder / "site" / page / "index.html").read_text("utf-8")


LOOP = """
from penstock import entrypoint, flow, step

loop = flow("loop")

@loop
@entrypoint
def start():
    \"\"\"Start it.

    ::: penstock-flow loop

    Done.
    \"\"\"

@loop
@step(after="start")
def again():
    \"\"\"Go on.

    ::: penstock-step loop.again
    \"\"\"
"""


@each_program
@pytest.mark.parametrize("plugins", ["search", "search, mkdocstrings"])
def test_docstring_that_shows_itself(project, builder, plugins):
    """A flow in the docstring of one of its steps ends no build: a warning names the function."""
    builder = builder._replace(config="mkdocs.yml", theme="material")
    pages = {"index.md": "# F\n\n::: penstock-flow loop\n"}
    folder = project(builder, pages, plugins=plugins, shop=LOOP)

    done = builder.run(folder, *(["-v"] if builder.program != "zensical" else []))

    output = done.stdout + done.stderr
    html = content_of(folder, "index.html")
    assert (done.returncode, "Traceback" in output) == (0, False), output
    assert "Go on." in html
    assert html.count('class="penstock-flow"') == (2 if "mkdocstrings" in plugins else 1)
    if "mkdocstrings" in plugins:
        assert output.count("shop.py:6: the docstring of step 'start' shows its own flow") == 1
        assert output.count("shop.py:16: the docstring of step 'again' shows its own flow") == 1


@pytest.mark.parametrize("builder", [BUILDERS[2], BUILDERS[5]], ids=lambda b: b.program)
def test_options_of_mkdocstrings(project, builder):
    """The site's options for docstrings hold for steps, and for other pages beside them."""
    pages = {"index.md": "# F\n\n::: penstock-flow orders\n", "z_api.md": "# R\n\n::: shop.start\n"}
    folder = project(builder, pages, plugins=f"search, {LOOSE}", shop=DOCUMENTED)

    done = builder.run(folder, "--strict")

    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("index.html", "z_api/index.html"):
        assert re.search(
            r"A long text that\s+goes on\.", (folder / "site" / page).read_text("utf-8")
        )
