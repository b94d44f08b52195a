"""MkDocs, ProperDocs and Zensical, run as programs whose imports are made once for all builds.

Imports take most of the time of a small build. So a process imports a builder and forks for each
build, which begins and ends like a program that was started for it alone.
"""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["run_builder", "run_program"]

_QUIET = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
# Pages have the time of the build, and some plugins write sets in the order that these have.
_SAME = {"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}
_TEMPLATE = Path(__file__).with_name("forking_builder.py")


def run_builder(
    program: str, *arguments: str, folder: Path, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run ``python -m program`` in *folder* and return how it ended and what it wrote.

    Args:
        program: ``"mkdocs"``, ``"properdocs"`` or ``"zensical"``.
        arguments: What follows on its command line.
        folder: The current directory of the program.
        variables: Of its environment, beside those of the tests.
    """
    if not hasattr(os, "fork"):
        return run_program(program, *arguments, folder=folder, **variables)
    return _template(program).run(arguments, folder, _environment(variables))


def run_program(
    program: str, *arguments: str, folder: Path, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Do the same in a new process, from its first import to its end."""
    return subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=folder,
        env=_environment(variables),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _environment(variables: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **_QUIET, **_SAME, **variables}


class _Template:
    """A process that has imported a builder."""

    def __init__(self, program: str) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        env = _environment({})
        # What builds reach is reached in the process of the tests too, where it is measured.
        env.pop("COVERAGE_PROCESS_CONFIG", None)
        self._process = subprocess.Popen(
            [sys.executable, str(_TEMPLATE), program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=env,
        )
        atexit.register(self._close)

    def run(
        self, arguments: tuple[str, ...], folder: Path, env: dict[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        env.pop("COVERAGE_PROCESS_CONFIG", None)
        out, err = (Path(self._folder.name, name) for name in ("out", "err"))
        job = {"arguments": arguments, "folder": str(folder), "env": env}
        job |= {"out": str(out), "err": str(err)}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        written = (path.read_text(encoding="utf-8") for path in (out, err))
        return subprocess.CompletedProcess(arguments, code, *written)

    def _close(self) -> None:
        self._process.communicate()
        self._folder.cleanup()


_template = cache(_Template)
