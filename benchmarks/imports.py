"""The cost of importing penstock, as multiples of importing `logging`.

Every import is done in a new process, which times nothing but the import.
"""

import subprocess
import sys

from _measure import Timer, measure, report, rounds_and_versions

TIMED = """
from time import process_time_ns
started = process_time_ns()
{statement}
print(process_time_ns() - started)
"""


def timed_import(statement: str) -> Timer:
    """Return a timer of *statement* in new processes."""
    # Without `site` and the environment, but with the folders of this process.
    code = f"import sys; sys.path[:] = {sys.path!r}" + TIMED.format(statement=statement)

    def run(number: int) -> int:
        command = [sys.executable, "-I", "-S", "-c", code]
        return sum(int(subprocess.check_output(command)) for _ in range(number))  # noqa: S603

    return run


CASES: dict[str, Timer] = {
    "import logging": timed_import("import logging"),
    "the same again (noise)": timed_import("import logging"),
    "  floor: what penstock needs": timed_import(
        "import contextvars, dataclasses, inspect, logging, queue, typing, weakref"
    ),
    "import penstock": timed_import("import penstock"),
    "import structlog": timed_import("import structlog"),
    "import opentelemetry.trace": timed_import("import opentelemetry.trace"),
}


def main() -> None:
    """Measure and print the table."""
    rounds = rounds_and_versions(__doc__, "import logging", "structlog", "opentelemetry-api")
    report("an import", measure(CASES, rounds))


if __name__ == "__main__":
    main()
