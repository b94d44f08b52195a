"""Headless Chromium for tests: import the fixture *chromium* from here."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

try:
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    sync_playwright = None

__all__ = ["Reader", "chromium"]

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


class Reader:
    """Somebody who opens the page of a flow from disk.

    Args:
        browser: Their browser.
        file: The page.
        scheme: The colours of their system, ``"light"`` or ``"dark"``.
    """

    def __init__(self, browser: "Browser", file: Path, scheme: str = "light") -> None:
        self.requested: list[str] = []
        self.errors: list[str] = []
        context = browser.new_context(color_scheme=scheme, offline=True)
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(file.as_uri())

    @property
    def outside(self) -> list[str]:
        """What the page asked the network for."""
        return [url for url in self.requested if not url.startswith(("file:", "data:", "blob:"))]

    def nodes(self) -> list[str]:
        """Return the titles of the nodes that can be clicked."""
        links = self.page.locator("svg.penstock-flow a").all()
        return [link.locator("text").first.text_content() or "" for link in links]

    def click(self, text: str) -> str:
        """Click the node that shows *text*; return what stands where that leads."""
        link = self.page.locator("svg.penstock-flow a").filter(has_text=text)
        href = link.get_attribute("href")
        link.locator("text").first.click()
        # Themes scroll smoothly: it takes a while until the target can be seen.
        found = self.page.wait_for_function(
            """href => {
                const target = document.querySelector(href);
                const {top} = target.getBoundingClientRect();
                const arrived = location.hash === href && top >= 0 && top < window.innerHeight;
                return arrived && target.parentElement.innerText;
            }""",
            arg=href,
        )
        return str(found.json_value())

    def colours(self) -> dict[str, str]:
        """Return the colours of the page, of an entrypoint and of its text."""
        return dict(
            self.page.evaluate(
                """() => {
                    const style = element => getComputedStyle(element);
                    const node = document.querySelector("svg.penstock-flow .penstock-entrypoint");
                    const shape = node.querySelector("path, polygon, ellipse");
                    return {
                        page: style(document.body).backgroundColor,
                        fill: style(shape).fill,
                        text: style(node.querySelector("text")).fill,
                    };
                }"""
            )
        )
