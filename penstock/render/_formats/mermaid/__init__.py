"""A graph as the text of a Mermaid flowchart."""

from penstock.render._formats.mermaid.flowchart import (
    LONGEST_LINE,
    RENDERER,
    Palette,
    render_mermaid,
)

__all__ = ["LONGEST_LINE", "RENDERER", "Palette", "render_mermaid"]
