"""Reports as Markdown, for the summary of a job or a comment."""

from penstock._common.plural import count
from penstock.evidence._report import Finding, Report

__all__ = ["MOST_CHARACTERS", "as_markdown"]

MOST_CHARACTERS = 65_535
"""The longest that GitHub takes for a comment."""

_HEAD = "| where | what |\n| --- | --- |\n"
_SPARE = 200
_MOST_ERRORS = 10
_MOST_OF_ONE = 1000
_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_[]|#"} | {"<": "&lt;", ">": "&gt;"})


def as_markdown(report: Report) -> str:
    """Return the summary and a table of findings, as many as a comment can have, errors first."""
    summary = f"**penstock check**: {_escaped(report.summary())}\n"
    errors = [*report.not_imported, *report.failures][:_MOST_ERRORS]
    listed = [*(text[:_MOST_OF_ONE] for text in errors), *report.notes]
    summary += "".join(f"\n- {_escaped(text)}" for text in listed) + "\n" * bool(listed)
    if not report.findings:
        return summary.rstrip("\n")
    rows: list[str] = []
    left = MOST_CHARACTERS - len(summary) - len(_HEAD) - _SPARE
    for finding in sorted(report.findings, key=lambda each: each.severity):
        row = _row(finding)
        left -= len(row)
        if left < 0:
            break
        rows.append(row)
    rest = len(report.findings) - len(rows)
    more = f"\nNot shown: {count(rest, 'more finding')}.\n" if rest else ""
    return f"{summary}\n{_HEAD}{''.join(rows)}{more}".rstrip("\n")


def _row(finding: Finding) -> str:
    where = "" if finding.location is None else _escaped(str(finding.location))
    code = _escaped(f"[{finding.code}]")
    if finding.help is not None:
        code = f"[{code}]({finding.help})"
    lines = [f"**{_escaped(finding.title)}** {code}", *finding.details]
    return f"| {where} | {lines[0]}{''.join(f'<br>{_escaped(line)}' for line in lines[1:])} |\n"


def _escaped(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPED)
