"""A grader whose process dies of certain submissions; a module of its own, since workers import it."""

import os

from autograder.submission import grade_submission


def grade_or_die(assignment, submission, *options):
    if b"Deadly." in submission.notebook:
        os._exit(1)
    return grade_submission(assignment, submission, *options)
