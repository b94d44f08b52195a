"""The Python blocks of the specification, as they were written."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[1] / "data" / "specification.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the blocks of the specification that are written in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


QUICK_START, VISUALIZE, LOGGING, ENTRYPOINTS, BRANCHES, DJANGO, CELERY, STRUCTLOG = blocks("python")
