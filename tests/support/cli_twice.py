"""Runs each command of the command line on projects twice: on their modules, and on a catalog.

It prints as JSON what each one printed, wrote and returned.
"""

import json
import os
import shutil
import sys
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from penstock import list_flows
from penstock.cli import main
from penstock.testing import isolated_registry

__all__ = ["run_twice"]

_TEXTS = ("text", "json", "mermaid", "dot", "d2", "plantuml")

# Since click 8.2 the two outputs are always apart.
_APART = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}


def run_twice(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Return by its words what each command did in the project in *folder*, both times."""
    os.chdir(folder)
    with TemporaryDirectory() as temporary:
        pages, catalog = Path(temporary, "pages"), f"--catalog={temporary}/flows.json"
        _run(["export", "-o", f"{temporary}/flows.json"], pages, temporary)
        commands = [["list"], ["problems"], ["export"], ["export", "--public"]]
        commands += [["draw", "no such flow"]]
        commands += [["pages", str(pages)], ["pages", str(pages), "--blocks"]]
        for flow in list_flows():
            commands += [["draw", flow.name, "-f", format_] for format_ in _TEXTS]
        commands += [["draw", list_flows()[0].name, "-f", "svg", "--direction", "LR", "--styled"]]
        return {
            " ".join(command).replace(temporary, ""): [
                _run(command, pages, temporary),
                _run([*command, catalog], pages, temporary),
            ]
            for command in commands
        }


def _run(arguments: list[str], pages: Path, temporary: str) -> dict[str, object]:
    done = CliRunner(**_APART).invoke(main, arguments, prog_name="penstock")
    files = {page.name: page.read_text(encoding="utf-8") for page in pages.glob("*")}
    shutil.rmtree(pages, ignore_errors=True)
    # What says where it was looked for may differ.
    errors = done.stderr.replace(f" in {temporary}/flows.json", "")
    return {"code": done.exit_code, "out": done.stdout, "err": errors, "files": files}


if __name__ == "__main__":
    found = {}
    for name in sys.argv[1:]:
        with isolated_registry():
            found[Path(name).name] = run_twice(Path(name).resolve())
    json.dump(found, sys.stdout)
