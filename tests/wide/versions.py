"""Tests each minor version of the guests: `nox -s versions`, or `-- celery rq` for some of them.

Runs in an environment that has everything. A guest gets its versions one after the other; its
tests decide. Without a name, all are run, and what passed is written to the documentation.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "versions.md"

_HEAD = """\
# Tested versions

`nox -s versions` runs the tests of each adapter with these versions of what it joins, on Python {}.
The first one is the lowest that the extra asks for.
Continuous integration tests the lowest and the newest of all of them together.

| package | passed |
| --- | --- |
"""


def main(names: list[str]) -> int:
    """Test the guests called *names*, or all; return an exit code."""
    guests = tomllib.loads((ROOT / "tests" / "wide" / "guests.toml").read_text("utf-8"))
    unknown = set(names) - guests.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(guests)}")
        return 2
    passed, failed = {}, []
    for name in names or guests:
        found = {version: _passes(name, version, guests[name]) for version in _versions(name)}
        passed[name] = [version for version, well in found.items() if well]
        failed += [f"{name} {version}" for version, well in found.items() if not well]
        _install("--upgrade", name)
    print(f"failed: {', '.join(failed) or 'none'}")
    if not names and not failed:
        rows = (f"| {name} | {', '.join(versions)} |\n" for name, versions in passed.items())
        python = ".".join(map(str, sys.version_info[:2]))
        PAGE.write_text(_HEAD.format(python) + "".join(rows), encoding="utf-8")
    return bool(failed)


def _versions(name: str) -> list[str]:
    """Return the lowest version that an extra allows, and the last of each minor version since."""
    required = [Requirement(text) for extra in _extras().values() for text in extra]
    allowed = SpecifierSet(",".join(str(r.specifier) for r in required if r.name == name))
    listed = _run("pip", "index", "versions", "--json", name)
    every = sorted(Version(text) for text in json.loads(listed)["versions"])
    known = [version for version in every if version in allowed and not version.is_prerelease]
    last = {version.release[:2]: version for version in known}
    return list(dict.fromkeys(map(str, [known[0], *last.values()])))


def _extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return extras


def _passes(name: str, version: str, tests: list[str]) -> bool:
    installed = _install(f"{name}=={version}")
    well = (
        installed
        and subprocess.run(
            [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
            cwd=ROOT,
            check=False,
        ).returncode
        == 0
    )
    print(f"{name} {version}: {'passed' if well else 'FAILED'}", flush=True)
    return well


def _install(*arguments: str) -> bool:
    command = ["uv", "pip", "install", "--quiet", f"--python={sys.executable}", *arguments]
    return subprocess.run(command, check=False).returncode == 0


def _run(*module: str) -> str:
    command = [sys.executable, "-m", *module]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"^[^{]*", "", printed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
