"""penstock's own documentation."""

import sys
import tomllib
from importlib.metadata import version as version_of
from pathlib import Path

from docutils.nodes import Element
from pygments.lexers.special import TextLexer
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.intersphinx import resolve_reference_detect_inventory

sys.path[:0] = [str(Path(__file__).parent / folder) for folder in ("_examples", "_extension")]

project = "penstock"
author = copyright = "penstock contributors"  # noqa: A001 - Sphinx's name
release = version_of("penstock")
version = ".".join(release.split(".")[:2])

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "penstock_sphinx",
    "gallery",
    "narrow_tables",
    "public_names",
]
penstock_modules = ["bom_sync", "checkout", "first_diagram", "orders", "refunds"]
penstock_evidence = True
suppress_warnings = ["penstock.edge_contradicted"]  # the gallery has such an edge

html_theme = "furo"
html_title = "penstock"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
templates_path = ["_templates"]
with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as _file:
    _hooks = tomllib.load(_file)["tool"]["hatch"]["metadata"]["hooks"]
html_context = {"repository": _hooks["custom"]["repository"]}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
default_role = "py:obj"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
# What is linked to is in `_inventories/`, and not fetched: a build needs no network, and its links
# do not change with the sites. `sphinx-build -b linkcheck` asks the sites whether they are right.
intersphinx_mapping = {
    project: (address, f"_inventories/{project}.txt")
    for project, address in {
        "aiokafka": "https://aiokafka.readthedocs.io/en/stable/",
        "apscheduler": "https://apscheduler.readthedocs.io/en/3.x/",
        "celery": "https://docs.celeryq.dev/en/stable/",
        "confluent_kafka": (
            "https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/"
        ),
        "django": "https://docs.djangoproject.com/en/stable/",
        "dramatiq": "https://dramatiq.io/",
        "flask": "https://flask.palletsprojects.com/en/stable/",
        "kafka": "https://kafka-python.readthedocs.io/en/master/",
        "opentelemetry": "https://opentelemetry-python.readthedocs.io/en/stable/",
        "python": "https://docs.python.org/3/",
        "requests": "https://requests.readthedocs.io/en/latest/",
        "sphinx": "https://www.sphinx-doc.org/en/master/",
        "structlog": "https://www.structlog.org/en/stable/",
        "urllib3": "https://urllib3.readthedocs.io/en/stable/",
    }.items()
}
PUBLIC_NAMES = {
    "Message": "confluent_kafka.Message",
    "Sphinx": "sphinx.application.Sphinx",
    "WSGIApplication": "wsgiref.types.WSGIApplication",
    "aiokafka.consumer.consumer.AIOKafkaConsumer": "aiokafka.AIOKafkaConsumer",
    "aiokafka.producer.producer.AIOKafkaProducer": "aiokafka.AIOKafkaProducer",
    "celery.app.base.Celery": "celery.Celery",
    "cimpl.Consumer": "confluent_kafka.Consumer",
    "cimpl.KafkaError": "confluent_kafka.KafkaError",  # its older versions
    "cimpl.Producer": "confluent_kafka.Producer",
    "concurrent.futures.process.ProcessPoolExecutor": "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.thread.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "confluent_kafka.cimpl.KafkaError": "confluent_kafka.KafkaError",
    "django.http.request.HttpRequest": "django.http.HttpRequest",
    "dramatiq.actor.Actor": "dramatiq.Actor",
    "dramatiq.broker.Broker": "dramatiq.Broker",
    "dramatiq.middleware.middleware.Middleware": "dramatiq.Middleware",
    "flask.app.Flask": "flask.Flask",
    "kafka.consumer.group.KafkaConsumer": "kafka.KafkaConsumer",
    "kafka.producer.kafka.KafkaProducer": "kafka.KafkaProducer",
    "requests.models.PreparedRequest": "requests.PreparedRequest",
    "requests.models.Response": "requests.Response",
    "requests.sessions.Session": "requests.Session",
    "urllib3.poolmanager.PoolManager": "urllib3.PoolManager",
}
"""The documented names of objects, by the names that autodoc writes: where they are defined."""

nitpick_ignore_regex = [
    ("py:class", r"penstock\..*\.[A-Z](_co)?"),  # type variables
    (
        "py:class",
        r"penstock\..*\.(Environment|Objects|[A-Z][a-z]+State|Recorded|Remote|_HasGraph)",
    ),  # of private arguments
    ("py:.*", r"(typing\.)?~?[A-Z](_co)?"),  # the same, in signatures that autodoc takes as text
    ("py:class", "After|Channels|EntrypointDecorator|StepDecorator"),  # the same of overloads
    # They are documented without an inventory, or by names without a module.
    ("py:.*", r"(httpx|huey|rq|taskiq)\..*"),
    ("py:class", "ExtensionMetadata"),  # of Sphinx
    ("py:class", "Record"),  # of loguru
    ("py:class", "Job|Queue|Redis|Serializer|struct_rusage"),  # of RQ's signatures
]
exclude_patterns = ["_build", "_examples", "_extension"]


def _find_by_public_name(
    _app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element
) -> Element | None:
    """Return a link to what autodoc names by where it is defined."""
    name = PUBLIC_NAMES.get(node["reftarget"])
    if name is None:
        return None
    node["reftarget"] = name
    return resolve_reference_detect_inventory(env, node, content)


def setup(app: Sphinx) -> None:
    """Complete what Sphinx's own settings cannot say."""
    # Pygments cannot read Mermaid, and the README has some.
    app.add_lexer("mermaid", TextLexer)
    app.connect("missing-reference", _find_by_public_name, priority=400)  # before intersphinx
