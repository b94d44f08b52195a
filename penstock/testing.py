"""For the tests of applications that declare flows."""

from collections.abc import Generator
from contextlib import contextmanager

from penstock import _registry

__all__ = ["isolated_registry"]


@contextmanager
def isolated_registry() -> Generator[None, None, None]:
    """Let what the block declares be seen in the block only.

    Inside, no flow is declared at first, and names that the application uses
    are free. Afterwards everything is as it was.

    .. versionadded:: 0.1
    """
    with _registry.isolated():
        yield
