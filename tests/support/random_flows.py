"""Flows of many shapes with awkward names, the same for a seed."""

from random import Random

from penstock.graph import Edge, EdgeCheck, Graph, Node

__all__ = ["SHAPES", "random_flow"]

SHAPES = ("chain", "fan", "join", "layers", "parts", "any")

_WORDS = ("order", "payment", "reserve", "synchronise", "customer", "HTTPServer", "v2", "x")
_CJK = "注文を検証して在庫を確保する支払処理완료주문확인"
_KINDS = (None, None, "http", "kafka", "database", "email", "an odd kind of thing", "gRPC")
_GROUPS = ("Stock", "Money and refunds of all customers", "出荷")
_LABELS = (
    "valid",
    "x",
    "declined by the bank of the customer, which has its reasons",
    "注文を検証して在庫を確保する",
    "aConditionOfMany_words_of_which_none_has_a_space",
    "unbreakableconditionwithoutanyspace",
)
_CHECKS = (
    EdgeCheck(verdict="supported", kind="call"),
    EdgeCheck(verdict="supported", kind="channel", channel="kafka:orders.payments.confirmed.v2"),
    EdgeCheck(verdict="supported", kind="channel", channel="http:POST /orders/{order}/items"),
    EdgeCheck(verdict="unverified", reason="no source"),
    EdgeCheck(verdict="mixed", kind="order"),
    EdgeCheck(verdict="contradicted"),
    EdgeCheck(verdict="unchecked", reason="by hand"),
)


def random_flow(seed: int, shape: str | None = None, *, most: int = 60) -> Graph:
    """Return a flow of 3 to *most* steps, with labels, signs, groups, loops, parallel edges."""
    random = Random(seed)
    return _Maker(random, most).flow(f"flow_{seed}", shape or random.choice(SHAPES))


class _Maker:
    def __init__(self, random: Random, most: int) -> None:
        self._random = random
        self._count = random.choice([n for n in (3, 4, 5, 8, 12, 20, 40, 60) if n <= most])
        self._is_checked = self._often(0.5)
        self._labelled = random.random() * 0.7
        self._groups = (None, None, None, *(_GROUPS if self._often(0.4) else ()))

    def flow(self, name: str, shape: str) -> Graph:
        names = [f"{self._name()}{_CJK[number % 5]}{number}" for number in range(self._count)]
        pairs = {
            "chain": lambda a, b: b == a + 1,
            "fan": lambda a, _: a == 0,
            "join": lambda _, b: b == self._count - 1,
            "layers": lambda a, b: b // 3 == a // 3 + 1 and self._often(0.5),
            "parts": lambda a, b: b == a + 1 and b % 4 != 0,
            "any": lambda a, b: self._often(1.5 / b),
        }[shape]
        edges = [
            self._edge(names[a], names[b])
            for b in range(1, self._count)
            for a in range(b)
            if pairs(a, b)
        ]
        if edges and self._often(0.3):
            edges.append(self._edge(*self._ends(edges)))
        for is_loop in (True, True, False):  # the last closes a cycle that nobody declared
            if edges and self._often(0.4):
                source, target = self._ends(edges)
                edges.append(self._edge(target, source, is_loop=is_loop))
        if self._often(0.4):
            again = self._random.choice(names)
            edges.append(Edge(again, again, "until it is done", is_loop=True))
        steps = tuple(self._step(number, name) for number, name in enumerate(names))
        return Graph(name=name, nodes=steps, edges=tuple(edges), title="Any flow")

    def _often(self, part: float) -> bool:
        return self._random.random() < part

    def _ends(self, edges: list[Edge]) -> tuple[str, str]:
        edge = self._random.choice(edges)
        return edge.source, edge.target

    def _name(self) -> str:
        choice, words = self._random.choice, self._random.choices(_WORDS, k=5)
        some = words[: self._random.randrange(1, 6)]
        cjk = "".join(self._random.choices(_CJK, k=self._random.randrange(2, 25)))
        return choice(
            ("_".join(some), "".join(map(str.title, some)), " ".join(some), cjk, "x" * 40)
        )

    def _step(self, number: int, name: str) -> Node:
        role = "entrypoint" if number == 0 or self._often(0.1) else "step"
        return Node(
            name=name,
            title=self._name() if self._often(0.3) else None,
            role="missing" if role == "step" and self._often(0.05) else role,
            kind=self._random.choice(_KINDS),
            group=self._random.choice(self._groups),
            join="all" if self._often(0.2) else "any",
            sends=("celery:emails",) if self._often(0.1) else (),
            status=self._random.choice((None, None, None, "visited", "failed", "unreached")),
            note="3 times, 12.345 ms" if self._often(0.1) else None,
            href="#step",
        )

    def _edge(self, source: str, target: str, *, is_loop: bool = False) -> Edge:
        return Edge(
            source,
            target,
            self._random.choice(_LABELS) if self._often(self._labelled) else None,
            is_loop=is_loop,
            check=self._random.choice(_CHECKS) if self._is_checked else None,
        )
