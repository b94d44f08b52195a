"""The changes after which a kept catalog is made again, and those after which it is not."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from penstock._project.settings import Settings
from penstock.catalog._subprocess import load_in_child

SHOP = """
import os, pkgutil, tempfile
from importlib.metadata import entry_points
from pathlib import Path

from penstock import entrypoint, flow
import inputs_shop.parts
import inputs_space
try:
    import inputs_extra
except ImportError:
    pass
try:
    from inputs_shop import optional
except ImportError:
    pass

names = os.listdir("plugins")
found = [each.name for each in pkgutil.iter_modules(["scripts"])]
text = Path("menu.txt").read_text(encoding="utf-8")
entry_points(group="inputs_shop")
os.environ.get("INPUTS_SHOP")
os.environ.setdefault("INPUTS_SHOP_SET", "1")
os.getenvb(b"INPUTS_SHOP_BYTES")
assert not os.path.isdir("asked")
assert not Path("asked.txt").exists()
try:
    open("local.txt")
except OSError:
    pass

# What it writes itself.
os.listdir("work")
Path("work/made").write_text(str(os.getpid()), encoding="utf-8")
os.makedirs("work/folder", exist_ok=True)
count = Path("work/count").read_text("utf-8") if os.path.isfile("work/count") else "0"
open("work/count", "w").write(str(int(count) + 1))
os.makedirs("logs", exist_ok=True)
with open("logs/shop.log", "a", encoding="utf-8") as log:
    log.write("imported\\n")
with tempfile.TemporaryDirectory(dir=".") as folder:
    Path(folder, "a").write_text("a", encoding="utf-8")
    Path(folder, "a").read_text(encoding="utf-8")
    os.listdir(folder)
Path("state.txt.new").write_text(str(os.getpid()), encoding="utf-8")
os.replace("state.txt.new", "state.txt")
Path("state.txt").read_text(encoding="utf-8")
os.makedirs(".cache", exist_ok=True)
os.listdir(".cache")

@flow("orders")
@entrypoint
def receive(message): ...
"""

FILES = {
    "src/inputs_shop/__init__.py": "",
    "src/inputs_shop/flows.py": SHOP,
    "src/inputs_shop/parts.py": "size = 1\n",
    "src/inputs_space/data.txt": "",
    "work/kept": "",
    "docs/index.md": "# Shop\n",
    "plugins/one.txt": "",
    "scripts/one.py": "",
    "menu.txt": "soup",
    "config/shop.toml": "a = 1\n",
    "schemas/deep/order.json": "{}",
    "libs/shop.pth": "/somewhere\n",
    "libs/inputs_shop-1.dist-info/METADATA": "Name: inputs-shop\nVersion: 1\n",
    "libs/inputs_shop-1.dist-info/entry_points.txt": "[inputs_shop]\na = b:c\n",
    "libs/__editable___inputs_finder.py": "MAPPING = {}\n",
    "libs/__editable__.inputs.pth": "import sys\n",
}


def write(folder, files):
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return the settings of a project, and the inputs that a child recorded."""
    folder = tmp_path_factory.mktemp("inputs[1]")  # a name that looks like a pattern
    write(folder, FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [*sys.path, str(folder / "libs")])
        patch.setenv("INPUTS_SHOP", "1")
        (folder / "pyproject.toml").write_text(
            '[tool.penstock]\nmodules = ["inputs_shop.flows"]\npythonpath = ["src"]\n'
            'depends = ["config/*.toml", "schemas"]\n',
            encoding="utf-8",
        )
        settings = Settings(root=str(folder)).override(
            "here",
            {
                "modules": ["inputs_shop.flows"],
                "pythonpath": ["src"],
                "depends": ["config/*.toml", "schemas"],
            },
            folder,
        )
        loaded = load_in_child(settings, str)
        assert loaded.failures == ()
        yield settings, loaded.inputs


@pytest.fixture
def project(recorded):
    """Return the folder of the project, which is as it was recorded, and will be again."""
    folder = Path(recorded[0].root)
    copy = folder.with_name("copy")
    if not copy.exists():
        shutil.copytree(folder, copy)
    yield folder
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(copy, folder, dirs_exist_ok=True)


def edit(name, text="other"):
    """Return what writes *text* to a file of the project."""
    return lambda folder, _: write(folder, {name: text})


def set_variable(name, value="2"):
    return lambda _, patch: patch.setenv(name, value)


