"""Grades for other programs: a table with a row for each student, and Gradescope's ``results.json`` a submission."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.collecting.roster import Person, Roster
from autograder.grading.cells import exercise_of
from autograder.grading.graded import Score
from autograder.returning.lms import harmless
from autograder.returning.standing import Item, Standing, State, rounded, shown
from genlab.judging.verdict import Verdict, report

BASIC = ("student", "first_name", "last_name", "email")
EACH = ("points", "maximum", "status")


def write_table(
    to: Path, standings: Mapping[str, Mapping[str, Standing]], maxima: Mapping[str, float], roster: Roster
) -> int:
    """Write one row a student, three columns an assignment; return how many rows.

    ``standings``: by assignment and student. ``maxima``: the points of each assignment. Where somebody has no points
    the cell is empty and the status says why; points that wait for more are those so far.
    """
    people = dict(roster.people)
    for each in standings.values():
        people |= {student: Person(student) for student in each if student not in people}
    with to.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*BASIC, *(f"{task} {column}" for task in standings for column in EACH)])
        for student, person in sorted(people.items()):
            row = [getattr(person, name) for name in BASIC]
            for task, each in standings.items():
                standing = each.get(student) or Standing(task, student, State.MISSING)
                points = "" if standing.points is None else shown(standing.points)
                row += [points, shown(maxima[task]), standing.status]
            rows.writerow([harmless(cell) for cell in row])
    return len(people)


def write_results(folder: Path, standings: Mapping[str, Mapping[str, Standing]]) -> int:
    """Write ``folder/ASSIGNMENT/STUDENT.json`` for all who have points; return how many."""
    written = 0
    for task, each in standings.items():
        for student, standing in each.items():
            if standing.points is None:
                continue
            path = folder / task / f"{student}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(results(standing), indent=1, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            written += 1
    return written


def results(standing: Standing) -> dict[str, Any]:
    """One submission as https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format describes.

    What waits for a person has no score yet; Gradescope shows it as such.
    """
    penalty = standing.penalty
    return {
        "score": standing.points,
        "output": f"late: {shown(penalty)} points were taken off" if penalty else "",
        "tests": [_test(item) for item in standing.items],
    }


def _test(item: Item) -> dict[str, Any]:
    test: dict[str, Any] = {"name": item.grade_id, "max_score": item.maximum, "visibility": "after_published"}
    if item.points is None:
        return test | {"output": "waits to be graded by a person"}
    return test | {"score": rounded(item.points)} | _explained(item.score)


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
