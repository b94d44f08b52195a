"""Sentences of pages: summaries, messages, warnings."""

import re
from collections.abc import Iterator

from penstock.graph._flow import Flow

__all__ = ["first_sentence", "recursion_warning", "sentence_parts", "split_docstring", "summary_of"]

_SECTION = re.compile(r"^(?:[A-Z][A-Za-z ]*:$|:[a-z]+[ :]|>>> |.+\n *-{3,}$)", re.MULTILINE)


def summary_of(flow: Flow) -> str:
    """Return a sentence about *flow*, of its description or of its first entrypoint's docstring.

    .. versionadded:: 0.2
    """
    candidates = [flow.description, *(step.doc for step in flow.entrypoints)]
    return first_sentence(next(filter(None, candidates), ""))


def first_sentence(text: str) -> str:
    """Return the first sentence of *text*, on one line."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    found = re.match(r".*?(?<!\be\.g)(?<!\bi\.e)[.!?](?= |$)", paragraph)
    return found[0] if found else paragraph


def sentence_parts(message: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of *message* as a sentence, each with whether it is code in backticks.

    .. versionadded:: 0.2
    """
    text = message if message.endswith((".", "?", "!")) else f"{message}."
    parts = text.split("`") if text.count("`") % 2 == 0 else [text]
    yield from ((part, number % 2 == 1) for number, part in enumerate(parts) if part)


def split_docstring(doc: str) -> tuple[str, str]:
    """Return the text of a docstring, and its sections such as ``Args:``, in any style.

    The text is prose, in whatever markup the project writes its docstrings in. The
    sections, and all that follows them, depend on their indentation: show them as code.
    Either may be empty.

    Args:
        doc: The docstring, without indentation.

    .. versionadded:: 0.2
    """
    found = _SECTION.search(doc)
    text, sections = (doc[: found.start()], doc[found.start() :]) if found else (doc, "")
    return text.strip(), sections.rstrip()


def recursion_warning(what: str, name: str) -> str:
    """Return the warning for a docstring that shows the flow or step to which it belongs.

    Args:
        what: ``"flow"`` or ``"step"``.
        name: Its name.

    .. versionadded:: 0.2
    """
    return (
        f"{what} {name!r} is shown inside itself, by a docstring that is a part of it: "
        f"this is a link to it instead. To show the diagram alone, write `:steps: none`"
    )
