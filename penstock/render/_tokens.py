"""The colours of drawn diagrams, each by what it is for. Contrasts are held by a test."""

import re

__all__ = ["TOKENS", "with_defaults"]

TOKENS = {
    "light": {
        "page": "#ffffff",
        "card": "#ffffff",
        "line": "#7f8a9c",
        "text": "#1b2330",
        "muted": "#556071",
        "edge": "#64748b",
        "frame": "#f4f6f9",
        "frame-line": "#c9d0da",
        "entry": "#1d4ed8",
        "entry-text": "#ffffff",
        "entry-note": "#dbe6ff",
        "entry-tile": "#3b68e0",
        "net": "#1d4ed8",
        "net-tile": "#e4ecff",
        "queue": "#9a4a00",
        "queue-tile": "#fdebd3",
        "store": "#00563f",
        "store-tile": "#d9f2e7",
        "msg": "#b0187a",
        "msg-tile": "#fbe3f1",
        "other": "#4a5568",
        "other-tile": "#e8ebf0",
        "bad": "#b42318",
        "bad-tile": "#fde8e6",
        "shade": "#0f172a24",
    },
    "dark": {
        "page": "#14181f",
        "card": "#20242c",
        "line": "#76829a",
        "text": "#eceff5",
        "muted": "#aab4c5",
        "edge": "#94a3b8",
        "frame": "#191c22",
        "frame-line": "#3a414d",
        "entry": "#8fb4ff",
        "entry-text": "#0a1633",
        "entry-note": "#1c2f5e",
        "entry-tile": "#b8d0ff",
        "net": "#93b7ff",
        "net-tile": "#22345e",
        "queue": "#ffb866",
        "queue-tile": "#4a3113",
        "store": "#7be3bb",
        "store-tile": "#143f33",
        "msg": "#ff93cd",
        "msg-tile": "#512040",
        "other": "#c3ccd9",
        "other-tile": "#363d4a",
        "bad": "#ff9d92",
        "bad-tile": "#551f1b",
        "shade": "#00000070",
    },
}

_VARIABLE = re.compile(r"var\(--penstock-([a-z-]+)\)")


def with_defaults(css: str) -> str:
    """Return *css* in which each colour is that of a light page where the page has no other."""
    light = TOKENS["light"]
    return _VARIABLE.sub(
        lambda found: (
            f"var(--penstock-{found[1]}, {light[found[1]]})" if found[1] in light else found[0]
        ),
        css,
    )
