"""The cost of declaring functions, as multiples of decorating them with nothing.

Each case executes the code of a module with ten functions.
"""

from collections.abc import Callable
from time import process_time_ns
from typing import Any

from _measure import Timer, measure, report, rounds_and_versions

from penstock import entrypoint, flow, step
from penstock.testing import isolated_registry

FUNCTION = """
{decorators}
def step_{number}(order, retries=3):
    return order
"""


def nothing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function*."""
    return function


def timed_module(*decorators: str) -> Timer:
    """Return a timer of a module whose functions have *decorators*."""
    above = "\n".join(f"@{decorator}" for decorator in decorators)
    functions = [FUNCTION.format(decorators=above, number=number) for number in range(10)]
    code = compile("".join(functions), "<functions>", "exec")
    names = {"nothing": nothing, "flow": flow, "step": step, "entrypoint": entrypoint}

    def run(number: int) -> int:
        with isolated_registry():
            started = process_time_ns()
            for module in range(number):
                exec(code, {**names, "__name__": f"shop.module_{module}", "module": module})  # noqa: S102
            return process_time_ns() - started

    return run


IN_A_FLOW = 'flow(f"flow_{module}")'
CASES: dict[str, Timer] = {
    "two decorators that do nothing": timed_module("nothing", "nothing"),
    "the same again (noise)": timed_module("nothing", "nothing"),
    "@step": timed_module("step"),
    "@flow and @step": timed_module(IN_A_FLOW, "step"),
    '@flow and @step(after="...")': timed_module(IN_A_FLOW, 'step(after="first")'),
    "@flow and @entrypoint": timed_module(IN_A_FLOW, "entrypoint"),
}


def main() -> None:
    """Measure and print the table."""
    rounds = rounds_and_versions(__doc__, "ten functions with two decorators that do nothing")
    report("ten functions", measure(CASES, rounds))


if __name__ == "__main__":
    main()
