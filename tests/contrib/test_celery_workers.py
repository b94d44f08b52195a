"""Tasks of Celery in real workers: whatever way they are sent, they have their sender's ID."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from servers import PATIENCE, wait_for

from penstock import bind

SUPPORT = Path(__file__).parents[1] / "support"

CLIENT = """
from celery import chain, chord, group
from celery_app import *
from penstock import bind

"""

WAYS = {
    "delay": ("work.delay()", ["work"]),
    "with options": ("work.apply_async(countdown=0.2, headers={'theirs': 1})", ["work"]),
    "by name": ("app.send_task('celery_app.plain')", ["plain"]),
    "signature": ("work.s('later').delay()", ["later"]),
    "not declared": ("plain.delay()", ["plain"]),
    "class": ("classy.delay()", ["classy"]),
    "retry": ("retried.delay()", ["retried 0", "retried 1", "retried 2"]),
    "autoretry": ("autoretried.delay()", ["autoretried 0", "autoretried 1"]),
    "child": ("parent.delay()", ["parent", "store", "child"]),
    "chain": ("chain(add.s(1, 1), add.s(1), plain.si('end'))()", ["add", "add", "end"]),
    "group": ("group(work.s('a'), work.s('b'))()", ["a", "b"]),
    "chord": ("chord([work.s('a'), work.s('b')])(collect.s())", ["a", "b", "collect"]),
    "link": ("add.apply_async((1, 1), link=plain.si('linked'))", ["add", "linked"]),
    "link_error": ("fails.apply_async(link_error=told.s())", ["fails", "told"]),
    "replace": ("replaced.delay()", ["replaced", "instead"]),
    "map": ("work.map(['x', 'y']).delay()", ["x", "y"]),
    "starmap": ("add.starmap([(1, 1), (2, 2)]).delay()", ["add", "add"]),
    "chunks": ("add.chunks([(1, 1), (2, 2)], 1).delay()", ["add", "add"]),
}


@contextmanager
def worker(folder: Path, *options: str, **env: str) -> Iterator[SimpleNamespace]:
    """Run a real worker, and yield what asks it and reads what its tasks noted."""
    for name in ("queue", "control", "results"):
        (folder / name).mkdir()
    environment = os.environ | {
        "CELERY_TEST_FOLDER": str(folder),
        "PYTHONPATH": str(SUPPORT),
        **env,
    }
    log = folder / "worker.log"
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_app", "worker", *quiet, *options],
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def send(**codes: str) -> None:
        """Run each code with the flow ID that is its name, in one process."""
        blocks = [f"with bind({flow_id!r}):\n    {code}" for flow_id, code in codes.items()]
        command = [sys.executable, "-c", CLIENT + "\n".join(blocks)]
        subprocess.run(command, env=environment, cwd=folder, check=True, timeout=PATIENCE)

    def notes(flow_id: str | None = None) -> list[dict[str, object]]:
        file = folder / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        return [note for note in map(json.loads, lines) if flow_id in {None, note["id"]}]

    try:
        wait_for(lambda: b"ready" in log.read_bytes(), log)
        yield SimpleNamespace(send=send, notes=notes, log=log, process=process)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def seen(place: SimpleNamespace, flow_id: str, count: int) -> list[str]:
    """Return what was noted under *flow_id* as soon as there is as much as that."""
    found = wait_for(
        lambda: (noted := place.notes(flow_id)) and len(noted) >= count and noted, place.log
    )
    return sorted(str(note["what"]) for note in found)


def name_of(way: str) -> str:
    """Return the flow ID under which a task is sent in this way."""
    return way.replace(" ", "-")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a worker with processes, whose broker and backend are files."""
    with worker(tmp_path_factory.mktemp("files"), "--pool", "prefork", "-c", "1") as place:
        place.send(**{name_of(way): code for way, (code, _) in WAYS.items()})
        yield place


@pytest.fixture(scope="module")
def redis(tmp_path_factory, redis_url):
    """Return a worker with threads, whose broker and backend are a real Redis."""
    urls = {"CELERY_TEST_BROKER": f"{redis_url}/0", "CELERY_TEST_BACKEND": f"{redis_url}/1"}
    folder = tmp_path_factory.mktemp("redis")
    with worker(folder, "--pool", "threads", "-c", "2", **urls) as place:
        place.send(**{name_of(way): code for way, (code, _) in WAYS.items()})
        yield place


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("broker", ["files", "redis"])
def test_way(request, broker, way):
    """A task has its sender's ID, and so have all that follow from it."""
    _, expected = WAYS[way]

    found = seen(request.getfixturevalue(broker), name_of(way), len(expected))

    assert found == sorted(expected)


def test_values(files):
    """Of what is annotated, only what was named travels."""
    files.send(annotated="annotated.delay()")

    seen(files, "annotated", 1)
    assert files.notes("annotated")[0]["values"] == {"tenant": "north"}


def test_nothing_without_an_id(files):
    """Nothing that the worker noted is without an ID."""
    assert None not in {note["id"] for note in files.notes()}


def test_log(files):
    """The worker's line about a task's end has its ID; that about its arrival comes before it."""
    seen(files, "delay", 1)

    def ended() -> list[str]:
        said = files.log.read_text().splitlines()
        return [line for line in said if "celery_app.work[" in line and "succeeded" in line]

    lines = wait_for(ended, files.log)
    arrived = [line for line in files.log.read_text().splitlines() if "received" in line]

    assert [line for line in lines if line.startswith("INFO [-]")] == []
    assert {line[:8] for line in arrived} == {"INFO [-]"}


def test_sent_outside_a_run(redis):
    """Tasks that belong to nothing have an ID each."""
    before = {note["id"] for note in redis.notes()}

    redis.send(nobody="pass\nfor what in ('one', 'two', 'three'): plain.delay(what)")

    def new() -> list[dict[str, object]] | None:
        found = [note for note in redis.notes() if note["id"] not in before]
        return found if len(found) == 3 else None

    found = wait_for(new, redis.log)
    assert len({note["id"] for note in found}) == 3
    assert all(len(str(note["id"])) == 32 for note in found)


def test_crash(tmp_path, redis_url):
    """A task that is delivered again, since its worker's process is gone, has its ID again."""
    urls = {"CELERY_TEST_BROKER": f"{redis_url}/2", "CELERY_TEST_BACKEND": f"{redis_url}/3"}
    with worker(tmp_path, "--pool", "prefork", "-c", "1", **urls) as place:
        place.send(crash="crashes.delay()")

        assert seen(place, "crash", 2) == ["before the crash", "crashes"]


def test_solo(tmp_path):
    """The pool without threads and processes does the same, one task after the other."""
    with worker(tmp_path, "--pool", "solo") as place:
        code = "pass\n    for n in range(3): work.delay(str(n))"
        place.send(one=code, other=code)

        assert seen(place, "one", 3) == ["0", "1", "2"]
        assert seen(place, "other", 3) == ["0", "1", "2"]


def test_beat(tmp_path):
    """Tasks that the clock sends have an ID each."""
    with worker(tmp_path, "--pool", "solo", "--beat") as place:
        found = wait_for(lambda: len(noted := place.notes()) >= 3 and noted, place.log)

    assert {note["what"] for note in found} == {"tick"}
    assert len({note["id"] for note in found}) == len(found)


def test_this_process_is_as_it_was():
    """Nothing of all this is current here."""
    with bind("mine") as run:
        assert run.parent is None
