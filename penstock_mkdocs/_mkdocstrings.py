"""Asking mkdocstrings for the documentation of a step. It is not imported."""

import importlib
import json
from html import escape
from inspect import unwrap
from typing import Any

from penstock._pages import StepSection, python_name

__all__ = ["can_document", "directive"]


def can_document(section: StepSection) -> bool:
    """Tell whether the name of the step's function leads to it, so that others find it."""
    module, path = python_name(section.step)
    if not module or not path:
        return False
    try:
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    return unwrap(found) is unwrap(section.step.function)


def directive(section: StepSection, *, level: int, indexed: bool) -> str:
    """Return the block that shows the function of a step below the step's own title.

    Args:
        section: The step.
        level: The level of its heading.
        indexed: Whether links and ``objects.inv`` lead here.
    """
    label = escape(section.step.label, quote=False)
    options = {
        "heading": label,
        "toc_label": label,
        "heading_level": level,
        "show_root_heading": True,
        "show_root_full_path": False,
        "show_root_toc_entry": True,
        "separate_signature": True,
        "docstring_style": "auto",
        "skip_local_inventory": not indexed,
    }
    lines = [f"      {key}: {json.dumps(value)}" for key, value in options.items()]
    return "\n".join([f"::: {section.target}", "    handler: python", "    options:", *lines])
