"""Pages for machines, by the tools that make them: `nox -s twins` has them."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from neighbour_site import Site
from shop_source import SHOP, TREE

if find_spec("mkdocs_llmstxt") is None:  # it asks for older packages than other tests
    pytest.skip("`nox -s twins` runs them", allow_module_level=True)

FENCED = f"```text\n{TREE}```\n"
BASE = "https://shop.example/docs"
CONF = """\
project = "Shop"
extensions = ["penstock_sphinx", {}]
penstock_modules = ["shop"]
penstock_pythonpath = ["."]
markdown_http_base = html_baseurl = "https://shop.example/docs"
"""


def build_sphinx(folder, extension):
    """Build a project with *extension*; return the folder of its pages, and what was reported."""
    source, target = folder / "source", folder / "pages"
    source.mkdir()
    (source / "shop.py").write_text(SHOP, encoding="utf-8")
    (source / "conf.py").write_text(CONF.format(repr(extension)), encoding="utf-8")
    page = "Shop\n====\n\n.. penstock-flow:: orders\n   :caption: How it goes\n\n"
    mermaid = ".. penstock-flow:: orders\n   :format: mermaid\n   :steps: none\n   :no-index:\n"
    (source / "index.rst").write_text(page + mermaid, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(target)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return target, done.stderr


def links_of(text):
    return {
        link
        for link in re.findall(r"\]\(([^)]*)\)|<(\S*penstock--\S*)>`__", text)
        for link in link
        if link
    }


def test_sphinx_llm(tmp_path):
    """sphinx-llm: a tree, a signature, absolute links, and Mermaid without colours."""
    pages, reported = build_sphinx(tmp_path, "sphinx_llm.txt")

    text = (pages / "index.html.md").read_text(encoding="utf-8")
    assert reported == ""
    assert FENCED in text
    assert "receive(order: int, \\*, dry: bool = False) → str" in text
    assert f"{BASE}/index.html.md#penstock--orders--charge" in links_of(text)
    assert all(link.startswith(BASE) for link in links_of(text))
    assert "```mermaid\ngraph TD\n" in text
    assert "themeCSS" not in text


def test_sphinx_llms_txt(tmp_path):
    """sphinx-llms-txt: the copy of the sources has what directives show."""
    pages, _ = build_sphinx(tmp_path, "sphinx_llms_txt")

    text = (pages / "llms-full.txt").read_text(encoding="utf-8")
    assert "├─ paid ─> charge (ledger)" in text
    assert "\n\nHow it goes\n\n" in text
    assert "``receive(order: int, *, dry: bool = False) -> str``" in text
    assert f"{BASE}/index.html#penstock--orders--charge" in text
    assert "penstock-flow" not in text


@pytest.mark.parametrize("order", ["first", "last"])
def test_mkdocs_llmstxt(tmp_path, order):
    """mkdocs-llmstxt: each page has it, and a table of flows leads to other pages."""
    site = Site(tmp_path / "site")
    options = {"sections": {"All": ["*.md"]}, "full_output": "llms-full.txt"}
    plugins = [{"llmstxt": options}, {"penstock": {"catalog": "flows.json"}}]
    pages = {
        "index.md": "# Home\n\n::: penstock-flows\n",
        "shop.md": "# Shop\n\n::: penstock-flow orders\n    caption: How\n\n"
        "::: penstock-flow orders\n    format: mermaid\n    steps: none\n    no-index: true\n",
    }

    done = site.build(plugins[:: -1 if order == "first" else 1], pages, site_url=f"{BASE}/")

    text = site.read("shop/index.md")
    assert done.returncode == 0, done.stderr
    assert FENCED in text
    assert "`receive(order: int, *, dry: bool = False) -> str`" in text
    assert "```mermaid\ngraph TD\n" in text
    assert not re.search("themeCSS|penstock-file|4 steps", text)
    assert f"{BASE}/shop/#penstock--orders--charge" in links_of(text)
    assert f"{BASE}/shop/#penstock--orders" in links_of(site.read("index.md"))
    assert all(link.startswith(BASE) for link in links_of(text + site.read("index.md")))
    assert FENCED in site.read("llms-full.txt")
