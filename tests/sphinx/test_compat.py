"""Undocumented names of Sphinx that penstock uses: they exist, and what happens without them.

A test of the first kind that fails says that a name is gone: look up what has replaced it,
and remove the name from `penstock_sphinx._compat`.
"""

import ast
import inspect
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import sphinx.ext.ifconfig
import sphinx.ext.viewcode
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.statemachine import StringList
from docutils.utils import new_document
from sphinx import addnodes
from sphinx.builders.epub3 import Epub3Builder
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.config import Config
from sphinx.domains.index import IndexDomain
from sphinx.domains.python import PythonDomain
from sphinx.environment.collectors.toctree import TocTreeCollector

from penstock_sphinx import _compat


def _env(**domains):
    return SimpleNamespace(get_domain=domains.__getitem__)


class TestNames:
    """The names are still there."""

    def test_names_in_conf(self):
        """A configuration keeps the names of ``conf.py``."""
        assert _compat.names_in_conf(Config({"other": 1})) == {"other": 1}

    def test_viewcode_modules(self):
        """Viewcode keeps the modules in the environment, four facts each."""
        source = inspect.getsource(sphinx.ext.viewcode)

        assert "_viewcode_modules" in source
        assert "code, tags, used, refname = " in source

    def test_domains(self):
        """The domains of Python and of the index hand out what they have."""
        assert isinstance(PythonDomain.objects, property)
        assert isinstance(IndexDomain.entries, property)

    def test_after_manifest(self):
        """The builder of EPUBs calls its method between pages and book."""
        source = inspect.getsource(Epub3Builder.handle_finish)

        assert source.index("self.build_content()") < source.index("self.build_epub()")

    def test_name_in_contents(self):
        """The table of contents is made of an attribute of signatures."""
        assert "'_toc_name'" in inspect.getsource(TocTreeCollector)

    def test_mark_for_translators(self):
        """The builder of catalogs asks for an identifier."""
        assert "uid" in inspect.getsource(MessageCatalogBuilder)

    def test_autodoc(self):
        """Autodoc has mocks, and a listener that records types."""
        from sphinx.ext.autodoc.mock import mock
        from sphinx.ext.autodoc.typehints import record_typehints

        assert callable(mock)
        assert callable(record_typehints)

    def test_ifconfig(self):
        """The extension ``ifconfig`` has a function that decides."""
        assert callable(sphinx.ext.ifconfig.process_ifconfig_nodes)
        assert issubclass(sphinx.ext.ifconfig.ifconfig, nodes.Element)

    def test_unparse(self):
        """Sphinx refuses what its domain for Python cannot read."""
        assert _compat.can_unparse(ast.parse("int | None", mode="eval").body, "int | None")
        assert not _compat.can_unparse(ast.parse("(yield)", mode="eval").body, "(yield)")

    def test_mermaid(self):
        """The extension of Mermaid has a node that can be made as its directives make it."""
        extension = pytest.importorskip("sphinxcontrib.mermaid")

        assert extension.mermaid(code="flowchart TD", options={})["code"] == "flowchart TD"


class TestFallbacks:
    """Without a name, a build has less and goes on."""

    def test_attributes(self):
        """Nothing is known of settings, sources, pages and entries."""
        env = _env(py=SimpleNamespace(), index=SimpleNamespace())

        assert _compat.names_in_conf(SimpleNamespace()) == {}
        assert _compat.viewcode_modules(env) == {}
        assert _compat.find_python_object(env, "shop.receive") is None
        assert _compat.index_entries(env) == {}

    def test_after_manifest(self):
        """A builder of another kind stays as it is."""
        builder = SimpleNamespace()

        _compat.after_manifest(builder, lambda: None)

        assert vars(builder) == {}

    @pytest.mark.parametrize(
        "module", ["sphinx.ext.autodoc.mock", "sphinx.ext.autodoc.typehints", "sphinx.ext.ifconfig"]
    )
    @pytest.mark.parametrize("gone", [None, SimpleNamespace()], ids=["module", "name"])
    def test_modules(self, monkeypatch, module, gone):
        """Modules are not mocked, types not recorded, conditions kept."""
        monkeypatch.setitem(sys.modules, module, gone)
        app = SimpleNamespace(config=SimpleNamespace(autodoc_mock_imports=["gone"]))

        if module.endswith("mock"):
            assert isinstance(_compat.autodoc_mocks(app.config), nullcontext)
        elif module.endswith("typehints"):
            _compat.record_typehints(app)
        else:
            assert _compat.is_kept_by_ifconfig(app, "1 / 0")

    @pytest.mark.parametrize("gone", [None, SimpleNamespace()], ids=["module", "name"])
    def test_unparse(self, monkeypatch, gone):
        """Annotations are taken as Python reads them."""
        monkeypatch.setitem(sys.modules, "sphinx.pycode.ast", gone)

        assert _compat.can_unparse(ast.parse("(yield)", mode="eval").body, "(yield)")

    def test_mermaid(self):
        """An extension without the node does not draw penstock's diagrams."""
        extension = SimpleNamespace(module=SimpleNamespace())
        app = SimpleNamespace(
            extensions={"sphinxcontrib.mermaid": extension},
            config=SimpleNamespace(mermaid_output_format="raw"),
        )

        assert _compat.mermaid_node_class(app) is None


@pytest.mark.parametrize("before", [{}, {"get_source_and_line": print}], ids=["none", "some"])
def test_parse_beside_markdown(before):
    """A reporter finds lines afterwards as it did before, or not at all."""
    document = new_document("page.md", get_default_settings(Parser))
    vars(document.reporter).pop("get_source_and_line", None)
    vars(document.reporter).update(before)

    parsed = _compat.parse_beside_markdown(document, StringList(["Words."], source="page.md"))

    assert [node.astext() for node in parsed] == ["Words."]
    assert not document.children
    assert vars(document.reporter).get("get_source_and_line") == before.get("get_source_and_line")


def test_attributes_of_nodes():
    """Attributes that are set on nodes are ignored by other versions."""
    signature, paragraph = addnodes.desc_signature(), nodes.paragraph()

    _compat.name_in_contents(signature, "Receive the order")
    _compat.mark_for_translators(paragraph)

    assert signature["_toc_name"] == signature["toc_title"] == "Receive the order"
    assert paragraph.uid == ""
