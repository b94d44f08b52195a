"""The flows that the source of a project declares."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from penstock._common.failures import own_failure
from penstock._declared.registry import isolated
from penstock._declared.step import Location, Step
from penstock._project.settings import Settings
from penstock.catalog import Catalog
from penstock.evidence._reading.calls import Calls, Unread
from penstock.evidence._reading.django import installed_in, is_configuration, manager_of
from penstock.evidence._reading.imports import imports_in, module_of, named_in
from penstock.evidence._reading.names import Names
from penstock.evidence._reading.statements import Statements
from penstock.evidence._reading.values import Namespace, Reference, is_plain
from penstock.evidence._source.files import Definition, SourceFile
from penstock.evidence._source.project import Project
from penstock.exceptions import ModuleImportError, did_you_mean
from penstock.graph import Flow, Problem
from penstock.graph._functions import names_of

__all__ = ["SourceFlows", "read_flows"]

_OF_MISSING_STEPS = {
    "impossible-join", "needless-loop", "no-entrypoint", "unknown-predecessor", "unreachable",
}  # fmt: skip
"""The problems that a flow may have because not all of its steps are known."""

_BY_OBJECTS = "bypassed-entrypoint"
"""The problem that only the imported objects show."""


@dataclass(frozen=True, slots=True)
class SourceFlows:
    """The flows of a project as its source declares them.

    .. versionadded:: 0.2
    """

    catalog: Catalog
    """The flows, with a problem for each declaration that cannot be read."""

    failures: tuple[ModuleImportError, ...] = ()
    """The modules that are missing, or that no import could execute."""

    incomplete: frozenset[str] = frozenset()
    """The names of the flows that may have more steps than could be read."""


def read_flows(settings: Settings) -> SourceFlows:
    """Return the flows that the modules of *settings* declare, without importing anything.

    The modules that these import are read, too. A name, a channel or another value may be
    a constant, also of another module. What only running the code shows is not guessed: such a
    declaration is a problem, ``declaration-unread``, at its line.

    .. versionadded:: 0.2
    """
    folder = Path(settings.project_folder).absolute()
    source = folder / "src"
    roots = [Path(each) for each in settings.pythonpath] or [folder]
    roots += [source] if source.is_dir() else []
    given = [each for each in dict.fromkeys(roots) if each.is_dir()]
    project = Project.at(folder, given, is_declared=True)
    # The decorators declare what was read, in a registry that nobody else sees.
    with isolated():
        reader = _Reader(project, settings)
        reader.read()
        catalog = Catalog.from_registry(folder)
        return reader.result(catalog)


class _Reader:
    """Reads the modules of a project that an import would execute."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self._project, self._settings = project, settings
        self._names = Names(project, self._space)
        self._calls = Calls(self._names)
        self._statements = Statements(self._names, self._calls, self._reach)
        self._spaces: dict[str, Namespace] = {}
        self._failures: list[ModuleImportError] = []
        self._waiting: deque[str] = deque()
        self._doubtful: dict[str, str] = {}
        self._visited: set[str] = set()

    def read(self) -> None:
        """Read the modules of the settings, and all that these import."""
        setup = (self._settings.setup or "").partition(":")[0]
        self._waiting.extend([setup] if setup in self._project.files else [])
        self._waiting.extend(manager_of(self._project))
        for pattern in self._settings.modules:
            self._waiting.extend(self._modules_of(pattern))
        self._read_waiting()
        while self._doubtful:
            module, reason = self._doubtful.popitem()
            self._waiting.append(module)
            with self._calls.doubting(f"{module} is imported where {reason}"):
                self._read_waiting()

    def _read_waiting(self) -> None:
        while self._waiting or self._read_users():
            while self._waiting:
                self._visit(self._waiting.popleft())

    def _visit(self, module: str) -> None:
        """Read a module, or only what it imports if it cannot declare anything."""
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            source = self._project.files.get(name)
            if source is None or name in self._visited:
                continue
            self._visited.add(name)
            # A framework imports what is named to it.
            for found_in in (named_in, installed_in):
                for named in found_in(source, self._project):
                    self._reach(named, None)
            if "penstock" in source.text:
                self._space(name)
                if not is_configuration(source):
                    continue
            else:
                self._check_readable(source)
            for each, is_sure in imports_in(source, with_functions=is_configuration(source)):
                found = module_of(each, self._project)
                if found is not None:
                    self._reach(found, None if is_sure else "it may not be")

    def _check_readable(self, source: SourceFile) -> None:
        """Note a module that declares nothing if an import of it would fail."""
        if source.module in self._settings.modules:
            _ = source.tree  # only for its error
        if source.error is not None:
            self._fail(source.module, f"{source.file} {source.error}")

    def _reach(self, module: str, doubt: str | None) -> None:
        """Read a module later that another one imports."""
        if module in self._visited:
            return
        if doubt is None or self._calls.doubt is not None:
            self._waiting.append(module)
        else:
            self._doubtful.setdefault(module, doubt)

    def _read_users(self) -> bool:
        """Read modules that do not name penstock but call something that declares steps."""
        known = set[int]()
        names = {
            name
            for space in [*self._spaces.values()]
            for name, value in [*space.names.items()]
            if not isinstance(value, Reference)
            and (not is_plain(value) or self._names.may_declare(value, known))
        }
        called = "|".join(map(re.escape, sorted(names)))
        pattern = re.compile(rf"@(?:\w+\.)*(?:{called})\b|\b(?:{called})\s*\(")
        files = self._project.files  # a package may have none
        sources = {files[each] for each in self._visited if each in files} if names else set()
        users = [
            source.module
            for source in sorted(sources, key=attrgetter("file"))
            if source.module not in self._spaces and pattern.search(source.text)
        ]
        for module in users:
            self._space(module)
        return bool(users)

    def _space(self, module: str) -> Namespace:
        """Return a module with its names, which is read once."""
        source = self._project.files.get(module) or SourceFile(module, Path(module), module, "")
        known = self._spaces.get(source.module)
        if known is not None:
            return known
        space = Namespace(source, source.root)
        space.globals.update(__name__=source.module, __file__=str(source.path))
        self._spaces[source.module] = space
        self._visited.add(module)
        try:
            self._execute(space)
        except Exception as error:  # such as too many functions inside each other
            self._fail(module, own_failure(error))
        if source.error is not None:
            self._fail(module, f"{source.file} {source.error}")
        return space

    def _execute(self, space: Namespace) -> None:
        """Read a module in a frame with its globals, by which decorators know the module."""
        code = compile("run()", str(space.source.path), "exec")
        run = {"run": lambda: self._statements.run(space)}
        space.globals.update(run)
        exec(code, space.globals)  # noqa: S102 - it calls `run`

    def _fail(self, module: str, cause: str) -> None:
        self._failures.append(ModuleImportError(module, cause, self._settings.location))

    def _modules_of(self, pattern: str) -> Iterator[str]:
        """Yield the names of the modules that a setting means."""
        name, star, rest = pattern.partition(".*")
        files = self._project.files
        if name not in files and name not in self._project.packages:
            hint = did_you_mean(name, files)
            self._fail(pattern, f"the source has no module {name!r}{hint}")
            return
        yield name
        for each in sorted(files) if star else ():
            below = each.removeprefix(f"{name}.")
            is_inside = below != each and (rest == "*" or "." not in below)
            if is_inside and not each.endswith(".__main__"):
                yield each

    def result(self, catalog: Catalog) -> SourceFlows:
        """Return what was read, of which *catalog* has the flows."""
        unread = [*self._calls.unread, *self._unclaimed()]
        failures = [
            ModuleImportError(each.module, each.message, self._settings.location)
            for each in self._calls.failures
        ]
        is_all = any(each.flow is None for each in unread)
        named = {each.flow for each in unread}
        incomplete = frozenset(
            flow.name for flow in catalog.flows if is_all or failures or flow.name in named
        )
        problems = list(map(_problem, unread))
        flows = tuple(
            self._shown(flow, [p for p in problems if p.flow == flow.name], incomplete)
            for flow in catalog.flows
        )
        kept = () if unread or failures else catalog.unclaimed
        unclaimed = (*kept, *(each for each in problems if each.flow is None))
        found = Catalog(flows=flows, unclaimed=unclaimed)
        return SourceFlows(found, (*self._failures, *failures), incomplete)

    def _unclaimed(self) -> Iterator[Unread]:
        """Yield the declarations that cannot be read and that no flow has claimed."""
        noted = {(each.location.file, each.step) for each in self._calls.unread}
        for function in self._names.functions:
            definition = function.definition
            if function.lost and (definition.source.file, definition.name) not in noted:
                yield Unread(definition.location, function.lost, None, definition.name)

    def _shown(self, flow: Flow, unread: list[Problem], incomplete: Iterable[str]) -> Flow:
        left_out = {_BY_OBJECTS, *(_OF_MISSING_STEPS if flow.name in incomplete else ())}
        problems = [each for each in flow.problems() if each.code not in left_out]
        steps = tuple(map(self._as_written, flow.steps))
        return replace(flow, steps=steps, _found=(*unread, *problems))

    def _as_written(self, step: Step) -> Step:
        """Return a step with what its stub cannot have, if it is a class."""
        function = self._classes.get(names_of(step))
        if function is None or step.details is None:
            return step
        location = Location(function.source.file, function.line)
        return replace(step, location=location, details=replace(step.details, signature=None))

    @cached_property
    def _classes(self) -> dict[tuple[str, str], Definition]:
        return {
            (each.module.source.module, each.definition.qualname): each.definition
            for each in self._names.functions
            if each.definition.kind == "class"
        }


def _problem(unread: Unread) -> Problem:
    subject = unread.step or "a declaration"
    message = f"{subject} cannot be read without importing the application: {unread.reason}"
    return Problem(
        code="declaration-unread",
        flow=unread.flow,
        step=unread.step,
        message=message,
        location=unread.location,
    )
