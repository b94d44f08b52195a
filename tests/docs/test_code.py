"""The Python of the README and of the documentation runs as it is written."""

import logging
import re
from pathlib import Path

import pytest
import sentry_sdk
import structlog
from loguru import logger
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from penstock import configure
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.recording import set_tracing
from penstock.contrib import celery
from penstock.testing import isolated_registry

ROOT = Path(__file__).parents[2]
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "```python" in path.read_text(encoding="utf-8")
]
SYBIL = Sybil(parsers=[PythonCodeBlockParser()])


def test_pages_are_found():
    """There is code to run on the pages that newcomers read first.

    The tutorial is not one namespace but files of its reader's: `test_tutorial` follows it.
    """
    assert {"README.md", "declare.md", "log-flow-ids.md"} <= {page.name for page in PAGES}


@pytest.fixture
def _new_process(monkeypatch):
    """Let a page change what is the process's own, as if nothing were declared yet."""
    monkeypatch.setattr("logging.root.handlers", [])
    level, before = logging.root.level, exporters()
    known = {name: [*found.handlers] for name, found in _loggers()}
    with isolated_registry():
        yield
    for name, found in _loggers():
        for handler in found.handlers:
            if handler not in known.get(name, ()):
                found.removeHandler(handler)
    for app in [*celery._settings]:
        celery.uninstall(app)
    celery.uninstall_logging()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    logging.root.setLevel(level)
    logger.configure(handlers=[], patcher=lambda record: None)
    structlog.reset_defaults()
    configure()
    set_exporters(*before)
    set_tracing(is_on=False)


def _loggers() -> list[tuple[str, logging.Logger]]:
    every = logging.root.manager.loggerDict.items()
    return [(name, found) for name, found in every if isinstance(found, logging.Logger)]


@pytest.mark.usefixtures("_new_process")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(request, monkeypatch, tmp_path, page):
    """Every block of a page runs, one after the other in one namespace."""
    monkeypatch.chdir(tmp_path)  # some write files
    if "REDIS_URL" in page.read_text(encoding="utf-8"):
        monkeypatch.setenv("REDIS_URL", request.getfixturevalue("redis_url"))
    examples = list(SYBIL.parse(page).examples())
    for example in examples:
        example.evaluate()

    assert len(examples) == page.read_text(encoding="utf-8").count("```python")


@pytest.mark.usefixtures("_new_process")
def test_log_lines_are_what_is_printed(capsys):
    """The lines shown on the page about logs are what its configuration writes."""
    page = ROOT / "docs" / "how-to" / "log-flow-ids.md"

    for example in list(SYBIL.parse(page).examples())[:2]:
        example.evaluate()

    (shown,) = re.findall(r"```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert capsys.readouterr().out == shown
