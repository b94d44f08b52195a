"""Each command prints the same of the modules of a project and of its catalog."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ("shop", "payments", "parcels", "odd")

ODD = '''
from penstock import all_of, entrypoint, flow, loop, step

zebra = flow("zebra", title="<Zebra> & co", owner="shop", tags=["b", "a"])
first = flow("alpha")

def receive(order, seen=frozenset({"a", "b"})): ...

receive.__doc__ = f"""Reads {object()!r} and \\ud800.

It has a second paragraph."""

@zebra
@entrypoint(kind="http", receives="http:POST /orders", group="Front")
def take(order, *, sentinel=object()):
    """Take *it*."""

zebra(first(entrypoint(receive)))
zebra(step(name="pack it", after={"take": "paid <b>", loop("send"): "again"})(lambda: None))

@zebra
@step(after=all_of("pack it", "receive"), sends="kafka:sent", unchecked="by hand", group="Front")
async def send(): ...

@zebra
@step(after=all_of("send"))
def after_one(): ...

@first
@step(after="nowhere")
def astray(): ...

@step
def zz_unclaimed(): ...

@entrypoint
def aa_unclaimed(): ...
'''


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return what all commands print of all projects: one process imports these once."""
    odd = tmp_path_factory.mktemp("projects") / "odd"
    odd.mkdir()
    (odd / "odd_flows.py").write_text(ODD, encoding="utf-8")
    (odd / "odd_again.py").write_text(
        'import penstock\npenstock.flow("zebra", title="Other", owner="store")\n', encoding="utf-8"
    )
    (odd / "pyproject.toml").write_text(
        '[tool.penstock]\nmodules = ["odd_flows", "odd_again"]\n', encoding="utf-8"
    )
    folders = [ROOT / "examples" / name for name in EXAMPLES if name != "odd"]
    done = subprocess.run(
        [sys.executable, "-P", ROOT / "tests" / "support" / "cli_twice.py", *folders, odd],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", ["list", "problems", "export", "draw", "pages"])
@pytest.mark.parametrize("project", EXAMPLES)
def test_same_output(printed, project, command):
    """Standard output, errors, exit code and files are the same to the byte."""
    found = {words: two for words, two in printed[project].items() if words.startswith(command)}

    assert {words: two[0] for words, two in found.items()} == {
        words: two[1] for words, two in found.items()
    }
    assert any(two[0]["out"] or two[0]["files"] or two[0]["err"] for two in found.values())


def test_commands(printed):
    """The flows are drawn and written, and what is wrong is found."""
    odd = printed["odd"]

    assert [line.split()[0] for line in odd["list"][0]["out"].splitlines()] == ["alpha", "zebra"]
    assert odd["problems"][0]["code"] == 1
    assert "<svg" in odd["draw zebra -f svg --direction LR --styled"][0]["out"]
    assert "Reads <object object at 0x…> and" in odd["draw alpha -f json"][0]["out"]
