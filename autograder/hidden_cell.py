"""What the hidden line of a test cell calls: fresh probes, judged here and now, points as the cell's result."""

import os
from collections.abc import Callable

from autograder import grading_seed
from autograder.exercises import exercise
from genlab.judging.runner import outcomes_of
from genlab.judging.verdict import UNWRITTEN, judge, report, score


def grade(name: str, function: Callable) -> float:
    """Judge ``function`` on probes of the grading seed, print the report, return the points.

    As the last expression of a test cell the number is nbgrader's partial credit: the share of the rules that hold,
    by their weights, times the exercise's points. Raises NoSeed when nbgrader grades and there is no grading seed.
    """
    grading = os.environ.get("NBGRADER_EXECUTION") == "autograde"
    seed = grading_seed.read() if grading else "an author runs the solution notebook"
    declared = exercise(name)
    record = declared.record(seed, hints=False)
    outcomes = outcomes_of(function, record)
    verdicts = judge(record, outcomes)
    if callable(function) and any(verdict.reason not in ("", UNWRITTEN) for verdict in verdicts):
        verdicts = judge(declared.record(seed), outcomes)  # say which mistake it looks like
    print(report(name, verdicts, show_inputs=False, details=len(verdicts)))
    return score(verdicts, declared.points)
