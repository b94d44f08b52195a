"""Draw the images of the README, each for light and for dark pages.

`nox -s images` does it, and a test asks with `--check` whether a file is missing or out of date.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import get_args

from penstock import Flow, generate_dag, get_flow
from penstock.render import ThemeName

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "_images"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Where boxes are depends on the version of Graphviz. The style sheet is compared as it is.
PLACED = re.compile(r'(?<= )(?!class=|id=|style=)[\w:-]+="[^"]*\d[^"]*"')


def main(arguments: list[str] | None = None) -> None:
    """Write all images, or stop with the names of those that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    drawn = draw_all()
    if is_check:
        outdated = [name for name, svg in drawn.items() if is_outdated(FOLDER / name, svg)]
        extra = {path.name for path in FOLDER.glob("*")} - {*drawn}
        sys.exit("\n".join(f"{name}: run `nox -s images`" for name in (*outdated, *extra)) or 0)
    FOLDER.mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (FOLDER / name).write_text(svg, encoding="utf-8")


def draw_all() -> dict[str, str]:
    """Return the images by the names of their files."""
    return {
        f"{flow.name}-{theme}.svg": str(generate_dag(flow, "svg", theme=theme))
        for flow in (_flow_of_the_readme(), _flow_of_the_shop())
        for theme in get_args(ThemeName)
    }


def is_outdated(path: Path, svg: str) -> bool:
    """Return whether the file at *path* shows something other than *svg*, wherever it is placed."""
    if not path.exists():
        return True
    return PLACED.sub("", path.read_text(encoding="utf-8")) != PLACED.sub("", svg)


def _flow_of_the_readme() -> Flow:
    [source] = EXAMPLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    exec(compile(source, "bom_sync.py", "exec"), {"__name__": "bom_sync"})  # noqa: S102 - our own
    return get_flow("bom_sync")


def _flow_of_the_shop() -> Flow:
    sys.path.insert(0, str(ROOT / "examples" / "shop" / "src"))
    import shop.flows.order_processing  # noqa: F401, PLC0415 - its folder is on the path only now

    return get_flow("order_processing")


if __name__ == "__main__":
    main()
