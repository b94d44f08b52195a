"""Headless Chromium for tests: import the fixture *chromium* from here."""

import shutil
from collections.abc import Callable, Iterator

import pytest

try:
    from playwright.sync_api import Browser, sync_playwright
except ImportError:
    sync_playwright = None

__all__ = ["chromium"]

_PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


# Per module, not per session: while Playwright runs, no other test could run an event loop.
@pytest.fixture(scope="module")
def chromium(require: Callable[[str, bool], None]) -> Iterator["Browser"]:
    """Return a browser without a window, shut when the module's tests are done."""
    require("browser", sync_playwright is not None and _PROGRAM is not None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_PROGRAM, args=_ARGUMENTS)
        yield browser
        browser.close()
