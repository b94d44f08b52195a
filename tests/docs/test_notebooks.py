"""The output and the declarations of a real notebook kernel."""

import subprocess
import sys

SCRIPT = """
from ipykernel.inprocess.manager import InProcessKernelManager

manager = InProcessKernelManager()
manager.start_kernel()
shell = manager.kernel.shell
requests = 0

def run(cell, code):
    global requests
    requests += 1
    metadata = {"cellId": cell} if cell else {}
    shell.set_parent({"header": {"msg_id": f"request-{requests}"}, "metadata": metadata})
    done = shell.run_cell(code)
    done.raise_error()
    return done.result

STEP = "@bom\\n@step(after='a')\\ndef {}(): ...\\n"

def names():
    return run("names", "[s.name for s in get_flow('bom').steps]")

run("first", "from penstock import *\\nbom = flow('bom')\\n@bom\\n@entrypoint\\ndef a(): ...")
run("second", STEP.format("b") + STEP.format("c"))
print(names())
run("second", STEP.format("renamed") + STEP.format("c"))
print(names())
run(None, STEP.format("d"))
run(None, STEP.format("e"))
print(names())
shown, _ = shell.display_formatter.format(run("show", "bom"))
print(sorted(shown), shown["text/plain"].splitlines()[:2])
shown, _ = shell.display_formatter.format(run("show", "flow('bom'); flow('other'); list_flows()"))
print(shown["text/plain"])
"""


def test_cells(tmp_path):
    """A cell that is executed again removes what it declared, and what is in hand is drawn."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-Xfrozen_modules=off", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [
        "['a', 'b', 'c']",
        "['a', 'c', 'renamed']",
        "['a', 'c', 'd', 'e', 'renamed']",
        "['image/svg+xml', 'text/plain', 'text/vnd.mermaid'] ['bom', 'a (entrypoint)']",
        "(<Flow bom: 5 steps>,",
        " <Flow other: 0 steps>)",
    ]
