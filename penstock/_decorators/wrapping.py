"""Making each call of a declared function a run, or a span while tracing is on."""

from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

from penstock._declared.declaration import Declaration, Declared, Starter
from penstock._declared.functions import unwrap_method
from penstock._declared.pickling import enable_pickling
from penstock._declared.registry import default_registry
from penstock._runtime.instrument import with_function
from penstock._runtime.recording import is_tracing, recording_scope
from penstock._runtime.run import run_starter
from penstock._runtime.run_scope import run_scope
from penstock._runtime.scope import Scope
from penstock._runtime.wrappable import is_wrappable

__all__ = ["with_runs", "with_spans"]

enable_pickling()


def with_runs(
    wrap: Callable[[Any, Scope], Any], target: Any, declaration: Declaration, *, inherit: bool
) -> Any:
    """Return the declared *target* with each call as a run."""
    body = with_spans(wrap, target, declaration)
    runs = declaration.runs
    if runs is not None:  # each call is a run already: it is one of this flow, too
        if not inherit:
            runs.scope.begin = run_starter(runs, inherit=False)
            runs.scope.recipe = (_entrypoint_scope, (runs, False))
        return body
    declared = declaration.declared or Declared.of(declaration)
    declaration.runs = runs = Starter(declaration.name, declared=declared)
    runs.scope = _entrypoint_scope(runs, inherit)
    return wrap(body, runs.scope)


def _entrypoint_scope(runs: Starter, inherit: bool) -> Scope:
    return run_scope(run_starter(runs, inherit=inherit), (_entrypoint_scope, (runs, inherit)))


def with_spans(wrap: Callable[[Any, Scope], Any], target: Any, declaration: Declaration) -> Any:
    """Return the declared *target* with each call recorded, if calls are to be."""
    earlier = default_registry().find_same(target)
    declared = None if earlier is None else earlier.declared
    if earlier and declared and unwrap_method(target) is not declared.function:
        # The wrapper is what one call goes through, whatever else it is declared to be.
        declared.join(declaration)
        declaration.runs = earlier.runs
        return target
    if not is_tracing() or not is_wrappable(unwrap_method(target)):
        return target
    declared = Declared.of(declaration)
    body, declared.inner = _body_of(target)
    return wrap(body, recording_scope(declared))


def _body_of(target: Any) -> tuple[Any, Declared | None]:
    """Return *target* without what records its calls, and what that records them as.

    A method of one object or a partial may be declared beside the function in it.
    """
    kind = type(target)
    inside = target.__func__ if kind is MethodType else getattr(target, "func", None)
    earlier = default_registry().find_same(inside) if kind in {MethodType, partial} else None
    if earlier is None or earlier.declared is None or earlier.runs is not None:
        return target, None
    return with_function(target, earlier.declared.function), earlier.declared
