"""A page is read again if what it shows has changed, and only then."""

import re

import pytest

MAILS = """

mails = flow("mails", title="Mails")

@mails
@entrypoint
def compose(): "Writes it."

@mails
@step(after="compose")
def post(): "Posts it."
"""

PAGES = {
    "orders": ".. penstock-flow:: orders",
    "mails": ".. penstock-flow:: mails",
    "overview": ".. penstock-flow:: orders\n   :steps: none",
    "one": ".. penstock-step:: orders.send",
    "all": ".. penstock-flows::",
    "role": "See :penstock:step:`orders.send`.",
    "plain": "Nothing of the sort.",
}


@pytest.fixture
def pages(project):
    """A project with a page of every sort, built once."""
    made = project()
    made.write_pages(PAGES)
    made.write("shop.py", (made.folder / "shop.py").read_text(encoding="utf-8") + MAILS)
    assert made.build().warnings == ""
    return made


def read(built) -> set[str]:
    """Return the pages that a build has read."""
    return set(re.findall(r"reading sources\.\.\. \[[ \d]+%\] (\S+)", built.status))


def written(built) -> set[str]:
    """Return the pages that a build has written."""
    return set(re.findall(r"writing output\.\.\. \[[ \d]+%\] (\S+)", built.status))


def test_nothing_to_do(pages):
    """A build with nothing to do reads and writes nothing."""
    built = pages.build()

    assert (read(built), written(built)) == (set(), set())
    assert "0 added, 0 changed, 0 removed" in built.status


FLOW = {"orders", "overview"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('"Charges it."', '"Takes money."', FLOW, id="docstring"),
        pytest.param(
            '"Sends it."', '"Sends the parcel."', FLOW | {"one"}, id="docstring of a step alone"
        ),
        pytest.param('"Writes it."', '"Pens it."', {"mails", "all"}, id="gist of a flow"),
        pytest.param("def pack(order)", "def pack(order, box)", FLOW, id="signature"),
        pytest.param("dry: bool = False", "dry: bool = True", FLOW, id="default"),
        pytest.param('kind="ledger"', 'kind="database"', FLOW, id="kind"),
        pytest.param('{"receive": "paid"}', '{"receive": "free"}', FLOW, id="condition"),
        pytest.param('title="Orders"', 'title="Sales"', FLOW | {"all"}, id="title of the flow"),
        pytest.param('owner="Depot"', 'owner="Shop"', FLOW | {"all"}, id="owner"),
        pytest.param('"Receive the order"', '"Get it"', FLOW | {"all"}, id="title of a step"),
        pytest.param('all_of("charge", "pack")', '["charge", "pack"]', FLOW | {"one"}, id="join"),
        pytest.param("async def charge", "def charge", FLOW, id="coroutine"),
        pytest.param(
            "\nmails = ",
            '\n@orders\n@step(after="pack")\ndef weigh(order): ...\n\nmails = ',
            FLOW,
            id="added step",
        ),
        pytest.param("def post()", "def post_it()", {"mails"}, id="renamed step"),
        pytest.param(
            '\n\n@mails\n@step(after="compose")\ndef post(): "Posts it."\n',
            "\n",
            {"mails"},
            id="deleted step",
        ),
        pytest.param("from penstock", "# A comment.\nfrom penstock", set(), id="comment"),
        pytest.param('"Posts it."', '"Posts it."; x = 1', set(), id="body"),
        pytest.param(
            "\nmails = ", '\nflow("new")(entrypoint(print))\nmails = ', {"all"}, id="added flow"
        ),
    ],
)
def test_edit(pages, old, new, expected):
    """An edit of a module re-reads the pages that show what was edited, and no other."""
    pages.edit("shop.py", old, new)

    assert read(pages.build()) == expected


def test_moved_step(pages):
    """A step that moves to another module is read again where it is shown."""
    code = (pages.folder / "shop.py").read_text(encoding="utf-8")
    pages.write("shop.py", code.partition("\n\nmails = ")[0])
    pages.write(
        "mailing.py", "from penstock import *\n\nmails = " + code.partition("\n\nmails = ")[2]
    )

    assert read(pages.build(penstock_modules=["shop", "mailing"])) >= {"mails"}


def test_step_from_a_new_module(pages):
    """A step that a module adds which no page knows of is read where its flow is shown."""
    pages.settings["penstock_modules"] = ["shop", "extra"]
    pages.write("extra.py", "")
    pages.build()
    pages.write(
        "extra.py",
        "from penstock import *\n@flow('orders')\n@step(after='send')\ndef thank(): ...\n",
    )

    built = pages.build()

    assert read(built) == FLOW | {"one"}
    assert "thank" in built.read("orders.html")


def test_vanished_flow(pages):
    """A flow that is no longer declared is missed where it was shown, in every build."""
    code = (pages.folder / "shop.py").read_text(encoding="utf-8")
    pages.write("shop.py", code.partition("\n\nmails = ")[0])

    built = [pages.build(), pages.build()]

    assert [read(b) for b in built] == [{"mails", "all"}, {"mails"}]
    assert all("unknown flow 'mails'" in b.warnings for b in built)


def test_broken_module(pages):
    """A module that breaks is a warning in every build; fixed, it brings its flows back."""
    code = (pages.folder / "shop.py").read_text(encoding="utf-8")
    pages.write("shop.py", "1 / 0\n")
    broken = [pages.build(), pages.build()]
    pages.write("shop.py", code)
    mended = pages.build()

    assert all("cannot import 'shop'" in b.warnings for b in broken)
    assert mended.warnings == ""
    assert read(mended) == {"orders", "overview", "mails", "one", "all"}
    assert "<svg" in mended.read("orders.html")


def test_link_leads_elsewhere(pages):
    """Pages that lead to a step are written again when it is shown elsewhere, and not read."""
    pages.write("orders.rst", "Page\n====\n\n.. penstock-flow:: orders\n   :steps: none\n")

    built = pages.build()

    assert read(built) == {"orders"}
    assert {"overview", "role"} <= written(built)
    assert not {"mails", "plain"} & written(built)
    assert 'href="one.html#penstock--orders--send"' in built.read("role.html")
    assert 'href="one.html#penstock--orders--send"' in built.read("overview.html")


def test_removed_page(pages):
    """Pages that led to a page that is gone lead elsewhere."""
    pages.edit("index.rst", "   orders\n", "")
    (pages.folder / "orders.rst").unlink()

    built = pages.build()

    assert read(built) == {"index"}
    assert 'href="one.html#penstock--orders--send"' in built.read("role.html")


def test_new_title_in_links(pages):
    """A new title of a step is in the words of the links to it."""
    pages.edit(
        "shop.py", 'step(after=all_of("charge", "pack"))', 'step(after="pack", title="Ship")'
    )

    built = pages.build()

    assert "role" not in read(built)
    assert ">Ship</span></a>" in built.read("role.html")


def test_another_version_of_penstock(pages, monkeypatch):
    """Each page is read again after an upgrade, which may make other objects for doctrees."""
    monkeypatch.setattr("penstock.__version__", "99.9", raising=False)
    built = pages.build()

    assert read(built) == {*PAGES, "index"}
    assert (read(pages.build()), built.warnings) == (set(), "")
