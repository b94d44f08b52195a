"""Flows of every size and form, for pages that are looked at in browsers and on paper."""

from collections.abc import Callable
from random import Random

from penstock import all_of, entrypoint, flow, loop, step

KINDS = ("http", "database", "kafka", "queue", "email", "file", None, None, "grpc", "cache")
VERBS = ("validate", "fetch", "store", "publish", "reconcile", "notify", "enrich", "normalise")
VERBS += ("score", "archive")
NOUNS = ("order", "customer_profile", "invoice", "payment_authorisation", "shipment")
NOUNS += ("stock_level", "ledger_entry")
LABELS = ("valid", "over the limit", "retry", "approved by a human")
GROUPS = ("Intake", "Payment", "Warehouse", "Reports")


def body_named(name: str) -> Callable[..., object]:
    """Return a function to declare, with a docstring and a signature."""

    def body(value: dict[str, int], *, retries: int = 3) -> int:
        return 0

    body.__name__ = body.__qualname__ = name
    body.__doc__ = f"{name.replace('_', ' ').capitalize()}.\n\nA paragraph that says more.\n"
    return body


def declare_mixed(name: str, size: int, *, entrypoints: int, grouped: bool = False) -> None:
    """Declare a flow with branches, labels and joins, the same one each time."""
    numbers = Random(size)
    mixed = flow(name, title=f"A flow of {size} steps")
    names: list[str] = []
    for at in range(size):
        function = body_named(f"{VERBS[at % 10]}_{NOUNS[at * 3 % 7]}_{at}")
        options = {"group": GROUPS[at * len(GROUPS) // size]} if grouped else {}
        if at < entrypoints:
            mixed(entrypoint(kind="kafka" if at else "http", **options)(function))
        else:
            if at == entrypoints:
                after = names
            elif at > 6 and at % 9 == 0:
                after = all_of(names[-1], names[-2])
            elif at % 4 == 0:
                after = {numbers.choice(names[-5:]): numbers.choice(LABELS)}
            else:
                after = numbers.choice(names[-4:])
            mixed(step(after=after, kind=KINDS[at % 10], **options)(function))
        names = [*names, function.__name__]


def declare_chain(name: str, size: int) -> None:
    """Declare a flow without a branch."""
    chain = flow(name, title=f"A chain of {size}")
    chain(entrypoint(body_named("step_0")))
    for at in range(1, size):
        chain(step(after=f"step_{at - 1}", kind=KINDS[at % 10])(body_named(f"step_{at}")))


def declare_fan() -> None:
    """Declare an entrypoint with ten targets, each behind a label."""
    fan = flow("fan", title="One entrypoint with ten targets")
    fan(entrypoint(body_named("receive_everything")))
    for at, kind in enumerate(KINDS):
        after = {"receive_everything": f"topic {at}"}
        fan(step(after=after, kind=kind)(body_named(f"{VERBS[at]}_{NOUNS[at % 7]}")))


def declare_join() -> None:
    """Declare ten entrypoints that lead to one step."""
    join = flow("join", title="Ten entrypoints with one join")
    names = [f"receive_{noun}_{at}" for at, noun in enumerate((*NOUNS, *NOUNS[:3]))]
    for name in names:
        join(entrypoint(kind="kafka")(body_named(name)))
    join(step(after=all_of(*names), kind="database")(body_named("store_everything")))


def declare_words() -> None:
    """Declare names and labels of every length, also in Chinese and Japanese, and loops."""
    long = "synchronise_customer_profile_with_the_external_payment_authorisation_registry"
    words = flow("words", title="Long words, 中文, 日本語")
    words(
        entrypoint(kind="http", title="订单服务：接收订单并检查所有的数据")(body_named("receive"))
    )
    words(step(after="receive", kind="grpc")(body_named(long)))
    words(step(after={long: "の支払いが承認された場合"}, title="支払いの確認")(body_named("pay")))
    words(step(after="pay", kind="database")(body_named("unbreakable" * 6)))
    words(step(after={"pay": "when more than one of them is late"})(body_named("HTTPServerOf")))
    words(step(after={"pay": None, loop("tell"): "again"}, kind="sms")(body_named("ask")))
    words(step(after="ask", title="Send <em> & WWWWWWWWWW mmmmmmmm")(body_named("tell")))


declare_mixed("three", 3, entrypoints=1)
declare_mixed("twelve", 12, entrypoints=2)
declare_mixed("forty", 40, entrypoints=2, grouped=True)
declare_mixed("hundred-fifty", 150, entrypoints=4)
declare_chain("chain", 60)
declare_fan()
declare_join()
declare_words()
