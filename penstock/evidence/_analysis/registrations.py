"""Functions that something keeps, and calls when a signal or an event is sent."""

import ast

from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.hand_offs import run_later
from penstock.evidence._analysis.scopes import OPEN
from penstock.evidence._analysis.terms import Choice, Sequence
from penstock.evidence._analysis.values import (
    NOTHING,
    Class,
    Container,
    External,
    Instance,
    Value,
    Values,
    Wrapped,
    join,
)

__all__ = ["announce", "depends_in", "register"]


def register(frame: Frame, owner: Value, functions: Values) -> None:
    """Note that *owner* keeps *functions*, which it may call when something is sent."""
    engine = frame.engine
    known = engine.registered.get(owner, NOTHING)
    both = join(known, functions)
    engine.registered[owner] = both
    if both != known and owner in engine.asked:
        engine.changed = True


def depends_in(frame: Frame, values: Values) -> list[Value]:
    found: list[Value] = []
    for value in values:
        inner = frame.engine.items(value) if isinstance(value, Container) else (value,)
        found += [v for v in inner if isinstance(v, Wrapped) and v.kind == "depends"]
    return found


_SIGNALS = {"save": ("pre_save", "post_save"), "delete": ("pre_delete", "post_delete")}


def announce(frame: Frame, model: Instance, name: str, node: ast.AST) -> None:
    """Note the calls of the functions that Django's signals of a model call."""
    engine = frame.engine
    for signal in _SIGNALS[name.removeprefix("a")]:
        engine.execute_mentioning(signal)
        owner = External(f"django.db.models.signals.{signal}")
        engine.asked.add(owner)
        for function in engine.registered.get(owner, NOTHING):
            senders = engine.senders.get(function, NOTHING)
            classes = [v.definition for v in senders if isinstance(v, Class)]
            if not classes or any(engine.is_subclass(model.cls, cls) for cls in classes):
                frame.emit(Choice((run_later(frame, function, OPEN, node), Sequence())))
