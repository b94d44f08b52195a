"""Follows a page of the documentation as a reader does: in a shell, in an empty folder.

A block with a caption is the file of that name, or a change of it if it is a `diff`. A block of a
console has commands after `$ `, and below each one all that it prints; `...` is any number of
lines, or any part of one. A console with a caption is another terminal, in which the command goes
on running; a `text` block with the same caption is what it has printed by then. Flow IDs on the
page are examples: each one is the same as one real ID, wherever it is.
"""

import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = re.compile(
    r"^## (?P<title>.+)$|^```(?:\{code-block\} )?(?P<language>\w+)\n"
    r"(?::caption: (?P<caption>.+)\n\n)?(?P<text>(?:.*\n)*?)```$",
    re.MULTILINE,
)
INSTALLING = ("python -m venv", ". .venv", "pip install")
ID = re.compile(r"\b[0-9a-f]{32}\b")
END = "--- end of the command, with exit code "


@dataclass(frozen=True)
class Block:
    """A block of a page, the caption without backquotes, and the title of its section."""

    section: str
    language: str
    caption: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of *page* that a reader follows."""
    section = ""
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        section = found["title"] or section
        if found["language"]:
            caption = (found["caption"] or "").replace("`", "")
            yield Block(section, found["language"], caption, found["text"])


@dataclass
class Reader:
    """Follows pages in *folder*, with this environment's programs or those that it installs."""

    folder: Path
    installs: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _terminals: dict[str, "Terminal"] = field(default_factory=dict)

    def follow(
        self, page: Path, *, first: tuple[str, ...] = (), without: tuple[str, ...] = ()
    ) -> None:
        """Run the commands *first*, and follow *page*, but for commands of sections *without*."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **self.environment}
        environment.pop("GITHUB_ACTIONS", None)  # where programs print other things
        if not self.installs:
            programs = Path(sys.executable).parent
            environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
        shell = Terminal(self.folder, environment)
        self._terminals[""] = shell
        try:
            for command in first:
                shell.run(command)
            for block in blocks(page):
                if block.section not in without or block.language not in ("console", "text"):
                    self._do(block, environment)
        finally:
            for terminal in self._terminals.values():
                terminal.close()

    def _do(self, block: Block, environment: dict[str, str]) -> None:
        shell = self._terminals[""]
        match block.language, block.caption:
            case "console", "":
                for command, expected in commands(block.text):
                    if not command.startswith(INSTALLING):
                        self._compare(command, shell.run(command), expected)
                    elif self.installs:  # what pip warns of depends on the machine
                        shown = shell.run(command)
                        assert shell.exit_code == 0, shown
            case "console", name:
                [(command, expected)] = commands(block.text)
                where, activated = shell.run("pwd; echo $PATH").splitlines()
                terminal = Terminal(Path(where), environment | {"PATH": activated})
                terminal.begin(command)
                self._terminals[name] = terminal
                terminal.wait_for(lambda shown: self._is_same(shown, f"{expected}...\n"))
            case "text", name if name in self._terminals and name:
                self._terminals[name].wait_for(lambda shown: self._is_same(shown, block.text))
            case "diff", name:
                patch(self._file(name), block.text)
            case _, name if name:
                path = self._file(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")

    def _file(self, name: str) -> Path:
        return Path(self._terminals[""].run("pwd").strip(), name)

    def _compare(self, command: str, shown: str, expected: str) -> None:
        if not self._is_same(shown, expected):
            msg = f"$ {command}\n{shown}\n--- the page has:\n{expected}"
            raise AssertionError(msg)

    def _is_same(self, shown: str, expected: str) -> bool:
        """Return whether *shown* is what the page has, with its IDs for the real ones."""
        known = dict(self._ids)
        pattern, names = "", []
        for line in expected.splitlines():
            if line == "...":
                pattern += r"(?:.*\n)*?"
                continue
            for part in re.split(rf"({ID.pattern})", line):
                is_id = ID.fullmatch(part) is not None
                names += [part] if is_id else []
                pattern += f"({ID.pattern})" if is_id else re.escape(part).replace(r"\.\.\.", ".*")
            pattern += r"\n"
        found = re.fullmatch(pattern, shown)
        if found is None:
            return False
        for name, real in zip(names, found.groups(), strict=True):
            if known.setdefault(name, real) != real:
                return False
        if len(set(known.values())) != len(known):
            return False
        self._ids = known
        return True


def commands(console: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block, and what is below it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def patch(path: Path, diff: str) -> None:
    """Change the file at *path* as *diff* says; a line `...` is where lines are left out."""
    text = path.read_text(encoding="utf-8")
    position = 0
    for hunk in re.split(r"^\.\.\.\n", diff, flags=re.MULTILINE):
        lines = [(line[:1], line[1:] or "\n") for line in hunk.splitlines(keepends=True)]
        before = "".join(rest for sign, rest in lines if sign != "+")
        after = "".join(rest for sign, rest in lines if sign != "-")
        assert text.count(before, position) == 1, f"{path.name} does not have once:\n{before}"
        start = text.index(before, position)
        text = text[:start] + after + text[start + len(before) :]
        position = start + len(after)
    path.write_text(text, encoding="utf-8")


class Terminal:
    """A shell, and what it shows."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.exit_code = 0
        self._lines: list[str] = []
        self._reader: threading.Thread | None = None

    def run(self, command: str) -> str:
        """Return all that *command* prints."""
        self._write(f"{command}\nprintf '%s%s\\n' {shlex.quote(END)} $?\n")
        shown: list[str] = []
        assert self._shell.stdout is not None
        for line in self._shell.stdout:
            before, is_end, code = line.partition(END)
            shown.append(before)
            if is_end:
                self.exit_code = int(code)
                output = "".join(shown)
                return output if output.endswith("\n") or not output else f"{output}\n"
        msg = f"$ {command}\n{''.join(shown)}\nthe shell has ended"
        raise AssertionError(msg)

    def begin(self, command: str) -> None:
        """Begin *command*, and keep what it prints."""
        self._write(f"exec {command} </dev/null\n")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, is_there) -> None:
        """Wait until what was printed is what is expected."""
        ends = time.monotonic() + 60
        while not is_there("".join(self._lines)):
            if time.monotonic() > ends or self._shell.poll() is not None:
                raise AssertionError("".join(self._lines))
            time.sleep(0.05)

    def close(self) -> None:
        """End the shell and what it runs."""
        if self._shell.poll() is None:
            os.killpg(self._shell.pid, 15)
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        self._shell.wait()
        if self._reader is not None:
            self._reader.join()
        assert self._shell.stdout is not None
        self._shell.stdout.close()

    def _read(self) -> None:
        assert self._shell.stdout is not None
        self._lines.extend(self._shell.stdout)

    def _write(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()
