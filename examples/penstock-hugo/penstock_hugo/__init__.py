"""The flows of a project as pages of a Hugo site: Markdown with front matter."""

import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from penstock import Step
from penstock.docs import (
    FlowPage,
    Selection,
    StepSection,
    anchor_of,
    explain_nothing,
    load_flows,
    read_settings,
    summary_of,
    write_whole,
)
from penstock.docs.diagrams import page_stylesheet, render_svg, render_text
from penstock.docs.markdown import docstring_blocks, escape, fence, file_name, remark_line
from penstock.exceptions import PenstockError
from penstock.graph import Flow

__all__ = ["main", "render_flow", "render_index", "write_site"]

FOLDER = "flows"
MARK = '{"generator": "penstock-hugo"'  # no file that begins otherwise is overwritten or removed


def main() -> None:
    """Write the pages; exit with 1 if flows may be missing."""
    parser = ArgumentParser(description="Write a page for each flow into a Hugo site.")
    parser.add_argument("site", type=Path, help="the folder of the site")
    site = parser.parse_args().site
    try:
        settings = read_settings(Path())
        loaded = load_flows(settings)
        flows = Selection().flows(loaded.catalog(settings.root))
        if loaded.failures or not flows:
            sys.exit("\n".join(map(str, loaded.failures)) or explain_nothing(settings))
        write_site(site, flows)
    except (PenstockError, OSError) as error:
        sys.exit(str(error))


def write_site(site: Path, flows: Sequence[Flow]) -> None:
    """Write the pages of *flows*, and what they need of the site; remove those that are gone."""
    pages = {file_name(flow): render_flow(flow, flows) for flow in flows}
    pages["_index.md"] = render_index(flows)
    folder = site / "content" / FOLDER
    there = {path: path.read_text("utf-8").startswith(MARK) for path in folder.glob("*.md")}
    if others := [str(path) for path, ours in there.items() if path.name in pages and not ours]:
        raise FileExistsError(f"not written by penstock-hugo, move: {', '.join(others)}")
    for path in (path for path, ours in there.items() if ours and path.name not in pages):
        path.unlink()
    files = {folder / name: text for name, text in pages.items()}
    files[site / "layouts/shortcodes/penstock-html.html"] = "{{- .Inner | safeHTML -}}"
    files[site / "static/penstock.css"] = page_stylesheet()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)


def render_index(flows: Sequence[Flow]) -> str:
    """Return the page that links to those of all *flows*."""
    lines = [f"- {_page_link(flow)}: {_text(summary_of(flow))}" for flow in flows]
    return _front_matter({"title": "Flows"}) + "\n".join(lines) + "\n"


def render_flow(flow: Flow, flows: Sequence[Flow]) -> str:
    """Return the page of *flow*, which links to others of *flows*."""
    page = FlowPage(flow=flow)
    metadata = {"title": flow.label, "description": summary_of(flow), "tags": flow.tags}
    problems = [f"> **Problem:** {_text(problem.message)}" for problem in flow.problems()]
    blocks = [
        _text(flow.description or ""),
        remark_line(page.remarks, text=_text, code=_code),
        *problems,
        _diagram(page),
    ]
    blocks += [block for section in page.sections for block in _section(section, flow, flows)]
    return _front_matter(metadata) + "\n\n".join(blocks) + "\n"


def _front_matter(metadata: Mapping[str, object]) -> str:
    # As JSON, which Hugo takes: no title can end it.
    return f"{MARK}, {json.dumps(metadata)[1:]}\n\n"


def _section(section: StepSection, flow: Flow, flows: Sequence[Flow]) -> Iterator[str]:
    step = section.step
    yield f"## {_text(step.label)} {{#{section.anchor}}}"
    yield _literal(fence("python", section.call))
    yield remark_line(section.remarks, text=_text, code=_code)
    yield from map(_literal, docstring_blocks(step.doc or ""))
    if others := [_page_link(*other) for other in _others(step, flow, flows)]:
        yield f"Other flows: {', '.join(others)}"


def _others(step: Step, flow: Flow, flows: Sequence[Flow]) -> Iterator[tuple[Flow, Step]]:
    """Yield the steps of other flows at the other end of a channel."""
    for other in (other for other in flows if other.name != flow.name):
        for end in other.steps:
            if {*step.sends} & {*end.receives} or {*step.receives} & {*end.sends}:
                yield other, end


def _diagram(page: FlowPage) -> str:
    try:
        return _html(
            render_svg(page.graph, direction="auto", prefix=_prefix(page), standalone=False)
        )
    except PenstockError as error:
        print(f"{page.flow.name}: {error}. Shown as text instead", file=sys.stderr)
        return _literal(fence("text", render_text(page.graph)))


def _prefix(page: FlowPage) -> str:
    return f"{page.anchor}--svg"


def _page_link(flow: Flow, step: Step | None = None) -> str:
    label = f"{flow.label}: {step.label}" if step else flow.label
    anchor = f"#{anchor_of(flow.name, step.name)}" if step else ""
    return f'[{_text(label)}]({{{{< relref "/{FOLDER}/{file_name(flow)}{anchor}" >}}}})'


def _text(text: str) -> str:
    """Return *text* so that neither Markdown nor Hugo's typographer changes a letter of it."""
    return re.sub(r"""["']|(?<=-)-|(?<=\.)\.""", lambda c: f"&#{ord(c[0])};", escape(text))


def _code(text: str) -> str:
    return _html(f"<code>{escape(text)}</code>")


def _literal(markdown: str) -> str:
    """Return *markdown* in which no braces are a shortcode, in code too."""
    return markdown.replace("{{", _html("{{"))


def _html(text: str) -> str:
    """Return HTML that Hugo puts on the page as it is."""
    return f"{{{{< penstock-html >}}}}{text.replace('{', '&#123;')}{{{{< /penstock-html >}}}}"
