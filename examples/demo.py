"""Runs the example application and builds its documentation with Sphinx and MkDocs.

Prints what it does, and at the end what it made and where to open it.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

SHOP = Path(__file__).parent / "shop"
PICTURES = """
from pathlib import Path
from penstock import generate_dag, list_flows
from shop.flows import bom_sync, order_processing, user_update
for flow in list_flows():
    for format in ("svg", "png"):
        generate_dag(flow, format, Path({folder!r}) / f"{{flow.name}}.{{format}}")
print(generate_dag("bom_sync"))
"""


def main() -> None:
    """Do all four parts, or stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build") / "demo")
    output = parser.parse_args().output.resolve()
    pictures = output / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)

    python = [sys.executable, "-m"]
    begin("1/4", "running the shop")
    print(run([*python, "shop"]))
    begin("2/4", "drawing its flows")
    print(run([sys.executable, "-c", PICTURES.format(folder=str(pictures))]))
    begin("3/4", "building its docs with Sphinx")
    run(
        [*python, "sphinx", "-W", "-q", "-E", str(SHOP / "docs" / "sphinx"), str(output / "sphinx")]
    )
    begin("4/4", "building its docs with MkDocs")
    run([*python, "mkdocs", "build", "--strict", "--site-dir", str(output / "mkdocs")])
    report(output)


def begin(part: str, what: str) -> None:
    """Say which part begins."""
    print(f"[{part}] {what} ...", flush=True)


def run(command: list[str]) -> str:
    """Run *command* in the shop's folder and return what it printed."""
    started = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(SHOP / "src"), "PYTHONUTF8": "1"}
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=SHOP, env=environment, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with exit code {done.returncode}: {' '.join(command)}")
    print(f"      done in {time.monotonic() - started:.1f} s", flush=True)
    return done.stdout


def report(output: Path) -> None:
    """Print what was made and where to open it."""
    print("\nMade:")
    for what, file in (
        ("Sphinx", output / "sphinx" / "order_processing.html"),
        ("MkDocs", output / "mkdocs" / "order_processing.html"),
        *((f"{f.stem} as {f.suffix[1:].upper()}", f) for f in sorted(output.glob("pictures/*"))),
    ):
        size = file.stat().st_size / 1024
        print(f"  {what:28} {size:6.1f} kB  {file.as_uri()}")


if __name__ == "__main__":
    main()
