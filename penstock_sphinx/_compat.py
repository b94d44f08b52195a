"""The names of Sphinx, docutils and extensions that penstock uses and that they do not document.

Each function says where its name was seen, where their authors were asked for a public one, and
what a build does without it: it shows less, but it does not fail.
"""

import ast
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst.states import RSTStateMachine, state_classes
from docutils.statemachine import StringList
from docutils.utils import Reporter
from sphinx.addnodes import desc_signature
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import new_document

__all__ = [
    "after_manifest",
    "autodoc_mocks",
    "can_unparse",
    "find_python_object",
    "index_entries",
    "is_kept_by_ifconfig",
    "mark_for_translators",
    "mermaid_node_class",
    "name_in_contents",
    "names_in_conf",
    "parse_beside_markdown",
    "record_typehints",
    "viewcode_modules",
]


def names_in_conf(config: Config) -> Mapping[str, Any]:
    """Return all names that ``conf.py`` defines, not only those of settings.

    Seen in: ``Config._raw_config`` of Sphinx 8.1 to 9.2.
    Upstream: no issue as of 2026-11; Sphinx warns of unknown names only where ``-D`` sets them.
    Without it: nobody is warned of a misspelt setting.
    """
    found: Mapping[str, Any] = getattr(config, "_raw_config", {})
    return found


def viewcode_modules(env: BuildEnvironment) -> dict[str, Any]:
    """Return the modules that viewcode shows: code, tags, pages of functions, and name of each.

    Seen in: ``BuildEnvironment._viewcode_modules`` of Sphinx 8.1 to 9.2.
    Upstream: no issue as of 2026-11; the documented events only hand in the source of a module.
    Without it: nodes of a diagram do not link to source code.
    """
    found: dict[str, Any] = getattr(env, "_viewcode_modules", {})
    return found


def find_python_object(env: BuildEnvironment, name: str) -> tuple[str, str] | None:
    """Return the page and the anchor of the Python object *name*, if a page describes it.

    Seen in: ``PythonDomain.objects`` of Sphinx 8.1 to 9.2.
    Upstream: no issue as of 2026-11; the documented ``get_objects`` has to be searched each time.
    Without it: links lead to no page of the project's reference.
    """
    entry = getattr(env.get_domain("py"), "objects", {}).get(name)
    return None if entry is None else (entry.docname, entry.node_id)


def index_entries(env: BuildEnvironment) -> dict[str, list[Any]]:
    """Return the entries of the general index, by page.

    Seen in: ``IndexDomain.entries`` of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/1420, which will not be fixed.
    Without it: the index also lists what ``only`` leaves out.
    """
    found: dict[str, list[Any]] = getattr(env.get_domain("index"), "entries", {})
    return found


def after_manifest(builder: Builder, complete: Callable[[], None]) -> None:
    """Call *complete* between the writing of ``content.opf`` and the packing of an EPUB.

    Seen in: ``EpubBuilder.build_content`` of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/4611 asks for EPUBs that EPUBCheck passes.
    Without it: pages with SVG are not declared as such, which readers show all the same.
    """
    there: Any = builder
    write = getattr(there, "build_content", None)
    if write is None:
        return

    def write_and_complete() -> None:
        write()
        complete()

    there.build_content = write_and_complete


def name_in_contents(signature: desc_signature, label: str) -> None:
    """Let the table of contents call what *signature* describes *label*.

    Seen in: the attribute ``_toc_name`` of nodes in Sphinx 8.1 to 9.2, and ``toc_title`` in
    sphinx-immaterial 0.13.
    Upstream: https://github.com/sphinx-doc/sphinx/pull/10807, where others ask how to do it.
    Without it: contents have the names of functions, not the titles of steps.
    """
    signature["_toc_name"] = label
    signature["toc_title"] = label


def mark_for_translators(paragraph: nodes.paragraph) -> None:
    """Let the gettext builder take *paragraph*, which was not in the source of the page.

    Seen in: the attribute ``uid`` of nodes in Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/8857 asks for arguments of directives.
    Without it: translators are not given the titles of flows and steps.
    """
    there: Any = paragraph
    there.uid = ""


