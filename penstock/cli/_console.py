"""Streams, messages and signals of the command line, as a program of its process."""

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click

from penstock._common.files import write_standard_output
from penstock._project.importing import Interruption
from penstock.exceptions import PenstockError

__all__ = [
    "SettingsError",
    "ending_on_signals",
    "failure",
    "is_terminal",
    "legible",
    "printing_to_stderr",
    "relative",
    "say",
    "show_diagram",
]

_ASCII = str.maketrans({"─": "-", "│": "|", "├": "|", "└": "`", "↑": "^", "·": "-", "…": "..."})


def legible(text: str, stream: TextIO | None = None) -> str:
    """Return *text* with what *stream* cannot encode in other characters.

    Branches of trees become those of ASCII, and other characters what Python would write.

    Args:
        text: What is to be written.
        stream: Where to. The standard output if None.
    """
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    with suppress(UnicodeEncodeError):
        text.encode(encoding)
        return text
    plain = text.translate(_ASCII)
    return plain.encode(encoding, "backslashreplace").decode(encoding)


def show_diagram(drawn: str | bytes, format_: str) -> None:
    """Write a diagram to the standard output.

    A terminal gets what it can show. All else, such as a pipe or a file, gets bytes in UTF-8:
    what the next program reads must not depend on how this machine is set up.
    """
    if sys.stdout is None:  # closed, where print() does nothing either
        return
    if isinstance(drawn, bytes):
        write_standard_output(drawn)
    elif not sys.stdout.isatty():
        write_standard_output(f"{drawn}\n".encode("utf-8", "replace"))
    else:
        if format_ == "json" and legible(drawn) != drawn:
            drawn = json.dumps(json.loads(drawn), indent=2)
        sys.stdout.write(f"{legible(drawn)}\n")
        sys.stdout.flush()


def is_terminal() -> bool:
    """Return whether the standard output is read by a person."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(line: str) -> None:
    """Write a line, with what the terminal cannot show in other characters."""
    click.echo(legible(line))


def relative(text: str) -> str:
    """Return *text* with the files of the current folder as a user would name them."""
    return text.replace(f"{Path.cwd()}{os.sep}", "")


def failure(error: Exception) -> click.ClickException:
    """Return how the program ends because of *error*."""
    if isinstance(error, OSError) and error.filename:
        return click.ClickException(f"{error.strerror}: {os.fsdecode(error.filename)}")
    return click.ClickException(str(error))


class SettingsError(click.ClickException):
    """The settings are wrong, which ends the program as a usage error does."""

    exit_code = 2

    def __init__(self, error: PenstockError) -> None:
        super().__init__(relative(str(error)))


class _ToStderr(io.RawIOBase):
    """A stream of bytes that go to the standard error."""

    def __init__(self) -> None:
        self._target = sys.stderr

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._target.fileno()

    def write(self, data: Any) -> int:
        content = bytes(data)
        if hasattr(self._target, "buffer"):
            self._target.flush()
            self._target.buffer.write(content)
            self._target.buffer.flush()
        else:
            self._target.write(content.decode("utf-8", "replace"))
        return len(content)


@contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Let what is printed inside the block go to the standard error, beside other messages.

    The stream is a real one, for what is imported may set it up, wrap it or take it apart. It
    stays open: a log handler may have been given it.
    """
    raw = io.BufferedWriter(_ToStderr())
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    stream = io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=True)
    with redirect_stdout(stream):
        yield
    with suppress(ValueError):  # taken apart
        stream.flush()


class _Ended(Interruption):
    """A signal asks the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block like an exception, so that it can clean up.

    The process then ends by the signal as it always would. What somebody else does about a
    signal, such as ``nohup``, stays.
    """
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    is_main = threading.current_thread() is threading.main_thread()
    ours = [n for n in numbers if is_main and n and signal.getsignal(n) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    except _Ended as ended:
        signal.signal(ended.number, signal.SIG_DFL)
        signal.raise_signal(ended.number)
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    raise _Ended(number)
