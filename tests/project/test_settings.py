"""Reading [tool.penstock] and importing what it names."""

import logging
import sys
from pathlib import Path

import pytest

from penstock import list_flows
from penstock._project.importing import (
    explain,
    explain_nothing,
    import_modules,
    is_importable,
    is_own,
)
from penstock._project.settings import Settings, SettingWords, read_settings
from penstock.exceptions import (
    ConfigurationError,
    RenderError,
    SetupError,
    UnknownFlowError,
    UnknownStepError,
)

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

    assert actual == Settings(modules=("shop",), location=f"[tool.penstock] in {file}")


def test_no_file(tmp_path):
    """Without a pyproject.toml the settings are empty."""
    actual = read_settings(tmp_path)

    assert actual == Settings()


def test_pythonpath_above(tmp_path):
    """No location shows the ``..`` of a folder, which is counted from where a link leads."""
    (tmp_path / "real" / "docs").mkdir(parents=True)
    (tmp_path / "docs").symlink_to(tmp_path / "real" / "docs")

    read = Settings().override("mkdocs.yml", {"pythonpath": ["..", "x"]}, tmp_path / "docs")

    assert read.pythonpath == (f"{tmp_path.resolve()}/real", f"{tmp_path}/docs/x")


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
        pytest.param('[tool.penstock]\nmodules = "shop"', "takes a list of strings", id="no list"),
        pytest.param("[tool.penstock]\nmodules = {}", "list of strings, not {}", id="table"),
        pytest.param("[tool.penstock]\nmodules = [1]", "takes a string, not 1", id="no text"),
        pytest.param("[tool.penstock]\nsetup = 1", "takes a string, not 1", id="setup"),
        pytest.param("[tool.penstock]\ntimeout = 0", "takes a number of seconds", id="no time"),
        pytest.param("[tool.penstock]\ntimeout = true", "1000000, not True", id="no number"),
        pytest.param("[tool.penstock]\ntimeout = inf", "1000000, not inf", id="endless"),
        pytest.param("[tool.penstock]\ndepends = 'a'", "takes a list of strings", id="depends"),
        pytest.param(
            "[tool.penstock]\ncatalog_reuse = 1", "takes true or false, not 1", id="no boolean"
        ),
        pytest.param(
            "[tool.penstock]\nsource_url = 'https://a.test/{sha}/{file}#L{line}'",
            "source_url has {sha} in it: only {file} and {line} are filled in",
            id="unknown field",
        ),
        pytest.param("x = " + "[" * 9_000, "not valid TOML: maximum recursion", id="too deep"),
    ],
)
def test_wrong_settings(tmp_path, text, expected):
    """A wrong setting is an error that names the file and what to write."""
    file = write(tmp_path / "pyproject.toml", text)

    with pytest.raises(ConfigurationError, match=expected) as caught:
        read_settings(tmp_path)

    assert str(file) in str(caught.value)


def test_catalog(tmp_path):
    """A catalog is a file counted from where it is named; modules that are named nearer win."""
    file = write(tmp_path / "pyproject.toml", '[tool.penstock]\ncatalog = "x/flows.json"\n')
    found = read_settings(tmp_path)
    (tmp_path / "docs").mkdir()
    nearer = found.override("conf.py", {"modules": ["shop"]}, tmp_path / "docs")
    both = found.override(
        "conf.py", {"modules": ["shop"], "catalog": "flows.json"}, tmp_path / "docs"
    )

    assert (found.catalog, found.catalog_location) == (
        f"{tmp_path}/x/flows.json",
        f"[tool.penstock] in {file}",
    )
    assert (nearer.catalog, nearer.modules) == (None, ("shop",))
    assert both.catalog == f"{tmp_path}/docs/flows.json"
    assert SettingWords().assign("catalog", "flows.json").startswith('catalog = "flows.json" under')
    assert "no flow is in the catalog" in explain_nothing(found)


