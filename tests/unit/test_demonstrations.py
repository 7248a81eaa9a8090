"""What need not run to grade: demonstrations that nothing graded reads from, and nothing else."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.cells import marks
from autograder.grading.demonstrations import demonstrations, left_out, names_changed, names_read
from autograder.grading.rebase import rebase
from tests.support.classroom import cell, picture, practice, solved
from tests.support.course import SOLUTIONS, names, read

DEMONSTRATIONS = ("words = ['the', 'cat']", "picture(words)", "model.config.x = 1", "tokenizer.side['a'].b = 2")


def skipped(students: str, *shown: str) -> set[str]:
    """The demonstrations that are left out when ``students`` is all the code beside them."""
    notebook = new_notebook(cells=[*map(new_code_cell, shown), new_code_cell(students)])
    places = left_out(notebook, frozenset(shown))
    assert places <= set(range(len(shown)))
    return {notebook.cells[place].source for place in places}


@pytest.mark.parametrize(
    ("students", "run"),
    {
        "def f(x):\n    return x": (),
        "def f(words):\n    return words": (),
        "words = 3\nprint(words)": (),
        "def f(x):\n    return words": (0,),
        "def f(x):\n    return [len(words) for _ in x]": (0,),
        "class F:\n    size = len(words)": (0,),
        "f = lambda: words": (0,),
        "words += ['sat']": (0,),
        "del words": (0,),
        "if words:\n    words = 3": (0,),
        "print(words)\nwords = 3": (0,),
        "def f():\n    return words\nwords = 3": (0,),  # when f is called is not known
        "for words in ():\n    pass\nprint(words)": (0,),
        "[words for words in 'ab']": (),
        "with suppress(NameError):\n    words = f()\nprint(words)": (0,),
        "import os.path, sys as s": (0, 1, 2, 3),
        "model.generate()": (2,),
        "def f(ids):\n    return model(tokenizer(ids))": (2, 3),
        "globals()['words']": (0, 1, 2, 3),
        "eval('wor' + 'ds')": (0, 1, 2, 3),
        "import __main__": (0, 1, 2, 3),
        "from sys import modules": (0, 1, 2, 3),
        "f.__globals__": (0, 1, 2, 3),
        "%timeit words": (0, 1, 2, 3),
        "model.eval()": (2,),
    }.items(),
)
def test_what_is_read_is_run(students, run):
    expected = {source for i, source in enumerate(DEMONSTRATIONS) if i not in run}
    assert skipped(students, *DEMONSTRATIONS) == expected


HARD = {
    "signs": "-" * 10**5 + "1",
    "brackets": "(" * 5000,
    "attributes": "x" + ".y" * 10**5,
    "subscripts": "x" + "[0]" * 10**5,
    "sum": "x" + "+ 1" * 10**5,
    "lists": "[" * 90 + "]" * 90,
    "blocks": "".join(" " * i + "if 1:\n" for i in range(90)) + " " * 90 + "x",
    "null": "x\0",
    "surrogate": "\ud800",
    "long": "x = 1\n" * 10**6,
}


@pytest.mark.parametrize("source", HARD.values(), ids=HARD)
def test_code_that_cannot_be_looked_through_is_run(source):
    assert skipped(source, *DEMONSTRATIONS) in (set(), set(DEMONSTRATIONS))


def test_what_is_run_has_what_it_reads():
    chain = ("a = 1", "b = a", "def c():\n    return b", "d = c()", "unrelated = d")
    assert skipped("print(d)", *chain) == {"unrelated = d"}
    assert skipped("print(e)", "from here import *", "x = 1") == set()
    assert skipped("def f():\n    return x", "def g():\n    global x\n    x = 1") == set()


@pytest.mark.parametrize("broken", ["def f(x)\n    return x", "x = (1", "print 3", "  x = 1\ny = 2"])
def test_a_cell_that_cannot_run_reads_nothing(broken):
    assert skipped(broken, "a = 1", "b = a") == {"a = 1", "b = a"}


@pytest.mark.parametrize("magic", ["%run helpers.py", "!ls", "x = !ls", "%%time\nx = 1"])
def test_a_magic_may_read_anything(magic):
    assert skipped(magic, "a = 1") == set()


def test_names():
    assert names_read(["import torch\n\ndef f(model):\n    return torch.ones(n)"]) == {"torch", "n"}
    assert names_changed("import a.b, c as d\nx = 1\ny.z = 2\ndef f(): w = 3\nfor i in u: pass\ndel q") >= {
        "a", "d", "x", "y", "f", "i"
    }  # fmt: skip


def test_only_what_has_come_back_as_it_was_released():
    master = practice()
    shown = demonstrations(master)
    assert [code.source for code in master.cells if code.source in shown] == [picture(master).source]

    def what_need_not_run(theirs):
        notebook = rebase(master, theirs, 100, {}).notebook
        return [notebook.cells[place] for place in left_out(notebook, shown)]

    theirs = solved(practice())
    assert [code.source for code in what_need_not_run(theirs)] == [picture(master).source]
    picture(theirs).source += "\nprint(1)"
    assert what_need_not_run(theirs) == []
    cell(theirs, "softmax").source = next(iter(shown))
    assert what_need_not_run(theirs) == [], "an exercise is no demonstration, whatever is in it"


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_in_this_course_no_demonstration_has_to_run(path):
    """So that grading stays quick: a name that a solution needs belongs into the setup cell or the solution."""
    notebook = read(path)
    code = {place for place, c in enumerate(notebook.cells) if c.cell_type == "code" and not marks(c)}
    assert left_out(notebook, demonstrations(notebook)) == code
