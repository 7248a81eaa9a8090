"""``python -m autograder release | collect | grade | feedback | export``: the instructor's commands."""

import argparse
import sys
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from tqdm import tqdm

from autograder.collect import collect
from autograder.course import HERE, api, assignments
from autograder.driver import NotGradable, Options, SandboxError, grade_class
from autograder.export import write_results
from autograder.processes import only_one
from autograder.results import table


def release(names: list[str]) -> int:
    """Write ``notebooks/`` from ``solutions/`` and note the assignments in the gradebook."""
    course, failed = api(), 0
    for name in assignments(course, names):
        outcome = course.generate_assignment(name, force=True, create=True)
        failed += not outcome["success"]
        print(f"{name}: {'released' if outcome['success'] else outcome['error'] or outcome['log']}")
    return int(failed > 0)


def grade_all(names: list[str], student: str, options: Options) -> int:
    """Grade what is new or changed; print a table. Returns 1 when something here, not a submission, went wrong."""
    course = api()
    chosen = assignments(course, names)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        released = {assignment.name for assignment in gradebook.assignments}
    for name in set(chosen) - released:
        course.generate_assignment(name, force=True, create=True)
    with only_one(HERE / "grading.lock"), tqdm(unit="submission", disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        try:
            results, fine = grade_class(course, chosen, student, options, HERE / "grading.jsonl", show)
        except (SandboxError, NotGradable) as problem:
            raise SystemExit(str(problem)) from None
    print(table(results) if results else f"Nothing to grade in {course.coursedir.submitted_directory}.")
    return int(not fine)


def collect_all(source: Path, assignment: str) -> int:
    """Take submissions from a ZIP file or a folder; say what was taken and what was not."""
    course = api()
    taken, left = collect(
        source, Path(course.coursedir.root, course.coursedir.submitted_directory), assignments(course), assignment
    )
    for what in taken:
        print(f"taken  {what}")
    for what, why in left:
        print(f"left   {what}: {why}")
    print(f"{len(taken)} taken, {len(left)} left")
    return int(not taken)


def feedback(names: list[str]) -> int:
    """Write an HTML page for each graded submission into ``autograder/feedback``."""
    course = api()
    for name in assignments(course, names):
        for who in sorted(course.get_autograded_students(name)):
            outcome = course.generate_feedback(name, who, force=True)
            print(f"{name}  {who}  {'written' if outcome['success'] else outcome['error'] or outcome['log']}")
    return 0


def export(to: Path) -> int:
    """Write all grades as CSV, and each graded submission as results.json."""
    course = api()
    plugin = CsvExportPlugin(config=course.config)
    plugin.to = str(to)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        plugin.export(gradebook)
        written = write_results(course, gradebook, to.with_suffix(""))
    print(f"grades are in {to}, {written} results.json in {to.with_suffix('')}")
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
            sub.add_argument("--jobs", type=int, default=0, metavar="N", help="processes; one a core without it")
            sub.add_argument(
                "--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster, instead of processes"
            )
            sub.add_argument("--no-sandbox", action="store_true", help="run students' code with your own rights")
            sub.add_argument("--force", action="store_true", help="grade also what has not changed")
    sub = commands.add_parser("collect", help="take what an LMS gives for download into autograder/submitted/")
    sub.add_argument("source", type=Path, metavar="ZIP_OR_FOLDER")
    sub.add_argument("--assignment", default="", help="of files whose name does not tell")
    sub = commands.add_parser("export", help="write all grades as CSV")
    sub.add_argument("--to", type=Path, default=HERE / "grades.csv")
    args = parser.parse_args(argv)
    if args.command == "release":
        return release(args.assignments)
    if args.command == "grade":
        protect = not args.no_sandbox
        options = Options(jobs=args.jobs, scheduler=args.scheduler, protect=protect, force=args.force)
        return grade_all(args.assignments, args.student, options)
    if args.command == "collect":
        return collect_all(args.source, args.assignment)
    if args.command == "feedback":
        return feedback(args.assignments)
    return export(args.to)


if __name__ == "__main__":
    sys.exit(main())
