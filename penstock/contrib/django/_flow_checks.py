"""The flows as the system check reports them. It loads the check of the source, so it is late."""

import os
from collections.abc import Iterator, Mapping

from django.core.checks import CheckMessage, Error, Info
from django.core.checks import Warning as Caution

from penstock.contrib.django._flows import find_folder, load_project
from penstock.docs import Settings, explain_nothing, read_settings
from penstock.evidence import Finding, check_project, explain_unchecked
from penstock.exceptions import ConfigurationError

__all__ = ["NUMBERS", "flow_messages"]

NUMBERS: Mapping[str, int] = {
    "edge-contradicted": 101,
    "edge-undeclared": 102,
    "edge-mixed": 103,
    "edge-unverified": 104,
    "step-missing": 105,
    "step-renamed": 106,
    "baseline-stale": 107,
    "edge-back": 108,
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
"""The number of each code in the IDs of messages, after the letter of the level.

``declaration-unread`` has none, for Django has imported the project.
"""


def flow_messages() -> Iterator[CheckMessage]:
    """Yield what ``penstock check`` finds, or why it cannot look."""
    try:
        folder = find_folder()
        wanted = read_settings(folder).rooted(folder)
        loaded = load_project(wanted)
        for failure in loaded.failures:
            cause = failure.cause.replace(f"{wanted.folder}{os.sep}", "")
            message, hint = f"cannot be imported: {cause}", "Its flows are not checked."
            yield Error(message, hint=hint, obj=failure.module, id="penstock.E003")
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
    for problem in report.failures:
        yield Caution(problem, hint="Its edges are unverified.", id="penstock.W006")


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
