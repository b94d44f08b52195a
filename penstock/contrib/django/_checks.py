"""The system checks: what ``manage.py check`` reports, and Django before most commands."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.checks import Warning as Caution

from penstock.contrib.django._flows import find_folder, load_project
from penstock.contrib.django._settings import LOCATION, read_inbound
from penstock.docs import Settings, explain_nothing, read_settings
from penstock.evidence import Finding, check_project, explain_unchecked
from penstock.exceptions import ConfigurationError

__all__ = ["NUMBERS", "check_flows", "check_settings"]

_MIDDLEWARE = "penstock.contrib.django.FlowMiddleware"

NUMBERS: Mapping[str, int] = {
    "edge-contradicted": 101,
    "edge-undeclared": 102,
    "edge-mixed": 103,
    "edge-unverified": 104,
    "step-missing": 105,
    "step-renamed": 106,
    "baseline-stale": 107,
    "unknown-predecessor": 201,
    "cycle": 202,
    "needless-loop": 203,
    "no-entrypoint": 204,
    "unreachable": 205,
    "impossible-join": 206,
    "conflicting-metadata": 207,
    "bypassed-entrypoint": 208,
    "unclaimed-step": 209,
}
"""The number of each code in the IDs of messages, after the letter of the level."""


def check_settings(**_: Any) -> list[CheckMessage]:
    """Report what is wrong with ``settings.PENSTOCK`` and with the order of the middleware."""
    found: list[CheckMessage] = []
    try:
        read_inbound()
    except ConfigurationError as error:
        found.append(Error(error.problem, obj=LOCATION, id="penstock.E001"))
    middleware = list(settings.MIDDLEWARE)
    if _MIDDLEWARE in middleware[1:]:
        problem = f"{_MIDDLEWARE} is not the first in MIDDLEWARE"
        hint = "What comes before it responds and logs without a flow ID: move it to the top."
        found.append(Caution(problem, hint=hint, id="penstock.W002"))
    return found


def check_flows(**_: Any) -> list[CheckMessage]:
    """Report what ``penstock check`` finds, or why it cannot look; never raise."""
    try:
        return list(_flow_messages())
    except Exception as error:
        return [_own_failure(f"penstock itself failed ({type(error).__name__}: {error})")]


def _flow_messages() -> Iterator[CheckMessage]:
    try:
        wanted = _read_settings()
        loaded = load_project(wanted)
        for failure in loaded.failures:
            hint = "Its flows are not checked."
            yield Error(failure.cause, hint=hint, obj=failure.module, id="penstock.E003")
        flows, problems = loaded.flows.flows, loaded.flows.problems()
        if not flows and not problems:
            if not loaded.failures:
                yield _nothing_declared(wanted)
            return
        report = check_project(wanted, flows, problems, is_partial=bool(loaded.failures))
    except ConfigurationError as error:
        yield Error(error.problem, obj=error.location, id="penstock.E004")
        return
    unchecked = explain_unchecked(report, wanted)
    if unchecked and not problems:
        yield Caution(unchecked, id="penstock.W005")
    failing = report.failing(wanted.check.get("fail_on", "undeclared"))
    for finding in report.findings:
        yield _message(finding, is_failing=finding in failing)
    yield from map(_own_failure, report.failures)


def _read_settings() -> Settings:
    folder = find_folder()
    found = read_settings(folder)
    root = found.root or str(folder)
    return replace(found, pythonpath=tuple(dict.fromkeys((*found.pythonpath, root))), folder=root)


def _nothing_declared(wanted: Settings) -> CheckMessage:
    if wanted.modules or wanted.catalog:
        return Caution(explain_nothing(wanted), id="penstock.W005")
    cure = wanted.words.assign("modules", "shop.flows")
    hint = f"If other modules declare some, write {cure}."
    return Info("no flow is declared in what this project imports", hint=hint, id="penstock.I005")


def _message(finding: Finding, *, is_failing: bool) -> CheckMessage:
    kind, letter = (Error, "E") if is_failing else (Caution, "W")
    facts, fix = finding.details[:-1], finding.details[-1:]
    page = [] if finding.help is None else [f"See {finding.help}"]
    return kind(
        "\n    ".join([f"{finding.title} [{finding.code}]", *facts]),
        hint=" ".join([*fix, *page]) or None,
        obj=finding.location,
        id=f"penstock.{letter}{NUMBERS[finding.code]}",
    )


def _own_failure(problem: str) -> CheckMessage:
    return Caution(problem, hint="The project is not at fault.", id="penstock.W006")
