"""A grader whose process dies of certain submissions; a module of its own, since workers import it."""

import os

from autograder.grading.workers import grade


def grade_or_die(digest, submission, *options):
    if b"Deadly." in submission.notebook:
        os._exit(1)
    return grade(digest, submission, *options)