def test_reuse(tmp_path):
    """The settings of reuse are read, and false overrides true."""
    table = '[tool.penstock]\ndepends = ["a.toml", "b/*"]\ntimeout = 5\n'
    write(tmp_path / "pyproject.toml", table)
    found = read_settings(tmp_path)
    nearer = found.override("conf.py", {"catalog_reuse": False, "timeout": 0.5}, tmp_path)

    assert found.depends == (f"{tmp_path}/a.toml", f"{tmp_path}/b/*")
    assert (found.timeout, found.catalog_reuse, Settings().timeout) == (5.0, True, 60.0)
    assert (nearer.timeout, nearer.catalog_reuse, nearer.depends) == (0.5, False, found.depends)


def test_override(tmp_path):
    """A setting of the tool overrides that of the file; the others are kept."""
    settings = Settings(modules=("a",), setup="a:setup", location="file")

    actual = settings.override("conf.py", {"modules": ["b"], "setup": None}, tmp_path)

    assert actual == Settings(modules=("b",), setup="a:setup", location="conf.py")


def test_override_with_nothing(tmp_path):
    """A tool without settings leaves the others as they are, with their location."""
    settings = Settings(modules=("a",), location="file")

    actual = settings.override("conf.py", {"modules": [], "pythonpath": None}, tmp_path)

    assert actual == settings


def test_import(tmp_path):
    """Importing the configured modules declares their flows."""
    write(tmp_path / "plain_shop.py", FLOW.format(name="bom_sync"))

    failures = import_modules(Settings(modules=("plain_shop",), pythonpath=(str(tmp_path),)))

    assert (failures, flows()) == ((), ["bom_sync"])


def test_an_unknown_option(tmp_path):
    """An option that overrides a setting has the name of one."""
    with pytest.raises(ConfigurationError, match=r"conf.py: unknown setting 'module'; did you"):
        Settings().override("conf.py", {"module": "shop"}, tmp_path)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("star_shop.*", ["here"], id="one level"),
        pytest.param("star_shop.**", ["here", "below"], id="all levels"),
    ],
)
def test_patterns(tmp_path, pattern, expected):
    """A star imports the modules of a package, two stars those below it too, and no program."""
    write(tmp_path / "star_shop/__init__.py", "")
    write(tmp_path / "star_shop/here.py", FLOW.format(name="here"))
    write(tmp_path / "star_shop/sub/__init__.py", "")
    write(tmp_path / "star_shop/sub/below.py", FLOW.format(name="below"))
    for folder in ("star_shop", "star_shop/sub"):
        write(tmp_path / folder / "__main__.py", FLOW.format(name="program"))

    import_modules(Settings(modules=(pattern,), pythonpath=(str(tmp_path),)))

    assert flows() == expected


CONFIGURED = {
    "others off": "logging.config.dictConfig({'version': 1, 'root': {'level': 'ERROR'}})",
    "all off": "logging.disable(logging.CRITICAL)",
    "handlers": "logging.root.handlers.clear(), logging.getLogger('a.tool').handlers.clear()",
    "filters": "logging.getLogger('a.tool').filters.append(lambda record: False)",
    "level": "logging.getLogger('a.tool').setLevel(logging.CRITICAL)",
    "apart": "setattr(logging.getLogger('a.tool'), 'propagate', False)",
}


