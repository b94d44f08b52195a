"""Thousands of requests through servers, from clients that leave, lose patience and pipeline.

uvicorn and gunicorn are started with two processes each. An application notes
which ID it sees at each stage of a request, and what is around the middleware
notes what is current before a request begins and after it ends. Every second
request brings its own ID, which the middleware is set to trust.
"""

import argparse
import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from penstock import current_flow_id
from penstock.contrib import asgi as penstock_asgi
from penstock.contrib import wsgi as penstock_wsgi

FOLDER = Path(os.environ.get("PENSTOCK_LOAD", "."))
PIPELINED = 5
"""Requests that a client sends at once on one connection."""
BODY = 2000
"""Bytes of a request's body."""
CHUNKS = 10
"""Parts of a response's body."""
PAUSE = 0.01
"""Seconds that the application takes for each part."""
PATIENCE = 0.03
"""Seconds that an impatient client waits."""
DEADLINE = 60.0
"""Seconds after which a response counts as missing."""

MANNER_TITLES = {
    "wait": "one on a connection",
    "pipeline": f"{PIPELINED} at once on a connection",
    "leave_request": "dropped in the middle of the request's body",
    "leave_response": "dropped in the middle of the response's body",
    "lose_patience": f"given up after {PATIENCE} s",
}
MANNERS = tuple(MANNER_TITLES)
WORKERS = 2
QUIET = ("--workers", str(WORKERS), "--log-level", "critical")
SERVERS = {
    "uvicorn": ("uvicorn", "http_load:asgi", *QUIET),
    "gunicorn": ("gunicorn", "http_load:wsgi", *QUIET, "--threads", "32"),
}


