"""The fingerprint of a page, by which a docs tool sees whether to make the page again."""

from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256

from penstock._common.plain_values import without_addresses
from penstock._declared.step import Step
from penstock.docs._names import target_of
from penstock.docs._source_url import no_source
from penstock.graph._flow import Flow
from penstock.graph._functions import is_async, signature_string

__all__ = ["fingerprint"]


def fingerprint(
    flow: Flow,
    *,
    only: Step | None = None,
    source_of: Callable[[Step], str | None] = no_source,
) -> str:
    """Return a hash of all content of a page about *flow*.

    It is the same in every process, and costs less than making the page.

    Args:
        flow: The flow.
        only: The step that the page shows alone, if it does.
        source_of: Returns the URL of the source of a step, if the page links to it.

    .. versionadded:: 0.2
    """
    if only is None:
        values: list[object] = [flow.title, flow.description, flow.owner, flow.tags]
        values += [flow.revision, flow.undeclared]
        values += map(_values_of, flow.steps)
        values += [(problem.step, problem.message) for problem in flow.problems()]
    else:
        labels = {step.name: step.label for step in flow.steps}
        ways = [e for e in flow.edges if only.name in {e.source, e.target}]
        values = [_values_of(only)]
        values += [(e.source, e.target, e.label, e.is_loop, labels.get(e.source)) for e in ways]
        values += [labels.get(e.target) for e in ways]
    values += map(source_of, flow.steps if only is None else [only])
    return sha256(without_addresses(repr(values)).encode("utf-8", "replace")).hexdigest()[:32]


def _values_of(step: Step) -> tuple[object, ...]:
    values = [getattr(step, field.name) for field in fields(step) if field.name not in _NOT_SHOWN]
    return *values, step.doc, target_of(step), is_async(step), signature_string(step)


_NOT_SHOWN = {"details", "function", "location"}
