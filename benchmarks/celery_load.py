"""Thousands of tasks of Celery through workers that are killed, and what a task costs.

A Redis server and a worker with two processes are started. Each task is sent
in its own operation, sends another one, and every tenth is tried again.
While they are at work the worker and its children are killed, and a new worker
takes over. Every execution writes down the ID that it saw beside the one that
it should have seen.

A kill may lose a message, with penstock or without: Celery's transport takes it
out of a list of Redis with BRPOP, and notes it as unacknowledged afterwards. What
a worker was sent and had not read yet when it was killed is in neither. So an
operation may not end, and then Redis has no message of it any more.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles

from celery import Celery, Task, signals

from penstock import bind, current_flow_id, current_run, flow
from penstock.contrib.celery import flow_task, install, uninstall

PATIENCE = 60
"""Seconds without any execution until what is missing is given up."""

FOLDER = Path(os.environ.get("PENSTOCK_LOAD", "."))
app = Celery("celery_load", broker=f"redis+socket://{FOLDER}/s", set_as_current=False)
app.conf.update(
    broker_connection_retry_on_startup=True,
    # Redis gives back what a killed worker had after this time, looked for this often.
    broker_transport_options={
        "visibility_timeout": 5,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
    task_acks_late=True,
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=8,
)
install(app)


def note(what: str, expected: str) -> None:
    """Write down what is seen and what should be; lines of processes never mix."""
    with (FOLDER / "notes").open("a", encoding="ascii") as notes:
        notes.write(f"{what} {expected} {current_flow_id()}\n")


@flow("load")
@flow_task(app=app, bind=True, name="load.first", default_retry_delay=0)
def first(self: Task, number: int, expected: str) -> None:
    """Send another task, or try again."""
    note("first", expected)
    if number % 10 == 0 and self.request.retries == 0:
        raise self.retry(countdown=0)
    second.delay(expected)


@flow("load")
@flow_task(app=app, after="first", name="load.second")
def second(expected: str) -> None:
    """Be what was sent."""
    note("second", expected)


@signals.task_postrun.connect
def look_back(**_: object) -> None:
    """Write down what is current after a task, which should be nothing."""
    if current_run() is not None:
        note("left", "-")


def start_worker() -> subprocess.Popen[bytes]:
    """Start a worker with two processes, in its own process group."""
    command = [sys.executable, "-m", "celery", "-A", "celery_load", "worker", "-c", "2"]
    quiet = ["--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    here = Path(__file__).parent
    return subprocess.Popen([*command, *quiet], cwd=here, start_new_session=True)  # noqa: S603 - our own words


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill *worker* and its children, which cannot put anything in order."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def read() -> list[list[str]]:
    """Return what was written down."""
    text = (FOLDER / "notes").read_text("ascii") if (FOLDER / "notes").exists() else ""
    return [line.split(" ") for line in text.splitlines()]


def run_load(tasks: int, kills: int) -> None:
    """Send *tasks* tasks, kill the worker *kills* times, and print what was seen."""
    started = time.monotonic()
    expected = []
    for number in range(tasks):
        with bind() as run:
            first.delay(number, run.flow_id)
        expected.append(run.flow_id)
    print(f"sent {tasks} tasks in {time.monotonic() - started:.1f} s")
    started = time.monotonic()
    worker = start_worker()
    for turn in range(kills):
        goal = len(expected) * 2 * (turn + 1) // (kills + 1)
        while len(read()) < goal:
            time.sleep(0.05)
        kill(worker)
        print(f"killed the worker after {len(read())} executions")
        worker = start_worker()
    left, quiet_since, last = tasks, time.monotonic(), -1
    while left and time.monotonic() - quiet_since < PATIENCE:
        time.sleep(0.5)
        found = read()
        left = tasks - len({wanted for what, wanted, _ in found if what == "second"})
        if len(found) != last:
            last, quiet_since = len(found), time.monotonic()
    time.sleep(6)  # what was not acknowledged is delivered again until then
    kill(worker)
    report(read(), left, count_messages(), time.monotonic() - started)


def count_messages() -> int:
    """Return how many messages Redis has: in the queue, and not acknowledged."""
    with app.connection_for_read() as connection:
        redis = connection.default_channel.client
        return int(redis.llen("celery") + redis.hlen("unacked"))


def report(found: list[list[str]], left: int, kept: int, took: float) -> None:
    """Print what was seen."""
    counted = Counter(what for what, _, _ in found)
    again = counted["second"] - len({wanted for what, wanted, _ in found if what == "second"})
    print(f"{counted['first']} and {counted['second']} executions in {took:.1f} s")
    print(f"second tasks executed more than once, after a kill: {again}")
    print(f"operations that did not end: {left} (messages that Redis still has: {kept})")
    print(f"executions with another's ID: {sum(w != s for _, w, s in found if s != 'None')}")
    print(f"executions without an ID: {sum(s == 'None' for _, _, s in found)}")
    print(f"left behind after a task: {counted['left']}")


def compare_costs(rounds: int) -> None:
    """Print what sending a task and running it take, with penstock and without."""
    bare = app.task(name="load.bare")(do_nothing)
    signals.task_postrun.disconnect(look_back)
    for title, call in (
        ("send a task to Redis", lambda task: task.delay()),
        ("run a task in place", lambda task: task.apply()),
    ):
        ratios = []
        for _ in range(rounds):
            taken = {}
            for is_on in (True, False):
                install(app) if is_on else uninstall(app)
                task = declared if is_on else bare
                began = time.perf_counter_ns()
                for _ in range(50):
                    call(task)
                taken[is_on] = time.perf_counter_ns() - began
            ratios.append(taken[True] / taken[False])
        low, _, high = quantiles(ratios, n=4)
        print(f"{title}: x{median(ratios):.3f} with penstock (middle half {low:.3f} to {high:.3f})")
    install(app)
    app.control.purge()
    (FOLDER / "notes").unlink(missing_ok=True)


def do_nothing() -> None:
    """Do nothing."""


declared = flow("costs")(flow_task(app=app, name="load.declared")(do_nothing))


def main() -> None:
    """Start Redis, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000, help="how many operations")
    parser.add_argument("--kills", type=int, default=3, help="how often the worker is killed")
    parser.add_argument("--rounds", type=int, default=41, help="how often to time each case")
    asked = parser.parse_args()
    redis = subprocess.Popen(
        [  # noqa: S607 - wherever it is installed
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            "s",
            "--save",
            "",
            "--loglevel",
            "warning",
        ],
        cwd=FOLDER,
    )
    try:
        while not (FOLDER / "s").exists():
            time.sleep(0.02)
        compare_costs(asked.rounds)
        run_load(asked.tasks, asked.kills)
    finally:
        redis.terminate()
        redis.wait()


if __name__ == "__main__":
    if "PENSTOCK_LOAD" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PENSTOCK_LOAD"] = folder
            command = [sys.executable, *sys.argv]
            sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own words
    main()
