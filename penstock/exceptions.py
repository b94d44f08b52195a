"""Every error that penstock raises.

Each is made from the facts and builds its own message: what is wrong, where, and
what to write instead. The facts stay readable as attributes and survive
pickling, because errors cross process boundaries.
"""

import re
from collections.abc import Iterable, Sequence

__all__ = [
    "BrokenExtraError",
    "CatalogError",
    "ConfigurationError",
    "DeclarationError",
    "DiagramTooLargeError",
    "DuplicateStepError",
    "InvalidArgumentError",
    "InvalidFlowIdError",
    "MissingExtraError",
    "MissingProgramError",
    "ModuleImportError",
    "OutputFormatError",
    "PartError",
    "PenstockError",
    "RenderError",
    "RendererError",
    "SetupError",
    "TracingError",
    "UndeclaredFunctionError",
    "UnknownFlowError",
    "UnknownFormatError",
    "UnknownStepError",
]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest of *known*, else ``""``.

    .. versionadded:: 0.2
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only who made a mistake pays for it

    near = get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


_MOST_NAMES = 20


def _listed(names: Sequence[str]) -> str:
    """Return *names* for a message that stays readable however many there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class PenstockError(Exception):
    """The base of every error that penstock raises.

    .. versionadded:: 0.2
    """

    def __str__(self) -> str:
        # An address in memory is of no use to readers, and differs in each build of docs.
        return _ADDRESS.sub("", self._message())

    def _message(self) -> str:
        return super().__str__()


class DeclarationError(PenstockError):
    """A decorator was used in a way that no later import can fix.

    .. versionadded:: 0.2
    """


class InvalidArgumentError(DeclarationError, TypeError):
    """A decorator or function got an argument that it cannot use.

    .. versionadded:: 0.2
    """


class UndeclaredFunctionError(DeclarationError, TypeError):
    """``@flow`` is on something that is neither a step nor an entrypoint.

    Attributes:
        flow: The name of the flow.
        function: The qualified name of the function.
        location: The file and line where it is defined.
        methods: If it is a class, the names of its methods that are declared; else None.

    .. versionadded:: 0.2
    """

    def __init__(
        self, flow: str, function: str, location: str, methods: Sequence[str] | None = None
    ) -> None:
        super().__init__(flow, function, location, methods)
        self.flow = flow
        self.function = function
        self.location = location
        self.methods = None if methods is None else tuple(methods)

    def _message(self) -> str:
        if self.methods is not None:
            named = f": {_listed(self.methods)}" if self.methods else ""
            return (
                f"{self.location}: @flow({self.flow!r}) is on the class {self.function!r}. "
                f"Put it on each method that is a step{named}; write\n"
                f"    class {self.function}:\n"
                f"        @flow({self.flow!r})\n"
                '        @step(after="...")    # or @entrypoint\n'
                f"        def {self.methods[0] if self.methods else 'method'}(...): ..."
            )
        return (
            f"{self.location}: @flow({self.flow!r}) is on {self.function!r}, "
            "which is neither an entrypoint nor a step. "
            "@flow goes above @entrypoint or @step; write\n"
            f"    @flow({self.flow!r})\n"
            '    @step(after="...")    # or @entrypoint\n'
            f"    def {self.function}(...): ..."
        )


class DuplicateStepError(DeclarationError, ValueError):
    """Two different functions have one name in one flow.

    Attributes:
        flow: The name of the flow.
        step: The name that both have.
        first: The file and line of the function that had it first.
        second: The file and line of the function that was declared later.

    .. versionadded:: 0.2
    """

    def __init__(self, flow: str, step: str, first: str, second: str) -> None:
        super().__init__(flow, step, first, second)
        self.flow = flow
        self.step = step
        self.first = first
        self.second = second

    def _message(self) -> str:
        return (
            f"flow {self.flow!r} has two steps named {self.step!r}: "
            f"one at {self.first}, another at {self.second}. "
            'Rename one, or distinguish them with name="..."'
        )


class UnknownFlowError(PenstockError, LookupError):
    """No flow of that name has been declared.

    Attributes:
        name: The requested name.
        known: The names of the flows that are declared.

    .. versionadded:: 0.2
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = tuple(known)

    def _message(self) -> str:
        if not self.known:
            return (
                f"unknown flow {self.name!r}: no flow is declared. "
                "Import the modules that declare your flows first"
            )
        return (
            f"unknown flow {self.name!r}{did_you_mean(self.name, self.known)} "
            f"(known: {_listed(self.known)})"
        )


