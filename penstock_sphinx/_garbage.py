"""The garbage collector, which need not look again and again at what lives as long as the build."""

import gc

from sphinx.application import Sphinx

__all__ = ["setup_garbage"]


def setup_garbage(app: Sphinx) -> None:
    """Set aside what was imported before pages are read, until the build has ended.

    Sphinx' own modules and those of the application are most of what a full
    collection looks at, and reading pages sets off many. Parallel readers share
    what is set aside, as ``gc.freeze`` was made for:
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    # Both come from within Sphinx.build(), which ends with the second however it ends.
    app.connect("env-before-read-docs", _set_aside)
    app.connect("build-finished", _take_back)


def _set_aside(*_args: object) -> None:
    gc.freeze()


def _take_back(*_args: object) -> None:
    gc.unfreeze()
