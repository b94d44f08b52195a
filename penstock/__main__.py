"""The ``penstock`` program, also as ``python -m penstock``."""

import sys

from penstock.exceptions import MissingExtraError

__all__ = ["main"]


def main() -> None:
    """Run the command line, or say which extra brings it."""
    try:
        from penstock.cli import main as run  # noqa: PLC0415 - may be missing
    except MissingExtraError as error:
        sys.exit(f"penstock: {error}")
    run(prog_name="penstock")


if __name__ == "__main__":
    main()
