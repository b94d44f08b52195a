"""The pages about hosts: Read the Docs, and wikis. `mkdocs/test_techdocs.py` tests Backstage."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.usefixtures("_unmeasured")

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
FLOWS = """\
from penstock import entrypoint, flow, step

bom_sync = flow("bom_sync")

@bom_sync
@entrypoint
def fetch(): "Fetches."

@bom_sync
@step(after="fetch")
def transform(): "Transforms."
"""


@pytest.fixture
def shop(tmp_path):
    """A project with a flow."""
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (tmp_path / "src/shop/__init__.py").touch()
    (tmp_path / "src/shop/flows.py").write_text(FLOWS)
    return tmp_path


def block(page, language):
    """Return the first block of code in a *language* on a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


def test_read_the_docs(shop, monkeypatch):
    """The settings link each step to its line in the commit that Read the Docs builds."""
    settings = yaml.safe_load(block("read-the-docs.md", "yaml"))
    conf = shop / settings["sphinx"]["configuration"]
    conf.parent.mkdir()
    conf.write_text(block("read-the-docs.md", "python"))
    (conf.parent / "index.rst").write_text("Shop\n====\n\n.. penstock-flow:: bom_sync\n")
    monkeypatch.setenv("READTHEDOCS_GIT_COMMIT_HASH", "1234abcd")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", conf.parent, shop / "out"]
    subprocess.run(command, check=True)

    html = (shop / "out/index.html").read_text(encoding="utf-8")
    assert 'href="https://github.com/acme/shop/blob/1234abcd/src/shop/flows.py#L5"' in html


def test_wiki(shop):
    """The command for wikis writes what the page shows, and keeps pages of other modules."""
    shown = block("github-gitlab.md", "console").splitlines()
    wiki = re.search(r"\$ penstock (pages wiki .*)", (DOCS / "github-gitlab.md").read_text())[1]
    (shop / "src/shop/more.py").write_text(FLOWS.replace("bom_sync", "reports"))
    for module in ("shop.flows", "shop.more"):
        command = [sys.executable, "-m", "penstock", *wiki.split(), "-m", module]
        run = subprocess.run(
            command, cwd=shop / "src", check=True, capture_output=True, encoding="utf-8"
        )

    index = (shop / "src/wiki/index.md").read_text(encoding="utf-8")
    assert shown[1:] == ["docs/flows/index.md: written", "docs/flows/bom-sync.md: written"]
    assert "wiki/index.md: written" in run.stderr.replace("\\", "/")
    assert re.findall(r"\]\((.*?)\)", index) == ["bom-sync", "reports"]
