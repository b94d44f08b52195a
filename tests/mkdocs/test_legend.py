"""The legend of a diagram in MkDocs. `tests/test_conformance.py` compares it with Sphinx."""

import pytest

ENTRY = "Filled shape: runs begin here"
BLOCK = "# Shop\n\n::: penstock-flow orders\n    steps: none\n"


@pytest.mark.parametrize(
    ("block", "setting", "expected"),
    [
        ("", False, 0),
        ("    legend: true\n", False, 1),
        ("", True, 1),
        ("    legend: false\n", True, 0),
    ],
    ids=["neither", "block", "setting", "block-over-setting"],
)
def test_option(site, block, setting, expected):
    """A block or the plugin asks for it, and the block counts more."""
    html = site.build(BLOCK + block, plugins=[{"penstock": {**site.options, "legend": setting}}])

    assert html.count(ENTRY) == expected


def test_mermaid(site):
    """A diagram of Mermaid has words instead of icons."""
    html = site.build(f"{BLOCK}    format: mermaid\n    legend: true\n")

    assert "Round ends: runs begin here" in html
    assert "Icon:" not in html
