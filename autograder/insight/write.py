"""Write the page and the table of a class: from the gradebook, the declarations and the graded notebooks."""

import time
from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.exercises import exercise, files
from autograder.insight import data, examples
from autograder.insight.page import asked, chosen, page, spreadsheet
from autograder.insight.statistics import Assignment, summary

PAGE, TABLE = "insight.html", "insight.csv"


def write(course: NbGraderAPI, gradebook: Gradebook, names: Sequence[str], folder: Path, named: bool = False) -> int:
    """Write ``insight.html`` and ``insight.csv`` into ``folder``, and return how many submissions they are about.

    ``named``: students are named. Nothing is written where nothing has been graded.
    """
    record = data.read(gradebook, names)
    assignments = summary(record.answers, record.failed, data.order(course, names))
    number = sum(len(each.students) + len(each.failed) for each in assignments)
    if not number:
        return 0

    def graded(assignment: str, student: str) -> Path:
        directory = course.coursedir.format_path(course.coursedir.autograded_directory, student, assignment)
        return Path(directory, f"{assignment}.ipynb")

    codes = examples.read(asked(assignments), graded, record.names)
    hints = declared_hints(assignments)
    people = record.names if named else None
    folder.mkdir(parents=True, exist_ok=True)
    text = page(assignments, chosen(assignments, codes), hints, people, time.strftime("%d %B %Y").lstrip("0"))
    folder.joinpath(PAGE).write_text(text, encoding="utf-8", errors="backslashreplace")
    table = spreadsheet(assignments, hints, people)
    folder.joinpath(TABLE).write_text(table, encoding="utf-8", errors="backslashreplace", newline="")
    return number


def declared_hints(assignments: Sequence[Assignment]) -> dict[tuple[str, str], str]:
    """The hints of the misconceptions that were found, by exercise and name, as they are declared today."""
    found = {each.name for assignment in assignments for each in assignment.exercises if each.misconceptions}
    return {
        (name, mistake.name): mistake.hint
        for name in sorted(found & set(files()))
        for mistake in exercise(name).mistakes
    }