@pytest.mark.parametrize("code", CONFIGURED.values(), ids=CONFIGURED)
@pytest.mark.parametrize("kind", ["module", "setup"])
def test_loggers_of_a_tool(tmp_path, caplog, code, kind):
    """An application that configures logging keeps no tool that imports it from warning."""
    name = f"logs_{kind}"
    call = f"import logging.config\ndef setup(): {code}\n"
    write(tmp_path / f"{name}.py", call + ("setup()\n" if kind == "module" else ""))
    logger, handler = logging.getLogger("a.tool"), logging.NullHandler()
    logger.addHandler(handler)
    setup = f"{name}:setup" if kind == "setup" else None
    settings = Settings(modules=(name,), setup=setup, pythonpath=(str(tmp_path),))

    assert import_modules(settings) == ()
    logger.warning("Heard.")

    assert caplog.messages == ["Heard."]
    assert logger.handlers == [handler]
    logger.removeHandler(handler)


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
        pytest.param(
            "from penstock import flow\nflow('')",
            "InvalidArgumentError: flow() got an empty name: write one, or leave it out ({file}:2)",
            id="our own error",
        ),
        pytest.param(
            "class Skipped(BaseException): ...\nraise Skipped('no database')",
            "Skipped: no database ({file}:2)",
            id="no Exception",
        ),
        pytest.param(
            "class Mute(Exception):\n    def __str__(self): raise self\nraise Mute",
            "Mute: <unprintable Mute> ({file}:3)",
            id="no text",
        ),
        pytest.param(
            "raise ValueError('\x1b[31m' + chr(0x202E) + 'red\\nline')",
            "ValueError: \\x1b[31m\\u202ered\nline ({file}:1)",
            id="control characters",
        ),
    ],
)
def test_failing_module(tmp_path, text, expected):
    """A module that fails is reported with its cause and line, and the others are imported."""
    file = write(tmp_path / "bad_shop.py", text)
    write(tmp_path / "good_shop.py", FLOW.format(name="good"))
    settings = Settings(
        modules=("bad_shop", "good_shop"), pythonpath=(str(tmp_path),), location="conf.py"
    )

    (failure,) = import_modules(settings)

    assert (failure.module, failure.location, failure.cause, flows()) == (
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


def test_library_in_a_folder_of_its_own(tmp_path, monkeypatch):
    """A package that an installer put beside the project is a library: errors name other lines."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, text in {
        "vendored/strict/__init__.py": "def check(value):\n    raise ValueError(value)\n",
        "vendored/strict-1.0.dist-info/RECORD": "strict/__init__.py,,\nstrict.py,,\n",
        "uses_vendored.py": "import strict\n\nstrict.check(1)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    folders = (str(tmp_path), str(tmp_path / "vendored"))

    (failure,) = import_modules(Settings(modules=("uses_vendored",), pythonpath=folders))

    assert f"ValueError: 1 ({tmp_path / 'uses_vendored.py'}:3)" in str(failure)
    assert is_own(tmp_path / "vendored" / "other.py")
    assert not is_own(tmp_path / "vendored" / "strict" / "deep" / "module.py")


def test_interrupt_is_not_caught(tmp_path):
    """Ctrl-C while a module is imported, or set up, ends the import."""
    write(tmp_path / "slow_shop.py", "raise KeyboardInterrupt")
    folders = (str(tmp_path),)

    with pytest.raises(KeyboardInterrupt):
        import_modules(Settings(modules=("slow_shop",), pythonpath=folders))
    with pytest.raises(KeyboardInterrupt):
        import_modules(Settings(setup="slow_shop:setup", pythonpath=folders))


@pytest.mark.skipif(not hasattr(sys, "set_lazy_imports_filter"), reason="needs lazy imports")
def test_lazy_imports(tmp_path):
    """Lazy imports of a configured module are imported with it, and the filter is restored."""
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


TOML = SettingWords()
SPHINX = SettingWords(name="penstock_{}", assignment="penstock_{name} = {value} in conf.py")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("tool = 3", "tool must be a table, not 3", id="tool"),
        pytest.param("[tool]\npenstock = 3", "tool.penstock must be a table, not 3", id="table"),
    ],
)
def test_what_is_no_table(tmp_path, text, expected):
    """A value where a table should be is an error that names the file."""
    file = write(tmp_path / "pyproject.toml", text)

    with pytest.raises(ConfigurationError, match=expected) as caught:
        read_settings(tmp_path)

    assert str(file) in str(caught.value)


def test_byte_order_mark(tmp_path):
    """A file that an editor began with a byte order mark is read."""
    write(tmp_path / "pyproject.toml", '\ufeff[tool.penstock]\nmodules = ["shop"]\n')

    assert read_settings(tmp_path).modules == ("shop",)


def test_file_that_cannot_be_read(tmp_path, monkeypatch):
    """A file that nobody may read is an error that names it."""
    file = write(tmp_path / "pyproject.toml", "")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", refuse)

    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path)

    assert str(caught.value) == f"{file}: cannot be read: Permission denied"


def test_words_of_the_tool(tmp_path):
    """A wrong type is reported in the words of the tool that the reader uses."""
    with pytest.raises(ConfigurationError) as caught:
        Settings().override("conf.py", {"modules": "shop"}, tmp_path, SPHINX)

    assert str(caught.value) == (
        "conf.py: penstock_modules takes a list of strings: write [\"shop\"], not 'shop'"
    )


@pytest.mark.parametrize(
    ("marks", "path", "expected"),
    [
        (["app/pyproject.toml"], [], "app"),
        (["app/setup.py"], ["app/docs"], "app"),
        (["app/docs/setup.cfg"], ["app"], "app/docs"),
        ([], ["app"], "app"),
        ([], ["app/docs", "app"], "app"),
        ([], ["."], "app/docs/source"),
        ([], [], "app/docs/source"),
    ],
    ids=str,
)
def test_folder_of_the_project(tmp_path, marks, path, expected):
    """The folder of a project without a table has its marks, or the modules beside its docs."""
    folder = tmp_path / "app" / "docs" / "source"
    folder.mkdir(parents=True)
    for mark in marks:
        write(tmp_path / mark, "")
    paths = tuple(str(tmp_path / each) for each in path)
    settings = Settings(pythonpath=paths, folder=str(folder))

    assert settings.project_folder == str(tmp_path / expected)


def test_folder_of_the_file_is_on_the_path(tmp_path):
    """Modules beside the file with the table can be imported, whatever tool reads it from where."""
    write(tmp_path / "pyproject.toml", '[tool.penstock]\nmodules = ["beside_shop"]\n')
    write(tmp_path / "beside_shop.py", FLOW.format(name="beside"))
    (tmp_path / "docs").mkdir()

    failures = import_modules(read_settings(tmp_path / "docs"))

    assert (failures, flows()) == ((), ["beside"])


def test_first_folder_wins(tmp_path):
    """Of two folders that have the module, the first is asked, and both before the project's."""
    for name in ("one", "two", "root"):
        write(tmp_path / name / "twice_shop.py", FLOW.format(name=name))
    write(
        tmp_path / "root" / "pyproject.toml",
        '[tool.penstock]\nmodules = ["twice_shop"]\npythonpath = ["../one", "../two"]\n',
    )

    import_modules(read_settings(tmp_path / "root"))

    assert flows() == ["one"]
    assert [Path(folder).name for folder in sys.path[:3]] == ["one", "two", "root"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("flows.py", "write flows: the name of a module, not its file"),
        ("./shop/flows.py", "write shop.flows: the name of a module, not its file"),
        ("..\\flows.py", "write flows: the name of a module, not its file"),
        ("shop*", "the only patterns are shop.*, for the modules directly in a package, and"),
        ("shop.fl*.x", "the only patterns are shop.*, for"),
        ("shop.*.x", "the only patterns are shop.*, for"),
        ("*", "the only patterns are pkg.*, for"),
        (".flows", "write the whole name, from the top-level package: flows"),
        ("shop:flows", "write shop: the module alone"),
        ("shop..flows", 'write the dotted name of a module, like "shop.flows"'),
        ("", 'write the dotted name of a module, like "shop.flows"'),
        ("json.decoder.*", "json.decoder is a module, not a package: write json.decoder"),
    ],
)
def test_name_that_is_not_a_module(name, expected):
    """An invalid name of a module is reported with what to write, and nothing is imported."""
    (failure,) = import_modules(Settings(modules=(name,)))

    assert failure.cause.startswith(expected)


