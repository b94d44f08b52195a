"""The program: how it begins and ends, whatever the command."""

from typing import Any

import click

from penstock.cli._console import ending_on_signals

__all__ = ["Program"]


class Program(click.Group):
    """A group of commands that ends as programs of its system do."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and clean up where a signal ends it."""
        with ending_on_signals():
            return super().main(*args, **kwargs)

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
