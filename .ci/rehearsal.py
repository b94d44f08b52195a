"""Rehearse a release: publish to an index on this machine, install from it, run the README.

`nox -s release` builds the files in `dist/` first.
"""

import argparse
import email
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pypiserver
from packaging.version import Version
from readiness import HATCH, ROOT, Release

README_EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
README_LOG = re.compile(r"```text\n(\[.*?)```", re.DOTALL)
FLOW_ID = re.compile(r"[0-9a-f]{32}")


def main(arguments: list[str] | None = None) -> None:
    """Rehearse the release of the files in a folder; stop with a message at the first fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with the wheel and the sdist")
    parser.add_argument("--tag", help="the tag that is to be released")
    options = parser.parse_args(arguments)

    [wheel] = options.folder.glob("*.whl")
    [sdist] = options.folder.glob("*.tar.gz")
    version = version_of(wheel)
    check("not in the source distribution", missing_from(sdist))
    check("not reproducible", differing(wheel))
    check("cannot be released", Release.of_the_project(version, options.tag).faults())
    with tempfile.TemporaryDirectory() as folder, index(Path(folder, "index")) as url:
        publish(url, wheel, sdist)
        python = install(url, version, Path(folder, "environment"))
        check("wrong in an empty environment", faults_of_the_readme(python))
    kind = "a rehearsal only" if version.is_devrelease else "a release"
    print(f"penstock {version} can be built, published and installed: {kind}")


def check(what: str, faults: list[str]) -> None:
    """Stop with *faults*, where there are any."""
    if faults:
        sys.exit("\n".join(f"{what}: {fault}" for fault in faults))


def version_of(wheel: Path) -> Version:
    """Return the version in the metadata of *wheel*."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Version(email.message_from_bytes(archive.read(name))["Version"])


def missing_from(sdist: Path) -> list[str]:
    """Return which files of the repository *sdist* does not have, though it should."""
    excluded = tuple(HATCH["build"]["targets"]["sdist"]["exclude"])
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    wanted = {name for name in listed.stdout.split("\0") if name and not name.startswith(excluded)}
    with tarfile.open(sdist) as archive:
        return sorted(wanted - {name.partition("/")[2] for name in archive.getnames()})


class _Quiet(WSGIRequestHandler):
    """Serves requests without a line for each."""

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


def differing(wheel: Path) -> list[str]:
    """Return whether this checkout gives another file than *wheel*, which was made of the sdist."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--wheel", f"--outdir={folder}", str(ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        [again] = Path(folder).iterdir()
        is_same = (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())
    return [] if is_same else [f"this checkout and the source distribution give two {wheel.name}"]


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """Serve an empty package index from *folder*, and return its address."""
    folder.mkdir()
    app = pypiserver.app(roots=[folder], authenticate=[], password_file=".", disable_fallback=True)
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def publish(url: str, *files: Path) -> None:
    """Publish *files* as the workflow does, to the index at *url*."""
    command = [
        sys.executable,
        "-m",
        "twine",
        "upload",
        "--non-interactive",
        "--disable-progress-bar",
    ]
    command += ["--username=rehearsal", "--password=rehearsal", f"--repository-url={url}/"]
    subprocess.run([*command, *map(str, files)], check=True)


def install(url: str, version: Version, folder: Path) -> Path:
    """Install *version* from the index at *url* alone, and return the environment's Python."""
    builder = venv.EnvBuilder()
    builder.create(folder)
    python = Path(builder.ensure_directories(folder).env_exe)
    pip = [sys.executable, "-m", "pip", "--isolated", f"--python={python}", "install", "--quiet"]
    source = ["--no-cache-dir", f"--index-url={url}/simple/", f"penstock=={version}"]
    subprocess.run([*pip, *source], check=True)
    return python


def faults_of_the_readme(python: Path) -> list[str]:
    """Return what is wrong when *python* runs the README's first example."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example, log = README_EXAMPLE.search(readme), README_LOG.search(readme)
    if example is None or log is None:
        return ["README.md has no example with its log"]
    command = [python, "-I", "-c", example[1]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    is_shown = FLOW_ID.sub("", done.stderr) == FLOW_ID.sub("", log[1])
    return [] if is_shown and done.returncode == 0 else [f"the README's example:\n{done.stderr}"]


if __name__ == "__main__":
    main()
