"""Real Sphinx projects, made in a temporary folder and built by the real Sphinx."""

import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

SHOP = '''
from penstock import all_of, entrypoint, flow, step

orders = flow(
    "orders", title="Orders", description="From *order* to parcel.", owner="Ada", tags=["a", "b"]
)

@orders
@entrypoint(kind="http", title="Receive the order")
def receive(order: int, *, dry: bool = False) -> str:
    """Takes an order <in>.

    Args:
        order: The *number* of the order.
    """

@orders
@step(after={"receive": "paid"}, kind="ledger")
async def charge(order): "Charges it."

@orders
@step(after="receive")
def pack(order): ...

@orders
@step(after=all_of("charge", "pack"))
def send(order): "Sends it."
'''


class Project:
    """A Sphinx project in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("conf.py", "")
        self.write("shop.py", SHOP)
        self.settings: dict[str, object] = {
            "extensions": ["penstock_sphinx"],
            "penstock_modules": ["shop"],
            "penstock_pythonpath": ["."],
            "show_warning_types": True,
        }

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def build(self, builder: str = "html", **settings: object) -> "Built":
        """Build the project anew in this process, as `sphinx-build` would."""
        _forget("shop")
        said = self.settings | settings
        parallel = int(said.pop("parallel", 0))  # type: ignore[call-overload]
        warnings = StringIO()
        app = SphinxTestApp(
            builder,
            srcdir=self.folder,
            confoverrides=said,
            warning=warnings,
            parallel=parallel,
            builddir=self.folder / "_build",
        )
        try:
            app.build()
            return Built(Path(app.outdir), _plain(warnings.getvalue()))
        finally:
            app.cleanup()


class Built:
    """What a build made and said."""

    def __init__(self, folder: Path, warnings: str) -> None:
        self.folder = folder
        self.warnings = warnings

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def _plain(text: str) -> str:
    """Return *text* without terminal colours."""
    import re

    return re.sub("\x1b\\[[0-9;]*m", "", text)


def _forget(*names: str) -> None:
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Callable[..., Project]:
    """Return what makes a project whose index page is the given text."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(index: str, name: str = "index.rst") -> Project:
        made = Project(tmp_path)
        made.write(name, index)
        return made

    yield make
    _forget("shop", "broken")
