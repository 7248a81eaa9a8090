"""Begin an exercise: ``python -m autograder new NOTEBOOK NAME --points N`` writes its declaration and its cells.

The declaration and the cells are those of a working example, which gives the larger of two numbers: release, check and
tests know the exercise at once, and each part is then replaced by what is meant.
"""

import re
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.exercises import files

DECLARATION = '''\
"""``{name}``: say here in one line what the student writes."""

from autograder.exercises.exercise import Exercise, Probe

exercise = Exercise(__name__, points={points:g})
exercise.rules("""
    first: when the first number is the larger one, it is the result
    second: when the second number is the larger one, it is the result
    equal: two equal numbers are refused with a ValueError
""")  # what card and docstring promise, in their words: a student reads it when it fails; points are given for rules


@exercise.refuses  # why these arguments must be refused with a ValueError, or nothing
def refuses(a, b):
    return "neither of two equal numbers is larger" if a == b else ""


@exercise.probes  # inputs, edge cases first; vary them with rng: grading uses another seed
def probes(rng):
    small, large = rng.randrange(100), rng.randrange(100, 1000)
    yield Probe("the first is larger", rule="first", a=large, b=small)
    yield Probe("the second is larger", rule="second", a=small, b=large)
    yield Probe("both are negative", rule="first", hidden=True, a=-small - 1, b=-large)  # hidden: only grading asks it
    yield Probe("equal numbers are refused", rule="equal", a=small, b=small)


@exercise.oracle  # what is right: the library's own function wherever it has one
def oracle(a, b):
    return max(a, b)


@exercise.reference  # a right answer in plain Python and torch; slips change it
def reference(a, b):
    return a if a > b else b


# mistakes that are a small edit: name, what stands there, what people write; below it the hint that they need
exercise.slips("""
    always_the_first: a if a > b else b => a
        The first number came back, whatever the second was. Compare both and return the larger one.
    always_the_second: a if a > b else b => b
        The second number came back, whatever the first was. Compare both and return the larger one.
    the_smaller_one: a > b => a < b
        The smaller number came back: the comparison is the wrong way round.
    accepts_equal_numbers (refuses nothing)
        Two equal numbers went through. Refuse them with a ValueError that says why, before anything is computed.
""")


@exercise.mistake  # what is no small edit; the docstring is the hint
def returns_text(a, b):
    """The result is a text. Return the number itself, and leave it to the caller to print it."""
    return str(max(a, b))


@exercise.alternative  # another right implementation, as different as can be
def by_sorting(a, b):
    return sorted([a, b])[-1]
'''

CARD = """\
### Exercise: `{name}`

Difficulty ●○○ · 3 minutes · You will see: say it here.

Say here what to write, one rule a sentence. Refuse two equal numbers with a `ValueError`."""

STUB = '''\
def {name}(a: int, b: int) -> int:
    """The larger of two numbers. Raises ValueError for equal ones."""
    # 1. Refuse equal numbers.
    # 2. Compare them.
    ### BEGIN SOLUTION
    if a == b:
        raise ValueError(f"neither of two equal numbers is larger: {{a}}")
    return a if a > b else b
    ### END SOLUTION'''

TEST = """\
from genlab import check

check("{name}", {name})
### BEGIN HIDDEN TESTS
from autograder import grade

grade("{name}", {name})
### END HIDDEN TESTS"""

HELP = """\
<details><summary>Hint</summary>

Say here what helps.

</details>"""


class CannotBegin(ValueError):
    """The exercise cannot be begun; the message says why and what to do."""


def begin(root: Path, notebook: str, name: str, points: float) -> tuple[Path, Path]:
    """Write the declaration and the cells of a new exercise; return the paths of declaration and notebook.

    ``root``: the repository. The cells stand before the notebook's summary. Raises CannotBegin, and then has written
    nothing.
    """
    source = root / "solutions" / notebook / f"{notebook}.ipynb"
    package = root / "autograder" / "exercises" / f"nb{notebook}"
    declaration = package / f"{name}.py"
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise CannotBegin(f"{name!r} cannot be a function's name and a grade_id: write it like top_p")
    if name in files() or declaration.exists():
        raise CannotBegin(f"there is an exercise {name!r} already: names are unique over the course")
    if points <= 0:
        raise CannotBegin("an exercise needs points above 0")
    if not source.is_file():
        raise CannotBegin(f"there is no notebook {source}: make it first, in the frame that CONTRIBUTING.md describes")
    document = nbformat.read(source, as_version=4)
    made = cells(name, points)
    taken = {cell.id for cell in document.cells} & {cell.id for cell in made}
    if taken:
        raise CannotBegin(f"the notebook has cells called {', '.join(sorted(taken))}")
    at = next((i for i, cell in enumerate(document.cells) if is_summary(cell)), len(document.cells))
    document.cells[at:at] = made
    package.mkdir(exist_ok=True)
    if not (package / "__init__.py").exists():
        (package / "__init__.py").write_text(f'"""Exercises of the notebook `{notebook}`."""\n', encoding="utf-8")
    declaration.write_text(DECLARATION.format(name=name, points=points), encoding="utf-8")
    nbformat.write(document, source)
    return declaration, source


def cells(name: str, points: float) -> list[NotebookNode]:
    """Card, stub, test with its hidden line, and help, in nbgrader's marking."""
    slug = name.replace("_", "-")
    points = int(points) if float(points).is_integer() else points

    def marked(cell: NotebookNode, cell_id: str, grade_id: str, **marks: object) -> NotebookNode:
        cell.id = cell_id
        plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        cell.metadata["nbgrader"] = plain | {"grade_id": grade_id} | marks
        return cell

    return [
        marked(new_markdown_cell(CARD.format(name=name)), f"{slug}-card", f"{name}_card", locked=True),
        marked(new_code_cell(STUB.format(name=name)), slug, name, solution=True),
        marked(
            new_code_cell(TEST.format(name=name)),
            f"test-{slug}",
            f"test_{name}",
            grade=True,
            locked=True,
            points=points,
        ),
        new_markdown_cell(HELP, id=f"{slug}-help"),
    ]


def is_summary(cell: NotebookNode) -> bool:
    """Whether the notebook's summary begins with this cell."""
    return cell.cell_type == "markdown" and re.search(r"^#+ .*summary", cell.source, re.I | re.M) is not None