class UnknownStepError(PenstockError, LookupError):
    """No step of that name has been declared, or several have.

    Attributes:
        name: The requested name.
        known: The full names, ``flow.step``, of the steps that are declared.
        found: The full names of the steps that *name* may mean.

    .. versionadded:: 0.2
    """

    def __init__(self, name: str, known: Sequence[str], found: Sequence[str] = ()) -> None:
        super().__init__(name, known, found)
        self.name = name
        self.known = tuple(known)
        self.found = tuple(found)

    def _message(self) -> str:
        if self.found:
            meant = f"there are {_listed(self.found)}. Write which flow's you mean"
            return f"ambiguous step {self.name!r}: {meant}"
        if not self.known:
            return (
                f"unknown step {self.name!r}: no step is declared. "
                "Import the modules that declare your flows first"
            )
        # Without a flow, names of steps are suggested, else full names.
        short = {name.rpartition(".")[2] for name in self.known}
        hint = did_you_mean(self.name, self.known) or did_you_mean(self.name, sorted(short))
        return f"unknown step {self.name!r}{hint} (known: {_listed(self.known)})"


class PartError(PenstockError, ValueError):
    """A part of a flow cannot be drawn: an option is wrong, or no step is left.

    Attributes:
        flow: The name of the flow.
        option: The option that is wrong, like ``"depth"``, or ``""`` if no single one is.
        problem: What is wrong. Options in it are in braces, like ``{around}``.

    .. versionadded:: 0.2
    """

    def __init__(self, flow: str, option: str, problem: str) -> None:
        super().__init__(flow, option, problem)
        self.flow = flow
        self.option = option
        self.problem = problem

    def _message(self) -> str:
        return self.spelled("{}")

    def spelled(self, option: str) -> str:
        """Return the message with options as a tool spells them, like ``":{}:"``."""
        problem = re.sub(r"\{([a-z-]+)\}", lambda found: option.format(found[1]), self.problem)
        named = f"{option.format(self.option).removesuffix(':')}: " if self.option else ""
        return f"part of flow {self.flow!r}: {named}{problem}"


class UnknownFormatError(PenstockError, ValueError):
    """A diagram was requested in a format that does not exist.

    Attributes:
        format: The requested format.
        known: The formats that exist.

    .. versionadded:: 0.2
    """

    def __init__(self, format: str, known: Sequence[str]) -> None:
        super().__init__(format, known)
        self.format = format
        self.known = tuple(known)

    def _message(self) -> str:
        hint = did_you_mean(self.format, self.known)
        return f"unknown format {self.format!r}{hint} (known: {', '.join(self.known)})"


class OutputFormatError(PenstockError, ValueError):
    """The name of an output file and the format contradict each other.

    Attributes:
        output: The file.
        format: The requested format, or None if the name should decide.
        suffixes: The suffixes of the formats: of *format*, or of all of them.

    .. versionadded:: 0.2
    """

    def __init__(self, output: str, format: str | None, suffixes: Sequence[str]) -> None:
        super().__init__(output, format, suffixes)
        self.output = output
        self.format = format
        self.suffixes = tuple(suffixes)

    def _message(self) -> str:
        known = ", ".join(self.suffixes)
        if self.format is None:
            return (
                f"{self.output!r} does not say what to write: give the format, "
                f"or a name that ends with one of {known}"
            )
        return (
            f"{self.output!r} is not the name of a file in the format {self.format!r}: "
            f"end it with {known}, or leave the format out"
        )


