"""What has to be graded: fingerprints tell whether anything changed that a recorded grade depends on."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from nbgrader.apps import NbGraderAPI

from autograder.grading.assignment import Assignment
from autograder.grading.cells import exercise_of
from autograder.grading.deadlines import NO_RULES, Rules
from autograder.grading.gradebook import Recorded
from autograder.grading.handed_in import Refused, Submission, is_text, read, students, timestamp
from autograder.returning.table import Result, Status
from autograder.sandbox import Limits
from autograder.sandbox.bubblewrap import genlab

PACKAGE = Path(__file__).resolve().parents[1]
EXERCISES = PACKAGE / "exercises"
UNNAMED = "the name of the folder is not UTF-8 or has signs that cannot be printed: rename it"
LIBRARIES = ("torch", "transformers", "nbgrader")


@dataclass(frozen=True)
class Job:
    """One submission to grade. ``digest``: that of its assignment. ``content``: a hash of the notebook."""

    assignment: str
    student: str
    digest: str
    fingerprint: str
    content: str = ""


def plan(
    course: NbGraderAPI,
    digests: dict[str, str],
    pattern: str,
    recorded: dict[tuple[str, str], Recorded],
    force: bool,
    rules: Rules = NO_RULES,
) -> tuple[list[Job], list[Result]]:
    """What has to be graded, and the results that still hold.

    ``digests``: of the assignments, by name. ``pattern``: a glob for students' names. ``force``: nothing holds.
    ``rules``: deadlines, and who was late.
    """
    jobs, kept = [], []
    for name, digest in digests.items():
        for student in students(course, name, pattern):
            if not is_text(student):
                shown = student.encode("utf-8", "backslashreplace").decode()
                kept.append(Result(name, shown, Status.FAILED, reason=UNNAMED))
                continue
            submission, handed_in = read(course, name, student), timestamp(course, name, student)
            handed_in += rules.facts(name, student).encode()
            content = "" if isinstance(submission, Refused) else _sha256([submission.notebook])
            job = Job(name, student, digest, fingerprint(digest, submission, handed_in), content)
            known = recorded.get((name, student))
            if known and known.fingerprint == job.fingerprint and not force:
                kept.append(known.result)
            else:
                jobs.append(job)
    return jobs, kept


def digest_of(assignment: Assignment, seed: str, limits: Limits, protect: bool) -> str:
    """SHA-256 over all that a grade depends on beside the submission.

    These are the released notebook, its files, the exercises that it tests, the seed, the code of the grader and of
    genlab with the storyteller, the versions of the libraries, and how submissions are run.
    """
    how = {"seed": seed, "limits": asdict(limits), "protect": protect} | {name: version(name) for name in LIBRARIES}
    return _sha256(
        [
            assignment.name.encode(),
            assignment.master.encode(),
            *_parts(assignment.files),
            json.dumps(how, sort_keys=True).encode(),
            *_code(map(exercise_of, assignment.tests)),
        ]
    )


def fingerprint(digest: str, submission: Submission | Refused, handed_in: bytes) -> str:
    """Changes when the submission, its date ``handed_in`` or, with the ``digest``, the assignment or grader does."""
    parts = [digest.encode(), handed_in]
    if isinstance(submission, Refused):
        return _sha256([*parts, submission.reason.encode()])
    return _sha256([*parts, submission.notebook, *_parts(submission.files), *map(str.encode, submission.notes)])


def _code(exercises: Iterable[str]) -> Iterator[bytes]:
    """The names and contents of the files that take part when ``exercises`` are graded.

    Other notebooks' exercises and the data of the visible checks are left out.
    """
    files = {*EXERCISES.glob("*.py"), PACKAGE / "returning" / "markup.py"}
    for folder in (PACKAGE / "grading", PACKAGE / "sandbox", *_folders(exercises)):
        files |= set(folder.glob("*.py"))
    files |= set(genlab().rglob("*.py")) | {path for path in genlab().glob("storyteller/*") if path.is_file()}
    for path in sorted(files):
        yield from (path.name.encode(), path.read_bytes())


def _folders(exercises: Iterable[str]) -> set[Path]:
    """The folders in which ``exercises`` are declared."""
    return {path.parent for name in exercises for path in EXERCISES.glob(f"nb*/{name}.py")}


def _parts(files: dict[str, bytes]) -> list[bytes]:
    return [part for path, content in sorted(files.items()) for part in (path.encode(), content)]


def _sha256(parts: Iterable[bytes]) -> str:
    """The hash of ``parts``, each hashed by itself: no two lists of parts are confused."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
