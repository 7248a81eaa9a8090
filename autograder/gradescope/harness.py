"""What runs in Gradescope's container: one submission in, one results.json out, whatever the submission is.

``run_autograder`` starts it, in the course that the archive holds. What is printed is for instructors; students read
the ``output`` of results.json.
"""

import json
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.course import api, assignments, grade_ids
from autograder.grading.gradebook import replace
from autograder.grading.handed_in import NOT_THEIRS, is_plain
from autograder.grading.run import Options, grade_class
from autograder.returning.standing import standings
from autograder.returning.table import Result, Status
from autograder.sandbox import SandboxError

STUDENT = "submission"  # one container grades one
LARGEST = 100_000_000  # bytes of a notebook that are looked at
UNPROTECTED = "It was graded without a sandbox, which does not start in this container."
BROKEN = "The grader failed. That says nothing about your work: tell who teaches this course."


class NotFound(RuntimeError):
    """There is no notebook to grade. The message says why."""


def main(base: Path) -> None:
    """Grade what lies in ``base/submission``; write ``base/results/results.json``."""
    begun = time.monotonic()
    try:
        found = graded(base / "submission")
    except NotFound as told:
        found = failed(str(told))
    except BaseException:  # SystemExit too
        traceback.print_exc()
        found = failed(BROKEN)
    found["execution_time"] = round(time.monotonic() - begun)
    (base / "results").mkdir(exist_ok=True)
    replace(base / "results" / "results.json", (json.dumps(found, indent=1) + "\n").encode("ascii"))


def failed(reason: str) -> dict[str, Any]:
    """The results of a submission that could not be graded."""
    return {"score": 0, "output": reason}


def graded(submission: Path) -> dict[str, Any]:
    """The results of the notebook in the folder ``submission``, in Gradescope's format. Raises NotFound."""
    course = api()
    [assignment] = assignments(course)
    notebook = the_notebook(submission, assignment, grade_ids(course, assignment))
    release(course, assignment)
    hand_in(course, assignment, notebook)
    result, sentence = _grade(course, assignment)
    if result.status == Status.FAILED:
        return failed(result.reason)
    if result.status == Status.NOT_GRADED:
        print(result.reason)
        return failed(BROKEN)
    from autograder.returning.export import results  # imports torch

    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        found = results(standings(gradebook, assignment)[STUDENT])
    found["output"] = "\n".join(filter(None, (found.get("output", ""), sentence)))
    return found


def the_notebook(submission: Path, assignment: str, cells: set[str]) -> Path:
    """The one notebook that was handed in, whatever its name. Raises NotFound.

    Of several it is the one with cells of the assignment, or of several of these the one with its name.
    """
    found = sorted(
        path
        for path in submission.rglob("*")
        if path.suffix.lower() == ".ipynb" and _is_theirs(path, submission) and path.stat().st_size <= LARGEST
    )
    if not found:
        raise NotFound(f"No notebook was handed in: hand in {assignment}.ipynb.")
    if len(found) > 1:
        found = [path for path in found if _has_cells(path, cells)] or found
    if len(found) > 1:
        found = [path for path in found if path.stem == assignment] or found
    if len(found) > 1:
        names = ", ".join(path.name[:60] for path in found[:5])
        raise NotFound(f"{len(found)} notebooks were handed in ({names}): hand in {assignment}.ipynb alone.")
    return found[0]


def _is_theirs(path: Path, folder: Path) -> bool:
    """Whether ``path`` is a file itself, in no folder that a program made and through no link."""
    parts = path.relative_to(folder).parts
    return is_plain(path, folder) and not any(part.startswith(".") or part in NOT_THEIRS for part in parts)


def _has_cells(path: Path, cells: set[str]) -> bool:
    """Whether a notebook has a cell of the assignment; it is searched, not read."""
    content = path.read_bytes()
    return any(f'"{name}"'.encode() in content for name in cells)


def release(course: NbGraderAPI, assignment: str) -> None:
    """Release the assignment unless ``setup.sh`` did. Raises RuntimeError."""
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        if any(known.name == assignment for known in gradebook.assignments):
            return
    outcome = course.generate_assignment(assignment, force=True, create=True)
    if not outcome["success"]:
        raise RuntimeError(f"{assignment} could not be released:\n{outcome.get('log') or outcome.get('error')}")


def hand_in(course: NbGraderAPI, assignment: str, notebook: Path) -> None:
    """Put the notebook, and the files beside it, where the grader looks. Links stay links, and are not read."""
    folder = Path(course.coursedir.format_path(course.coursedir.submitted_directory, STUDENT, assignment))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(notebook.parent, folder, symlinks=True, ignore=_notebooks)
    shutil.copyfile(notebook, folder / f"{assignment}.ipynb")


def _notebooks(folder: str, names: list[str]) -> list[str]:
    """What is not copied: notebooks, and what is no file and no folder."""
    left = [name for name in names if name.lower().endswith(".ipynb") or name == "timestamp.txt"]
    odd = [name for name in names if not (Path(folder, name).is_file() or Path(folder, name).is_dir())]
    return left + odd


def _grade(course: NbGraderAPI, assignment: str) -> tuple[Result, str]:
    """The result, and a sentence where it came about without a sandbox."""
    for protect in (True, False):
        try:
            with tempfile.TemporaryDirectory() as folder:
                options = Options(jobs=1, protect=protect, force=True)
                [result], _ = grade_class(course, [assignment], options=options, log=Path(folder, "log"))
                print(Path(folder, "log").read_text(encoding="utf-8"))
        except SandboxError as told:
            print(told)
            if protect:
                continue
            raise
        started = not (result.status == Status.NOT_GRADED and result.reason.startswith(SandboxError.__name__))
        if started or not protect:
            return result, "" if protect else UNPROTECTED
        print(result.reason)
    raise AssertionError("not reached")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
