"""The source of a step, where the repository of the site is known."""

import pytest

from penstock_mkdocs.markdown._repository import source_template

GITHUB = "https://github.com/acme/shop"


@pytest.mark.parametrize(
    ("repo_url", "edit_uri", "expected"),
    [
        (GITHUB, "edit/master/docs/", f"{GITHUB}/blob/HEAD/{{file}}#L{{line}}"),
        (GITHUB, "edit/main/docs/", f"{GITHUB}/blob/main/{{file}}#L{{line}}"),
        (f"{GITHUB}/", None, f"{GITHUB}/blob/HEAD/{{file}}#L{{line}}"),
        (
            "https://gitlab.acme.test/shop",
            "-/edit/next/docs/",
            "https://gitlab.acme.test/shop/-/blob/next/{file}#L{line}",
        ),
        (
            "https://bitbucket.org/acme/shop",
            "src/default/docs/",
            "https://bitbucket.org/acme/shop/src/HEAD/{file}#lines-{line}",
        ),
        ("https://forge.test/shop", None, None),
        (None, None, None),
    ],
)
def test_template(tmp_path, repo_url, edit_uri, expected):
    """A forge that is known shows a line of a file of its default branch, or of that of the site.

    The branch that MkDocs makes up does not count.
    """
    assert source_template(repo_url, edit_uri, tmp_path) == expected


def test_folder_in_repository(tmp_path):
    """A project below the top of a repository has its files there."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "services" / "shop").mkdir(parents=True)

    found = source_template(GITHUB, None, tmp_path / "services" / "shop")

    assert found == f"{GITHUB}/blob/HEAD/services/shop/{{file}}#L{{line}}"


def test_page(site):
    """A step links to its source in the repository of the site, or where the option says."""
    page = "# Orders\n\n::: penstock-flow orders\n"

    html = site.build(page, repo_url=GITHUB)
    site.options["source_url"] = "https://forge.test/{file}?l={line}"
    other = site.build(page, repo_url=GITHUB)

    assert f'[<a class="penstock-source-link" href="{GITHUB}/blob/HEAD/shop.py#L' in html
    assert 'href="https://forge.test/shop.py?l=' in other


def test_wrong_option(site, warnings):
    """A URL without `{file}` for the file is refused, with what to write."""
    site.options["source_url"] = "https://forge.test"

    html = site.build("::: penstock-flow orders\n")

    assert "source_url needs {file} in it" in html
    assert any("source_url needs {file} in it" in warning for warning in warnings())
