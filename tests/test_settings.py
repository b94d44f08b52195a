"""Reading [tool.penstock] and importing what it names."""

import sys
from pathlib import Path

import pytest

from penstock import list_flows
from penstock._settings import Settings, import_modules, read_settings
from penstock.exceptions import ConfigurationError

FLOW = """
from penstock import entrypoint, flow

@flow({name!r})
@entrypoint
def start(): ...
"""


@pytest.fixture(autouse=True)
def _forget_modules(monkeypatch):
    """Modules that a test imports are gone after it."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def flows() -> list[str]:
    return [flow.name for flow in list_flows()]


def test_nearest_file_wins(tmp_path):
    """The settings are those of the nearest pyproject.toml that has them."""
    file = write(tmp_path / "pyproject.toml", '[tool.penstock]\nmodules = ["shop"]\n')
    write(tmp_path / "docs" / "pyproject.toml", "[tool.other]\n")

    actual = read_settings(tmp_path / "docs")

    assert actual == Settings(modules=("shop",), place=f"[tool.penstock] in {file}")


def test_no_file(tmp_path):
    """Without a pyproject.toml the settings are empty."""
    actual = read_settings(tmp_path)

    assert actual == Settings()


def test_paths_are_counted_from_the_file(tmp_path):
    """A folder of `pythonpath` is counted from the file that names it."""
    write(tmp_path / "pyproject.toml", '[tool.penstock]\npythonpath = ["src"]\n')
    (tmp_path / "docs").mkdir()

    actual = read_settings(tmp_path / "docs").pythonpath

    assert actual == (str(tmp_path / "src"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[tool.penstock", "not valid TOML", id="broken file"),
        pytest.param("[tool.penstock]\nmodule = []", "did you mean 'modules'?", id="typo"),
        pytest.param('[tool.penstock]\nmodules = "shop"', "takes a list of texts", id="no list"),
        pytest.param("[tool.penstock]\nmodules = [1]", "takes a text, not 1", id="no text"),
        pytest.param("[tool.penstock]\nsetup = 1", "takes a text, not 1", id="setup"),
    ],
)
def test_wrong_settings(tmp_path, text, expected):
    """A wrong setting is an error that names the file and what to write."""
    file = write(tmp_path / "pyproject.toml", text)

    with pytest.raises(ConfigurationError, match=expected) as caught:
        read_settings(tmp_path)

    assert str(file) in str(caught.value)


def test_override(tmp_path):
    """What a tool says itself replaces the file's setting; what it leaves out stays."""
    settings = Settings(modules=("a",), setup="a:setup", place="file")

    actual = settings.override("conf.py", {"modules": ["b"], "setup": None}, tmp_path)

    assert actual == Settings(modules=("b",), setup="a:setup", place="conf.py")


def test_override_with_nothing(tmp_path):
    """A tool that says nothing leaves the settings as they are, with their place."""
    settings = Settings(modules=("a",), place="file")

    actual = settings.override("conf.py", {"modules": [], "pythonpath": None}, tmp_path)

    assert actual == settings


def test_import(tmp_path):
    """Importing the configured modules declares their flows."""
    write(tmp_path / "plain_shop.py", FLOW.format(name="bom_sync"))

    failures = import_modules(Settings(modules=("plain_shop",), pythonpath=(str(tmp_path),)))

    assert (failures, flows()) == ((), ["bom_sync"])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("star_shop.*", ["here"], id="one level"),
        pytest.param("star_shop.**", ["here", "below"], id="all levels"),
    ],
)
def test_patterns(tmp_path, pattern, expected):
    """A star imports the modules of a package, two stars those below it too."""
    write(tmp_path / "star_shop/__init__.py", "")
    write(tmp_path / "star_shop/here.py", FLOW.format(name="here"))
    write(tmp_path / "star_shop/sub/__init__.py", "")
    write(tmp_path / "star_shop/sub/below.py", FLOW.format(name="below"))

    import_modules(Settings(modules=(pattern,), pythonpath=(str(tmp_path),)))

    assert flows() == expected


