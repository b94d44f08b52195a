"""Runs of HTTP requests, and the headers of their responses, for all servers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from penstock._runtime.run import Run
from penstock.boundary._inbound import Inbound, InboundSettings
from penstock.boundary._paths import PathPattern, read_paths
from penstock.boundary._settings import check_bool

__all__ = ["RUN", "InboundRequests", "InboundRequestsSettings"]

S = TypeVar("S")

RUN = "penstock.run"
"""The key of a request's run, or of None if it has none, in its environment or scope.

An adapter that is called within another one goes on with what it finds there.
"""

_EXPOSE = "Access-Control-Expose-Headers"


class InboundRequestsSettings(InboundSettings, total=False):
    """The settings of `InboundRequests` as keyword arguments.

    .. versionadded:: 0.2
    """

    ignore: Iterable[PathPattern]
    update_request_header: bool
    expose_header: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRequests(Inbound):
    """Settings for incoming HTTP requests: an `Inbound` with further settings.

    Args:
        ignore: The paths of requests that have no run: no flow ID is made or
            adopted, the response has no header, and log lines have no value. A
            path is the one within the application, without the prefix at which
            it is mounted and without the query; a slash at its end does not
            matter. It may have the wildcards of file names except the question
            mark, as in ``"/static/*"``; a pattern from `re.compile` is searched
            in the path.
        update_request_header: Whether *header* of the request that the
            application sees has the flow ID. By default it has the received
            value.
        expose_header: Whether responses name *header* in
            ``Access-Control-Expose-Headers``, so that scripts of other origins
            can read it. Names that the application sets there are kept.

    Raises:
        ConfigurationError: If a setting cannot be used.

    .. versionadded:: 0.2
    """

    ignore: Iterable[PathPattern] = ()
    update_request_header: bool = False
    expose_header: bool = False
    _ignored: tuple[Callable[[str], object], ...] = field(
        default=(), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        # Without arguments, super() does not know a class with slots.
        Inbound.__post_init__(self)
        check_bool("update_request_header", self.update_request_header)
        check_bool("expose_header", self.expose_header)
        patterns, finders = read_paths("ignore", self.ignore)
        object.__setattr__(self, "ignore", patterns)
        object.__setattr__(self, "_ignored", finders)

    def begin(
        self,
        source: S,
        outer: Mapping[str, Any],
        headers_of: Callable[[S], object],
        path_of: Callable[[S], str],
    ) -> Run | None:
        """Return the run of a request, or None if the request has no run.

        Args:
            source: The request, as it is passed to a function that is *trust*.
            outer: The mapping in which an outer adapter keeps the run as ``"penstock.run"``.
            headers_of: Returns the headers of *source*.
            path_of: Returns its path, as for `ignores`.
        """
        if RUN in outer:
            run: Run | None = outer[RUN]
            return run
        if self._ignored and self.ignores(path_of(source)):
            return None
        return self.receive(headers_of(source), source)

    def ignores(self, path: str) -> bool:
        """Return whether a request has no run.

        Args:
            path: Its path within the application, decoded.
        """
        return any(find(path) for find in self._ignored)

    def complete_response(
        self, headers: Iterable[tuple[str, str]], flow_id: str
    ) -> list[tuple[str, str]]:
        """Return *headers* of a response, with those that the settings require."""
        completed = [*headers]
        is_there = self._name in [found.lower() for found, _ in completed]
        if self.respond and not is_there:
            completed.append((self.header, flow_id))
        if self.expose_header and (self.respond or is_there):
            return self._exposed(completed)
        return completed

    def _exposed(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        lines = [n for n, (name, _) in enumerate(headers) if name.lower() == _EXPOSE.lower()]
        if not lines:
            return [*headers, (_EXPOSE, self.header)]
        named = ",".join(headers[line][1] for line in lines).lower().split(",")
        if self.header.lower() not in [name.strip() for name in named]:
            name, value = headers[lines[-1]]
            headers[lines[-1]] = (name, f"{value}, {self.header}" if value.strip() else self.header)
        return headers
