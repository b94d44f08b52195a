"""The program `penstock`, run in this process with whichever click is installed."""

from inspect import signature
from typing import Any

from click.testing import CliRunner, Result

from penstock.cli import main

__all__ = ["invoke", "printed"]


def invoke(*arguments: str, **options: Any) -> Result:
    """Return how ``penstock`` ends with *arguments*; *options* are those of `CliRunner.invoke`."""
    # Since click 8.2 the two outputs are always apart.
    apart = "mix_stderr" in signature(CliRunner).parameters
    runner = CliRunner(mix_stderr=False) if apart else CliRunner()
    return runner.invoke(main, arguments, **{"prog_name": "penstock", **options})


def printed(result: Result) -> str:
    """Return all that was printed: before click 8.2, `Result.output` had no errors then."""
    return result.stdout + result.stderr
