"""Files out of packages of npm: scripts for browsers, and programs."""

import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["get_script"]


def get_script(package: str, version: str, inside: str, folder: Path) -> Path | None:
    """Return the file *inside* a package, which npm brings the first time, or None.

    It is kept in *folder*.
    """
    bundle = folder / f"{package}-{version}{Path(inside).suffix}"
    archive = folder / f"{package}-{version}.tgz"
    if not bundle.exists():
        npm = shutil.which("npm")
        if npm is None and not archive.exists():
            return None
        folder.mkdir(parents=True, exist_ok=True)
        # Several processes may want it at once: none must see a part of a file.
        with TemporaryDirectory(dir=folder) as own:
            if not archive.exists():
                command = [npm, "pack", f"{package}@{version}", "--pack-destination", own]
                if subprocess.run(command, capture_output=True, check=False).returncode:
                    return None
                Path(own, archive.name).replace(archive)
            with tarfile.open(archive) as files:
                script = files.extractfile(f"package/{inside}")
                assert script is not None
                Path(own, bundle.name).write_bytes(script.read())
            Path(own, bundle.name).replace(bundle)
    return bundle
