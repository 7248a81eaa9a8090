"""``python -m autograder release | grade | feedback | export``: the instructor's commands."""

import argparse
import sys
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from autograder.course import HERE, api, assignments
from autograder.grade import grade, submitted, table


def release(names: list[str]) -> int:
    """Write ``notebooks/`` from ``solutions/`` and note the assignments in the gradebook."""
    course, failed = api(), 0
    for name in assignments(course, names):
        outcome = course.generate_assignment(name, force=True, create=True)
        failed += not outcome["success"]
        print(f"{name}: {'released' if outcome['success'] else outcome['error'] or outcome['log']}")
    return int(failed > 0)


def grade_all(names: list[str], student: str) -> int:
    """Grade every submission, print a table. A submission that cannot be graded is no failure of the run."""
    course, results = api(), []
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        released = {assignment.name for assignment in gradebook.assignments}
    for name in assignments(course, names):
        students = submitted(course, name, student)
        if students and name not in released:
            course.generate_assignment(name, force=True, create=True)
        for who in students:
            results.append(grade(course, name, who))
            print(f"{len(results):4}  {name}  {who}  {results[-1].status}", flush=True)
    print("\n" + (table(results) if results else f"Nothing to grade in {course.coursedir.submitted_directory}."))
    return 0


def feedback(names: list[str]) -> int:
    """Write an HTML page for each graded submission into ``autograder/feedback``."""
    course = api()
    for name in assignments(course, names):
        for who in sorted(course.get_autograded_students(name)):
            outcome = course.generate_feedback(name, who, force=True)
            print(f"{name}  {who}  {'written' if outcome['success'] else outcome['error'] or outcome['log']}")
    return 0


def export(to: Path) -> int:
    """Write all grades as CSV."""
    course = api()
    plugin = CsvExportPlugin(config=course.config)
    plugin.to = str(to)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        plugin.export(gradebook)
    print(f"grades are in {to}")
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, what in {
        "release": "write notebooks/ from solutions/",
        "grade": "grade what is in autograder/submitted/STUDENT/ASSIGNMENT/",
        "feedback": "write feedback pages",
    }.items():
        sub = commands.add_parser(command, help=what)
        sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="all of them when none is named")
        if command == "grade":
            sub.add_argument("--student", default="*", metavar="GLOB", help="only students whose name matches")
    sub = commands.add_parser("export", help="write all grades as CSV")
    sub.add_argument("--to", type=Path, default=HERE / "grades.csv")
    args = parser.parse_args(argv)
    if args.command == "release":
        return release(args.assignments)
    if args.command == "grade":
        return grade_all(args.assignments, args.student)
    if args.command == "feedback":
        return feedback(args.assignments)
    return export(args.to)


if __name__ == "__main__":
    sys.exit(main())
