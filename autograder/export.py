"""Grades for other programs: one ``results.json`` a submission, in Gradescope's format."""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.apps import NbGraderAPI

from autograder.rebase import marks


def write_results(course: NbGraderAPI, gradebook: Gradebook, folder: Path) -> int:
    """Write ``folder/ASSIGNMENT/STUDENT.json`` for every submission in the gradebook; return how many."""
    written = 0
    for assignment in gradebook.assignments:
        for submission in gradebook.assignment_submissions(assignment.name):
            path = folder / assignment.name / f"{submission.student.id}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(results(course, submission), indent=1, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            written += 1
    return written


def results(course: NbGraderAPI, submission: SubmittedAssignment) -> dict[str, Any]:
    """One submission as https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format describes.

    What waits for a person has no score yet, which Gradescope shows as such.
    """
    name, student = submission.assignment.name, submission.student.id
    reports = _reports(course, name, student)
    tests = []
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            test: dict[str, Any] = {"name": grade.name, "max_score": grade.max_score, "visibility": "after_published"}
            if grade.needs_manual_grade:
                test["output"] = "waits to be graded by a person"
            else:
                test |= {"score": grade.score, "output": reports.get(grade.name, "")}
            tests.append(test)
    penalty = sum(notebook.late_submission_penalty or 0 for notebook in submission.notebooks)
    return {
        "score": submission.score - penalty,
        "output": f"late: {penalty:g} points were taken off" if penalty else "",
        "tests": tests,
    }


def _reports(course: NbGraderAPI, assignment: str, student: str) -> dict[str, str]:
    """What the graded notebook says under each test cell."""
    folder = course.coursedir.format_path(course.coursedir.autograded_directory, student, assignment)
    path = Path(folder) / f"{assignment}.ipynb"
    if not path.is_file():
        return {}
    return {
        marks(cell)["grade_id"]: "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream").strip()
        for cell in nbformat.read(path, as_version=4).cells
        if marks(cell).get("grade")
    }