def test_setup_runs_first(tmp_path):
    """The `setup` function runs before any module is imported."""
    write(tmp_path / "setup_docs.py", "ready = []\ndef setup(): ready.append(1)\n")
    write(tmp_path / "setup_shop.py", "import setup_docs\nassert setup_docs.ready == [1]\n")
    settings = Settings(
        modules=("setup_shop",), setup="setup_docs:setup", pythonpath=(str(tmp_path),)
    )

    assert import_modules(settings) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x = 1 / 0", "ZeroDivisionError: division by zero ({file}:1)", id="error"),
        pytest.param("\nraise KeyError", "KeyError ({file}:2)", id="no message"),
        pytest.param(
            "raise SystemExit(3)",
            "it ended the program with SystemExit(3) ({file}:1)",
            id="exit",
        ),
        pytest.param(
            "import no_such_thing",
            "ModuleNotFoundError: No module named 'no_such_thing' ({file}:1)",
            id="its own import",
        ),
    ],
)
def test_failing_module(tmp_path, text, expected):
    """A module that fails is reported with its cause and line, and the others are imported."""
    file = write(tmp_path / "bad_shop.py", text)
    write(tmp_path / "good_shop.py", FLOW.format(name="good"))
    settings = Settings(
        modules=("bad_shop", "good_shop"), pythonpath=(str(tmp_path),), place="conf.py"
    )

    (failure,) = import_modules(settings)

    assert (failure.module, failure.place, failure.cause, flows()) == (
        "bad_shop",
        "conf.py",
        expected.format(file=file),
        ["good"],
    )


@pytest.mark.parametrize("name", ["nowhere_shop", "nowhere_shop.flows"])
def test_module_that_is_not_there(name):
    """A module that is nowhere is reported with where to look."""
    (failure,) = import_modules(Settings(modules=(name,)))

    assert "Is its folder in `pythonpath`, or the project installed?" in failure.cause


def test_broken_syntax(tmp_path):
    """A module with broken syntax is reported with the file that holds it."""
    file = write(tmp_path / "syntax_shop.py", "def (:\n")

    (failure,) = import_modules(Settings(modules=("syntax_shop",), pythonpath=(str(tmp_path),)))

    assert failure.cause.startswith("SyntaxError: ")
    assert file.name in failure.cause


def test_interrupt_is_not_caught(tmp_path):
    """Ctrl-C while a module is imported ends the import."""
    write(tmp_path / "slow_shop.py", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        import_modules(Settings(modules=("slow_shop",), pythonpath=(str(tmp_path),)))


@pytest.mark.skipif(not hasattr(sys, "set_lazy_imports_filter"), reason="needs lazy imports")
def test_lazy_imports(tmp_path):
    """What a configured module imports lazily is imported with it, and the filter is put back."""
    write(tmp_path / "lazy_steps.py", FLOW.format(name="below"))
    write(tmp_path / "lazy_shop.py", "lazy import lazy_steps\n" + FLOW.format(name="here"))
    before = sys.get_lazy_imports_filter()

    failures = import_modules(Settings(modules=("lazy_shop",), pythonpath=(str(tmp_path),)))

    assert (failures, sorted(flows())) == ((), ["below", "here"])
    assert sys.get_lazy_imports_filter() is before


def test_filter_of_lazy_imports(tmp_path, monkeypatch):
    """The process's own filter of lazy imports is put back, also when an import is interrupted."""
    write(tmp_path / "slow_lazy_shop.py", "raise KeyboardInterrupt")
    changes = []
    monkeypatch.setattr(sys, "get_lazy_imports_filter", lambda: "theirs", raising=False)
    monkeypatch.setattr(sys, "set_lazy_imports_filter", changes.append, raising=False)

    with pytest.raises(KeyboardInterrupt):
        import_modules(Settings(modules=("slow_lazy_shop",), pythonpath=(str(tmp_path),)))

    ours, theirs = changes
    assert (ours("importer", "name", None), theirs) == (False, "theirs")
