"""Prints how much of each diagram readers see, for every flow, theme and width.

`python tests/wide/visibility.py FOLDER [THEME ...]` builds the sites that are not in the folder,
and opens their pages in Chromium. A cell has the entrypoints in view, whether the diagram is whole
or scrolls, and the size of its smallest letters; one that breaks a promise has a cross and is
explained below the tables. `tests/pages/looks/test_visible.py` has the promises.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from browser import launched
from shown_measures import WIDTHS, get_sideways, open_page, see, table_of
from shown_sites import FLOWS, THEMES, build_site, has_theme


def main(folder: Path, themes: list[str]) -> None:
    """Print the tables."""
    chosen = [theme for theme in themes or THEMES if has_theme(theme)]
    missing = [theme for theme in chosen if not (folder / theme).exists()]
    for theme in missing:
        build_site(theme, folder / theme)
    seen = {}
    with launched() as browser:
        for theme in chosen:
            site = folder / theme / "site"
            for width in WIDTHS:
                page = open_page(browser, site / "index.html", width)
                own = max(0, get_sideways(page))
                for flow in FLOWS:
                    page.goto((site / f"{flow}.html").as_uri())
                    seen[theme, flow, width] = see(page, sideways=own)
                page.context.close()
    print(table_of(seen, FLOWS))
    for cell, found in seen.items():
        if found.faults():
            print(*cell, *found.faults(), sep="; ")
    kept = sum(not found.faults() for found in seen.values())
    print(f"{kept} of {len(seen)} cells keep all promises")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
