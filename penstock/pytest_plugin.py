"""The pytest plugin: fixtures for tests of applications that declare flows, and a check of these.

It does nothing until a test asks for a fixture, ``penstock_trace`` is set, or ``--flow-check``
is given.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from penstock.docs import Flows, Settings
    from penstock.evidence import Finding, Report
    from penstock.testing import Recording

__all__ = ["penstock_registry", "penstock_runs"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting ``penstock_trace`` with its option, and the option ``--flow-check``.

    .. versionadded:: 0.2
    """
    described = "record the steps of flows, so that tests can ask for what ran"
    parser.addini("penstock_trace", described, type="bool", default=False)
    group = parser.getgroup("penstock")
    group.addoption("--penstock-trace", action="store_true", default=False, help=described)
    described = "check each declared flow against the source, as a test: see `penstock check`"
    group.addoption("--flow-check", action="store_true", default=False, help=described)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Switch tracing on before any module of the application is imported.

    .. versionadded:: 0.2
    """
    wanted = early_config.known_args_namespace.penstock_trace
    if wanted or early_config.getini("penstock_trace"):
        from penstock import tracing  # noqa: PLC0415 - inert until it is asked for

        if not tracing.is_tracing():
            tracing.configure()


_SETTINGS = pytest.StashKey["Settings"]()


def pytest_configure(config: pytest.Config) -> None:
    """Let the file with ``[tool.penstock]`` be collected, whatever else is.

    It is the first, so that no test module has declared a flow yet.

    .. versionadded:: 0.2
    """
    if not config.option.flow_check:
        return
    from penstock.docs import explain_nothing, read_settings  # noqa: PLC0415 - inert until asked
    from penstock.exceptions import ConfigurationError  # noqa: PLC0415

    try:
        settings = read_settings(config.rootpath)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error
    if settings.root is None or not (settings.modules or settings.catalog):
        message = f"--flow-check: {explain_nothing(settings)}"
        raise pytest.UsageError(message)
    config.stash[_SETTINGS] = settings
    file = _file_of(settings)
    names = [argument.partition("::")[0] for argument in config.args]
    if file not in [(config.invocation_params.dir / name).resolve() for name in names]:
        config.args.insert(0, str(file))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a test for each flow of the file with ``[tool.penstock]``.

    .. versionadded:: 0.2
    """
    settings = parent.config.stash.get(_SETTINGS, None)
    if settings is None or file_path.resolve() != _file_of(settings):
        return None
    file: pytest.Collector = _Flows.from_parent(parent, path=file_path)
    return file


def _file_of(settings: "Settings") -> Path:
    return Path(settings.root or "", "pyproject.toml").resolve()


class _Flows(pytest.File):
    """The flows of a project, each of which is a test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Import the modules of the settings, and yield a test for each flow that they declare."""
        from penstock.docs import explain_nothing  # noqa: PLC0415 - inert until it is asked for

        names = [flow.name for flow in self._loaded.flows]
        if not names:
            raise self.CollectError(explain_nothing(self._settings))
        # A baseline may have entries about flows that are there no more.
        has_baseline = self._settings.check.get("baseline") is not None
        if has_baseline or any(problem.flow is None for problem in self._loaded.problems()):
            names.append("declarations")
        for name in names:
            item: pytest.Item = _FlowTest.from_parent(self, name=name)
            yield item

    @property
    def _settings(self) -> "Settings":
        return self.config.stash[_SETTINGS]

    @cached_property
    def _loaded(self) -> "Flows":
        from penstock.docs import load_flows  # noqa: PLC0415 - inert until it is asked for

        loaded = load_flows(self._settings)
        if loaded.failures:
            raise self.CollectError("\n".join(map(str, loaded.failures)))
        return loaded.flows

    @cached_property
    def report(self) -> "Report":
        """The report on all flows, which the first test that runs makes."""
        from penstock.evidence import check_project  # noqa: PLC0415 - inert until it is asked for
        from penstock.exceptions import ConfigurationError  # noqa: PLC0415 - as above

        flows, problems = self._loaded.flows, self._loaded.problems()
        try:
            return check_project(self._settings, flows, problems, cache=self._cache())
        except ConfigurationError as error:
            raise _FlowCheckError(str(error)) from error

    def _cache(self) -> Path | None:
        """Return the folder of pytest's cache in which reports are kept, if there is one."""
        cache = getattr(self.config, "cache", None)  # None with `-p no:cacheprovider`
        if cache is None or not self._settings.catalog_reuse:
            return None
        with suppress(OSError):  # where nothing can be written, each run checks all
            return Path(cache.mkdir("penstock"))
        return None

    def failing(self) -> tuple["Finding", ...]:
        """Return the findings that fail, by the settings."""
        return self.report.failing(self._settings.check.get("fail_on", "undeclared"))


class _FlowCheckError(Exception):
    """A flow and its source disagree, or cannot be compared."""


class _FlowTest(pytest.Item):
    """The test that a flow and its source agree."""

    parent: _Flows

    def runtest(self) -> None:
        """Fail for the findings that the settings fail on, and warn of the others."""
        flows = {each.flow for each in self.parent.report.flows}
        flow = self.name if self.name in flows else None
        belonging = {flow} if flow else {each.flow for each in self.parent.report.findings} - flows
        found = [each for each in self.parent.report.findings if each.flow in belonging]
        failing = [each for each in found if each in self.parent.failing()]
        for each in found:
            if each not in failing:
                self._warn(each)
        for one in self.parent.report.flows:
            if one.flow == flow and one.edges and not (one.functions or one.failures):
                message = f"no function of {flow} is in the source in {self.path.parent}"
                raise _FlowCheckError(message)
        if failing:
            lines = [each.text() for each in failing]
            pages = {each.code: each.help for each in failing if each.help is not None}
            lines += [f"{code}: {page}" for code, page in sorted(pages.items())]
            raise _FlowCheckError("\n".join(lines))

    def _warn(self, finding: "Finding") -> None:
        text = "\n".join([f"{finding.title} [{finding.code}]", *finding.details])
        location = finding.location
        file, line = (str(self.path), 1) if location is None else (location.file, location.line)
        warnings.warn_explicit(text, pytest.PytestWarning, file, line)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the findings, without a traceback."""
        if isinstance(excinfo.value, _FlowCheckError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return how the test is called in a report."""
        return self.path, None, f"flow {self.name}"


@pytest.fixture
def penstock_runs() -> Iterator["Recording"]:
    """Record what runs in the test; see `penstock.testing.record_runs`.

    .. versionadded:: 0.2
    """
    from penstock.testing import record_runs  # noqa: PLC0415 - inert until it is asked for

    with record_runs() as recorded:
        yield recorded


@pytest.fixture
def penstock_registry() -> Iterator[None]:
    """Let what the test declares be seen in the test only.

    .. versionadded:: 0.2
    """
    from penstock.testing import isolated_registry  # noqa: PLC0415 - inert until it is asked for

    with isolated_registry():
        yield
