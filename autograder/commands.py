"""``python -m autograder COMMAND``: the commands of who runs the course."""

import argparse
import logging
import re
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from autograder.collecting.archive import open_archive
from autograder.collecting.collect import Ledger, collect
from autograder.collecting.roster import NoRoster, Roster
from autograder.course import NoCourse, api, assignments, class_folder, grade_ids, root
from autograder.grading.assignment import NotGradable
from autograder.grading.cells import PREFIX
from autograder.grading.deadlines import BadDeadlines, Rules, load
from autograder.grading.gradebook import NotRecorded, Recorder
from autograder.grading.handed_in import is_text, students
from autograder.grading.preview import preview, told
from autograder.grading.run import Options, grade_class, only_one
from autograder.grading_seed import NoSeed
from autograder.returning.feedback import write_archive, write_pages
from autograder.returning.formgrader import name_students
from autograder.returning.lms import CannotFill, fill
from autograder.returning.standing import Standing, State, maximum, standings, waiting
from autograder.returning.table import table
from autograder.sandbox import SandboxError

ADDED = (
    ".\nCells that give points can be added or removed as long as nobody has handed in. After that, begin a new class: "
    "move the folder class/ away (its marks stay in it), then release again."
)
NO_ROSTER = (
    "Moodle numbers its students anew for each assignment, so over two assignments one person becomes two. To prevent "
    "it, download the grading worksheet and say: python -m autograder roster WORKSHEET.csv --assignment ASSIGNMENT"
)


def release(names: list[str]) -> int:
    """Write ``notebooks/`` from ``solutions/`` and note the assignments in the gradebook."""
    from autograder.authoring.contents import contents

    course = api()
    failed = max([_release(course, name) for name in assignments(course, names)], default=0)
    folder = Path(course.coursedir.format_path(course.coursedir.release_directory, ".", "."))
    (folder / "README.md").write_text(contents(sorted(folder.glob("*/*.ipynb"))), encoding="utf-8")
    return failed


def _release(course: NbGraderAPI, name: str) -> int:
    """Release one assignment. Where that fails, the release that was there is there again."""
    released = Path(course.coursedir.format_path(course.coursedir.release_directory, ".", name))
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, name)
        if released.is_dir():
            shutil.copytree(released, kept)
        outcome = course.generate_assignment(name, force=True, create=True)
        if not outcome["success"] and kept.is_dir():
            shutil.rmtree(released, ignore_errors=True)
            shutil.copytree(kept, released)
    print(f"{name}: {'released' if outcome['success'] else f'not released, nothing has changed: {problem(outcome)}'}")
    return int(not outcome["success"])


def problem(outcome: dict[str, Any]) -> str:
    """Why nbgrader failed: the error that it logged, or else all that it logged as an error."""
    log = outcome.get("log") or ""
    reasons = [reason for reason in re.findall(r"^ {4}\w[\w.]*(?:Error|Exception): (.*)$", log, re.M) if reason]
    if reasons:
        return reasons[-1] + (ADDED if "add or remove cells" in reasons[-1] else "")
    logged = [entry for entry in log.split("\n[") if entry.lstrip("[").startswith("ERROR]")]
    return "\n".join("[" + entry.lstrip("[") for entry in logged) or outcome.get("error") or "no reason given"


