"""What the hidden line of a test cell calls: fresh probes, judged here and now, points as the cell's result."""

import os
from collections.abc import Callable

from genlab.checks import outcomes_of
from genlab.checks.judge import UNWRITTEN, judge, report, score


def grade(name: str, function: Callable) -> float:
    """Judge ``function`` on probes made from ``GENLAB_GRADING_SEED``, print the report, return the points.

    As the last expression of a test cell the number is nbgrader's partial credit: the share of the
    weighted probes that pass, times the exercise's points.
    """
    from autograder.exercises import all_exercises

    exercise = all_exercises()[name]
    seed = os.environ.get("GENLAB_GRADING_SEED", "unset")
    record = exercise.record(seed, hints=False)
    outcomes = outcomes_of(function, record)
    verdicts = judge(record, outcomes)
    if callable(function) and any(verdict.reason not in ("", UNWRITTEN) for verdict in verdicts):
        verdicts = judge(exercise.record(seed), outcomes)  # say which misconception it looks like
    print(report(name, verdicts, show_inputs=False, details=len(verdicts)))
    return score(verdicts, exercise.points)
