"""A process that imports a builder and forks for each build that it is asked for.

Each line of its standard input is a build as JSON; it prints the exit code.
"""

import gc
import importlib
import json
import os
import runpy
import sys
import tempfile
from contextlib import suppress

# What a builder imports while it builds, beside its own modules.
ALL = ("penstock_mkdocs", "penstock_mkdocs.markdown._docstrings", "graphviz")
ALL += tuple(f"markdown.extensions.{name}" for name in ("admonition", "fenced_code", "sane_lists"))
PLUGINS = ("penstock_mkdocs._plugin", "mkdocstrings", "mkdocstrings_handlers.python")
PLUGINS += ("mkdocs_autorefs", "material.plugins.search.plugin")
IMPORTS = {
    "mkdocs": ("mkdocs.commands.build", "mkdocs.contrib.search", *ALL, *PLUGINS),
    "properdocs": (
        "properdocs.replacement",
        "properdocs.commands.build",
        "properdocs.contrib.search",
        *ALL,
        *PLUGINS,
    ),
    "zensical": ("zensical.main", "zensical.markdown.render", "pymdownx.superfences", *ALL),
}


def become(program, job):
    """Become *program* as its user starts it."""
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["env"])
    for number, path in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(path, flags), number)
    tempfile.tempdir = None
    sys.path[0] = job["folder"]
    sys.argv[1:] = job["arguments"]
    runpy.run_module(program, run_name="__main__", alter_sys=True)


def main(program):
    """Fork for each line of the standard input."""
    for name in IMPORTS[program]:
        with suppress(ImportError):  # the builder alone is installed
            importlib.import_module(name)
    gc.freeze()  # no build has to look at these modules again
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            return become(program, json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return None


main(sys.argv[1])
