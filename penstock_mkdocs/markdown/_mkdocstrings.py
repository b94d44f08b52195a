"""Asking mkdocstrings for the documentation of a step. It is not imported."""

import importlib
import json
from html import escape
from inspect import unwrap
from typing import Any

from markdown import Markdown

from penstock.docs import StepSection
from penstock.docs.functions import python_name

__all__ = ["can_document", "directive", "offer_anchor"]


def can_document(section: StepSection) -> bool:
    """Return whether the name of the step's function leads to it, so that others find it."""
    module, path = python_name(section.step)
    function = section.step.function
    if not module or not path or function is None:
        return False
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    return unwrap(found) is unwrap(function)


def directive(section: StepSection, *, level: int) -> str:
    """Return the block that shows the function of a step below the step's own title.

    How the rest looks is for the site's own options. Its reference has the names:
    links and ``objects.inv`` do not lead here.
    """
    label = escape(section.step.label, quote=False)
    options = {
        "heading": label,
        "toc_label": label,
        "heading_level": level,
        "show_root_heading": True,
        "skip_local_inventory": True,
    }
    lines = [f"      {key}: {json.dumps(value)}" for key, value in options.items()]
    return "\n".join([f"::: {section.target}", "    handler: python", "    options:", *lines])


def offer_anchor(md: Markdown, section: StepSection) -> None:
    """Let links by the name of a step's function lead here if no reference has it.

    An anchor that autorefs calls secondary: it gives way to each primary one.
    """
    autorefs = getattr(md.parser.blockprocessors["mkdocstrings"], "_autorefs", None)
    page = getattr(autorefs, "current_page", None)
    if autorefs is not None and page is not None:
        autorefs.register_anchor(page, section.target, primary=False)
