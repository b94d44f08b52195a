"""The program: how it begins and ends, whatever the command."""

import sys
import traceback
from typing import Any

import click

from penstock._common.failures import own_failure
from penstock.cli._console import ending_on_signals

__all__ = ["Program"]


class Program(click.Group):
    """A group of commands that ends as programs of its system do."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and clean up where a signal ends it.

        A failure of penstock itself ends it with 2, since 1 would mean that a problem was found.
        """
        with ending_on_signals():
            try:
                return super().main(*args, **kwargs)
            except Exception as error:
                if not kwargs.get("standalone_mode", True):
                    raise
                traceback.print_exc()
                click.echo(f"Error: {own_failure(error)} with the lines above", err=True)
                sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and say so where the standard output takes no more."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            # Where a reader has closed the pipe, click ends silently, as other programs do.
            if error.filename or isinstance(error, BrokenPipeError):
                raise
            message = f"cannot write to standard output: {error.strerror}"
            raise click.ClickException(message) from error