class MissingExtraError(PenstockError, ImportError):
    """A feature needs a package of one of penstock's extras.

    Attributes:
        feature: The feature that was used.
        needs: The package or program that is missing.
        extra: The extra that installs it.

    .. versionadded:: 0.2
    """

    def __init__(self, feature: str, needs: str, extra: str) -> None:
        super().__init__(feature, needs, extra)
        self.feature = feature
        self.needs = needs
        self.extra = extra

    @classmethod
    def from_import(
        cls, feature: str, needs: str, extra: str, error: ImportError
    ) -> "MissingExtraError":
        """Return the exception for a package whose import raised *error*.

        It is a `BrokenExtraError` if the package is installed.

        Args:
            feature: The feature that was used.
            needs: The package, with the name by which it is installed as the last word.
            extra: The extra that installs it.
            error: The exception of the import.

        .. versionadded:: 0.2
        """
        # Only where something is missing or broken.
        from penstock import _extras  # noqa: PLC0415

        package = needs.rsplit(maxsplit=1)[-1]
        if _extras.is_missing(error, package):
            return cls(feature, needs, extra)
        installed, floor = _extras.find_version(package), _extras.find_floor(package, extra)
        is_old = bool(installed and floor and _extras.is_older(installed, floor))
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        wanted = floor if is_old else None
        return BrokenExtraError(feature, needs, extra, installed, wanted, reason)

    def _message(self) -> str:
        return f"{self.feature} needs {self.needs}: {self._cure}"

    @property
    def _cure(self) -> str:
        # Double quotes, which each shell takes, that of Windows too.
        return f'pip install "penstock[{self.extra}]"'


class BrokenExtraError(MissingExtraError):
    """A package of an extra is installed, but too old, or it cannot be imported.

    Attributes:
        installed: The version that is installed, or None if it is not known.
        wanted: The lowest version that works, if the installed one is older.
        reason: The exception of the import.

    .. versionadded:: 0.2
    """

    def __init__(  # noqa: PLR0917 - facts by position, so that it can be pickled
        self,
        feature: str,
        needs: str,
        extra: str,
        installed: str | None,
        wanted: str | None,
        reason: str,
    ) -> None:
        super().__init__(feature, needs, extra)
        self.args = (feature, needs, extra, installed, wanted, reason)
        self.installed = installed
        self.wanted = wanted
        self.reason = reason

    def _message(self) -> str:
        if self.wanted is not None:
            return (
                f"{self.feature} needs {self.needs} {self.wanted} or later, but {self.installed} "
                f"is installed ({self.reason}): {self._cure}"
            )
        what = f"{self.installed}, which is installed," if self.installed else "what is installed"
        return (
            f"{self.feature} needs {self.needs}, but {what} cannot be imported ({self.reason}). "
            f'See what "pip check" reports, or begin with a new environment: {self._cure}'
        )


class MissingProgramError(MissingExtraError):
    """A package of an extra is installed, but not its program.

    Attributes:
        location: Where the program should be.

    .. versionadded:: 0.2
    """

    def __init__(self, feature: str, needs: str, location: str) -> None:
        super().__init__(feature, needs, "png")
        self.args = (feature, needs, location)
        self.location = location

    def _message(self) -> str:
        return (
            f"{self.feature} needs the program {self.needs}, whose package is installed, but "
            f"which cannot be run at {self.location}. Put it there, or name another Graphviz "
            "program in the environment variable PENSTOCK_DOT"
        )


class RenderError(PenstockError, RuntimeError):
    """A drawing program did not make the image.

    Attributes:
        flow: The name of the flow that was drawn.
        program: The program.
        reason: Its output, or how it ended.

    .. versionadded:: 0.2
    """

    def __init__(self, flow: str, program: str, reason: str) -> None:
        super().__init__(flow, program, reason)
        self.flow = flow
        self.program = program
        self.reason = reason

    def _message(self) -> str:
        return f"flow {self.flow!r} could not be drawn by {self.program}: {self.reason}"


class RendererError(PenstockError, ImportError):
    """A format of another distribution cannot be used. All other formats can.

    Attributes:
        format: The name of the format.
        distribution: The distribution that has it, with its version; or several.
        reason: Why it cannot be used.

    .. versionadded:: 0.2
    """

    def __init__(self, format: str, distribution: str, reason: str) -> None:
        super().__init__(format, distribution, reason)
        self.format = format
        self.distribution = distribution
        self.reason = reason

    def _message(self) -> str:
        return f"the format {self.format!r} of {self.distribution} cannot be used: {self.reason}"


