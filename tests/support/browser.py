"""Headless Chromium for tests: import the fixture *chromium* from here."""

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType

import pytest

try:
    from playwright.sync_api import Browser, Page, Route, sync_playwright
except ImportError:
    sync_playwright = None

__all__ = ["Reader", "chromium", "launched", "running_chromium", "served"]

# The first is Chromium without what draws windows, which takes two thirds of the time.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
_PROGRAM = next(filter(None, map(shutil.which, _PROGRAMS)), None)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_HERE = "http://127.0.0.1:"
_PATIENCE = 60_000
"""Milliseconds after which something that should have happened has not."""

_ARRIVED = """hash => {
    const target = document.getElementById(hash);
    if (!target || location.hash.slice(1) !== hash) return "";
    const {top} = target.getBoundingClientRect();
    return -1 < top && top < innerHeight ? target.parentElement.innerText : "";
}"""

_SHIFTS = """
    const shifts = await new Promise(resolve => {
        const observer = new PerformanceObserver(list => resolve(list.getEntries()));
        observer.observe({type: "layout-shift", buffered: true});
        setTimeout(() => resolve([]), 200);
    });
"""
_MOVED = f"""async () => {{
    {_SHIFTS}
    const flow = document.querySelector(".penstock-diagram");
    const nodes = shifts.flatMap(shift => shift.sources.map(source => source.node));
    // A theme's scripts may move what is outside the section.
    return nodes.filter(node => node && flow.closest("section").contains(node) && (
        node.contains(flow)
        || flow.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING
    )).map(node => node.nodeName);
}}"""


_PAINTED = """async data => {
    const image = await createImageBitmap(await (await fetch(data)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const {data: bytes} = canvas.getImageData(0, 0, image.width, image.height);
    const counts = new Map();
    for (let at = 0; at < bytes.length; at += 4) {
        const colour = `rgb(${bytes[at]}, ${bytes[at + 1]}, ${bytes[at + 2]})`;
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].filter(([_, count]) => count > 500).map(([colour]) => colour);
}"""


# Per module, not per session: while Playwright runs, no other test could run an event loop.
@pytest.fixture(scope="module")
def running_chromium(require: Callable[[str, bool], None]) -> Iterator["Browser"]:
    """Return a browser without a window, shut when the module's tests are done."""
    require("browser", sync_playwright is not None and _PROGRAM is not None)
    with launched() as browser:
        yield browser


