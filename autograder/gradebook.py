"""The one writer of nbgrader's gradebook: a submission with all its grades in one transaction.

What nbgrader itself would write for the graded notebook is written, by its own code. One table is added: which
submission, in which state, of which assignment and grader the recorded grades are. It is written in the same
transaction, so that a run that was killed knows where it stopped.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import is_grade, is_solution, is_task
from sqlalchemy import Column, Float, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.exc import DBAPIError

from autograder.submission import Graded

RETRY_SECONDS = 30.0  # for a database that somebody else has locked

metadata = MetaData()
runs = Table(
    "genlab_grading",
    metadata,
    Column("assignment", String(255), primary_key=True),
    Column("student", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float),
    Column("maximum", Float),
    Column("finished", Float, nullable=False),
)


class NotRecorded(RuntimeError):
    """The gradebook or the disk did not take a result. The submission stays ungraded; the next run grades it."""


@dataclass(frozen=True)
class Recorded:
    """What the gradebook says of one submission after it has been graded."""

    fingerprint: str
    status: str
    reason: str = ""
    score: float | None = None
    maximum: float | None = None


class Recorder:
    """Writes results. One process at a time may have one: see ``driver.only_one``."""

    def __init__(self, course: NbGraderAPI, retry_seconds: float = RETRY_SECONDS) -> None:
        self.course, self.retry_seconds = course, retry_seconds
        self.gradebook = Gradebook(course.coursedir.db_url, course.coursedir.course_id)
        metadata.create_all(self.gradebook.engine)
        self._session = self.gradebook.db()

    def close(self) -> None:
        self.gradebook.close()

    def recorded(self) -> dict[tuple[str, str], Recorded]:
        """Everything that has been graded, by assignment and student."""
        rows = self._session.execute(select(runs)).all()
        self._session.rollback()
        return {
            (row.assignment, row.student): Recorded(row.fingerprint, row.status, row.reason, row.score, row.maximum)
            for row in rows
        }

    def record(self, assignment: str, student: str, fingerprint: str, graded: Graded) -> Recorded:
        """Write one result, file first. Raises NotRecorded; then the gradebook is as it was."""
        deadline = time.monotonic() + self.retry_seconds
        while True:
            try:
                with self._transaction():
                    return self._record(assignment, student, fingerprint, graded)
            except DBAPIError as error:
                problem = str(error.orig)
            except OSError as error:
                raise NotRecorded(f"the result could not be written: {error}") from error
            if time.monotonic() > deadline:
                raise NotRecorded(f"the gradebook could not be written: {problem}")
            time.sleep(0.5)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that nbgrader's code commits inside becomes one transaction."""
        commit, self._session.commit = self._session.commit, self._session.flush
        try:
            yield
            commit()
        except BaseException:
            self._session.rollback()
            raise
        finally:
            self._session.commit = commit

    def _record(self, assignment: str, student: str, fingerprint: str, graded: Graded) -> Recorded:
        if graded.problem:
            return self._note(assignment, student, Recorded(fingerprint, "failed", graded.problem))
        book = self.gradebook
        notebook = nbformat.reads(graded.notebook, as_version=4)
        self._write_files(assignment, student, graded.notebook)
        book.update_or_create_student(student)
        self._session.flush()
        source = self.course.coursedir.format_path(self.course.coursedir.submitted_directory, student, assignment)
        timestamp, reason = handed_in(self.course, source)
        with self._session.no_autoflush:
            book.update_or_create_submission(assignment, student, **({"timestamp": timestamp} if timestamp else {}))
        self._session.flush()
        saver = SaveAutoGrades(config=self.course.config)
        saver.gradebook, saver.notebook_id = book, assignment
        saver.assignment_id, saver.student_id = assignment, student
        for cell in notebook.cells:
            if is_grade(cell) or is_solution(cell) or is_task(cell):
                saver.preprocess_cell(cell, {}, 0)
        self._session.flush()
        self._session.expire_all()
        self._penalty(assignment, student)
        self._session.flush()
        self._session.expire_all()
        submission = book.find_submission(assignment, student)
        status = "needs manual grading" if submission.needs_manual_grade else "graded"
        result = Recorded(fingerprint, status, reason, float(submission.score), float(submission.max_score))
        return self._note(assignment, student, result)

    def _penalty(self, assignment: str, student: str) -> None:
        """What ``nbgrader.preprocessors.AssignLatePenalties`` does, in this transaction."""
        submission = self.gradebook.find_submission(assignment, student)
        notebook = self.gradebook.find_submission_notebook(assignment, assignment, student)
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            rule = AssignLatePenalties(config=self.course.config)
            rule.init_plugin()
            penalty = rule.plugin_inst.late_submission_penalty(student, notebook.score, submission.total_seconds_late)
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), notebook.score)

    def _note(self, assignment: str, student: str, result: Recorded) -> Recorded:
        self._session.execute(delete(runs).where(runs.c.assignment == assignment, runs.c.student == student))
        row = {"assignment": assignment, "student": student, "finished": time.time()} | vars(result)
        self._session.execute(insert(runs).values(**row))
        return result

    def _write_files(self, assignment: str, student: str, notebook: str) -> None:
        """The graded notebook, where nbgrader's formgrader and feedback look for it; whole or not at all."""
        directory = self.course.coursedir.autograded_directory
        folder = Path(self.course.coursedir.format_path(directory, student, assignment))
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / f"{assignment}.ipynb", notebook.encode())


def replace(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that a reader finds the old file or the new one. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def handed_in(course: NbGraderAPI, folder: str) -> tuple[object | None, str]:
    """When the submission in ``folder`` was handed in, says its timestamp.txt; and what is wrong with that file."""
    if not os.path.lexists(Path(folder, "timestamp.txt")):
        return None, ""
    try:
        return course.coursedir.get_existing_timestamp(folder), ""
    except Exception as error:
        return None, f"its timestamp.txt cannot be read ({type(error).__name__})"
