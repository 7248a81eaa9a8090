"""Begin an exercise: ``python -m autograder new NOTEBOOK NAME --points N`` writes its declaration and its cells.

The declaration and the cells are those of a working example, which doubles a number: release, check and tests know the
exercise at once, and each part is then replaced by what is meant.
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


@exercise.refuses  # why these arguments must be refused with a ValueError, or nothing
def refuses(number):
    return "the number must not be negative" if number < 0 else ""


@exercise.probes  # inputs, edge cases first; vary them with rng: grading uses another seed
def probes(rng):
    yield Probe("zero", number=0)
    yield Probe("any number", number=rng.randrange(3, 1000))
    yield Probe("a negative number is refused", number=-1)


@exercise.oracle  # what is right: the library's own function wherever it has one
def oracle(number):
    return 2 * number


@exercise.reference  # a right answer in plain Python and torch; slips change it
def reference(number):
    return number + number


# mistakes that are a small edit: name, what stands there, what people write; below it the hint that they need
exercise.slips("""
    squares: number + number => number * number
        The number was squared. Twice a number is that number plus itself.
    forgets_the_second: number + number => number
        The number came back as it was. Add it to itself: the result is twice as large.
""")


@exercise.mistake  # what is no small edit; the docstring is the hint
def returns_text(number):
    """The result is a text. Return the number itself, and leave it to the caller to print it."""
    return str(number + number)


@exercise.mistake(refuses=False)
def accepts_negative_numbers(number):
    """A negative number went through. Refuse it with a ValueError that says so, before anything is computed."""
    return number + number


@exercise.alternative  # another right implementation, as different as can be
def by_shifting(number):
    return number << 1
'''

CARD = """\
### Exercise: `{name}`

Difficulty ●○○ · 3 minutes · You will see: say it here.

Say here what to write, one rule a sentence. Refuse a negative number with a `ValueError`."""

STUB = '''\
def {name}(number: int) -> int:
    """Twice the number. Raises ValueError for a negative one."""
    # 1. Refuse a negative number.
    # 2. Add it to itself.
    ### BEGIN SOLUTION
    if number < 0:
        raise ValueError(f"the number must not be negative, got {{number}}")
    return number + number
    ### END SOLUTION'''

TEST = """\
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
