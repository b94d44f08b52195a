"""What the package index shows of the project."""

import re
import tomllib
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from readme_renderer import markdown

from penstock import entrypoint, flow, generate_dag, step

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def readme() -> str:
    """Return the README as the wheel has it."""
    return ProjectMetadata(str(ROOT), PluginManager()).core.readme


def test_it_is_rendered(readme):
    """The package index renders the README, with every link leading somewhere."""
    html = markdown.render(readme)

    assert html is not None
    links = re.findall(r'href="([^"]+)"', html)
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_links_lead_to_files(readme):
    """A link to the repository leads to a file or folder that is there."""
    base = f"{PROJECT['urls']['Source']}/blob/main/"
    paths = re.findall(rf"\]\({re.escape(base)}([^)#]+)", readme)

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_no_source_of_diagrams(readme):
    """What only other sites draw is shown as the tree that penstock prints."""
    flow("bom_sync")(entrypoint(name="handle_kafka_message")(lambda: None))
    after = step(name="fetch_from_api", after="handle_kafka_message")
    flow("bom_sync")(after(lambda: None))

    assert "```mermaid" not in readme
    assert f"```text\n{generate_dag('bom_sync', 'text')}\n```" in readme


def test_urls():
    """Documentation, source, changelog and issues can be found, all in one repository."""
    urls = PROJECT["urls"]

    assert {"Documentation", "Source", "Changelog", "Issues"} <= set(urls)
    assert all(url.startswith(urls["Source"]) for url in urls.values())
    files = [url.partition("/blob/main/")[2] for url in urls.values()]
    assert all((ROOT / file).exists() for file in files)


def test_the_address_is_in_one_file():
    """The address of the repository is changed in one file."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "penstock").rglob("*.py")]
    address = PROJECT["urls"]["Source"]

    assert [file for file in files if address in file.read_text(encoding="utf-8")] == []


def test_nothing_is_promised_that_is_not_checked():
    """Nothing says that a diagram is always true of the code."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts = [PROJECT["description"], *(page.read_text(encoding="utf-8") for page in pages)]

    assert [text for text in texts if re.search(r"\bdrift|always (?:true|up to date)", text)] == []
