"""Grade with stock nbgrader, one submission at a time: no sandbox, and judged beside the student's code.

For submissions that are trusted, and to compare with. A class is graded by ``autograder.grading.run``.
"""

import fnmatch
import os
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI

from autograder.returning.table import Result, Status, table

__all__ = ["Result", "grade", "submitted", "table"]


def submitted(course: NbGraderAPI, assignment: str, student: str = "*") -> list[str]:
    """Students who handed in ``assignment`` and whose name matches the glob ``student``."""
    return sorted(name for name in course.get_submitted_students(assignment) if fnmatch.fnmatch(name, student))


def grade(course: NbGraderAPI, assignment: str, student: str) -> Result:
    """Grade one submission with nbgrader. Never raises because of what the submission contains."""
    directory = course.coursedir.format_path(course.coursedir.submitted_directory, student, assignment)
    problem = unreadable(Path(directory) / f"{assignment}.ipynb")
    if problem:
        return Result(assignment, student, Status.FAILED, reason=problem)
    try:
        outcome = course.autograde(assignment, student, force=True, create=True)
    finally:  # nbgrader leaves NBGRADER_EXECUTION behind, and checks are silent where it is set
        os.environ.pop("NBGRADER_EXECUTION", None)
    if not outcome["success"]:
        return Result(assignment, student, Status.FAILED, reason=last_error(outcome))
    try:
        with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
            submission = gradebook.find_submission(assignment, student)
            status = Status.MANUAL if submission.needs_manual_grade else Status.GRADED
            return Result(assignment, student, status, submission.score, submission.max_score)
    except MissingEntry:
        return Result(assignment, student, Status.FAILED, reason="nbgrader recorded no score")


def unreadable(path: Path) -> str:
    """Why the notebook at ``path`` cannot be graded, or an empty string."""
    if not path.is_file():
        return f"{path.name} is missing"
    try:
        nbformat.validate(nbformat.read(path, as_version=4))
    except Exception as error:  # whatever is wrong with a file that anybody may have written
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f"{path.name} is not a readable notebook ({type(error).__name__}: {first[:120]}); ask for it again"
    return ""


def last_error(outcome: dict) -> str:
    """The last thing that nbgrader called an error, in one line."""
    text = (outcome.get("error") or "") + "\n" + (outcome.get("log") or "")
    lines = [line.split("|", 1)[-1].strip() for line in text.splitlines() if "ERROR" in line]
    return (lines[-1] if lines else text.strip().splitlines()[-1] if text.strip() else "no reason given")[:300]
