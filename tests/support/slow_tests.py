"""The tests that are marked `slow`: `nox -s slow` runs them, `nox -s tests` does not.

Most are one more case of what a faster test holds too: another theme, another server, another tool.
"""

import pytest

SLOW = {
    "boundaries/test_greenlets.py": ("[traced",),
    "catalog/test_linear.py": ("test_linear",),
    "cli/test_console.py": ("[takes it apart", "[keeps it", "[wraps it"),
    "cli/test_same_output.py": ("",),
    "contrib/test_celery_workers.py": ("[amqp", "[redis-gevent", "[redis-threads", "[redis-solo"),
    "contrib/test_django_servers.py": ("[gunicorn with threads]", "[gunicorn]"),
    "contrib/test_dramatiq.py": ("test_real_worker",),
    "contrib/test_forking_servers.py": ("",),
    "contrib/test_huey.py": ("[greenlet]", "[file-"),
    "contrib/test_request_settings.py": (
        "test_body_that_fails[Django under WSGI",
        "test_body_that_fails[Quart",
        "test_body_that_fails[Litestar",
        "test_body_that_fails[WSGI",
        "test_underscores_under_wsgi[eventlet",
    ),
    "contrib/test_rq.py": ("test_real_worker",),
    "contrib/test_servers.py": ("[granian", "[gunicorn-g", "[hypercorn"),
    "contrib/test_taskiq.py": ("test_real_worker",),
    "contrib/test_trust.py": ("[granian", "[gunicorn on", "[hypercorn", "believes all"),
    "contrib/test_worker_exit.py": (
        "[celery, a child",
        "[celery, gevent",
        "[celery, solo",
        "[celery, threads",
        "[huey, greenlet",
        "[huey, thread",
        "[rq, simple",
    ),
    "docs/test_docs.py": (  # all that need the built documentation
        "test_every_public_name_is_in_the_reference",
        "test_a_public_name_is_documented_once",
        "test_addresses_of_the_reference",
        "test_defaults",
        "test_what_is_in_the_first_version",
        "test_links_to_other_projects",
        "test_diagrams_are_in_the_pages",
        "test_first_page",
        "test_gallery",
        "test_sources_in_the_gallery",
        "test_footer",
    ),
    "docs/test_hosts.py": ("test_read_the_docs", "test_wiki"),
    "docs/test_narrow.py": ("",),
    "docs/test_tutorial.py": ("test_guide[", "test_check", "test_processes"),
    "examples/test_operations.py": ("[parcels", "broker", "test_docs", "test_checks_of_django"),
    "graph/test_ways.py": ("test_same_ways",),
    "mkdocs/test_browser.py": (
        "[mkdocs-mkdocs",
        "[mkdocs-readthedocs",
        "[properdocs",
        "[zensical-classic",
    ),
    "mkdocs/test_builders.py": (
        "-properdocs",
        "[properdocs",
        "-readthedocs]",
        "-classic]",
        "test_docstring_that_shows_itself[search, mkdocstrings-mkdocs",
        "test_reference_keeps_its_names[z",
        "test_options_of_mkdocstrings",
    ),
    "mkdocs/test_loading.py": ("test_what_cannot_be_imported_twice",),
    "mkdocs/test_neighbours.py": ("[properdocs", "-readthedocs", "-last]", "[plugins"),
    "mkdocs/test_serving.py": ("[mkdocs]", "[properdocs]"),
    "mkdocs/test_techdocs.py": ("test_diagram",),
    "pages/looks/test_accessible.py": ("test_axe[dark", "test_axe_on_a_box", "test_large_letters"),
    "pages/looks/test_paper.py": ("test_whole",),
    "pages/looks/test_visible.py": ("[fan-1280", "[twelve-1280", "telephone[rtd]"),
    "render/test_d2.py": ("test_random_graphs",),
    "render/test_graphviz.py": ("test_several_png[dot",),
    "render/test_mermaid_real.py": (
        "[11.12.0",
        "test_any_graph",
        "test_hostile_titles_and_edge_labels",
        "test_hostile_flow_titles",
        "test_hostile_kinds",
    ),
    "render/test_plantuml.py": ("test_real_plantuml",),
    "render/test_random_flows.py": ("-60]",),
    "runtime/test_annotations.py": ("test_timer_that_sets_itself_again[traced",),
    "runtime/test_pickling.py": ("test_workers_of_joblib[1",),
    "sphinx/test_browser.py": (
        "[alabaster",
        "[pydata_sphinx_theme",
        "[sphinx_rtd_theme",
        "-alabaster]",
        "-pydata_sphinx_theme]",
        "[index-",
        "[sub/deep-dirhtml",
        "test_one_mermaid",
        "test_all_colours_of_mermaid",
    ),
    "sphinx/test_builders.py": ("test_pdf", "test_beyond_mermaid"),
    "sphinx/test_imports.py": (
        "test_imports[2",
        "test_pages_that",
        "[all",
        "[flow",
        "test_shown_from",
    ),
    "sphinx/test_outdated.py": (
        "[added",
        "[body",
        "[comment",
        "[coroutine",
        "[default",
        "[docstring of a",
        "[gist",
        "[join",
        "[kind",
        "[owner",
        "[title",
    ),
    "sphinx/test_reproducible.py": (
        "test_failing",
        "test_many_pages_of_one_diagram",
        "test_same_bytes[epub",
        "test_same_bytes[latex",
    ),
    "sphinx/test_tools.py": ("[1]", "[1280-", "[390-no", "test_opens_there_without_animations"),
    "sphinx/test_translations.py": ("test_search_and_indices", "test_edited"),
    "test_one_table.py": ("test_setup_that_is_missing", "test_setup_that_fails"),
}
"""Parts of names of tests, by file; an empty part is in all names of a file.

From what `--durations=0` shows, chosen by hand: durations change with the machine and the order.
"""


def mark_slow(items: list[pytest.Item]) -> set[str]:
    """Mark the tests among *items* that are slow.

    Args:
        items: The tests that were collected.

    Returns:
        The entries for files of *items* that are the name of no test.
    """
    unknown = set()
    for file, parts in SLOW.items():
        tests = [item for item in items if item.path.as_posix().endswith(f"/tests/{file}")]
        for part in parts if tests else ():
            found = [item for item in tests if part in item.name]
            for item in found:
                item.add_marker(pytest.mark.slow)
            if not found:
                unknown.add(f"{file}: {part}")
    return unknown