@pytest.mark.parametrize(
    ("folder", "root", "words", "expected"),
    [
        ("src", 0, TOML, 'write pythonpath = ["src"] under [tool.penstock] in pyproject.toml'),
        ("src", 1, SPHINX, 'write penstock_pythonpath = ["../src"] in conf.py'),
        ("", 0, SPHINX, 'write penstock_pythonpath = ["."] in conf.py'),
    ],
)
def test_module_in_another_folder(tmp_path, folder, root, words, expected):
    """A module that lies in a folder where projects keep theirs is found, and how to get it."""
    write(tmp_path / folder / "hidden_shop" / "__init__.py", "")
    base = tmp_path / "docs" if root else tmp_path
    settings = Settings(
        modules=("hidden_shop",),
        folder=str(base),
        words=words,
        root=str(tmp_path) if root else None,
    )

    (failure,) = import_modules(settings)

    assert expected in failure.cause


def test_folder_that_is_missing(tmp_path):
    """The error for a missing module names a folder of `pythonpath` that does not exist."""
    missing = str(tmp_path / "sorce")

    (failure,) = import_modules(
        Settings(modules=("nowhere_shop",), pythonpath=(missing,), words=SPHINX)
    )

    assert failure.cause.endswith(f"There is no folder {missing}, which penstock_pythonpath names")


