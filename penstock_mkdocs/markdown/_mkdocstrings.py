"""Asking mkdocstrings for the documentation of a step. It is not imported."""

import importlib
import json
import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from inspect import unwrap
from typing import Any

from markdown import Markdown

from penstock import Location
from penstock.docs import Link, Piece, StepSection, Words
from penstock.docs.functions import python_name
from penstock_mkdocs.markdown._compat import autorefs_of, python_handler

__all__ = [
    "add_links_back",
    "can_document",
    "directive",
    "is_reference",
    "offer_anchor",
    "with_line",
]


def can_document(md: Markdown, section: StepSection) -> bool:
    """Return whether mkdocstrings finds the step's function by its name, so that others do too."""
    module, path = python_name(section.step)
    if not module or not path:
        return False
    function = section.step.function
    if function is not None:
        return _leads_to(module, path, function)
    return _is_at(_collect(md, section.target), section.step.location)


def _leads_to(module: str, path: str, function: object) -> bool:
    """Return whether *path* is *function* in *module*, of this process."""
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    return unwrap(found) is unwrap(function)  # type: ignore[arg-type]  # whatever was declared


def _collect(md: Markdown, target: str) -> Any:
    """Return what the handler for Python finds in the sources, which it keeps; None if nothing."""
    try:
        handler = python_handler(md)
        found = handler.collect(target, handler.get_options({}))
        found = found.final_target if found.is_alias else found
    except Exception:  # its directive would end the build at what it does not find
        return None
    return found


def _is_at(found: Any, location: Location | None) -> bool:
    """Return whether *found* is what is defined at *location*, if that is in the project."""
    if found is None or location is None:
        return found is not None
    lines = range(found.lineno or 0, (found.endlineno or 0) + 1)
    return location.line in lines and f"/{found.filepath.as_posix()}".endswith(f"/{location.file}")


def directive(section: StepSection, *, level: int) -> str:
    """Return the block that shows the function of a step below the step's own title.

    How the rest looks is for the site's own options. Its reference has the names:
    links and ``objects.inv`` do not lead here.
    """
    label = escape(section.step.label, quote=False)
    options = {
        "toc_label": label,
        "heading_level": level,
        "show_root_heading": True,
        "skip_local_inventory": True,
    }
    # Without a title, the signature is the heading, and the line below it names the module.
    options |= {"heading": label} if section.is_titled else {"show_root_full_path": False}
    lines = [f"      {key}: {json.dumps(value)}" for key, value in options.items()]
    return "\n".join([f"::: {section.target}", "    handler: python", "    options:", *lines])


def with_line(html: str, section: StepSection, line: str, *, folded: bool = False) -> str | None:
    """Return the *html* that mkdocstrings made of a step with *line* before the docstring.

    Where the docstring is *folded*, the line is beside its first paragraph.
    None if it has no docstring, as in a template of the site's own.
    """
    contents = _CONTENTS.search(html)
    if contents is None:
        return None
    head, rest = html[: contents.end()], html[contents.end() :]
    # The title is now in the heading.
    signature = section.is_titled and "doc-signature" not in head
    call = escape(section.call).replace("(", "(<wbr>", 1)
    shown = f'<p class="penstock-signature"><code>{call}</code></p>\n'
    shown = shown if signature else ""
    if folded and (found := _FOLDED.match(rest)):
        gist, text, end = found.groups()
        summary = f'<details class="penstock-docstring"><summary>{gist}</summary>'
        details = f"{summary}\n{text}\n</details>\n"
        return f'{head}\n<div class="penstock-lines">\n{shown}{details}{line}</div>{end}'
    return f"{head}\n{shown}{line}{rest}"


_FOLDED = re.compile(r"\A\s*<p>(.*?)</p>\s*(\S.*?)(\s*</div>\s*</div>\s*)\Z", re.DOTALL)


def is_reference(html: str) -> bool:
    """Return whether mkdocstrings made a part of the page *html*."""
    return _CONTENTS.search(html) is not None


def add_links_back(html: str, flows: Mapping[str, Sequence[Link]], words: Words) -> str:
    """Return *html* with a line below the heading of each function that is a step of flows.

    Args:
        html: A page of an API reference.
        flows: The flows of functions, by their dotted names.
        words: The words of penstock.
    """

    def add(found: re.Match[str]) -> str:
        links = flows.get(unescape(found["name"]))
        return f"{found[0]}\n{_line_back(links, words)}" if links else found[0]

    return _DOCUMENTED.sub(add, html)


def _line_back(links: Sequence[Link], words: Words) -> str:
    return f'<p class="penstock-meta">{"".join(map(_piece, words.parts(links)))}</p>'


def _piece(piece: Piece) -> str:
    if not isinstance(piece, Link):
        return escape(str(piece))
    # autorefs knows on which page that is; where none has it, these are words.
    name = escape(piece.anchor or "")
    return f'<autoref identifier="{name}" optional>{escape(piece.label)}</autoref>'


_DOCUMENTED = re.compile(
    r'<(?:h[1-6]|a) id="(?P<name>[^"]+)"(?:(?!class="doc doc-object).)*?'
    r'<div class="doc doc-contents[^"]*">',
    re.DOTALL,
)
_CONTENTS = re.compile(r'<div class="doc doc-contents[^"]*">')


def offer_anchor(md: Markdown, name: str) -> None:
    """Let links by *name*, that of a step's function or an anchor of penstock, lead here.

    An anchor that autorefs calls secondary: it gives way to each primary one, as of a reference.
    """
    autorefs = autorefs_of(md)
    page = getattr(autorefs, "current_page", None)
    if autorefs is not None and page is not None:
        autorefs.register_anchor(page, name, primary=False)
