"""One [tool.penstock] gives one result in every tool."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("_unmeasured")

FILES = {
    "pyproject.toml": '[tool.penstock]\nmodules = ["shop.views"]\nsetup = "shop.docs:setup"\n',
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.db import models\n\n\nclass Order(models.Model):\n    class Meta:\n"
        "        app_label = 'shop'\n"
    ),
    "shop/settings.py": "INSTALLED_APPS = ['shop']\n",
    "shop/docs.py": (
        "import os\n\nimport django\n\n\ndef setup():\n"
        "    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n    django.setup()\n"
    ),
    "shop/views.py": (
        "from penstock import entrypoint, flow\nfrom shop.models import Order\n\n\n"
        "@flow('orders')\n@entrypoint\ndef receive(request): ...\n"
    ),
    "docs/conf.py": "extensions = ['penstock_sphinx']\n",
    "docs/index.rst": "Shop\n====\n\n.. penstock-flow:: orders\n",
    "mkdocs.yml": "site_name: Shop\ndocs_dir: pages\nplugins: [penstock]\n",
    "pages/index.md": "# Shop\n\n::: penstock-flow orders\n",
}

TOOLS = {
    "command line": ["penstock", "draw", "orders"],
    "Sphinx": ["sphinx", "-q", "-W", "docs", "built"],
    "MkDocs": ["mkdocs", "build", "--strict"],
}


@pytest.fixture
def project(tmp_path):
    """Return a Django project with documentation."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def use(project, tool):
    """Return how *tool* ends in *project*, where nothing but its settings is on the path."""
    return subprocess.run(
        [sys.executable, "-P", "-m", *TOOLS[tool]],
        cwd=project,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_it_works(project, tool):
    """The project's modules are found, and its setup function makes Django ready."""
    done = use(project, tool)

    assert (done.returncode, "WARNING" in done.stderr, "rror" in done.stderr) == (0, False, False)


@pytest.mark.parametrize("tool", TOOLS)
def test_setup_that_is_missing(project, tool):
    """Without the setup function, each tool says in its own words what to write."""
    (project / "pyproject.toml").write_text('[tool.penstock]\nmodules = ["shop.views"]\n')

    done = use(project, tool)

    words = {"Sphinx": 'penstock_setup = "', "MkDocs": 'setup: "'}.get(tool, 'setup = "')
    assert f"Django is not set up: write {words}package.module:function" in done.stderr
    assert "models.py:4)" in done.stderr


@pytest.mark.parametrize("tool", TOOLS)
def test_setup_that_fails(project, tool):
    """A setup function that fails is one message, with the project's own line."""
    docs = project / "shop" / "docs.py"
    docs.write_text("import django\n\n\ndef setup():\n    django.setup()\n")

    done = use(project, tool)

    assert done.stderr.count("setup 'shop.docs:setup' failed ([tool.penstock] in ") == 1
    assert "docs.py:5). Has shop.docs:setup to set os.environ" in done.stderr