class DiagramTooLargeError(PenstockError, ValueError):
    """A diagram is larger than Mermaid in a browser will draw.

    Attributes:
        flow: The name of the flow.
        what: What is limited: ``"edges"`` or ``"characters"``.
        count: How many there are.
        limit: How many Mermaid accepts.

    .. versionadded:: 0.2
    """

    def __init__(self, flow: str, what: str, count: int, limit: int) -> None:
        super().__init__(flow, what, count, limit)
        self.flow = flow
        self.what = what
        self.count = count
        self.limit = limit

    def _message(self) -> str:
        setting = {"edges": "maxEdges", "characters": "maxTextSize"}[self.what]
        return (
            f"flow {self.flow!r} has {self.count} {self.what} as Mermaid, which draws "
            f"at most {self.limit}: a browser would show an error instead. "
            "Draw it with format='svg', or, where the page calls "
            f"mermaid.initialize({{{setting}: ...}}), pass check_limits=False"
        )


class InvalidFlowIdError(PenstockError, ValueError):
    """A flow ID that the code passes is not valid.

    Attributes:
        length: Its length. The string itself is not repeated, since it may be
            input from outside.

    .. versionadded:: 0.2
    """

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def _message(self) -> str:
        return (
            f"not a flow ID (a string of {self.length} characters): an ID has 1 to 128 "
            "letters, digits, '.', '_', ':' or '-', and begins with a letter or digit"
        )


class ConfigurationError(PenstockError, ValueError):
    """A setting of penstock cannot be used.

    Attributes:
        location: Where the setting is.
        problem: What is wrong with it.

    .. versionadded:: 0.2
    """

    def __init__(self, location: str, problem: str) -> None:
        super().__init__(location, problem)
        self.location = location
        self.problem = problem

    def _message(self) -> str:
        return f"{self.location}: {self.problem}"


class CatalogError(PenstockError, ValueError):
    """A catalog of flows cannot be read or made.

    Attributes:
        location: The file, or the modules.
        problem: What is wrong with it.

    .. versionadded:: 0.2
    """

    def __init__(self, location: str, problem: str) -> None:
        super().__init__(location, problem)
        self.location = location
        self.problem = problem

    def _message(self) -> str:
        return f"{self.location}: {self.problem}"


class ModuleImportError(PenstockError, ImportError):
    """A configured module cannot be imported.

    Attributes:
        module: The module's dotted name.
        cause: The cause, in a line.
        location: Where the module was configured.

    .. versionadded:: 0.2
    """

    def __init__(self, module: str, cause: str, location: str) -> None:
        super().__init__(module, cause, location)
        self.module = module
        self.cause = cause
        self.location = location

    def _message(self) -> str:
        return f"cannot import {self.module!r} ({self.location}): {self.cause}"


class SetupError(ModuleImportError):
    """The configured setup function cannot be imported, or it failed.

    Attributes:
        module: The function, as ``package.module:function``.
        cause: The cause, in a line.
        location: Where it was configured.
        doing: ``"failed"`` if its call failed, else ``"cannot be imported"``.

    .. versionadded:: 0.2
    """

    def __init__(self, module: str, cause: str, location: str, doing: str) -> None:
        super().__init__(module, cause, location)
        self.args = (module, cause, location, doing)
        self.doing = doing

    def _message(self) -> str:
        return f"setup {self.module!r} {self.doing} ({self.location}): {self.cause}"


class TracingError(PenstockError, RuntimeError):
    """Tracing was switched on after steps were declared, which cannot be recorded.

    Attributes:
        step: The name of the step that was declared first.
        location: The file and line where it is defined.

    .. versionadded:: 0.2
    """

    def __init__(self, step: str, location: str) -> None:
        super().__init__(step, location)
        self.step = step
        self.location = location

    def _message(self) -> str:
        return (
            f"{self.location}: {self.step!r} was declared before tracing was switched on, so its "
            "calls would not be recorded. Set PENSTOCK_TRACE=1 in the environment, or call "
            "penstock.tracing.configure() before the modules that declare flows are imported. "
            "For tests, write penstock_trace = true in the configuration of pytest"
        )
