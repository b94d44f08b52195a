"""``manage.py penstock``: the command line of penstock, with the project loaded."""

from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from penstock.contrib.django._checks import import_views
from penstock.exceptions import MissingExtraError

__all__ = ["Command"]


class Command(BaseCommand):
    """Does what the program ``penstock`` does, with the flows of this project.

    .. versionadded:: 0.2
    """

    help = "Looks at the flows that this project declares."

    def run_from_argv(self, argv: list[str]) -> None:
        """Pass on the arguments of ``manage.py penstock``."""
        # Django has acted on these before it knew the command.
        parser = CommandParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--settings")
        parser.add_argument("--pythonpath")
        _, arguments = parser.parse_known_args(argv[2:])
        self.execute_program(arguments, prog_name=f"{argv[0]} {argv[1]}")

    def handle(self, *args: Any, **_: Any) -> None:
        """Do the same for `django.core.management.call_command`."""
        self.execute_program(list(args), prog_name="penstock")

    def add_arguments(self, parser: Any) -> None:
        """Take whatever the program takes."""
        parser.add_argument("args", nargs=REMAINDER)

    def execute_program(self, arguments: list[str], prog_name: str) -> None:
        """Run the program, which ends with an exit code."""
        try:
            from penstock.cli import LOADED, main  # noqa: PLC0415 - may be missing
        except MissingExtraError as error:
            raise CommandError(str(error)) from error
        import_views()
        main(arguments, prog_name=prog_name, obj=LOADED)
