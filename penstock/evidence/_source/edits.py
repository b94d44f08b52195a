"""Edits that leave all that a check has read of a file as it was, but for the lines."""

import ast
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from penstock.evidence._source.files import SourceFile
from penstock.evidence._source.searches import SEARCHES

__all__ = ["is_found_alike", "lines_after"]

_NOT_COMPARED = {"ctx", "type_ignores"}
"""The fields that follow from where a node is, and one that nobody reads."""

_NEVER_LOCATED = (ast.Import, ast.ImportFrom, ast.alias, ast.Expr, ast.Constant)
"""The nodes whose lines are in no report."""


def lines_after(old: SourceFile, new: SourceFile) -> dict[int, int] | None:
    """Return where each line with code is after an edit, or None if a check may find else.

    Comments, empty lines, docstrings and spaces may be others, if the same code shares a line.

    Args:
        old: The file that was checked.
        new: The file as it is now.
    """
    pairs: set[tuple[int, int]] = set()
    if not _are_alike(old.tree, new.tree, pairs) or old.error or new.error:
        return None
    found = sorted(pairs)
    if not all(
        one < two and one_now < two_now for (one, one_now), (two, two_now) in pairwise(found)
    ):
        return None
    return {**dict(found), 1: 1}  # a node that has no line is at the first


def is_found_alike(old: SourceFile, new: SourceFile, searches: Iterable[tuple[str, str]]) -> bool:
    """Return whether *searches* find the same in both files, but for the lines."""
    for kind, wanted in searches:
        is_missed = wanted.isidentifier() and wanted not in old.words and wanted not in new.words
        if not is_missed and SEARCHES[kind](old, wanted) != SEARCHES[kind](new, wanted):
            return False
    return True


def _are_alike(one: Any, other: Any, pairs: set[tuple[int, int]]) -> bool:
    """Return whether two trees differ only in lines, which are added to *pairs*, and docstrings."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(
            _are_alike(each, its, pairs) for each, its in zip(one, other, strict=True)
        )
    if not isinstance(one, ast.AST):
        return bool(one == other)
    line = getattr(one, "lineno", None)
    if line is not None:
        pair = line, other.lineno
        pairs.add(pair)
        if 1 in pair and pair != (1, 1) and not isinstance(one, _NEVER_LOCATED):
            return False  # the line of nodes that have none
    if isinstance(one, ast.Expr) and _is_string(one) and _is_string(other):
        return True
    return all(
        _are_alike(getattr(one, name, None), getattr(other, name, None), pairs)
        for name in one._fields
        if name not in _NOT_COMPARED
    )


def _is_string(node: Any) -> bool:
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
