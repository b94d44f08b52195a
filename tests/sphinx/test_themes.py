"""Themes that change more than the looks of a page."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

SHOP = """
from penstock import entrypoint, flow

orders = flow("orders")

@orders
@entrypoint(title="Receive the order")
def receive(order, *, dry=False): ...
"""


@pytest.mark.wide
def test_sphinx_immaterial(project, require):
    """Signatures have their defaults, the contents each step, and Mermaid's images are ours."""
    require("sphinx-immaterial", find_spec("sphinx_immaterial") is not None)
    made = project(":format: mermaid")
    made.write("shop.py", SHOP)
    made.write(
        "conf.py",
        "extensions = ['penstock_sphinx', 'sphinx_immaterial']\n"
        "html_theme = 'sphinx_immaterial'\n"
        "html_theme_options = {'font': False}\n"
        "penstock_modules, penstock_pythonpath = ['shop'], ['.']\n",
    )
    # In its own process: the theme replaces functions of Sphinx' modules.
    command = [sys.executable, "-m", "sphinx", "-q", str(made.folder), str(made.folder / "out")]
    subprocess.run(command, check=True)

    html = (made.folder / "out" / "index.html").read_text(encoding="utf-8")
    default = re.findall(r"<code[^>]*default_value[^>]*>(.*?)</code>", html)
    assert [re.sub("<[^>]+>", "", text) for text in default] == ["False"]
    assert re.search(r'class="md-ellipsis">\s*<span[^>]*><span>Receive the order', html)
    assert '<pre class="penstock-mermaid">' in html