def test_module_with_a_typing_error(tmp_path):
    """A module that its package does not have is reported with the nearest that it has."""
    write(tmp_path / "typed_shop" / "__init__.py", "")
    write(tmp_path / "typed_shop" / "flows.py", "")

    (failure,) = import_modules(
        Settings(modules=("typed_shop", "typed_shop.flwos"), pythonpath=(str(tmp_path),))
    )

    assert failure.cause.endswith("typed_shop has no such module; did you mean 'flows'?")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            "import importlib.metadata as m; m.version('versioned_shop')",
            "PackageNotFoundError: No package metadata was found for versioned_shop ({file}:1). "
            "Install versioned_shop in this environment; the project itself: pip install -e .",
            id="metadata",
        ),
        pytest.param(
            "raise ModuleNotFoundError('needs shoplib', name='versioned_shop')",
            "ModuleNotFoundError: needs shoplib ({file}:1)",
            id="raised",
        ),
        pytest.param(
            "import versioned_shop.parts",
            "ModuleNotFoundError: No module named 'versioned_shop.parts' ({file}:1)",
            id="part",
        ),
    ],
)
def test_what_a_module_does_not_find_is_not_the_module(tmp_path, statement, expected):
    """A module that is found, and raises that something is not found, is reported at its line."""
    write(tmp_path / "versioned_shop" / "__init__.py", f"{statement}\n")

    (failure,) = import_modules(Settings(modules=("versioned_shop",), pythonpath=(str(tmp_path),)))

    assert failure.cause == expected.format(file=tmp_path / "versioned_shop" / "__init__.py")


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        pytest.param(
            "ready_docs:setup",
            "setup 'ready_docs:setup' failed (here): RuntimeError: no ({file}:4)",
            id="call",
        ),
        pytest.param(
            "ready_docs:setpu",
            "setup 'ready_docs:setpu' cannot be imported (here): "
            "ready_docs has no function 'setpu'; did you mean 'setup'?",
            id="name",
        ),
        pytest.param(
            "ready_docs",
            "setup 'ready_docs' cannot be called (here): "
            'write "ready_docs:setup": a module, a colon and a function',
            id="module",
        ),
        pytest.param(
            "ready_docs.setup",
            "setup 'ready_docs.setup' cannot be called (here): "
            'write "ready_docs:setup": a module, a colon and a function',
            id="no colon",
        ),
        pytest.param(
            "nowhere",
            "setup 'nowhere' cannot be called (here): "
            'write "nowhere:setup": a module, a colon and a function',
            id="nothing",
        ),
        *(
            pytest.param(
                setup,
                f"setup {setup!r} cannot be called (here): "
                f'write "{whole}": a module, a colon and a function',
                id=setup or "empty",
            )
            for setup, whole in {
                "": "shop.docs:setup",
                ":ready": "shop.docs:ready",
                "ready_docs:": "ready_docs:setup",
                "ready_docs: setup": "ready_docs:setup",
                ".ready_docs:setup": "ready_docs:setup",
                "ready_docs.py:setup": "ready_docs:setup",
                "ready_docs:Shop.setup": "ready_docs:setup",
            }.items()
        ),
        pytest.param(
            "ready_docs:later",
            "setup 'ready_docs:later' failed (here): TypeError: it returned something to await: "
            "write a plain function (def)",
            id="coroutine function",
        ),
        pytest.param(
            "ready_docs:Exit",
            "setup 'ready_docs:Exit' failed (here): Exit ({file}:8)",
            id="no Exception",
        ),
        pytest.param(
            "nowhere_docs:setup",
            "setup 'nowhere_docs:setup' cannot be imported (here): "
            "ModuleNotFoundError: No module named 'nowhere_docs'. "
            "Is its folder in `pythonpath`, or the project installed?",
            id="import",
        ),
    ],
)
def test_setup_that_fails(tmp_path, setup, expected):
    """A setup that fails is one message: what failed, and the deepest line of the project."""
    file = write(
        tmp_path / "ready_docs.py",
        "import json\n\nclass Broken(json.JSONEncoder):\n    def default(self, o): raise "
        "RuntimeError('no')\n\ndef setup(): json.dumps(object(), cls=Broken)\n"
        "class Exit(BaseException):\n    def __init__(self): raise self\n"
        "async def later(): ...\n",
    )
    write(tmp_path / "unready_shop.py", "1 / 0")
    settings = Settings(
        modules=("unready_shop",),
        setup=setup,
        setup_location="here",
        location="--module",
        pythonpath=(str(tmp_path),),
    )

    (failure,) = import_modules(settings)

    assert (type(failure), str(failure)) == (SetupError, expected.format(file=file))


