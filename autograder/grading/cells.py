"""What a cell is to the grader: the one place that reads the marks that nbgrader puts on cells."""

from typing import Any

from nbformat.notebooknode import NotebookNode

PREFIX = "test_"  # the grade_id of a test cell is this and the exercise's name


def marks(cell: NotebookNode) -> dict[str, Any]:
    """A cell's nbgrader metadata, or an empty dictionary when there is none of the right form."""
    found = cell.metadata.get("nbgrader")
    return found if isinstance(found, dict) and isinstance(found.get("grade_id"), str) else {}


def is_solution(cell: NotebookNode) -> bool:
    """Whether a student is to change this cell."""
    return bool(marks(cell).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether an exercise is judged, and points are given automatically, at this cell."""
    return cell.cell_type == "code" and bool(marks(cell).get("grade")) and not is_solution(cell)


def exercise_of(grade_id: str) -> str:
    """The name of the exercise that the test cell ``grade_id`` judges."""
    return grade_id.removeprefix(PREFIX)
