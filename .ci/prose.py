"""Check that docs, docstrings, comments, messages and names are in plain technical English.

`nox -s lint` runs it, and codespell for the spelling. The words are those that readers of the
documentation of Python, Sphinx and pytest do not know in that sense; `words.toml` lists them. The
usual tool, Vale, cannot be installed from the index alone: its package downloads a program when it
first runs. codespell knows single words only, and neither of them checks names.
"""

import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

Found = Iterator[tuple[int, str]]

RULES = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
PHRASES = {
    re.compile(rf"\b(?:{words})\b".replace(" ", r"\s+"), re.IGNORECASE | re.MULTILINE): instead
    for words, instead in RULES["words"].items()
}
CODE = re.compile(
    r"(`+)(?!`).+?(?<!`)\1(?!`)"  # code
    r"|\]\([^)\s]*\)|https?://\S+"  # addresses
    r"|%\(\w+\)s|\{[^{}\n]*\}",  # what is filled in
    re.DOTALL,
)
QUESTION = re.compile(r'^[rR]?"""(What|Who|Where)\b')
NOUNS = "what it is, like 'The flows of ...', or what it does, like 'Return ...'"
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.DOTALL | re.MULTILINE)


def check_file(path: Path) -> Iterator[str]:
    """Yield what to write instead, for each word and name of a file that is not plain English."""
    text = path.read_text(encoding="utf-8")
    prose = _prose_of_python(text) if path.suffix == ".py" else [(1, FENCE.sub(_blank, text))]
    for first, passage in prose:
        readable = CODE.sub(_blank, passage)
        for pattern, instead in PHRASES.items():
            for match in pattern.finditer(readable):
                line = first + readable.count("\n", 0, match.start())
                found = " ".join(match.group().split())
                yield f"{path}:{line}: {found!r}; write instead: {instead}"
    if path.suffix == ".py":
        for line, word in _questions_of_python(text):
            yield f"{path}:{line}: a docstring begins with {word!r}; write instead: {NOUNS}"
        for line, name in _names_of_python(text):
            for word in RULES["names"].keys() & name.lower().split("_"):
                yield f"{path}:{line}: the name {name!r}; write instead: {RULES['names'][word]}"


def _prose_of_python(source: str) -> Found:
    """Yield comments, and strings of several words: docstrings and messages.

    Comments in consecutive lines are one passage, since a sentence goes on in the next one.
    """
    block: list[str] = []
    begin = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != last + 1:
                yield begin, "\n".join(block)
                block = []
            begin = begin if block else token.start[0]
            last = token.start[0]
            block.append(token.string.lstrip("# "))
        elif tokenize.tok_name[token.type] in {"STRING", "FSTRING_MIDDLE"} and " " in token.string:
            yield token.start[0], token.string
    if block:
        yield begin, "\n".join(block)


def _questions_of_python(source: str) -> Found:
    """Yield the first word of docstrings, also of attributes, that is one of a question."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and (match := QUESTION.match(token.string)):
            yield token.start[0], match[1]


def _names_of_python(source: str) -> Found:
    """Yield each identifier."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def _blank(match: re.Match[str]) -> str:
    """Replace text that is not prose by a bullet and its line breaks."""
    return "\N{BULLET}" + "\n" * match.group().count("\n")


def _files(name: str) -> list[Path]:
    """Return the file *name*, or the files of prose and Python below the folder *name*."""
    path = Path(name)
    if path.is_file():
        return [path]
    prose = (found for found in path.rglob("*") if found.suffix in {".md", ".py"})
    return sorted(found for found in prose if found.as_posix() not in RULES["skip"])


def main(names: list[str]) -> int:
    """Print what is found, and return 1 if there is anything."""
    found = [line for name in names for path in _files(name) for line in check_file(path)]
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
