"""Loggers that are as they were, whatever a module does to them."""

import logging

from penstock._project.loggers import kept_loggers


class Counting(logging.Logger):
    """A logger that counts how often its level is set: each time, all loggers are visited."""

    def __init__(self, name):
        self.times = 0
        super().__init__(name)
        self.times = 0

    def setLevel(self, level):  # noqa: N802 - logging's name
        self.times += 1
        super().setLevel(level)


def test_restored(monkeypatch):
    """A logger that was changed is as before, and others are left alone."""
    changed, other = Counting("test.changed"), Counting("test.other")
    known = {"test.changed": changed, "test.other": other}
    monkeypatch.setattr(logging.root.manager, "loggerDict", known)

    with kept_loggers():
        changed.setLevel(logging.ERROR)
        changed.disabled = True
        changed.addHandler(logging.NullHandler())

    assert (changed.level, changed.disabled, changed.handlers) == (logging.NOTSET, False, [])
    assert (changed.times, other.times) == (2, 0)
