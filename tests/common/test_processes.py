"""Ending a program together with what it has started."""

import os
import subprocess
import sys

from penstock._common.processes import end_group


def test_ending_what_has_ended(monkeypatch):
    """A program that ends by itself just then raises nothing; without groups it is ended alone."""
    with subprocess.Popen([sys.executable, "-c", ""], process_group=0) as process:
        process.wait()
        end_group(process)
        monkeypatch.delattr(os, "killpg")
        end_group(process)

    assert process.returncode == 0
