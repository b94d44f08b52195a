"""Tests each minor version of the guests: `nox -s versions`, or `-- celery rq` for some of them.

Runs in an environment that has everything. A guest gets its versions one after the other; its
tests decide. What they decided is kept in tests/wide/versions.json, of which the page in the
documentation is made: a guest that is not run keeps what it has there.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[2]
GUESTS = ROOT / "tests" / "wide" / "guests.toml"
RECORD = ROOT / "tests" / "wide" / "versions.json"
PAGE = ROOT / "docs" / "reference" / "versions.md"
PATIENCE = 600
"""Seconds until the tests of one version are given up."""

_HEAD = """\
# Tested versions

`nox -s versions` tests each adapter with these versions of what it joins, and writes this page.
It ran on Python {python}.
For each minor version it takes the last release, and the lowest that the extra asks for.
Continuous integration tests the lowest and the newest of all of them together.

| package | passed | failed |
| --- | --- | --- |
"""

Record = dict[str, Any]


def main(names: list[str]) -> int:
    """Test the guests called *names*, or all; return an exit code."""
    guests = tomllib.loads(GUESTS.read_text("utf-8"))
    unknown = set(names) - guests.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(guests)}")
        return 2
    before = _uv("freeze", "--exclude-editable").splitlines()
    for name in names or guests:
        found = {version: _passes(name, version, guests[name]) for version in _versions(name)}
        _install(*before)
        record = _keep(name, found)
    write_page(guests, record)
    results = record["passed"]
    failed = [f"{n} {v}" for n in names or guests for v, well in results[n].items() if not well]
    print(f"failed: {', '.join(failed) or 'none'}")
    return bool(failed)


def _keep(name: str, found: dict[str, bool]) -> Record:
    """Return the record, with what was *found* about one guest."""
    record: Record = {"passed": {}}
    if RECORD.exists():
        record = json.loads(RECORD.read_text("utf-8"))
    record["python"] = ".".join(map(str, sys.version_info[:2]))
    record["passed"][name] = found
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return record


def write_page(guests: dict[str, Any], record: Record) -> None:
    """Write the page about what is in the *record*."""
    rows = [_row(name, record["passed"].get(name)) for name in guests]
    PAGE.write_text(_HEAD.format(**record) + "".join(rows), encoding="utf-8")


def _row(name: str, found: dict[str, bool] | None) -> str:
    if found is None:
        return f"| {name} | not run | |\n"
    passed, failed = (
        ", ".join(sorted((v for v, well in found.items() if well is wanted), key=Version))
        for wanted in (True, False)
    )
    return f"| {name} | {passed or 'none'} | {failed} |\n"


def _versions(name: str) -> list[str]:
    """Return the lowest version that an extra allows, and the last of each minor version since."""
    required = [Requirement(text) for extra in _extras().values() for text in extra]
    allowed = SpecifierSet(",".join(str(r.specifier) for r in required if r.name == name))
    command = [sys.executable, "-m", "pip", "index", "versions", "--json", name]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    every = sorted(Version(text) for text in json.loads(printed[printed.index("{") :])["versions"])
    known = [version for version in every if version in allowed and not version.is_prerelease]
    last = {version.release[:2]: version for version in known}
    return list(dict.fromkeys(map(str, [known[0], *last.values()])))


def _extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return extras


def _passes(name: str, version: str, guest: dict[str, list[str]]) -> bool:
    """Return whether the tests of a *guest* pass with that *version*."""
    alike = [f"{other}=={version}" for other in guest.get("same-version", [])]
    chosen = [f"{name}=={version}", *alike, *guest.get("any-version", [])]
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    try:
        well = (
            _install(*chosen)
            and subprocess.run(
                [*command, *guest["tests"]], cwd=ROOT, check=False, timeout=PATIENCE
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        well = False
    print(f"{name} {version}: {'passed' if well else 'FAILED'}", flush=True)
    return well


def _install(*requirements: str) -> bool:
    command = ["uv", "pip", "install", "--quiet", f"--python={sys.executable}", *requirements]
    return subprocess.run(command, check=False).returncode == 0


def _uv(*arguments: str) -> str:
    command = ["uv", "pip", *arguments, f"--python={sys.executable}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
