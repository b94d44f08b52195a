"""The conditions for publishing a version."""

import dataclasses

import pytest
from packaging.version import Version
from readiness import Release

READY = Release(
    version=Version("0.3.0"),
    tag="v0.3.0",
    address="https://code.example.org/penstock",
    changelog="# Changelog\n\n## 0.3.0, 2027-01-01\n\n## 0.2.0, 2026-12-01\n",
    fragments=[],
)


def faults(**changed):
    """Return what is wrong with a release that is ready but for what is *changed*."""
    return list(dataclasses.replace(READY, **changed).faults())


def test_ready():
    """A release whose tag, address and changelog are right can be published."""
    assert faults() == []


def test_address_that_leads_nowhere():
    """Nothing is published whose links lead to the placeholder of an address."""
    [fault] = faults(address="https://code.invalid/project")

    assert "the address of the repository is still https://code.invalid/project" in fault
    assert "[tool.hatch.metadata.hooks.custom] in pyproject.toml" in fault


@pytest.mark.parametrize("version", ["0.3.1.dev0", "0.2.0"])
def test_another_version_than_the_tag(version):
    """A tag is published only with its own version."""
    found = faults(version=Version(version))

    assert found == [
        f"the tag is v0.3.0, but the version is {version}. "
        "Is a file edited, or the tag on another commit?"
    ]


def test_changelog_without_the_version():
    """The changelog has a section with the date for each release."""
    changed = {"version": Version("0.4.0"), "tag": "v0.4.0"}

    assert faults(**changed) == ["CHANGELOG.md has no section 0.4.0. Run `towncrier build`"]
    undated = "## 0.4.0, unreleased\n"
    assert faults(**changed, changelog=undated) == faults(**changed)


def test_fragments_that_are_left():
    """A change without a line in the changelog's section is not released."""
    assert faults(fragments=["+new.added.md"]) == [
        "changelog.d/+new.added.md is not in CHANGELOG.md. Run `towncrier build`"
    ]


def test_release_candidate():
    """A release candidate is published before the changelog has its section."""
    candidate = {"version": Version("0.4.0rc1"), "tag": "v0.4.0rc1"}

    assert faults(**candidate, fragments=["+new.added.md"]) == []


def test_rehearsal():
    """A version before a release needs nothing, since nobody publishes it."""
    rehearsed = Release.of_the_project(Version("0.3.1.dev4"), None)

    assert list(rehearsed.faults()) == []


def test_this_checkout():
    """A release of this checkout is refused, as long as nobody knows where it will be published."""
    release = Release.of_the_project(Version("0.2.0"), "v0.2.0")
    placeholder = ".invalid/" in f"{release.address}/"

    assert any("address" in fault for fault in release.faults()) == placeholder
