"""The metadata that the package index shows."""

import functools
import re
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from readme_renderer import markdown
from trove_classifiers import classifiers

from penstock import entrypoint, flow, generate_dag, step

ROOT = Path(__file__).parents[2]
PROJECT = ProjectMetadata(str(ROOT), PluginManager())
ADDRESS = PROJECT.hatch.metadata.config["hooks"]["custom"]["repository"]


@pytest.fixture(scope="module")
def readme() -> str:
    """Return the README as the wheel has it."""
    return PROJECT.core.readme


def test_it_is_rendered(readme):
    """The package index renders the README, with every link leading somewhere."""
    html = markdown.render(readme)

    assert html is not None
    links = re.findall(r'href="([^"]+)"', html)
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_links_lead_to_files(readme):
    """A link to the repository leads to a file or folder that is there."""
    base = f"{ADDRESS}/blob/main/"
    paths = re.findall(rf"\]\({re.escape(base)}([^)#]+)", readme)

    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_no_source_of_diagrams(readme):
    """A diagram that the package index cannot draw is a tree, as penstock prints it."""
    flow("bom_sync")(entrypoint(name="handle_kafka_message")(lambda: None))
    after = step(name="fetch_from_api", after="handle_kafka_message")
    flow("bom_sync")(after(lambda: None))

    assert "```mermaid" not in readme
    assert f"```text\n{generate_dag('bom_sync', 'text')}\n```" in readme


def test_urls():
    """Documentation, source, changelog and issues can be found, all in one repository."""
    urls = PROJECT.core.urls

    assert set(urls) == {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert urls["Homepage"] == urls["Source"] == ADDRESS
    assert all(url.startswith(ADDRESS) for url in urls.values())
    files = [url.partition("/blob/main/")[2] for url in urls.values()]
    assert all((ROOT / file).exists() for file in files)


def test_authors():
    """Nobody is named as author: the contributors are."""
    assert PROJECT.core.authors_data == {"name": ["penstock contributors"], "email": []}


def test_classifiers():
    """The package index knows each classifier."""
    assert [name for name in PROJECT.core.classifiers if name not in classifiers] == []


def test_the_address_is_in_one_place():
    """The address of the repository is changed in one line of one file."""
    assert lines_with(re.escape(ADDRESS)) == [f'pyproject.toml: repository = "{ADDRESS}"']


def test_no_other_address():
    """No file has an address of this project on a site that hosts code or docs."""
    sites = r"(github|gitlab|codeberg|bitbucket)\.\w+/[\w.-]+/penstock|penstock\.readthedocs"

    assert lines_with(sites) == []


@functools.cache
def files_of_the_project():
    """Return each file of a clone, by its path in it."""
    distributed = (Path(file.path) for file in SdistBuilder(str(ROOT)).recurse_included_files())
    others = (path for name in (".ci", ".github") for path in (ROOT / name).rglob("*"))
    paths = [path for path in (*distributed, *others) if path.is_file()]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


def lines_with(pattern):
    """Return which lines of the project's files have *pattern*, each after the file's path."""
    return [
        f"{name}: {line}"
        for name, content in files_of_the_project().items()
        for line in content.decode("utf-8", "replace").splitlines()
        if re.search(pattern, line)
    ]


def test_nothing_is_promised_that_is_not_checked():
    """Nothing says that a diagram is always true of the code."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    texts = [PROJECT.core.description, *(page.read_text(encoding="utf-8") for page in pages)]

    assert [text for text in texts if re.search(r"\bdrift|always (?:true|up to date)", text)] == []