DJANGO = """
import django
from django.core.exceptions import ImproperlyConfigured

def setup():
    raise ImproperlyConfigured("settings are not configured")
"""


def test_django_without_setup(tmp_path):
    """A model that is imported before Django is set up is reported with the setting to write."""
    write(tmp_path / "model_shop.py", f"{DJANGO}setup()\n")

    (failure,) = import_modules(
        Settings(modules=("model_shop",), pythonpath=(str(tmp_path),), words=SPHINX)
    )

    assert failure.cause.endswith(
        'Django is not set up: write penstock_setup = "package.module:function" in conf.py, '
        "a function that calls django.setup()"
    )


def test_django_with_a_setup_that_fails(tmp_path):
    """A setup that names no settings of Django is reported with what it has to do."""
    write(tmp_path / "django_docs.py", DJANGO)

    (failure,) = import_modules(
        Settings(setup="django_docs:setup", pythonpath=(str(tmp_path),), words=SPHINX)
    )

    assert "django_docs.py:6). Has django_docs:setup to set os.environ" in failure.cause


def test_explanations():
    """That nothing is declared is explained by the settings, in the words of the tool."""
    settings = Settings(modules=("shop", "till"), words=SPHINX)
    failures = import_modules(Settings(modules=("nowhere_shop",)))

    assert [
        explain(UnknownFlowError("x", ()), Settings(words=SPHINX), ()),
        explain(UnknownStepError("x", ()), settings, ()),
        explain(UnknownFlowError("x", ("y",)), settings, ()),
        explain(RenderError("x", "dot", "no"), settings, ()),
        explain_nothing(settings, failures),
    ] == [
        "unknown flow 'x': no modules are configured: "
        'write penstock_modules = ["shop.flows"] in conf.py',
        "unknown step 'x': no flow is declared in these modules: shop, till",
        "unknown flow 'x' (known: y)",
        "flow 'x' could not be drawn by dot: no",
        "no flow is declared, since these modules cannot be imported: nowhere_shop",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("json.decoder", True), ("json.nothing", False), ("nothing.json", False), ("abc.x", False)],
)
def test_is_importable(name, expected):
    """Whether there is a module is known without importing it."""
    assert is_importable(name) is expected
