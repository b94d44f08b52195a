"""The public names, and what importing them costs."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import get_type_hints

import pytest

import penstock

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(penstock.__path__, "penstock.")
    if not found.name.endswith("__main__")
]
PUBLIC = [
    penstock,
    *(m for m in MODULES if not any(p.startswith("_") for p in m.__name__.split("."))),
]


@pytest.mark.parametrize("module", PUBLIC, ids=lambda m: m.__name__)
def test_all(module):
    """A public module lists its names once, and each exists."""
    names = getattr(module, "__all__", [])

    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", PUBLIC, ids=lambda m: m.__name__)
def test_documented(module):
    """Every public class and function has a docstring that says since when it is there."""
    public = {name: getattr(module, name) for name in getattr(module, "__all__", [])}
    silent = [
        name
        for name, value in public.items()
        if (inspect.isroutine(value) or inspect.isclass(value))
        and ".. versionadded:: " not in (inspect.getdoc(value) or "")
    ]

    assert silent == []


@pytest.mark.parametrize("package", ["penstock", "penstock_sphinx", "penstock_mkdocs"])
def test_since_when(package):
    """Nothing says that it is older than 0.2, the first version of this project."""
    folder = Path(find_spec(package).origin).parent
    versions = {
        version
        for path in folder.rglob("*.py")
        for version in re.findall(r"versionadded:: *(\S+)", path.read_text(encoding="utf-8"))
    }

    assert [text for text in versions if tuple(map(int, text.split("."))) < (0, 2)] == []


@pytest.mark.parametrize("name", penstock.__all__)
def test_type_hints(name):
    """The annotations of every public name can be read while the program runs."""
    assert isinstance(get_type_hints(getattr(penstock, name)), dict)


CODE = """
import sys
before = set(sys.modules)
import penstock
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded - set(sys.stdlib_module_names) - {"penstock"}))
"""


def test_only_the_standard_library():
    """`import penstock` imports nothing but the standard library, whatever is installed."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_bare_interpreter(tmp_path):
    """In an interpreter without any package, flows are declared, run and drawn as text."""
    code = (
        "from penstock import *\n"
        "@flow('f')\n@entrypoint\ndef go(): return current_flow_id()\n"
        "assert len(go()) == 32\n"
        "print(generate_dag('f', 'text'), generate_dag('f', 'dot')[:9], generate_dag('f'))\n"
    )
    folder = tmp_path / "only-penstock"
    folder.mkdir()
    (folder / "penstock").symlink_to(Path(penstock.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(folder)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "f\ngo (entrypoint) digraph f graph TD\n    go\n"


def test_import_loads_no_drawing():
    """A server that never draws does not load what draws, and finds it all the same."""
    code = """
import sys
import penstock
print({"penstock.graph", "penstock.render", "importlib.metadata"} & set(sys.modules))
print(penstock.generate_dag.__module__, penstock.Graph.__module__)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(penstock.__file__).parents[1])},
    )

    assert done.stdout.splitlines() == ["set()", "penstock.render._draw penstock.graph._model"]


def test_names_can_be_listed():
    """`dir()` lists all public names, so that shells can complete them."""
    assert {*penstock.__all__, "__version__"} <= set(dir(penstock))


OWN = Path(penstock.__file__).parent / "contrib"
OUTSIDE = Path(__file__).parents[1] / "examples" / "penstock-arq" / "penstock_arq"
ADAPTERS = sorted([*OWN.rglob("*.py"), *OUTSIDE.rglob("*.py")])


def imported(path):
    """Return the names that a module of an adapter imports, with the module that each is of."""
    nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    found = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    whole = [node for node in nodes if isinstance(node, ast.Import)]
    return [
        *((node.module, alias.name) for node in found for alias in node.names),
        *((alias.name, "") for node in whole for alias in node.names),
    ]


def is_public(module, name):
    """Return whether *name* is one that an adapter outside this repository can import."""
    if module.startswith("penstock.contrib."):  # a module beside it
        return True
    names = [*module.split("."), name]
    return not any(part.startswith("_") for part in names) and (
        not module.startswith("penstock") or name in importlib.import_module(module).__all__
    )


HUGO = OUTSIDE.parents[1] / "penstock-hugo" / "penstock_hugo" / "__init__.py"
DOCS_PACKAGES = [
    Path(find_spec(name).origin).parent for name in ("penstock_sphinx", "penstock_mkdocs")
]
FRONT_ENDS = [HUGO, *sorted(path for folder in DOCS_PACKAGES for path in folder.rglob("*.py"))]


@pytest.mark.parametrize("path", FRONT_ENDS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_front_ends_import_public_names(path):
    """The names that docs tools import of penstock are public: another front end can use them."""
    names = [
        (module, name)
        for module, name in imported(path)
        if module.partition(".")[0] == "penstock" and name != "__version__"
    ]

    assert [found for found in names if not is_public(*found)] == []


def test_small_front_end():
    """The front end that is outside of the package takes less than 150 lines."""
    assert len(HUGO.read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("path", ADAPTERS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_adapters_import_public_names(path):
    """The names that adapters import, of penstock and of their frameworks, are public."""
    assert [found for found in imported(path) if not is_public(*found)] == []


RENDER = Path(penstock.__file__).parent / "render"
# Of these formats one is drawn, one painted by Graphviz and one the source of that: they are one
# package and three entries, as those of another distribution would be.
DRAWN = {RENDER / "_formats" / f"{name}.py" for name in ("dot", "png", "svg")}
FORMATS = sorted(
    path for folder in ("_formats", "_graphviz") for path in (RENDER / folder).rglob("*.py")
)
SHARED = {
    "_thread",  # documented, whatever its name says
    "penstock._common.processes",  # ends a program: nothing about diagrams
    "penstock.render._icons",  # drawn in the legends of pages too; another renderer has its own
}


def package_of(path):
    """Return the package of the format that the module at *path* is a part of."""
    kind, name, *_ = path.relative_to(RENDER).with_suffix("").parts
    if kind == "_graphviz" or path in DRAWN:
        return "penstock.render._graphviz"
    return f"penstock.render._formats.{name}"


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_formats_import_public_names(path):
    """The names that formats import are public: a format of another distribution can use them."""
    found = [
        (module, name)
        for module, name in imported(path)
        if module not in SHARED and not f"{module}.".startswith(f"{package_of(path)}.")
    ]

    assert [names for names in found if not is_public(*names)] == []


def test_shared_names_of_formats_are_used():
    """No name is excepted from that for nothing."""
    assert {module for path in FORMATS for module, _ in imported(path)} >= SHARED