def restore_time(folder, _):
    """Write other content of the same size, and give the file the time that it had."""
    before = (folder / "menu.txt").stat()
    write(folder, {"menu.txt": "stew"})
    os.utime(folder / "menu.txt", ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "module": edit("src/inputs_shop/flows.py"),
    "module of a module": edit("src/inputs_shop/parts.py"),
    "package": edit("src/inputs_shop/__init__.py", "x = 1\n"),
    "module gone": lambda folder, _: (folder / "src/inputs_shop/parts.py").unlink(),
    "data file": edit("menu.txt", "stew"),
    "data file gone": lambda folder, _: (folder / "menu.txt").unlink(),
    "time restored": restore_time,
    "file that was not there": edit("local.txt"),
    "file that the modules have written": edit("state.txt"),
    "file in a folder that the modules have made": edit(".cache/other"),
    "file in a folder in which the modules write": edit("work/other"),
    "file that was asked for": edit("asked.txt"),
    "folder that was asked for": edit("asked/a.txt"),
    "file in a listed folder": edit("plugins/two.txt"),
    "module in a folder of modules": edit("scripts/two.py"),
    "package in a folder of modules": edit("scripts/two/__init__.py"),
    "module that hides another": edit("inputs_extra.py"),
    "optional module": edit("src/inputs_extra.py"),
    "optional package": edit("src/inputs_extra/__init__.py"),
    "optional package without a file": edit("src/inputs_extra/data.txt"),
    "optional module of a package": edit("src/inputs_shop/optional.py"),
    "package where there was a folder": edit("src/inputs_space/__init__.py"),
    "compiled module": edit("src/inputs_extra.pyc"),
    "module beside that is found first": edit("src/inputs_shop.so"),
    "variable": set_variable("INPUTS_SHOP"),
    "variable gone": lambda _, patch: patch.delenv("INPUTS_SHOP"),
    "variable that is set where it is missing": set_variable("INPUTS_SHOP_SET"),
    "variable in bytes": set_variable("INPUTS_SHOP_BYTES"),
    "variable of Python": set_variable("PYTHONHASHSEED"),
    "locale": set_variable("LC_ALL", "C"),
    "path file": edit("libs/shop.pth"),
    "new path file": edit("libs/other.pth"),
    "editable install": edit("libs/__editable__.inputs.pth"),
    "another version": edit("libs/inputs_shop-2.dist-info/METADATA"),
    "entry point": edit("libs/inputs_shop-1.dist-info/entry_points.txt"),
    "entry points of another": edit("libs/other-1.dist-info/entry_points.txt"),
    "import path": lambda _, patch: patch.setattr(sys, "path", [*sys.path, "/nowhere"]),
    "current folder": lambda folder, patch: patch.chdir(folder / "docs"),
    "Python": lambda _, patch: patch.setattr(sys, "version", "3.99"),
    "options of Python": lambda _, patch: patch.setattr(sys, "warnoptions", ["error"]),
    "file that is depended on": edit("config/shop.toml"),
    "new file that is depended on": edit("config/other.toml"),
    "file in a folder that is depended on": edit("schemas/deep/order.json"),
    "new file in a folder that is depended on": edit("schemas/other.json"),
}

NO_CHANGES = {
    "page": edit("docs/index.md"),
    "new page": edit("docs/new.md"),
    "built site": edit("site/index.html"),
    "log": edit("shop.log"),
    "log of the modules": edit("logs/shop.log"),
    "compiled code": edit("src/inputs_shop/__pycache__/flows.cpython-399.pyc"),
    "compiled code in a listed folder": edit("plugins/__pycache__/one.cpython-399.pyc"),
    "data in a folder of modules": edit("scripts/two.txt"),
    "folder in a folder of modules": edit("scripts/two/data.txt"),
    "module that nobody looks for": edit("src/other.py"),
    "file that is called like a package": edit("src/inputs_extra"),
    "touched": lambda folder, _: os.utime(folder / "src/inputs_shop/flows.py"),
    "written again": edit("menu.txt", "soup"),
    "compiled code in a folder that is depended on": edit("schemas/__pycache__/a.pyc"),
    "file that nobody depends on": edit("config/shop.ini"),
    "variable that nobody reads": set_variable("INPUTS_SHOP_OTHER"),
    "variable of the shell": set_variable("SHLVL", "99"),
    "nothing": lambda _, __: None,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change(recorded, project, monkeypatch, change):
    """A change of anything that the modules have read, looked for or listed is detected."""
    settings, inputs = recorded
    before = inputs.find_change(settings)
    change(project, monkeypatch)

    assert (before, inputs.have_changed(settings)) == (None, True)
    assert inputs.refreshed(settings) is None


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_no_change(recorded, project, monkeypatch, change):
    """Files that modules have not read, or that they write themselves, do not count."""
    settings, inputs = recorded
    change(project, monkeypatch)

    assert inputs.find_change(settings) is None
    assert inputs.refreshed(settings).find_change(settings) is None


SETTINGS = {
    "modules": ("inputs_shop",),
    "pythonpath": (),
    "setup": "inputs_shop:setup",
    "depends": (),
    "root": "/",
    "folder": "/",
    "mocks": ("grpc",),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(recorded, project, name):
    """Other settings need another catalog."""
    settings, inputs = recorded
    others = replace(settings, **{name: SETTINGS[name]})

    assert inputs.have_changed(others)
    assert inputs.refreshed(others) is None


def test_what_counts(recorded):
    """Files that were read count, but not temporary ones."""
    settings, inputs = recorded
    paths = [*inputs.own_files, f"{settings.root}/", *inputs.own_folders]
    root = settings.root + "/"  # a tool that measures the child reads files too

    assert [path.removeprefix(root) for path in paths if path.startswith(root)] == [
        "config/shop.toml",
        "libs/__editable__.inputs.pth",
        "libs/inputs_shop-1.dist-info/entry_points.txt",
        "libs/shop.pth",
        "menu.txt",
        "schemas/deep/order.json",
        "src/inputs_shop/__init__.py",
        "src/inputs_shop/flows.py",
        "src/inputs_shop/parts.py",
        "state.txt",
        "work/count",
        "",
        ".cache",
        "plugins",
        "scripts",
        "src/inputs_shop",
        "src/inputs_space",
        "work",
    ]


def test_settings_of_others(recorded, project):
    """Settings that say nothing of the flows need none."""
    settings, inputs = recorded

    assert not inputs.have_changed(replace(settings, timeout=1.0, location="elsewhere"))
