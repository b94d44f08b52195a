"""The characters that the fonts of graphviz-pure have. It uses no others, not even the system's."""

import re
from unicodedata import normalize

__all__ = ["missing_letters"]

_MOST = 5
"""How many missing characters a message shows."""

# What Tinos 1.341 has, which is inside the program, for whatever its other fonts have not: Latin,
# Greek, Cyrillic, Hebrew, some symbols. A test draws both ends of each range, and their neighbours.
_MISSING = re.compile(
    r"[^"
    r"\n"
    r"\u0020-\u052f\u0591-\u05ea\u05f0-\u05f4\u1ab0-\u1abe\u1c80-\u1c88\u1d00-\u1df5"
    r"\u1dfb-\u20be\u20f0-\u214f\u2153\u2154\u215b-\u215e\u2184\u2190-\u2195\u21a8\u2202\u2206"
    r"\u220f\u2211\u2212\u2215\u2219\u221a\u221e\u221f\u2229\u222b\u2248\u2260\u2261"
    r"\u2264\u2265\u2302\u2310\u2320\u2321\u2500\u2502\u250c\u2510\u2514\u2518\u251c\u2524"
    r"\u252c\u2534\u253c\u2550-\u256c\u2580\u2584\u2588\u258c\u2590-\u2593\u25a0\u25a1"
    r"\u25aa-\u25ac\u25b2\u25ba\u25bc\u25c4\u25ca-\u25cc\u25cf\u25d8\u25d9\u25e6\u263a-\u263c"
    r"\u2640\u2642\u2660\u2663\u2665\u2666\u266a\u266b\u266f\u2c60-\u2c7f\u2de0-\u2e42"
    r"\ua640-\ua69f\ua717-\ua7ae\ua7b0-\ua7b7\ua7f7-\ua7ff\uab30-\uab65\uf001\uf002"
    r"\uf004\uf005\uf00a-\uf00e\ufb01-\ufb04\ufb1d-\ufb4f\ufe20-\ufe2f\ufeff\ufffc\ufffd"
    r"]"
)


def missing_letters(text: str) -> str:
    """Return the first characters of *text* that graphviz-pure would draw as empty boxes."""
    # A letter can be drawn from the parts that it is made of, too.
    found = (each for each in _MISSING.findall(text) if _MISSING.search(normalize("NFD", each)))
    return "".join(dict.fromkeys(found))[:_MOST]