def parse_beside_markdown(document: nodes.document, lines: StringList) -> list[nodes.Node]:
    """Return *lines* parsed as reST and as a part of *document*, which is Markdown.

    Seen in: ``reporter.get_source_and_line`` of docutils 0.20 to 0.22, as MyST-Parser sets it.
    Upstream: https://github.com/executablebooks/MyST-Parser/issues/953
    Without it: warnings in docstrings have the lines of the page.
    """
    before = len(document.children)
    machine = RSTStateMachine(state_classes=state_classes, initial_state="Body")
    reporter: Any = document.reporter
    missing = object()
    lookup = getattr(reporter, "get_source_and_line", missing)
    reporter.get_source_and_line = machine.get_source_and_line
    try:
        machine.run(lines, document)
    finally:
        if lookup is missing:
            del reporter.get_source_and_line
        else:
            reporter.get_source_and_line = lookup
    found = document.children[before:]
    del document[before:]
    return found


def autodoc_mocks(config: Config) -> AbstractContextManager[Any]:
    """Return a block in which modules that autodoc mocks are mocks.

    Seen in: ``sphinx.ext.autodoc.mock.mock`` of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/14142
    Without it: modules are imported as they are; those that fail are reported.
    """
    names = getattr(config, "autodoc_mock_imports", None)
    if not names:
        return nullcontext()
    try:
        # Only now: without autodoc, this would load it.
        module: Any = import_module("sphinx.ext.autodoc.mock")
        mocked: AbstractContextManager[Any] = module.mock(names)
    except (ImportError, AttributeError):
        return nullcontext()
    return mocked


def record_typehints(app: Sphinx) -> None:
    """Let autodoc write the types of what we describe, for ``autodoc_typehints = "description"``.

    Seen in: ``sphinx.ext.autodoc.typehints.record_typehints`` of Sphinx 8.1 to 9.2.
    Upstream: no issue as of 2026-11; since Sphinx 9, autodoc does not connect it by itself.
    Without it: these types are not in the list of arguments.
    """
    try:
        # Loading autodoc takes longer than many a build has to do.
        typehints: Any = import_module("sphinx.ext.autodoc.typehints")
        app.connect("autodoc-process-signature", typehints.record_typehints)
    except (ImportError, AttributeError):
        return


def can_unparse(tree: ast.expr, text: str) -> bool:
    """Return whether Sphinx can read the annotation *text*: it would leave out all arguments.

    Seen in: ``sphinx.pycode.ast.unparse`` of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/13368 for one such annotation.
    Without it: any annotation that Python can parse is taken.
    """
    try:
        module: Any = import_module("sphinx.pycode.ast")
        module.unparse(tree, text)
    except (ImportError, AttributeError):
        return True
    except NotImplementedError:
        return False
    return True


def is_kept_by_ifconfig(app: Sphinx, expression: str) -> bool:
    """Return whether ``ifconfig`` keeps content under *expression*, which is any Python.

    Seen in: ``sphinx.ext.ifconfig.process_ifconfig_nodes`` of Sphinx 8.1 to 9.2.
    Upstream: https://github.com/sphinx-doc/sphinx/issues/1635 asks that reading leaves it out.
    Without it: links may lead to what a build leaves out.
    """
    try:
        module: Any = import_module("sphinx.ext.ifconfig")
        process, make_node = module.process_ifconfig_nodes, module.ifconfig
    except (ImportError, AttributeError):
        return True
    inside = nodes.comment()
    document = new_document("")
    reporter = document.reporter
    reporter.report_level = reporter.halt_level = Reporter.SEVERE_LEVEL  # the page itself reports
    document += make_node("", inside, expr=expression)
    process(app, document, "")
    return inside in document.children


def mermaid_node_class(app: Sphinx) -> Callable[..., nodes.Element] | None:
    """Return the class of nodes that sphinxcontrib.mermaid draws, if it draws in the browser.

    Seen in: ``sphinxcontrib.mermaid.mermaid`` of sphinxcontrib-mermaid 1.0 to 2.1.
    Upstream: no issue as of 2026-11.
    Without it: penstock loads Mermaid itself.
    """
    extension = app.extensions.get("sphinxcontrib.mermaid")
    # Where it makes images, it brings no script.
    if extension is None or app.config.mermaid_output_format != "raw":
        return None
    found: Callable[..., nodes.Element] | None = getattr(extension.module, "mermaid", None)
    return found
