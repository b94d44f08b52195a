"""Tests each minor version of the guests: `nox -s versions`, or `-- celery rq` for some of them.

Runs in an environment that has everything. A guest gets its versions one after the other; its
tests decide. The results are kept in tests/wide/versions.json, of which the page in the
documentation is made: a guest that is not run keeps what it has there.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
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

PASSED = "passed"
"""The result of a version whose tests passed. Any other result is the reason why not."""

_HEAD = """\
# Tested versions

`nox -s versions` tests each adapter with these versions of its framework, and writes this page.
It ran on Python {python}.
Of each minor version it takes the last release, and the lowest release that the extra allows.
Continuous integration tests the lowest and the newest releases, all together.

| package | the extra asks for | passed | failed |
| --- | --- | --- | --- |
"""
_FAILURES = """
## What failed

| package | first failure |
| --- | --- |
"""

Record = dict[str, Any]
Results = dict[str, str]


def main(names: list[str]) -> int:
    """Test the guests called *names*, or all; return an exit code."""
    guests = tomllib.loads(GUESTS.read_text("utf-8"))
    unknown = set(names) - guests.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(guests)}")
        return 2
    before = _uv("freeze", "--exclude-editable").splitlines()
    for name in names or guests:
        found = {version: _test(name, version, guests[name]) for version in _versions(name)}
        _install(*before)
        record = _keep(name, found)
        PAGE.write_text(page(guests, record), encoding="utf-8")
    failed = [f"{n} {v}" for n in names or guests for v in _failed(record["results"][n])]
    print(f"failed: {', '.join(failed) or 'none'}")
    return bool(failed)


def _keep(name: str, found: Results) -> Record:
    """Return the record, with the results of one guest."""
    record: Record = {"results": {}}
    if RECORD.exists():
        record = json.loads(RECORD.read_text("utf-8"))
    record["python"] = ".".join(map(str, sys.version_info[:2]))
    record["results"][name] = found
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return record


def page(guests: Iterable[str], record: Record) -> str:
    """Return the page about what is in the *record*."""
    results = {name: record["results"].get(name, {}) for name in guests}
    rows = [_row(name, found) for name, found in results.items()]
    reasons = [
        f"| {name} {version} | {found[version]} |\n"
        for name, found in results.items()
        for version in _failed(found)
    ]
    failures = [_FAILURES, *reasons] if reasons else []
    return "".join([_HEAD.format(**record), *rows, *failures])


def _row(name: str, found: Results) -> str:
    passed = ", ".join(sorted((v for v in found if found[v] == PASSED), key=Version))
    return f"| {name} | {allowed(name)} | {passed or 'not run'} | {', '.join(_failed(found))} |\n"


def _failed(found: Results) -> list[str]:
    return sorted((version for version in found if found[version] != PASSED), key=Version)


def allowed(name: str) -> SpecifierSet:
    """Return which versions of a guest the extras allow."""
    required = [Requirement(text) for extra in _extras().values() for text in extra]
    return SpecifierSet(",".join(str(r.specifier) for r in required if r.name == name))


def _versions(name: str) -> list[str]:
    """Return the lowest version that an extra allows, and the last of each minor version since."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--json", name]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    every = sorted(Version(text) for text in json.loads(printed[printed.index("{") :])["versions"])
    known = [version for version in every if version in allowed(name) and not version.is_prerelease]
    last = {version.release[:2]: version for version in known}
    return list(dict.fromkeys(map(str, [known[0], *last.values()])))


def _extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return extras


def _test(name: str, version: str, guest: dict[str, list[str]]) -> str:
    """Return the result of the tests of a *guest* with that *version*."""
    alike = [f"{other}=={version}" for other in guest.get("same-version", [])]
    chosen = [f"{name}=={version}", *alike, *guest.get("any-version", [])]
    result = _run(guest["tests"]) if _install(*chosen) else "it cannot be installed"
    print(f"{name} {version}: {result}", flush=True)
    return result


def _run(tests: list[str]) -> str:
    """Return the result of the *tests*."""
    # What a guest's old version uses of a newer library is not our fault. Continuous integration,
    # where all is old or all is new, forgives no such warning.
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-W", "default::DeprecationWarning", *tests]
    wide = {**os.environ, "COLUMNS": "300"}  # else reasons are cut off
    try:
        ended = subprocess.run(
            command, cwd=ROOT, check=False, timeout=PATIENCE, stdout=subprocess.PIPE, env=wide
        )
    except subprocess.TimeoutExpired:
        return f"the tests did not end within {PATIENCE} seconds"
    printed = ended.stdout.decode("utf-8", "replace")
    if ended.returncode == 0:
        return PASSED
    print(printed)
    return _reason(printed)


def _reason(printed: str) -> str:
    """Return the first failure of a run of pytest, as a cell of a table."""
    found = re.search(r"^(?:FAILED|ERROR) tests/(?:.*/)?(.*)$", printed, re.MULTILINE)
    reason = found[1] if found else "pytest failed"
    return reason.replace("`", "'").replace("|", "\\|")


def _install(*requirements: str) -> bool:
    command = ["uv", "pip", "install", "--quiet", f"--python={sys.executable}", *requirements]
    return subprocess.run(command, check=False).returncode == 0


def _uv(*arguments: str) -> str:
    command = ["uv", "pip", *arguments, f"--python={sys.executable}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
