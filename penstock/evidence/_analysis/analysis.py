"""The analysis of a project: what each function may call, in which order."""

from penstock.catalog._objects import Objects
from penstock.evidence._analysis.annotations import annotated
from penstock.evidence._analysis.bodies import run_body
from penstock.evidence._analysis.calls import apply
from penstock.evidence._analysis.engine import Engine, Rules
from penstock.evidence._analysis.expressions import evaluate
from penstock.evidence._analysis.frame import Frame
from penstock.evidence._analysis.makers import call_with_arguments
from penstock.evidence._analysis.objects import add_objects
from penstock.evidence._analysis.overrides import is_wanted
from penstock.evidence._analysis.scopes import OPEN, Activation, Scope
from penstock.evidence._analysis.statements import run_block
from penstock.evidence._analysis.values import (
    Class,
    Function,
    Instance,
    Unknown,
    Value,
    join,
)
from penstock.evidence._source.files import Definition
from penstock.evidence._source.project import Project

__all__ = ["MOST_WORK", "RULES", "Analysis"]

_MOST_CLASSES = 8
"""Of how many classes a method of a step is called with any arguments."""

_MOST_SCOPES = 16
"""How many calls of a function give a step in it what it has from around it."""

MOST_WORK = 1_000_000
"""Steps of work, which are counted instead of seconds: each machine finds the same."""

RULES = Rules(
    run_body=run_body,
    annotated=annotated,
    evaluate=evaluate,
    execute=run_block,
    apply=apply,
    add_objects=add_objects,
)


class Analysis:
    """The calls of the functions of a project, as far as the source shows it.

    Args:
        project: The source.
        work: How many steps of work it may take.
        objects: The objects of imported modules, if not those that *project* has.
    """

    def __init__(
        self, project: Project, work: int = MOST_WORK, objects: Objects | None = None
    ) -> None:
        self.engine = Engine(project, RULES, work, objects or project.objects)
        self.wrappers: dict[Definition, list[Activation]] = {}
        """The calls of what decorators have made of a function, from the last round."""

    def run(self, definitions: list[Definition]) -> None:
        """Find out what *definitions* do, each called with any arguments."""
        self.engine.wanted = frozenset(definitions)
        called: dict[Definition, None] = {}

        def roots() -> list[Activation]:
            found = [self._root(each) for each in definitions]
            called.update(dict.fromkeys(filter(self._is_called_elsewhere, definitions)))
            for each in called:
                call_with_arguments(self.engine, each)
            for each in definitions:
                self._call_of_objects(each)
                self._call_of_wrappers(each)
            return found

        self.engine.settle(roots)

    def _is_called_elsewhere(self, definition: Definition) -> bool:
        """Return whether nothing that was followed shows the arguments of a function."""
        several = self.contexts(definition)
        return len(several) == 1 and Unknown() in join(*several[0].bound.values())

    def _call_of_objects(self, definition: Definition) -> None:
        """Call a method with any arguments for each class of which it was called."""
        several = self.contexts(definition)
        found = {each.cls: each.receiver for each in several if each.has_arguments}
        found.pop(definition.parent, None)
        if len(found) > _MOST_CLASSES:
            return
        for receiver in found.values():
            if isinstance(receiver, Instance):
                self._root(definition, Instance(receiver.cls))
            elif receiver is not None:
                self._root(definition, receiver)

    def _call_of_wrappers(self, definition: Definition) -> None:
        """Call what the decorators of a function of the project have made of *definition*."""
        engine, parent = self.engine, definition.parent
        receiver = None
        if parent is not None and parent.kind == "class":
            values, receiver = engine.own(parent, definition.name), Instance(parent)
        elif parent is not None and parent.kind == "module":
            values = engine.member(definition.source, definition.name)
        else:
            return
        found = (v for v in values if isinstance(v, Function) and v.definition is not definition)
        self.wrappers[definition] = [self._activate(each, receiver) for each in found]

    def contexts(self, definition: Definition) -> list[Activation]:
        """Return all calls of *definition* that were seen, and that with any arguments."""
        return self.engine.contexts.get(definition, [])

    def _root(self, definition: Definition, receiver: Value | None = None) -> Activation:
        """Call *definition* with any arguments, for any object of its class or for *receiver*."""
        engine = self.engine
        scope = engine.scope_of(definition.source)
        if definition.kind == "module":
            return engine.contexts[definition][0]
        if definition.kind == "class":
            return self._construction(definition)
        parent = definition.parent
        if parent is not None and parent.kind == "class":
            receiver = receiver or Instance(parent)
            scope = engine.info(parent).scope
            own = engine.own(parent, definition.name)
            kinds = {getattr(each, "kind", "") for each in own}
            if "staticmethod" in kinds:
                receiver = None
            elif "classmethod" in kinds and isinstance(receiver, Instance):
                receiver = Class(parent, is_any=True)
        elif parent is not None and parent.kind in {"function", "lambda"}:
            *others, scope = self._scopes_inside(parent, scope)
            for each in others:
                self._activate(Function(definition, each), receiver)
        return self._activate(Function(definition, scope), receiver)

    def _activate(self, function: Function, receiver: Value | None) -> Activation:
        activation = self.engine.activate(function, OPEN, receiver)
        if not activation.is_root:
            activation.is_root = True
            activation.round = -1
            activation = self.engine.activate(function, OPEN, receiver)
        return activation

    def _construction(self, cls: Definition) -> Activation:
        """Return the call of a class with any arguments."""
        anywhere = Activation(cls, self.engine.info(cls).scope, {})
        frame = Frame(self.engine, anywhere, anywhere.scope, frozenset())
        frame.apply((Class(cls),), OPEN, cls.header)
        return self.contexts(cls)[-1]

    def _scopes_inside(self, parent: Definition, module: Scope) -> list[Scope]:
        """Return the scopes of a function in which another is, as its calls left them.

        So a wrapper is that of each function which its decorator got.
        """
        if not self.contexts(parent):
            self._root(parent)
        found = [each.frame_scope for each in self.contexts(parent) if each.frame_scope]
        found.sort(key=self._has_step)
        return found[-_MOST_SCOPES:] or [module]

    def _has_step(self, scope: Scope) -> bool:
        """Return whether something in *scope* is the function of a step."""
        return any(is_wanted(self.engine, one) for each in scope.names.values() for one in each)
