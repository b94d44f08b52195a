"""The check for plain technical English finds what it has to, and nothing else."""

import runpy
from pathlib import Path

import pytest

CHECK = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "prose.py"))


def lines_of(tmp_path, name, text):
    """Return the numbers of the lines that are found in a file."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = [line.removeprefix(f"{path}:") for line in CHECK["check_file"](path)]
    return [int(line.partition(":")[0]) for line in found]


@pytest.mark.parametrize(
    "words",
    [
        "Takes a text, not 1.",
        "What is said in the header.",
        "Steps go round in a circle.",
        "It stands in the file.",
        "This is no step.",
        "Whoever reads it.",
        "An exporter of your\nown.",
        "The answer has a header.",
        "Pictures for Sphinx.",
        "## What is not carried",
    ],
)
def test_words(tmp_path, words):
    """A word that is not plain English is found, also across the end of a line."""
    assert lines_of(tmp_path, "page.md", f"# Title\n\n{words}\n") == [3]


def test_main(tmp_path, capsys):
    """A file with such a word fails the check, with what to write instead."""
    path = tmp_path / "page.md"
    path.write_text("Takes a text.\n", encoding="utf-8")

    assert CHECK["main"]([str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{path}:1: 'a text'; write instead: a string, strings\n"


def test_plain(tmp_path, capsys):
    """Plain English passes."""
    path = tmp_path / "page.md"
    path.write_text("There is no step in one place. Stand-alone text files.\n", encoding="utf-8")

    assert CHECK["main"]([str(path)]) == 0
    assert capsys.readouterr().out == ""


def test_code_in_pages(tmp_path):
    """Code and addresses in a page are not prose; line numbers count them."""
    text = "```python\nsaid = 1\n```\n\n`said` [it](said.md)\n\nhttps://said.example\n\nsaid\n"

    assert lines_of(tmp_path, "page.md", text) == [9]


@pytest.mark.parametrize(
    "source",
    [
        '"""Takes a text."""\n',
        '"""Read it. Who reads it knows."""\n',
        "# It takes a\n# text.\n",
        'raise TypeError("takes a text")\n',
        'raise TypeError(f"{name} takes a text")\n',
        "said = 1\n",
        "def keep_said(): ...\n",
    ],
)
def test_python(tmp_path, source):
    """Docstrings, comments, messages and names are checked."""
    assert lines_of(tmp_path, "module.py", source) == [1]


@pytest.mark.parametrize(
    "source",
    [
        '"""What is declared."""\n',
        'r"""Who reads it?"""\n',
        'class A:\n    """Where a flow is declared.\n\n    More.\n    """\n',
        'size = 1\n"""What a reader sees."""\n',
    ],
    ids=["module", "raw", "class", "attribute"],
)
def test_docstrings_are_no_questions(tmp_path, source):
    """A docstring says what a thing is or does: it does not begin like a question."""
    (line,) = {*lines_of(tmp_path, "module.py", source)}

    assert source.splitlines()[line - 1].lstrip(" r").startswith('"""Wh')


def test_docstrings_of_nouns(tmp_path):
    """Such a word later in a docstring, or at the start of another word, is right."""
    source = '"""The lines where it is, and what it has."""\nsize = 1\n"""Whatever it is."""\n'

    assert lines_of(tmp_path, "module.py", source) == []


def test_folders(tmp_path):
    """In a folder all Markdown and Python is checked, except files with such words on purpose."""
    (tmp_path / "page.md").touch()
    (tmp_path / "module.py").touch()
    (tmp_path / "data.txt").touch()
    found = CHECK["_files"](str(tmp_path))

    assert [path.name for path in found] == ["module.py", "page.md"]
    assert Path("tests/docs/test_prose.py") not in CHECK["_files"]("tests/docs")


def test_values_in_python(tmp_path):
    """A value, and what a message quotes or computes, is not prose."""
    source = 'kind = "picture"\nprint(f"see {answer}")\n"""Calls ``said``."""\n'

    assert lines_of(tmp_path, "module.py", source) == []
