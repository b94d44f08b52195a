"""The pages of flows as Markdown files."""

import pytest

from penstock import all_of, entrypoint, flow, step
from penstock._documents import block_documents, escape, file_name, text_documents
from penstock.graph import get_flow, list_flows


def declare():
    orders = flow("orders", title="Orders & <more>", description="From *a*.", owner="D", tags=["x"])

    @orders
    @entrypoint(kind="http", title="Receive")
    def receive(order: int) -> None:
        """Takes an <order>.

        With `code`.

        Args:
            order: Its ```number```.
        """

    @orders
    @step(after={"receive": "paid", "lost": None})
    def charge():
        """Args:

        none: at all
        """

    @orders
    @step(after=all_of("receive", "charge"))
    def send():
        """Sends."""


TEXT = """\
# Orders \\& \\<more\\>

From \\*a\\*.

{diagram}

Owner: D. Tags: x

<a id="penstock--orders--receive"></a>

## Receive

```python
receive(order: int) -> None
```

*Entrypoint · http*

Takes an &lt;order>.

With `code`.

````text
Args:
    order: Its ```number```.
````

Leads to: [charge](#penstock--orders--charge) (paid), [send](#penstock--orders--send)

<a id="penstock--orders--charge"></a>

## charge

```python
charge()
```

```text
Args:

none: at all
```

Comes after: [Receive](#penstock--orders--receive) (paid), *lost*

Leads to: [send](#penstock--orders--send)

<a id="penstock--orders--send"></a>

## send

```python
send()
```

Sends.

Comes after all of: [Receive](#penstock--orders--receive), [charge](#penstock--orders--charge)
"""


def test_text():
    """A page holds a diagram that forges draw, and all that is known of the steps, in order."""
    declare()

    page = text_documents(list_flows())["orders.md"]

    diagram = page[page.index("```mermaid") : page.index("\n\nOwner")]
    assert page == TEXT.format(diagram=diagram)
    assert diagram.endswith("\n```")
    assert "click" not in diagram


def test_index():
    """The index leads to each flow, in order of their titles, and says what it is for."""
    declare()
    flow("audit")(entrypoint(name="begin")(lambda: None))

    page = text_documents(list_flows())["index.md"]

    assert page == (
        "# Flows\n\n- [audit](audit.md)\n- [Orders \\& \\<more\\>](orders.md): From \\*a\\*.\n"
    )


def test_blocks():
    """Pages for the extension hold its blocks."""
    declare()

    pages = block_documents(list_flows())

    assert pages == {
        "index.md": "# Flows\n\n::: penstock-flows\n",
        "orders.md": "# Orders \\& \\<more\\>\n\n::: penstock-flow orders\n",
    }


def test_large_flow():
    """A flow that is too large for Mermaid is shown as text."""
    large = flow("large")
    for number in range(3000):
        large(entrypoint(name=f"begin{number}")(lambda: None))

    page = text_documents(list_flows())["large.md"]

    assert "```mermaid" not in page
    assert "```text\nlarge" in page


@pytest.mark.parametrize(
    ("name", "expected"),
    [("bom_sync", "bom-sync.md"), ("index", "index-flow.md"), ("README", "readme-")],
)
def test_file_name(name, expected):
    """No flow takes the place of the index."""
    flow(name)(entrypoint(name="begin")(lambda: None))

    assert file_name(get_flow(name)).startswith(expected)


def test_escape():
    """What Markdown would take for markup is shown as it is, on one line."""
    assert escape("a_b *c* [d](e)\n`f` <g> # h") == r"a\_b \*c\* \[d\](e) \`f\` \<g\> \# h"
