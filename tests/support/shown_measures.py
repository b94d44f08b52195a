"""Measuring in Chromium how much of a diagram readers see."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

__all__ = [
    "FONTS",
    "HEIGHTS",
    "WIDTHS",
    "Seen",
    "get_sideways",
    "meetings",
    "open_page",
    "see",
    "table_of",
]

HEIGHTS = {390: 844, 768: 1024, 1280: 900, 1600: 900}
"""The height of a window by its width, in pixels."""

WIDTHS = tuple(HEIGHTS)

_SMALLEST = 11
"""The size of letters in pixels down to which a diagram shrinks."""

_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

_SEE = """async smallest => {
    const box = document.querySelector(".penstock-diagram");
    const image = box.querySelector("svg.penstock-flow");
    // What scrolls: the nearest around the image that hides what is outside.
    let view = image;
    while (view !== document.body && getComputedStyle(view).overflowX === "visible")
        view = view.parentElement;
    if (view === image || view === document.body) view = box;
    const rectangle = element => element.getBoundingClientRect();
    const moveTo = top => scrollTo({top: scrollY + rectangle(box).top - top, behavior: "instant"});
    moveTo(0);
    // The style sheet scrolls to what is the start by an animation that takes no time.
    await Promise.all(document.getAnimations().map(each => each.finished.catch(() => null)));
    await new Promise(resolve => setTimeout(resolve, 150));
    // The header of a theme may cover the top of the window.
    const middle = rectangle(box).left + rectangle(box).width / 2;
    let covered = 0;
    while (covered < 200) {
        const found = document.elementFromPoint(middle, covered + 1);
        if (!found || box.contains(found) || found.contains(box)) break;
        covered += 4;
    }
    moveTo(covered);
    await new Promise(resolve => setTimeout(resolve, 50));
    const seen = rectangle(view);
    const [left, right] = [Math.max(0, seen.left), Math.min(innerWidth, seen.right)];
    const [top, bottom] = [Math.max(covered, seen.top), Math.min(innerHeight, seen.bottom)];
    const inside = element => {
        const {left: l, right: r, top: t, bottom: b} = rectangle(element);
        return l >= left - 1 && r <= right + 1 && t >= top - 1 && b <= bottom + 1;
    };
    const entrypoints = [...image.querySelectorAll(".penstock-entrypoint")].filter(
        element => !element.parentElement.closest(".penstock-entrypoint"));
    const scale = image.getScreenCTM().a;
    const sizes = [...image.querySelectorAll("text")].filter(text => text.textContent.trim())
        .flatMap(text => [text, ...text.querySelectorAll("tspan")])
        .map(text => parseFloat(getComputedStyle(text).fontSize));
    const letters = Math.min(...sizes);
    const sides = entrypoints.map(rectangle);
    const span = (least, most) =>
        Math.max(...sides.map(side => side[most])) - Math.min(...sides.map(side => side[least]));
    // At the smallest size of letters, would all entrypoints fit in what is there for them?
    const shrunk = smallest / (letters * scale);
    const fits = span("left", "right") * Math.min(1, shrunk) <= view.clientWidth
        && Math.max(...sides.map(side => side.bottom)) - seen.top <= innerHeight - seen.top;
    const nodes = [...image.querySelectorAll(".penstock-node")].filter(
        element => !element.parentElement.closest(".penstock-node"));
    const whole = view.scrollWidth <= view.clientWidth + 1 && rectangle(image).right <= right + 1;
    const shadow = [view, ...view.children, ...(view.parentElement?.children ?? [])].some(
        element => ["::before", "::after", null].some(part => {
            const style = getComputedStyle(element, part);
            return (style.backgroundImage + style.maskImage).includes("gradient")
                || (part && style.content !== "none" && style.boxShadow !== "none");
        }));
    return {
        entrypoints: entrypoints.length,
        visible: entrypoints.filter(inside).length,
        first: entrypoints.length > 0 && inside(entrypoints[0]),
        fits, whole, shadow,
        letters: letters * scale,
        nodes: nodes.length,
        nodes_visible: nodes.filter(inside).length,
        sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        text: box.innerText,
    };
}"""


class Seen(NamedTuple):
    """The part of a diagram that is in the window when the tops of both are the same.

    Attributes:
        entrypoints: How many the diagram has.
        visible: How many of them are in full view.
        first: Whether the first of them is.
        fits: Whether all have room with letters of the smallest size.
        whole: Whether the diagram has all of its width in view.
        shadow: Whether something at the edges may show that there is more.
        letters: The size of the smallest letters in pixels.
        nodes: How many steps the diagram has.
        nodes_visible: How many of them are in full view.
        sideways: By how many pixels the page itself is wider than the window.
        text: What the box says.
    """

    entrypoints: int
    visible: int
    first: bool
    fits: bool
    whole: bool
    shadow: bool
    letters: float
    nodes: int
    nodes_visible: int
    sideways: int
    text: str

    @property
    def counted(self) -> bool:
        """Whether the box says how many entrypoints there are, if there are several."""
        return self.entrypoints < 2 or f"{self.entrypoints} entrypoints" in self.text

    def faults(self) -> list[str]:
        """Return the promises that are broken."""
        promises = {
            "its entrypoints are not all in view": not self.fits
            or self.visible == self.entrypoints,
            "the first entrypoint is not in view": self.first,
            "it does not say how many entrypoints there are": self.counted,
            f"its letters are {self.letters:.1f} px high": self.letters >= _SMALLEST - 0.05,
            "nothing shows that there is more": self.whole or self.shadow,
            "the page scrolls sideways": self.sideways <= 0,
        }
        return [fault for fault, kept in promises.items() if not kept]

    def cell(self) -> str:
        """Return what a table says of it."""
        parts = [f"{self.visible}/{self.entrypoints}"]
        parts.append("whole" if self.whole else "scrolls" if self.shadow else "cut")
        parts.append(f"{self.letters:.1f} px")
        if not self.whole:
            parts.append(f"{self.nodes_visible}/{self.nodes} steps")
        if self.sideways > 0:
            parts.append(f"page +{self.sideways}")
        return ", ".join(parts)


def open_page(browser: Any, file: Path, width: int, **options: object) -> Any:
    """Return a page in a window of a width that has no network."""
    size = {"width": width, "height": HEIGHTS[width]}
    context = browser.new_context(offline=True, viewport=size, **options)
    page = context.new_page()
    page.goto(file.as_uri())
    return page


def see(page: Any, *, sideways: int = 0) -> Seen:
    """Return what a reader sees of the first diagram of a page.

    Args:
        page: The page.
        sideways: By how many pixels a page of the theme without a flow is wider than the window.
    """
    seen = Seen(**page.evaluate(_SEE, _SMALLEST))
    return seen._replace(sideways=seen.sideways - sideways)


def get_sideways(page: Any) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate(_SIDEWAYS))


def table_of(seen: dict[tuple[str, str, int], Seen], flows: Iterable[str]) -> str:
    """Return a table in Markdown of what was *seen*, by theme, flow and width, for each flow."""
    lines = []
    for flow in flows:
        lines += [f"### {flow}", "", "| theme | " + " | ".join(f"{w} px" for w in WIDTHS) + " |"]
        lines.append("| --- " * (len(WIDTHS) + 1) + "|")
        for theme in dict.fromkeys(theme for theme, name, _ in seen if name == flow):
            cells = [seen[theme, flow, width] for width in WIDTHS]
            marked = [cell.cell() + ("" if not cell.faults() else " ✗") for cell in cells]
            lines.append(f"| {theme} | " + " | ".join(marked) + " |")
        lines.append("")
    return "\n".join(lines)


FONTS = (("DejaVu Sans", "DejaVu Sans Mono"), ("Liberation Sans", "Liberation Mono"))
"""Two families of fonts: without and with letters of one width."""

_PADDING = 6
"""The pixels between a string and the outline of its box, at least."""

_MEETINGS = """([[sans, mono], padding]) => {
    const image = document.querySelector("svg.penstock-flow");
    for (const element of image.querySelectorAll("text, tspan")) {
        const isMono = /mono/i.test(getComputedStyle(element).fontFamily);
        element.dataset.font = isMono ? mono : sans;
    }
    for (const element of image.querySelectorAll("text, tspan"))
        element.style.fontFamily = `"${element.dataset.font}"`;
    const inner = element => [...element.children].some(child => child.tagName === "tspan");
    const area = element => {
        const box = element.getBoundingClientRect();
        return {
            left: box.left, right: box.right, top: box.top, bottom: box.bottom, element,
            name: element.textContent.trim(), size: box.width * box.height,
        };
    };
    // Below and above its letters, the area of a line is empty: a fifth of it is, in most fonts.
    const lines = [...image.querySelectorAll("text, tspan")]
        .filter(element => !inner(element) && element.textContent.trim())
        .map(area);
    const nodes = [...image.querySelectorAll(".penstock-node")];
    const outer = node => [...node.querySelectorAll("rect, path, polygon, ellipse")]
        .map(area).reduce((one, other) => one.size >= other.size ? one : other);
    const boxes = nodes.map(outer);
    const frames = [...image.querySelectorAll(".penstock-group > *")]
        .filter(element => element.tagName !== "text" && element.getBBox
            && getComputedStyle(element).stroke !== "none")
        .map(area);
    const meet = (one, other, by = 0) => one.left < other.right - by && other.left < one.right - by
        && one.top < other.bottom - by && other.top < one.bottom - by;
    const within = (one, other) => one.left >= other.left && one.right <= other.right
        && one.top >= other.top && one.bottom <= other.bottom;
    const found = new Set();
    nodes.forEach((node, at) => {
        const box = boxes[at];
        for (const line of lines.filter(line => node.contains(line.element))) {
            const room = Math.min(line.left - box.left, box.right - line.right);
            const above = Math.min(line.top - box.top, box.bottom - line.bottom);
            if (room < padding - 0.1) found.add(`${line.name}: ${room.toFixed(1)} px at a side`);
            // Letters are two pixels from the top and the bottom of their line, at least.
            if (above + 2 < padding - 0.1) found.add(`${line.name}: ${above.toFixed(1)} px above`);
        }
    });
    lines.forEach((line, at) => {
        for (const other of lines.slice(at + 1))
            if (meet(line, other, 1)
                && Math.min(line.bottom, other.bottom) - Math.max(line.top, other.top) > 3)
                found.add(`${line.name} and ${other.name} meet`);
        boxes.forEach((box, of) => {
            if (!nodes[of].contains(line.element) && meet(line, box))
                found.add(`${line.name} is on another box`);
        });
        for (const frame of frames)
            if (meet(line, frame) && !within(line, frame))
                found.add(`${line.name} is on the outline of a frame`);
    });
    frames.forEach((frame, at) => {
        for (const other of frames.slice(at + 1))
            if (meet(frame, other) && !within(frame, other) && !within(other, frame))
                found.add("two frames meet");
    });
    for (const path of image.querySelectorAll(".penstock-edge path, .edge path")) {
        const style = getComputedStyle(path);
        if (style.stroke === "none" || path.closest(".penstock-label, .penstock-tile")) continue;
        const matrix = path.getScreenCTM();
        const length = path.getTotalLength();
        if (length < 14) continue;
        for (let along = 0; along <= length; along += 2) {
            const {x, y} = path.getPointAtLength(along).matrixTransform(matrix);
            const point = {left: x, right: x, top: y, bottom: y};
            boxes.forEach((box, of) => {
                if (meet(point, box, 2)) found.add(`a line is in the box of ${box.name}`);
            });
            for (const line of lines)
                if (meet(point, line, 2)) found.add(`a line crosses ${line.name}`);
        }
    }
    return [...found];
}"""


def meetings(page: Any, fonts: tuple[str, str]) -> list[str]:
    """Return what meets in the first diagram of a page, set in two *fonts*."""
    return list(page.evaluate(_MEETINGS, [fonts, _PADDING]))
