"""Sites with flows of every size and form, built once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from shown_sites import build_site, has_theme

Find = Callable[..., Path]


@pytest.fixture(scope="session")
def shown_page(
    require: Callable[[str, bool], None], tmp_path_factory: pytest.TempPathFactory
) -> Find:
    """Return what gives the page of a flow in a theme, in a site of the flows that are named."""
    sites: dict[tuple[str, tuple[str, ...]], Path] = {}

    def find(theme: str, flow: str, flows: tuple[str, ...]) -> Path:
        require(theme, has_theme(theme))
        if (theme, flows) not in sites:
            folder = tmp_path_factory.mktemp(theme)
            sites[theme, flows] = build_site(theme, folder, flows)
        return sites[theme, flows] / f"{flow}.html"

    return find
