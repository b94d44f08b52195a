"""``manage.py penstock``: the command line of penstock, with the project loaded."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from penstock.contrib.django._flows import find_folder, load_project
from penstock.exceptions import ConfigurationError, MissingExtraError

__all__ = ["Command"]


class Command(BaseCommand):
    """Does what the program ``penstock`` does, with the flows of this project.

    It takes the options of all commands of Django as well. Errors are raised as
    ``CommandError``; so is an exit code above 0 where another program has called the command.

    .. versionadded:: 0.2
    """

    help = "Looks at the flows that this project declares."
    requires_system_checks = ()

    _is_program = False

    def get_version(self) -> str:
        """Return the version of penstock."""
        try:
            return version("penstock")
        except PackageNotFoundError:  # a copy that nobody installed
            return "unknown"

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser of Django's options, which leaves all others to penstock."""
        parser = super().create_parser(
            prog_name, subcommand, **kwargs, add_help=False, allow_abbrev=False
        )
        parser.set_defaults(program=parser.prog.strip())
        # Either kind of option may come first, and argparse knows no such parser.
        parser.parse_args = partial(_parse_known, parser)  # type: ignore[method-assign]
        return parser

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print the help of penstock."""
        self.run_from_argv([prog_name, subcommand, "--help"])

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a program, which ends with an exit code."""
        self._is_program = True
        super().run_from_argv(argv)

    def handle(self, *args: str, **options: Any) -> None:
        """Run a command of penstock.

        Raises:
            CommandError: If it fails.
        """
        try:
            from penstock.cli import Host, main  # noqa: PLC0415 - may be missing
        except MissingExtraError as error:
            raise CommandError(str(error)) from error
        from click import Abort, ClickException, UsageError  # noqa: PLC0415 - as above

        program = options["program"]
        try:
            host = Host(load=load_project, folder=find_folder(), is_quiet=options["verbosity"] == 0)
            stdout, stderr = options.get("stdout"), options.get("stderr")
            with redirect_stdout(stdout or sys.stdout), redirect_stderr(stderr or sys.stderr):
                code = main.main(args or ["--help"], program, standalone_mode=False, obj=host)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=2) from error
        except Abort as error:
            raise CommandError("aborted") from error
        except UsageError as error:
            path = error.ctx.command_path if error.ctx else program
            message = f"{error.format_message()}\nTry '{path} --help' for help."
            raise CommandError(message, returncode=error.exit_code) from error
        except ClickException as error:
            raise CommandError(error.format_message(), returncode=error.exit_code) from error
        if code and self._is_program:
            sys.exit(code)
        if code:
            message = f"{' '.join([program, *args[:1]])} ended with exit code {code}"
            raise CommandError(message, returncode=code)


def _parse_known(parser: CommandParser, args: Any = None, namespace: Any = None) -> Any:
    options, rest = parser.parse_known_args(args, namespace)
    options.args = rest
    return options