@contextmanager
def launched() -> Iterator["Browser"]:
    """Run a browser without a window inside the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_PROGRAM, args=_ARGUMENTS, timeout=_PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture
def chromium(running_chromium: "Browser") -> Iterator["Browser"]:
    """Return the browser, and close what a test opened: open pages take time from all others."""
    before = running_chromium.contexts
    yield running_chromium
    for context in running_chromium.contexts:
        if context not in before:
            context.close()


@contextmanager
def served(folder: Path, headers: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Serve *folder* with *headers* inside the block, and give its address."""
    made = type("_Headed", (_Quiet,), {"more_headers": headers})
    handler = partial(made, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"{_HERE}{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    more_headers: Mapping[str, str] = MappingProxyType({})

    def end_headers(self) -> None:
        """Send the headers of this server too."""
        for name, value in self.more_headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Reader:
    """Somebody who opens the page of a flow.

    Args:
        browser: Their browser.
        page: A file, or the address of a page that is `served`.
        scheme: The colours of their system, ``"light"`` or ``"dark"``.
        scripts: Whether they let scripts run.
        width: How many pixels wide their window is.
        before: A script that runs before any of the page's.
        without: What does not arrive, as a pattern of addresses.
    """

    def __init__(
        self,
        browser: "Browser",
        page: Path | str,
        scheme: str = "light",
        *,
        scripts: bool = True,
        width: int = 1280,
        before: str = "",
        without: str = "",
    ) -> None:
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.warnings: list[str] = []
        context = browser.new_context(
            color_scheme=scheme,
            java_script_enabled=scripts,
            offline=isinstance(page, Path),
            viewport={"width": width, "height": 720},
        )
        context.set_default_timeout(_PATIENCE)
        self.page: Page = context.new_page()
        if before:
            self.page.add_init_script(before)
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        # What a font that comes late moves is not our doing.
        self.page.route(lambda url: ".woff" in url or ".ttf" in url, lambda route: route.abort())
        if without:
            self.page.route(without, lambda route: route.abort())
        address = page.as_uri() if isinstance(page, Path) else page
        if scripts:
            self._open_slowly(address)
        else:
            self.page.goto(address)

    def _open_slowly(self, address: str) -> None:
        """Open a page whose images come after it is shown: from disk, they would come before."""
        late: list[Route] = []
        self.page.route("**/*.png", lambda route: late.append(route))
        self.page.goto(address, wait_until="domcontentloaded")
        self.page.wait_for_function("performance.getEntriesByType('paint').length")
        self.page.unroute("**/*.png")
        for route in late:
            route.continue_()
        self.page.wait_for_load_state()

    def _hear(self, message) -> None:
        if message.type == "warning" and "penstock" in message.text:
            self.warnings.append(message.text)

    @property
    def outside(self) -> list[str]:
        """The addresses that the page requested from the network."""
        inside = ("file:", "data:", "blob:", _HERE)
        return [url for url in self.requested if not url.startswith(inside)]

    def nodes(self) -> list[str]:
        """Return the titles of the nodes that can be clicked."""
        links = self.page.locator("svg.penstock-flow a").all()
        return [link.locator("text").first.text_content() or "" for link in links]

    def wait_for_drawing(self) -> None:
        """Wait until Mermaid has drawn each flow that can be seen."""
        for flow in self.page.locator("pre:is(.mermaid, .penstock-mermaid):visible").all():
            flow.locator("svg .node").first.wait_for()

    def wait_for_start(self) -> None:
        """Wait until no box is held any more at where its flow begins."""
        self.page.wait_for_function(
            "document.getAnimations().every(each => each.playState === 'finished')"
        )

    def click(self, text: str, inside: str = "svg") -> str:
        """Click the first node *inside* that shows *text*; return what is where that leads."""
        link = self.page.locator(f".penstock-diagram {inside} a").filter(has_text=text).first
        self._wait_until_still()
        href = link.get_attribute("href") or link.get_attribute("xlink:href")
        link.locator("text, p").first.click()
        # Themes scroll smoothly: it takes a while until the target can be seen. The page itself
        # cannot wait for that if its scripts do not run.
        for _ in range(_PATIENCE // 100):
            found = self.page.evaluate(_ARRIVED, href.partition("#")[2])
            if found:
                return str(found)
            self.page.wait_for_timeout(100)
        pytest.fail(f"{href} is not shown")

    def _wait_until_still(self) -> None:
        """Wait until a smooth scroll of before is over: it would end the one of a next click."""
        before = None
        while (now := self.page.evaluate("scrollY")) != before:
            before = now
            self.page.wait_for_timeout(50)

    def tab_to(self, selector: str) -> None:
        """Press the tab key until what *selector* names has the focus."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("what => document.activeElement.matches(what)", selector):
                return
        pytest.fail(f"the tab key does not reach {selector}")

    def moved(self) -> list[str]:
        """Return what has moved since it was first shown: a flow, or what is in or after it."""
        return list(self.page.evaluate(_MOVED))

    def painted(self, selector: str) -> set[str]:
        """Return the colours of more than specks in an image, also where no selector reaches."""
        png = self.page.locator(selector).screenshot()
        data = f"data:image/png;base64,{b64encode(png).decode()}"
        return set(self.page.evaluate(_PAINTED, data))

    def colours(self) -> dict[str, str]:
        """Return the colours of the page, an entrypoint, its text and edges; and any filter."""
        return dict(
            self.page.evaluate(
                """() => {
                    const style = element => getComputedStyle(element);
                    const image = document.querySelector(
                        ".penstock-diagram :is(.penstock-flow, .mermaid svg)");
                    const node = image.querySelector(".penstock-entrypoint");
                    const shape = node.querySelector(".penstock-card, path, polygon");
                    const edge = image.querySelector(".penstock-edge path, .flowchart-link");
                    const text = node.querySelector("text");
                    return {
                        page: style(document.body).backgroundColor,
                        fill: style(shape).fill,
                        text: text ? style(text).fill : style(node.querySelector("p")).color,
                        edge: style(edge).stroke,
                        filter: style(image).filter,
                    };
                }"""
            )
        )
