"""Grades for other programs: one ``results.json`` a submission, in Gradescope's format."""

import json
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, SubmittedAssignment

from autograder.grading.cells import exercise_of
from autograder.grading.gradebook import prepare, scores
from autograder.grading.graded import Score
from genlab.judging.verdict import Verdict, report


def write_results(gradebook: Gradebook, folder: Path) -> int:
    """Write ``folder/ASSIGNMENT/STUDENT.json`` for every submission in the gradebook; return how many."""
    prepare(gradebook.engine)
    written = 0
    for assignment in gradebook.assignments:
        for submission in gradebook.assignment_submissions(assignment.name):
            path = folder / assignment.name / f"{submission.student.id}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            recorded = scores(gradebook, assignment.name, submission.student.id)
            text = json.dumps(results(submission, recorded), indent=1, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            written += 1
    return written


def results(submission: SubmittedAssignment, recorded: dict[str, Score]) -> dict[str, Any]:
    """One submission as https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format describes.

    ``recorded``: the scores of its test cells. What waits for a person has no score yet; Gradescope shows it as such.
    """
    tests = []
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            test: dict[str, Any] = {"name": grade.name, "max_score": grade.max_score, "visibility": "after_published"}
            if grade.needs_manual_grade:
                test["output"] = "waits to be graded by a person"
            else:
                test |= {"score": grade.score} | _explained(recorded.get(grade.name))
            tests.append(test)
    penalty = sum(notebook.late_submission_penalty or 0 for notebook in submission.notebooks)
    return {
        "score": submission.score - penalty,
        "output": f"late: {penalty:g} points were taken off" if penalty else "",
        "tests": tests,
    }


def _explained(score: Score | None) -> dict[str, Any]:
    """Where a score comes from: in words, and as data for other programs."""
    if score is None:
        return {"output": ""}
    facts = {name: fact for name, fact in {"mistake": score.mistake, "failed": score.failed}.items() if fact}
    if score.problem:
        return {"output": f"no points, since it could not be checked: {score.problem}", "extra_data": facts}
    verdicts = [Verdict(**verdict) for verdict in score.verdicts]
    text = report(exercise_of(score.grade_id), verdicts, show_inputs=False, details=len(verdicts))
    return {"output": text, "extra_data": facts}
