"""Baselines: the findings of a project that it knows already, by what they are about."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from penstock._declared.step import Location
from penstock.evidence._report import Finding, Key, Report
from penstock.exceptions import ConfigurationError

__all__ = ["STALE", "apply_baseline", "baseline_text", "keys_not_checked", "read_baseline"]

STALE = "baseline-stale"
"""The code of an entry that no finding has any more."""

_FIELDS = ("code", "flow", "from", "to")
_HEAD = """\
# The findings of `penstock check` that this project knows already.
# `penstock check --write-baseline` writes this file.
"""


def read_baseline(path: Path) -> dict[Key, int]:
    """Return the findings in a file, each with its line.

    Raises:
        ConfigurationError: If the file cannot be read, or is not a baseline.

    .. versionadded:: 0.2
    """
    try:
        text = path.read_text(encoding="utf-8")
        entries = tomllib.loads(text).get("finding", [])
        keys = [_key(entry) for entry in entries]
    except OSError as error:
        cure = "" if path.exists() else ". To make it, write --write-baseline"
        raise ConfigurationError(str(path), f"cannot be read: {error.strerror}{cure}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(str(path), f"not a baseline: {error}") from error
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[finding]]"]
    return dict(zip(keys, lines, strict=False))


def _key(entry: Mapping[str, object]) -> Key:
    values = {name: str(value) for name, value in entry.items()}
    if "code" not in values:
        message = "an entry has no code"
        raise ValueError(message)
    return values["code"], values.get("flow"), values.get("from"), values.get("to")


def baseline_text(findings: Iterable[Finding], kept: Iterable[Key] = ()) -> str:
    """Return the file of a baseline of *findings*, which no line number changes.

    Args:
        findings: The findings of a check.
        kept: The entries of an earlier baseline about what was not checked.

    .. versionadded:: 0.2
    """
    keys = sorted(
        {*kept, *(finding.key for finding in findings)}, key=lambda key: [one or "" for one in key]
    )
    entries = [
        "".join(
            f"{name} = {_quoted(value)}\n"
            for name, value in zip(_FIELDS, key, strict=True)
            if value is not None
        )
        for key in keys
    ]
    return "\n".join([_HEAD, *(f"[[finding]]\n{entry}" for entry in entries)])


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def apply_baseline(
    report: Report, known: Mapping[Key, int], file: str, *, is_partial: bool = False
) -> Report:
    """Return *report* without the findings in *known*, and with those that are there no more.

    Args:
        report: The report.
        known: The findings, each with its line in *file*.
        file: The name of the file, for messages.
        is_partial: Whether *report* is on some flows of the project alone: it says nothing about
            the findings in other flows, or in none.

    .. versionadded:: 0.2
    """
    there = {finding.key for finding in report.findings}
    kept = tuple(finding for finding in report.findings if finding.key not in known)
    other = keys_not_checked(report, known) if is_partial else ()
    stale = tuple(
        _stale(key, Location(file, line))
        for key, line in known.items()
        if key not in there and key not in other
    )
    return replace(report, findings=(*stale, *kept), known=len(report.findings) - len(kept))


def keys_not_checked(report: Report, known: Iterable[Key]) -> set[Key]:
    """Return which of the findings *known* are in no flow of *report*."""
    checked = {flow.flow for flow in report.flows}
    return {key for key in known if key[1] not in checked}


def _stale(key: Key, location: Location) -> Finding:
    code, flow, source, target = key
    names = " -> ".join(name for name in (source, target) if name is not None)
    return Finding(
        code=STALE,
        flow=flow,
        source=source,
        target=target,
        message=f"{code}{names and f' of {names}'} is not found any more",
        details=("Remove this entry, or write the file again with --write-baseline.",),
        location=location,
    )
