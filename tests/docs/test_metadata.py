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


def test_images(readme):
    """The package index shows the images for light pages, from files that are in the repository."""
    html = markdown.render(readme)
    base = f"{ADDRESS}/raw/main/"
    named = re.findall(r'(?:src|srcset)="([^"]+)"', readme)

    shown = re.findall(r'<img [^>]*src="([^"]+)"', html)
    assert len(shown) == 2
    assert {*shown} == {name for name in named if "-light." in name}
    files = [ROOT / name.removeprefix(base) for name in named]
    assert len(files) == 4
    assert [file for file in files if not file.is_file()] == []


def test_no_source_of_diagrams(readme):
    """There is no source of a diagram, which the package index would not draw."""
    assert "```mermaid" not in readme


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