def grade_all(names: list[str], student: str, options: Options) -> int:
    """Grade what is new or changed; print a table. Returns 1 when something here, not a submission, went wrong."""
    course = api()
    if options.only:
        names = [name for name in assignments(course, names) if options.only in grade_ids(course, name)]
        if not names:
            raise SystemExit(f"There is no exercise called {options.only.removeprefix(PREFIX)!r}.")
    chosen = assignments(course, names)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        released = {assignment.name for assignment in gradebook.assignments}
    for name in set(chosen) - released:
        if _release(course, name):
            return 1
    with only_one(class_folder() / "grading.lock"), tqdm(unit="submission", disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        with logging_redirect_tqdm():
            log = class_folder() / "grading.jsonl"
            results, fine = grade_class(course, chosen, student, options, log, rules(), show)
    print(table(results) if results else f"Nothing to grade in {course.coursedir.submitted_directory}.")
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        name_students(gradebook, Roster.load(class_folder() / "roster.csv"))
        if number := waiting(gradebook, chosen):
            print(f"{number} answer{'s wait' if number > 1 else ' waits'} for a person: make formgrader")
    return int(not fine)


def preview_all(names: list[str], student: str, options: Options) -> int:
    """Say whose marks would change, and why, if everything were graded as the course is now. Nothing is recorded."""
    course = api()
    with only_one(class_folder() / "grading.lock"):
        chosen = assignments(course, names)
        graded = sum(len(students(course, name, student)) for name in chosen)
        chosen = [name for name in chosen if students(course, name, student)]
        changes = preview(course, chosen, student, replace(options, only=""), rules())
        print(told([change for change in changes if options.only in ("", PREFIX + change.exercise)], graded))
    return 0


def rules() -> Rules:
    """The deadlines of the class, and who was late as far as that was collected."""
    collected = Ledger(class_folder() / "collected.json").entries
    late = {name: frozenset(who for who, facts in each.items() if facts["late"]) for name, each in collected.items()}
    return Rules(load(class_folder() / "deadlines.toml"), late)


def _renew_penalties(course: NbGraderAPI, names: list[str]) -> None:
    """Take off anew what lateness costs: a person may have given points since the last run."""
    if (current := rules()).deadlines:
        with only_one(class_folder() / "grading.lock"), closing(Recorder(course, rules=current)) as recorder:
            recorder.renew_penalties(names)


def package(names: list[str], to: Path | None) -> int:
    """Write what students get, into ``class/course.zip`` if not ``to``."""
    from autograder.authoring.package import write  # imports torch

    to = to or class_folder() / "course.zip"
    number = write(root(), assignments(api(), names), to)
    print(f"{number} files in {to}: the course without solutions and without what judges them. Hand this out.")
    return 0


def collect_all(source: Path, assignment: str, dry: bool) -> int:
    """Take submissions out of a ZIP file or a folder; say what was taken and what was not. ``dry``: only say it."""
    course = api()
    known = assignments(course)
    if assignment:
        assignments(course, [assignment])  # SystemExit where it is none
    submitted = Path(course.coursedir.root, course.coursedir.submitted_directory)
    roster = Roster.load(class_folder() / "roster.csv")
    ledger = Ledger(class_folder() / "collected.json")
    cells = {name: grade_ids(course, name) for name in known}
    result = collect(open_archive(source), submitted, ledger, cells, roster, assignment, dry)
    for what in result.taken:
        print(f"{'would be taken' if dry else 'taken'}  {what}")
    for what in result.same:
        print(f"unchanged  {what}")
    for what, why in result.left:
        print(f"left  {what}: {why}")
    print(f"{len(result.taken)} {'to take' if dry else 'taken'}, {len(result.same)} unchanged, {len(result.left)} left")
    if not roster.people and any("_assignsubmission_" in what for what in (*result.taken, *result.same)):
        print(NO_ROSTER)
    return int(not (result.taken or result.same))


def add_to_roster(source: Path, assignment: str) -> int:
    """Take students into ``class/roster.csv`` from what a learning platform gives for download."""
    path = class_folder() / "roster.csv"
    roster = Roster.load(path)
    try:
        read = roster.add(source, assignment)
    except NoRoster as told:
        raise SystemExit(str(told)) from None
    roster.save(path)
    course = api()
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        name_students(gradebook, roster)
    print(f"{read} read, {len(roster.people)} students in {path}")
    return 0


def feedback(names: list[str], archive: Path | None = None) -> int:
    """Write an HTML page for each submission into ``class/feedback``, where something has changed.

    ``archive``: a ZIP file to write with the pages of one assignment in the learning platform's own names. Returns 1
    when a page was not written.
    """
    course, failed = api(), 0
    chosen = assignments(course, names)
    if archive and len(chosen) != 1:
        raise SystemExit("An archive is for one assignment: python -m autograder feedback ASSIGNMENT --archive ZIP")
    _renew_penalties(course, chosen)
    people = {person.student: person.name for person in Roster.load(class_folder() / "roster.csv").people.values()}
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        for name in chosen:
            written = write_pages(course, gradebook, name, people)
            failed += len(written.failed)
            if not written.pages and not written.failed:
                continue
            print(f"{name}: {len(written.changed)} pages written, {len(written.same)} unchanged")
            if written.provisional:
                print(f"    {len(written.provisional)} of them are provisional: answers wait for a person")
            for who, why in written.unreadable.items():
                print(f"    {who}: could not be graded, ask for it again: {why}")
            for who, why in written.failed.items():
                print(f"    {who}: no page: {why}")
            if archive:
                collected = Ledger(class_folder() / "collected.json").entries.get(name, {})
                left = write_archive(archive, name, written.pages, collected)
                print(f"    {len(written.pages) - len(left)} pages are in {archive}")
                for who in left:
                    print(f"    {who}: not in it, since it was not collected from a platform")
    return int(failed > 0)


def _standings(course: NbGraderAPI, gradebook: Gradebook, name: str) -> dict[str, Standing]:
    return standings(gradebook, name, filter(is_text, students(course, name, "*")))


def export(to: Path | None = None) -> int:
    """Write all grades, one row a student, into ``class/grades.csv`` if not ``to``; and a results.json a submission."""
    from autograder.returning.export import write_results, write_table  # imports torch

    course = api()
    to = to or class_folder() / "grades.csv"
    _renew_penalties(course, assignments(course))
    roster = Roster.load(class_folder() / "roster.csv")
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        maxima = {name: most for name in assignments(course) if (most := maximum(gradebook, name)) is not None}
        each = {name: _standings(course, gradebook, name) for name in maxima}
    rows = write_table(to, each, maxima, roster)
    written = write_results(to.with_suffix(""), each)
    print(f"{rows} students are in {to}, {written} results.json in {to.with_suffix('')}")
    for name, some in each.items():
        states = Counter(standing.state for standing in some.values())
        rest = [
            f"{states[state]} {state}" for state in (State.WAITING, State.FAILED, State.NOT_GRADED) if states[state]
        ]
        if some:
            print(f"    {name}: {states[State.GRADED]} graded{''.join(f', {part}' for part in rest)}")
    return 0


def fill_in(source: Path, assignment: str, column: str, to: Path | None) -> int:
    """Fill the points of one assignment into a copy of a learning platform's grade file."""
    course = api()
    if not assignment:
        raise SystemExit("Say --assignment: which one's points to fill in")
    assignments(course, [assignment])  # SystemExit where it is none
    to = to or class_folder() / f"{source.stem}-filled.csv"
    if to.exists() and to.samefile(source):
        raise SystemExit(f"{to} would be overwritten: say --to another file")
    _renew_penalties(course, [assignment])
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        known = _standings(course, gradebook, assignment)
    try:
        filled = fill(source, assignment, known, Roster.load(class_folder() / "roster.csv"), column)
    except CannotFill as told:
        raise SystemExit(str(told)) from None
    to.write_text(filled.text, encoding="utf-8", newline="")
    print(f"{filled.given} grades filled in, {len(filled.left)} left as they were: {to}")
    for who, why in filled.left.items():
        print(f"    {who}: {why}")
    for who in filled.unknown:
        print(f"    {who} has points and is not in {source.name}: the roster may lack a number")
    return 0


def insight(names: list[str], to: Path | None, named: bool) -> int:
    """Write what the class has understood as a page and as CSV, into ``class/`` if not into the folder ``to``."""
    from autograder.insight.write import PAGE, TABLE, write  # imports matplotlib and, for hints, torch

    course, to = api(), to or class_folder()
    chosen = assignments(course, names)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        number = write(course, gradebook, chosen, to, named)
    if not number:
        print("Nothing has been graded yet: python -m autograder grade")
        return 1
    print(f"{to / PAGE}: {number} submission{'s' * (number != 1)}; the same numbers are in {to / TABLE}")
    return 0


def gradescope(name: str, to: Path | None) -> int:
    """Write an autograder archive for Gradescope, into ``class/`` if not to the file ``to``."""
    from autograder.gradescope.archive import write

    [assignment] = assignments(api(), [name])
    to = to or class_folder() / f"gradescope-{assignment}.zip"
    number = write(root(), assignment, to)
    print(f"{number} files in {to}: upload it as the autograder. It holds solutions and the grading seed.")
    return 0


def new(notebook: str, name: str, points: float) -> int:
    """Begin an exercise: write its declaration, and its cells into the solution notebook."""
    from autograder.authoring.new import CannotBegin, begin  # imports torch

    try:
        declaration, source = begin(root(), notebook, name, points)
    except CannotBegin as told:
        raise SystemExit(str(told)) from None
    print(f"{declaration}: probes, oracle, mistakes\n{source}: four cells before the summary")
    print(f"Then: make checks EXERCISES={name}; python -m autograder.authoring.execute {notebook}; make release")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, what in {
        "release": "write notebooks/ from solutions/",
        "grade": "grade what is in class/submitted/STUDENT/ASSIGNMENT/",
        "preview": "say whose marks would change if everything were graded now, and record nothing",
        "feedback": "write feedback pages",
        "package": "write what students get: the course without solutions",
        "insight": "write a page on what the class has understood, and a CSV of the same",
    }.items():
        sub = commands.add_parser(command, help=what)
        sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="all of them when none is named")
        if command == "package":
            sub.add_argument("--to", type=Path, help="a .zip file or a new folder; class/course.zip without it")
        if command == "feedback":
            what = "also write the pages of one assignment into this file, in the LMS's own names"
            sub.add_argument("--archive", type=Path, metavar="ZIP", help=what)
        if command == "insight":
            sub.add_argument("--to", type=Path, metavar="FOLDER", help="class/ without it")
            sub.add_argument("--names", action="store_true", help="name students; without it nobody is named")
        if command in ("grade", "preview"):
            sub.add_argument("--student", default="*", metavar="GLOB", help="only students whose name matches")
            sub.add_argument("--jobs", type=int, default=0, metavar="N", help="processes; one a core without it")
            sub.add_argument(
                "--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster, instead of processes"
            )
            sub.add_argument("--no-sandbox", action="store_true", help="run students' code with your own rights")
            sub.add_argument("--force", action="store_true", help="grade also what has not changed")
            what = "write the points of this one alone" if command == "grade" else "say it of this one alone"
            sub.add_argument("--exercise", default="", metavar="NAME", help=what)
    sub = commands.add_parser("collect", help="take what an LMS gives for download into class/submitted/")
    sub.add_argument("source", type=Path, metavar="ZIP_OR_FOLDER")
    sub.add_argument("--assignment", default="", help="of files whose name does not tell")
    sub.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")
    sub = commands.add_parser("roster", help="take students into class/roster.csv from an LMS's CSV file")
    sub.add_argument("source", type=Path, metavar="CSV")
    sub.add_argument("--assignment", default="", help="of a grading worksheet of Moodle's")
    sub = commands.add_parser("export", help="write all grades as CSV, and a results.json for each submission")
    sub.add_argument("--to", type=Path, help="the CSV file; class/grades.csv without it")
    what = "a copy of this grading worksheet (Moodle) or gradebook (Canvas) with the points filled in, instead"
    sub.add_argument("--fill", type=Path, metavar="CSV", help=what)
    sub.add_argument("--assignment", default="", help="whose points to fill in")
    sub.add_argument(
        "--column", default="", help="of Canvas's gradebook, where no column is called like the assignment"
    )
    sub = commands.add_parser("gradescope", help="write an autograder archive for Gradescope")
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    sub.add_argument("--to", type=Path, metavar="FILE.zip", help="class/gradescope-ASSIGNMENT.zip without it")
    sub = commands.add_parser("new", help="begin an exercise: its declaration and its cells")
    sub.add_argument("notebook", metavar="NOTEBOOK", help="such as 03_sampling_loop")
    sub.add_argument("name", metavar="NAME", help="of the function that the student writes")
    sub.add_argument("--points", type=float, required=True)
    args = parser.parse_args(argv)
    logging.basicConfig(format="%(message)s")
    try:
        return _run(args)
    except (BadDeadlines, NoCourse, NoSeed, NotGradable, NotRecorded, SandboxError) as told:
        raise SystemExit(str(told)) from None


def _options(args: argparse.Namespace) -> Options:
    only = PREFIX + args.exercise if args.exercise else ""
    force = args.force or bool(only)
    return Options(jobs=args.jobs, scheduler=args.scheduler, protect=not args.no_sandbox, force=force, only=only)


def _run(args: argparse.Namespace) -> int:
    match args.command:
        case "release":
            return release(args.assignments)
        case "grade":
            return grade_all(args.assignments, args.student, _options(args))
        case "collect":
            return collect_all(args.source, args.assignment, args.dry_run)
        case "preview":
            return preview_all(args.assignments, args.student, _options(args))
        case "package":
            return package(args.assignments, args.to)
        case "insight":
            return insight(args.assignments, args.to, args.names)
        case "roster":
            return add_to_roster(args.source, args.assignment)
        case "feedback":
            return feedback(args.assignments, args.archive)
        case "gradescope":
            return gradescope(args.assignment, args.to)
        case "new":
            return new(args.notebook, args.name, args.points)
        case _ if args.fill:
            return fill_in(args.fill, args.assignment, args.column, args.to)
        case _:
            return export(args.to)


if __name__ == "__main__":
    sys.exit(main())
