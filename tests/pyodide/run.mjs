// Runs pytest in Pyodide: node run.mjs FOLDER_OF_PYODIDE FOLDER_OF_PACKAGES [ARGUMENT OF PYTEST]...
import path from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, packages, ...chosen] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.resolve(pyodide, "pyodide.mjs")).href);
const env = { PENSTOCK_LEAST_PASSED: process.env.PENSTOCK_LEAST_PASSED ?? "0", HOME: "/home" };
const python = await loadPyodide({ env, stdout: console.log, stderr: console.error });
python.mountNodeFS("/packages", path.resolve(packages));
python.mountNodeFS("/project", path.resolve(import.meta.dirname, "..", ".."));
python.globals.set("chosen", python.toPy(chosen));
// Not runPythonAsync: under it an event loop of the browser is running already.
process.exitCode = python.runPython(`
import os, sys

sys.path[:0] = ["/packages", "/project/tests/pyodide"]
sys.dont_write_bytecode = True
os.chdir("/project")
import blocking_loop

blocking_loop.install()
import pytest


class Counter:
    """Counts what passed: a run in which everything was skipped fails."""

    passed = 0

    def pytest_runtest_logreport(self, report):
        self.passed += report.when == "call" and report.passed


counter, least = Counter(), int(os.environ.get("PENSTOCK_LEAST_PASSED", "0"))
print("Python", sys.version)
options = ["-p", "no:cacheprovider", "-p", "no:faulthandler", "-m", "not browser and not mermaid and not wide"]
failed = int(pytest.main([*options, *chosen], [counter]))
if counter.passed < least:
    print(f"{counter.passed} tests passed, of at least {least}")
failed or int(counter.passed < least)
`);
