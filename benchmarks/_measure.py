"""Timing cases against each other on a machine that is not quiet.

Every round times every case once, in a new order. A ratio is taken within a
round, against the base of the same round, and the median of the rounds is
printed: what slows the machine down for a while slows both sides of a ratio.
Times are CPU time of this process: what other programs take is not in them.
"""

import argparse
import asyncio
import platform
import random
import sys
from collections.abc import Awaitable, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from time import process_time_ns

from _figures import Figures

from penstock import bind

Timer = Callable[[int], int]  # runs a case so many times and returns nanoseconds

SAMPLE_NS = 4_000_000

_figures = Figures(Path(sys.argv[0]).stem)


def timed_call(case: Callable[..., object]) -> Timer:
    """Return a timer of calls of *case*."""

    def run(number: int) -> int:
        started = process_time_ns()
        for _ in range(number):
            case(1, b=2)
        return process_time_ns() - started

    return run


def timed_inside_a_run(case: Callable[..., object]) -> Timer:
    """Return a timer of calls of *case* where a flow ID is current already."""
    timer = timed_call(case)

    def run(number: int) -> int:
        with bind():
            return timer(number)

    return run


def timed_await(case: Callable[..., Awaitable[object]]) -> Timer:
    """Return a timer of awaits of *case* in one task."""

    async def run(number: int) -> int:
        started = process_time_ns()
        for _ in range(number):
            await case(1, b=2)
        return process_time_ns() - started

    return lambda number: asyncio.run(run(number))


def timed_await_inside_a_run(case: Callable[..., Awaitable[object]]) -> Timer:
    """Return a timer of awaits of *case* where a flow ID is current already."""
    timer = timed_await(case)

    def run(number: int) -> int:
        with bind():
            return timer(number)

    return run


def timed_iteration(case: Callable[..., Iterator[object]]) -> Timer:
    """Return a timer of walks through all items of *case*."""

    def run(number: int) -> int:
        started = process_time_ns()
        for _ in range(number):
            for _item in case(1, b=2):
                pass
        return process_time_ns() - started

    return run


def repetitions(timer: Timer) -> int:
    """Return how often to run a case so that one sample lasts long enough."""
    number = 1
    # The least of three: one that the machine interrupted would make samples of a call or two.
    while (taken := min(timer(number) for _ in range(3))) < SAMPLE_NS / 4:
        number *= 2
    return max(1, round(number * SAMPLE_NS / taken))


def measure(cases: dict[str, Timer], rounds: int) -> dict[str, list[float]]:
    """Return the nanoseconds that each case took once, for every round."""
    numbers = {name: repetitions(timer) for name, timer in cases.items()}
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name in random.sample(list(cases), len(cases)):
            taken[name].append(cases[name](numbers[name]) / numbers[name])
    return taken


def report(title: str, taken: dict[str, list[float]]) -> None:
    """Print one table: medians of the ratios to the first case, their middle half, nanoseconds."""
    base = next(iter(taken.values()))
    print(f"\n{title:<38}{'ratio':>8}  {'middle half':<17}{'ns':>9}")
    for name, samples in taken.items():
        ratios = [own / other for own, other in zip(samples, base, strict=True)]
        low, _, high = quantiles(ratios, n=4)
        half = f"{low:.2f} to {high:.2f}"
        print(f"{name:<38}{median(ratios):>8.2f}  {half:<17}{median(samples):>9.0f}")
        _figures.add(title, name, median(ratios), low, high)


def report_added(title: str, taken: dict[str, list[float]]) -> None:
    """Print what each case adds to the first one: beside the second one, and in nanoseconds.

    By the fastest round of each: what else runs on the machine only ever adds to a time.
    """
    bare, *_ = fastest = [min(samples) for samples in taken.values()]
    whole = fastest[1] - bare
    print(f"\n{title:<38}{'ratio':>8}  {'ns':>9}")
    for name, least in list(zip(taken, fastest, strict=True))[1:]:
        print(f"{name:<38}{(least - bare) / whole:>8.3f}  {least - bare:>9.0f}")
        _figures.add(title, name, (least - bare) / whole)


def rounds_and_versions(doc: str, base: str, *packages: str) -> int:
    """Print what is measured, and return how many rounds were asked for."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--rounds", type=int, default=41, help="how often to time each case")
    parser.add_argument("--record", action="store_true", help="write the page of the documentation")
    options = parser.parse_args()
    rounds: int = options.rounds
    print(f"Python {platform.python_version()}, {rounds} rounds; 1.00 is {base}")
    for package in ("penstock", *packages):
        print(f"{package} {version(package)}")
    if options.record:
        _figures.record(rounds, packages)
    return rounds
