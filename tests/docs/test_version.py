"""The version of the distribution, from whatever somebody builds it."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FILES = (".git_archival.txt", ".gitattributes", "README.md", "hatch_build.py", "pyproject.toml")
# A clone of the project says nothing of who made its commits.
PERSON = ("-c", "user.name=penstock", "-c", "user.email=penstock@example.org")


def git(folder, *arguments):
    """Run git in *folder*, without what this machine's user has set."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *PERSON, *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)


def copy_to(folder):
    """Copy what decides on the version."""
    for name in FILES:
        shutil.copy(ROOT / name, folder)


def version_in(folder):
    """Return the version that a build in *folder* has."""
    return ProjectMetadata(str(folder), PluginManager()).version


@pytest.fixture
def clone(tmp_path):
    """Return a repository with the project's settings, of two commits and without a tag."""
    folder = tmp_path / "clone"
    folder.mkdir()
    copy_to(folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    for message in ("first", "second"):
        git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return folder


@pytest.fixture
def archive(clone, tmp_path):
    """Return what unpacks an archive of HEAD, as sites that host code offer one."""

    def unpack():
        git(clone, "archive", f"--output={tmp_path / 'head.tar'}", "HEAD")
        with tarfile.open(tmp_path / "head.tar") as file:
            file.extractall(tmp_path / "archive", filter="data")
        return tmp_path / "archive"

    return unpack


def test_clone_without_tags(clone):
    """Before the first tag, a version is one before the first release."""
    assert version_in(clone) == "0.2.0.dev2"


def test_tagged(clone):
    """A tagged commit has the version of its tag."""
    git(clone, "tag", "v0.3.0")

    assert version_in(clone) == "0.3.0"


def test_after_a_tag(clone):
    """A commit after a tag has a version before the next release."""
    git(clone, "tag", "v0.3.0", "HEAD~1")

    assert version_in(clone) == "0.3.1.dev1"


def test_edited(clone):
    """With an edit, a tagged commit has no longer the version of its tag."""
    git(clone, "tag", "v0.3.0")
    (clone / "README.md").write_text("edited\n", encoding="utf-8")

    assert version_in(clone) == "0.3.1.dev0"


@pytest.mark.parametrize("name", ["0.9.0", "docs-9.0", "nightly"])
def test_other_tags(clone, name):
    """A tag that is not `v` and a version says nothing of the version."""
    git(clone, "tag", "v0.3.0")
    git(clone, "commit", "--quiet", "--allow-empty", "--message=third")
    git(clone, "tag", name)

    assert version_in(clone) == "0.3.1.dev1"


@pytest.mark.filterwarnings("ignore:.* is shallow")
def test_shallow_clone(clone, tmp_path):
    """A clone of one commit has the version of its tag, or one before the next release."""
    shallow = tmp_path / "shallow"
    git(clone, "clone", "--quiet", "--depth=1", clone.as_uri(), str(shallow))
    without = version_in(shallow)
    git(shallow, "tag", "v0.3.0")

    assert (without, version_in(shallow)) == ("0.2.0.dev1", "0.3.0")


def test_archive_without_tags(archive):
    """Before the first tag, an archive has a version before the first release."""
    assert version_in(archive()) == "0.2.0.dev0"


def test_archive_of_a_tag(clone, archive):
    """An archive of a tag has the version of the tag."""
    git(clone, "tag", "v0.3.0")

    assert version_in(archive()) == "0.3.0"


def test_archive_after_a_tag(clone, archive):
    """An archive of a commit after a tag has a version before the next release."""
    git(clone, "tag", "v0.3.0", "HEAD~1")

    assert version_in(archive()) == "0.3.1.dev1"


def test_source_distribution(tmp_path):
    """A source distribution has the version that it was built with."""
    copy_to(tmp_path)
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: penstock\nVersion: 0.3.0\n")

    assert version_in(tmp_path) == "0.3.0"


@pytest.mark.filterwarnings("ignore:.*git archive did not support describe output")
def test_copy_in_another_repository(clone):
    """A copy in the repository of somebody else has nothing of that one's tags."""
    git(clone, "tag", "v9.0.0")
    copy = clone / "vendor" / "penstock"
    copy.mkdir(parents=True)
    copy_to(copy)

    assert version_in(copy) == "0.2.0.dev0"


def test_next_release():
    """The version for builds without a tag is not behind what the changelog has as released."""
    project = ProjectMetadata(str(ROOT), PluginManager())
    fallback = Version(project.hatch.version.config["fallback-version"])
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+), \d{4}-", changelog, re.MULTILINE)

    assert [version for version in released if Version(version) >= fallback] == []