@cache
def _notes() -> int:
    return os.open(FOLDER / "notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(stage: str, number: str) -> None:
    """Write down what is current; lines of processes and threads never mix."""
    os.write(_notes(), f"{stage} {number} {current_flow_id()}\n".encode())


async def respond(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, and stream a response that has what is current."""
    number = _number_in(scope)
    note("app", number)
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    note("app", number)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(CHUNKS):
        await asyncio.sleep(PAUSE)
        note("body", number)
        part = f"id={current_flow_id()}\n".encode()
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


_flow_asgi = penstock_asgi.FlowMiddleware(respond, trust=True)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Look before a request and after it; servers also ask whether they may start and stop."""
    if scope["type"] != "http":
        return
    number = _number_in(scope)
    note("before", number)
    try:
        await _flow_asgi(scope, receive, send)
    finally:
        note("after", number)


def _number_in(scope: Any) -> str:
    return str(scope["path"]).rpartition("/")[2]


def respond(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Read the body, and stream a response that has what is current."""
    number = environ["PATH_INFO"].rpartition("/")[2]
    note("app", number)
    environ["wsgi.input"].read()
    note("app", number)
    start_response("200 OK", [])
    for _ in range(CHUNKS):
        time.sleep(PAUSE)
        note("body", number)
        yield f"id={current_flow_id()}\n".encode()


_flow_wsgi = penstock_wsgi.FlowMiddleware(respond, trust=True)


def wsgi(environ: Any, start_response: Any) -> Iterator[bytes]:
    """Look before a request and after it."""
    number = environ["PATH_INFO"].rpartition("/")[2]
    note("before", number)
    body: Any = ()
    try:
        body = _flow_wsgi(environ, start_response)
        yield from body
    finally:
        getattr(body, "close", int)()
        note("after", number)


@dataclass
class Tally:
    """The requests of clients, and their responses."""

    sent: Counter[str] = field(default_factory=Counter)
    brought: dict[str, str] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    behind: set[str] = field(default_factory=set)
    """Requests that others went before on their connection."""
    complete: int = 0


class Client:
    """Sends requests in good and bad manners, and notes what comes back."""

    def __init__(self, port: int) -> None:
        self.tally = Tally()
        self._port = port

    async def wait(self, *numbers: int) -> None:
        """Send requests on one connection, all at once, and wait for all responses."""
        self.tally.behind.update(map(str, numbers[1:]))
        async with self._connection() as (reader, writer):
            for number in numbers:
                writer.write(self._request(number, is_last=number == numbers[-1]))
            text = (await reader.read()).decode()
        responses = text.split("HTTP/1.1 200 OK")[1:]
        for number, response in zip(numbers, responses, strict=False):
            self._look(number, response)
            self.tally.complete += response.endswith("0\r\n\r\n")

    async def leave_request(self, number: int) -> None:
        """Go away in the middle of the request's body."""
        async with self._connection() as (_, writer):
            writer.write(self._request(number)[: -BODY // 2])
            await asyncio.sleep(PATIENCE)
            writer.transport.abort()

    async def leave_response(self, number: int) -> None:
        """Go away after the first part of the response's body."""
        async with self._connection() as (reader, writer):
            writer.write(self._request(number))
            self._look(number, (await reader.readuntil(b"id=")).decode())
            writer.transport.abort()

    async def lose_patience(self, number: int) -> None:
        """Wait for a while that is too short."""
        async with self._connection() as (reader, writer):
            writer.write(self._request(number))
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), PATIENCE)

    def _request(self, number: int, *, is_last: bool = False) -> bytes:
        """Return the bytes of a request; every second one brings an ID."""
        head = [f"POST /{number} HTTP/1.1", "Host: x", f"Content-Length: {BODY}"]
        if number % 2:
            self.tally.brought[str(number)] = f"brought-{number}"
            head.append(f"X-Request-ID: brought-{number}")
        if is_last:
            head.append("Connection: close")
        return "\r\n".join([*head, "", "x" * BODY]).encode()

    def _look(self, number: int, response: str) -> None:
        """Note each ID in the head and in the body of a response."""
        head, _, _ = response.partition("\r\n\r\n")
        in_head = re.findall(r"(?im)^x-request-id: (\S+)", head) or ["None"]
        self.tally.seen[str(number)].update(in_head, re.findall(r"(?m)^id=(\S+)", response))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Yield a connection that ends at the deadline, whatever the server does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.timeout(DEADLINE):
                yield reader, writer
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass  # it is missing among the responses
        finally:
            writer.close()


async def send(port: int, requests: int, at_once: int) -> Tally:
    """Send *requests* requests in a random order of manners, *at_once* connections at a time."""
    client = Client(port)
    places = asyncio.Semaphore(at_once)

    async def send_one(manner: str, *numbers: int) -> None:
        async with places:
            client.tally.sent[manner] += len(numbers)
            await getattr(client, "wait" if manner == "pipeline" else manner)(*numbers)

    async with asyncio.TaskGroup() as group:
        number = 0
        while number < requests:
            manner = random.choice(MANNERS)
            count = min(PIPELINED, requests - number) if manner == "pipeline" else 1
            group.create_task(send_one(manner, *range(number, number + count)))
            number += count
    return client.tally


def read() -> list[list[str]]:
    """Return what was written down."""
    return [line.split(" ") for line in (FOLDER / "notes").read_text("ascii").splitlines()]


def wait_until_quiet() -> None:
    """Return when the application has written nothing for a second."""
    size = -1
    while size != (size := (FOLDER / "notes").stat().st_size):
        time.sleep(1)


def measure(server: str, requests: int, at_once: int) -> None:
    """Send requests to *server*, and print what was seen."""
    (FOLDER / "notes").write_text("")
    with socket.socket() as listener:  # given to the server, so that nobody else takes the port
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        command = (sys.executable, "-m", *SERVERS[server])
        where = ("--fd",) if server == "uvicorn" else ("--bind",)
        fd = str(listener.fileno())
        process = subprocess.Popen(  # noqa: S603 - our own words
            [*command, *where, fd if server == "uvicorn" else f"fd://{fd}"],
            cwd=Path(__file__).parent,
            pass_fds=[listener.fileno()],
        )
        port = listener.getsockname()[1]
        try:
            started = time.monotonic()
            tally = asyncio.run(send(port, requests, at_once))
            took = time.monotonic() - started
            wait_until_quiet()
        finally:
            process.terminate()
            process.wait()
    report(server, tally, read(), took)


def report(server: str, tally: Tally, notes: list[list[str]], took: float) -> None:
    """Print what was seen."""
    stages = Counter(stage for stage, _, _ in notes)
    left: Counter[str] = Counter()
    begun_with = {number: seen for stage, number, seen in notes if stage == "before"}
    for stage, number, seen in notes:
        if stage in {"app", "body"}:
            tally.seen[number].add(seen)
        elif stage == "after" and seen != begun_with[number]:
            left[seen] += 1
    late = {number for number, seen in begun_with.items() if seen != "None"}
    owners: dict[str, set[str]] = defaultdict(set)
    for number, seen in tally.seen.items():
        for flow_id in seen - {"None"}:
            owners[flow_id].add(number)
    strangers = {number for numbers in owners.values() if len(numbers) > 1 for number in numbers}
    strangers |= {number for number, seen in tally.seen.items() if len(seen - {"None"}) > 1}
    strangers |= {
        number
        for number, brought in tally.brought.items()
        if tally.seen.get(number, set()) - {brought, "None"}
    }
    print(f"{server} {version(server)}, {WORKERS} processes: {took:.1f} s")
    rows = {
        **{f"requests sent, {MANNER_TITLES[m]}": n for m, n in sorted(tally.sent.items())},
        "requests sent": tally.sent.total(),
        "responses that clients waited for": tally.sent["wait"] + tally.sent["pipeline"],
        "of these complete": tally.complete,
        "requests that reached the application": stages["before"],
        "requests that ended there": stages["after"],
        "looks at the current ID": len(notes),
        "requests that showed another's ID": len(strangers),
        "requests without an ID": sum("None" in seen for seen in tally.seen.values()),
        "requests begun while an ID was current": len(late),
        "of these the first on their connection": len(late - tally.behind),
        "requests that left an ID behind": left.total(),
    }
    for row, counted in rows.items():
        print(f"  {row:<62}{counted:>8}")


def main() -> None:
    """Start each server, send, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="how many, to each server")
    parser.add_argument("--at-once", type=int, default=200, help="how many connections at a time")
    parser.add_argument("--server", choices=SERVERS, help="one of them only")
    asked = parser.parse_args()
    for server in [asked.server] if asked.server else SERVERS:
        measure(server, asked.requests, asked.at_once)


if __name__ == "__main__":
    if "PENSTOCK_LOAD" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PENSTOCK_LOAD"] = folder
            command = [sys.executable, *sys.argv]
            sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own words
    main()
